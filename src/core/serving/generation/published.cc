#include "serving/generation/published.h"

#include <fmt/format.h>

#include <utility>

#include "serving/generation/id_table.h"
#include "serving/generation/layout.h"
#include "serving/generation/reader.h"

namespace aisle::serving {

PublishedGeneration::PublishedGeneration(OpenGeneration files)
    : lock_(std::move(files.lock)),
      manifest_(std::move(files.manifest)),
      checksum_(std::move(files.manifest_checksum)),
      folder_(std::move(files.folder)),
      checksums_(std::move(files.checksums)),
      shelf_(std::move(files.shelf)),
      data_(*std::move(files.data)) {
  checksums_[std::string(kManifestFile)] = checksum_;
}

Result<PublishedGeneration> PublishedGeneration::OpenCurrent(const std::filesystem::path& root) {
  AISLE_TRY(OpenGeneration files, OpenCurrentBy<OpenGeneration>(root, [&](std::int64_t generation) {
              return OpenGenerationFiles(root, generation);
            }));
  if (files.data) return PublishedGeneration(std::move(files));
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("generation {} in {} was fetched from Postgres and has no customers here; "
                  "load and sync where it was published, or publish here",
                  files.manifest.generation, root.string()));
}

std::vector<std::string> PublishedGeneration::FilesBesideCustomers() const {
  std::vector<std::string> names(1, std::string(kManifestFile));
  for (const auto& [name, checksum] : checksums_) {
    if (name != kManifestFile && !IsOfCustomers(name)) names.push_back(name);
  }
  return names;
}

Result<std::string> PublishedGeneration::ReadFile(const std::string& name) const {
  return ReadChecked(folder_, checksums_, name);
}

Result<CustomerWalk> PublishedGeneration::Walk(std::size_t table) const {
  AISLE_TRY(kv::Snapshot::Reader reader, data_.OpenReader());
  AISLE_TRY(kv::Snapshot::Cursor cursor, reader.Scan(table));
  return CustomerWalk(std::move(reader), std::move(cursor));
}

Result<CustomerWalk> PublishedGeneration::Customers() const { return Walk(kCustomerTable); }
Result<CustomerWalk> PublishedGeneration::Propensities() const { return Walk(kPropensityTable); }

Result<std::optional<CustomerBytes>> CustomerWalk::Next() {
  AISLE_TRY(const auto entry, cursor_.Next());
  if (!entry) return std::optional<CustomerBytes>();
  return std::optional(
      CustomerBytes{.customer = domain::CustomerId{static_cast<std::int64_t>(entry->key)},
                    .bytes = entry->value});
}

Result<std::vector<CustomerSourceId>> PublishedGeneration::SourceIds() const {
  std::vector<CustomerSourceId> ids;
  if (manifest_.format <= kFormatBeforeIds) return ids;
  AISLE_TRY(const kv::Snapshot::Reader reader, data_.OpenReader());
  AISLE_TRY(kv::Snapshot::Cursor cursor, reader.Scan(kCustomerIdTable));
  for (;;) {
    AISLE_TRY(const auto entry, cursor.Next());
    if (!entry) return ids;
    AISLE_TRY(const auto named, IdTable::DecodeValue(entry->value));
    for (const IdTable::Named& one : named) ids.push_back({std::string(one.text), one.customer});
  }
}

}  // namespace aisle::serving
