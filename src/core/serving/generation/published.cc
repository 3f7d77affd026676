#include "serving/generation/published.h"

#include <utility>

#include "serving/generation/id_table.h"
#include "serving/generation/layout.h"
#include "serving/generation/reader.h"

namespace aisle::serving {

PublishedGeneration::PublishedGeneration(GenerationLock lock, GenerationManifest manifest,
                                         std::string checksum, Shelf shelf, kv::Snapshot data)
    : lock_(std::move(lock)),
      manifest_(std::move(manifest)),
      checksum_(std::move(checksum)),
      shelf_(std::move(shelf)),
      data_(std::move(data)) {}

Result<PublishedGeneration> PublishedGeneration::OpenCurrent(const std::filesystem::path& root) {
  AISLE_TRY(OpenGeneration files, OpenCurrentBy<OpenGeneration>(root, [&](std::int64_t generation) {
              return OpenGenerationFiles(root, generation);
            }));
  return PublishedGeneration(std::move(files.lock), std::move(files.manifest),
                             std::move(files.manifest_checksum), std::move(files.shelf),
                             std::move(files.data));
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
