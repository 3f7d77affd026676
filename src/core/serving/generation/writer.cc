#include "serving/generation/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/files.h"
#include "kv/kv.h"
#include "kv/record_bytes.h"
#include "serving/generation/bytes.h"
#include "serving/generation/check.h"
#include "serving/generation/id_table.h"
#include "serving/generation/layout.h"
#include "serving/generation/succession.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

std::int64_t InventoryRows(const Shelf& shelf) {
  std::size_t rows = 0;
  for (const RegionShelf& region : shelf.regions) rows += region.products.size();
  return static_cast<std::int64_t>(rows);
}

}  // namespace

struct GenerationWriter::Impl {
  fs::path root;
  base::FileLock lock;
  std::int64_t generation;
  base::StagedFolder staged;
  kv::TableWriter tables;
  std::optional<Shelf> shelf;
  References references;
  IdTable ids;
  std::int64_t customers = 0;
  std::int64_t propensity_rows = 0;
  std::map<std::string, std::string> checksums;

  // Writes a file of the generation and remembers its checksum.
  Status Put(const std::string& file, std::string_view bytes) {
    checksums[file] = base::Checksum(bytes);
    return base::WriteFileAtomic(staged.Path() / file, bytes);
  }

  // What a server would refuse must not be published.
  Status CheckWhole() const {
    if (!shelf) return Fail(ErrorCode::kFailedPrecondition, "a generation needs a shelf");
    const auto wanted = shelf->catalogue.text_customer_ids ? customers : 0;
    if (std::cmp_not_equal(ids.Count(), wanted)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("customers: {} have an id of the retailer's, {} should", ids.Count(),
                              wanted));
    }
    return references.Check(shelf->catalogue, ErrorCode::kInvalidArgument);
  }
  Status CheckRankingModel(const ranking::ModelSpec& spec) const {
    const features::CatalogueView view(shelf->catalogue);
    const auto scorer = ranking::PairScorer::Make(spec, view);
    return scorer ? Status{} : std::unexpected(scorer.error());
  }
};

GenerationWriter::GenerationWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GenerationWriter::GenerationWriter(GenerationWriter&&) noexcept = default;
GenerationWriter::~GenerationWriter() = default;

Result<GenerationWriter> GenerationWriter::Create(const fs::path& root) {
  AISLE_TRY(base::FileLock lock,
            base::FileLock::Acquire(root / kWriterLockFile, "publishing a generation"));
  base::RemoveStagingLeftovers(root);
  // A number is never used again: neither that of a folder nor the one that CURRENT names.
  const std::vector<std::int64_t> known = Generations(root);
  std::int64_t last = known.empty() ? 0 : known.back();
  if (const auto current = CurrentGeneration(root)) last = std::max(last, *current);
  AISLE_TRY(base::StagedFolder staged,
            base::StagedFolder::Create(GenerationFolder(root, last + 1)));
  AISLE_TRY(kv::TableWriter tables, kv::TableWriter::Create(staged.Path() / kDataFolder, kTables));
  std::error_code code;
  fs::create_directory(staged.Path() / kModelsFolder, code);
  if (code) {
    return Fail(ErrorCode::kInternal,
                fmt::format("cannot create {}: {}", (staged.Path() / kModelsFolder).string(),
                            code.message()));
  }
  return GenerationWriter(std::make_unique<Impl>(Impl{root,
                                                      std::move(lock),
                                                      last + 1,
                                                      std::move(staged),
                                                      std::move(tables),
                                                      {},
                                                      {},
                                                      {},
                                                      0,
                                                      0,
                                                      {}}));
}

Status GenerationWriter::PutShelf(const Shelf& shelf) {
  if (impl_->shelf) return Fail(ErrorCode::kFailedPrecondition, "a generation has one shelf");
  AISLE_CHECK(CheckShelf(shelf, ErrorCode::kInvalidArgument));
  AISLE_CHECK(impl_->Put(std::string(kShelfFile), EncodeShelf(shelf)));
  impl_->shelf = shelf;
  return {};
}

Status GenerationWriter::PutModel(const std::string& name, const ranking::ModelSpec& spec) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("model name '{}' is not made of lower-case letters, digits and _", name));
  }
  if (!impl_->shelf) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("model {} is put before the shelf that it has to fit", name));
  }
  if (name == kRankingModel) AISLE_CHECK(impl_->CheckRankingModel(spec));
  AISLE_CHECK(impl_->Put(fmt::format("{}/{}.ubj", kModelsFolder, name), spec.ubjson));
  return impl_->Put(fmt::format("{}/{}.json", kModelsFolder, name), ModelToJson(spec));
}

Status GenerationWriter::PutCustomer(const features::CustomerRecord& record,
                                     std::span<const float> propensity,
                                     std::string_view source_id) {
  AISLE_CHECK(CheckCustomer(record, ErrorCode::kInvalidArgument));
  const auto key = static_cast<kv::Key>(record.customer.value);
  if (auto put = impl_->tables.Append(kCustomerTable, key, EncodeCustomer(record)); !put)
    return Within("customers", put.error());
  if (!source_id.empty()) impl_->ids.Add(source_id, record.customer);
  impl_->references.Add(record, propensity);
  ++impl_->customers;
  if (propensity.empty()) return {};
  impl_->propensity_rows += static_cast<std::int64_t>(propensity.size());
  return impl_->tables.Append(kPropensityTable, key, EncodePropensity(propensity));
}

Result<GenerationManifest> GenerationWriter::Commit(GenerationManifest manifest) {
  Impl& impl = *impl_;
  AISLE_CHECK(impl.CheckWhole());
  AISLE_CHECK(impl.ids.WriteTo(impl.tables));
  AISLE_CHECK(impl.tables.Finish());
  const fs::path folder = impl.staged.Path();
  AISLE_TRY(impl.checksums[fmt::format("{}/{}", kDataFolder, kv::kDataFile)],
            kv::DataChecksum(folder / kDataFolder));
  manifest.format = kGenerationFormat;
  manifest.generation = impl.generation;
  if (manifest.created == base::Timestamp{}) manifest.created = base::Now();
  manifest.customers = impl.customers;
  manifest.propensity_rows = impl.propensity_rows;
  manifest.inventory_rows = InventoryRows(*impl.shelf);
  AISLE_CHECK(base::SyncFolder(folder / kDataFolder));
  AISLE_CHECK(base::SyncFolder(folder / kModelsFolder));
  AISLE_CHECK(base::WriteFileAtomic(folder / kManifestFile,
                                    ManifestToJson({manifest, std::move(impl.checksums)})));
  AISLE_CHECK(impl.staged.Commit());

  AISLE_CHECK(BringIntoService(impl.root, impl.generation));
  return manifest;
}

}  // namespace aisle::serving
