// What a server serves from: generations on disk, one immutable ServingState in memory, and the
// store port.
//
// The batch side builds a generation with GenerationWriter: customers and propensities go into one
// LMDB file that is written once, catalogue and stock beside it, a manifest last; the folder
// appears by one rename and CURRENT is switched by another. A server opens it as a ServingState,
// which is held by a handle for the length of a request: model, catalogue, stock and features flip
// together.
//
//   <root>/CURRENT                       "31"
//   <root>/generation-31/manifest.json   format, as_of, model versions, row counts, checksums
//   <root>/generation-31/data/           LMDB: customers, propensity
//   <root>/generation-31/shelf.bin       catalogue and regional stock
//   <root>/generation-31/models/         the model files in service
//
// A generation is good or refused as a whole: one file that cannot be read, does not have its
// checksum or does not load (the model too) makes OpenCurrent fail by its path, and the state in
// service stays. The writer checks shelf, customers and model in the same way before it publishes.
//
//   shapes   propensity: one score per category of the catalogue, in its order.
//   threads  a ServingState is immutable and shared; each thread makes its own Store. A
//            GenerationWriter belongs to one thread.
//   errors   kNotFound: nothing published yet, or an unknown customer; kInternal: damaged, with its
//            path; kFailedPrecondition: a newer format, or a model whose inputs this build cannot
//            make; kUnavailable: the disk is full. Of what is put: kInvalidArgument, naming it.
//   cost     opening: reads every file once, to compare checksums; a fetch: two key look-ups and one
//            decode, a few microseconds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/region.h"
#include "features/pair_row.h"
#include "features/records.h"
#include "net/task.h"
#include "ranking/ranking.h"
#include "ranking/sweep_scorer.h"

namespace aisle::serving {

inline constexpr int kGenerationFormat = 1;

// Stock of one region: parallel arrays, products in stock only, by catalogue position.
struct RegionShelf {
  std::vector<std::uint32_t> products;  // Positions in the catalogue.
  std::vector<std::int32_t> quantity;
  std::vector<std::int32_t> delivery_days;
};

struct Shelf {
  features::Catalogue catalogue;
  std::array<RegionShelf, domain::kRegionCount> regions;
};

// How much of what a region buys each product of its shelf is: what answers when no model can. Entry i belongs
// to the i-th place of the region's shelf. Shares are in (0, 1), of the order lines of 90 days in the region; each
// product counts a fraction of one line more than it sold (more for those sold more elsewhere), and one line
// stands for what is not on the shelf.
struct RegionPopularity {
  std::vector<float> share;              // Among everything on the shelf.
  std::vector<float> share_in_category;  // Among the shelf's products of its category.
  std::vector<std::uint16_t> category;   // The product's, side by side for a pass over the shelf.
};

struct GenerationManifest {
  int format = kGenerationFormat;
  std::int64_t generation = 0;  // Set by the writer.
  base::Timestamp as_of{};
  base::Timestamp created{};
  int ranking_version = 0;     // 0: none.
  int propensity_version = 0;  // 0: none.
  std::int64_t customers = 0;
  std::int64_t propensity_rows = 0;
  std::int64_t inventory_rows = 0;
};

// Records as bytes: little-endian, versioned by kGenerationFormat, every length checked on the way
// in.
std::string EncodeCustomer(const features::CustomerRecord& record);
Result<features::CustomerRecord> DecodeCustomer(std::string_view bytes);
std::string EncodeShelf(const Shelf& shelf);
Result<Shelf> DecodeShelf(std::string_view bytes);

class GenerationWriter {
 public:
  // Takes the writer's lock of `root`; kUnavailable while another process publishes.
  static Result<GenerationWriter> Create(const std::filesystem::path& root);
  GenerationWriter(GenerationWriter&&) noexcept;
  ~GenerationWriter();

  Status PutShelf(const Shelf& shelf);
  Status PutModel(const std::string& name, const ranking::ModelSpec& spec);  // "ranking"
  // Customers in rising order of id. `propensity` may be empty.
  Status PutCustomer(const features::CustomerRecord& record, std::span<const float> propensity);
  // Fills in generation, row counts and `created` (unless it is set), completes the folder, switches
  // CURRENT, and removes generations older than the last two that nobody reads.
  Result<GenerationManifest> Commit(GenerationManifest manifest);

 private:
  struct Impl;
  explicit GenerationWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What is fetched for one request.
struct CustomerState {
  features::CustomerRecord record;
  std::vector<float> propensity;  // Empty: none published for this customer.
  // How long each look-up took, as the backend saw it.
  std::chrono::nanoseconds features_time{};
  std::chrono::nanoseconds propensity_time{};
};

// The store port. Backends: embedded now; Postgres and the warehouse as they arrive.
class Store {
 public:
  virtual ~Store() = default;
  virtual std::string_view Name() const = 0;  // "embedded"
  // False: Fetch() gives its answer without ever suspending, so there is nothing to wait for.
  virtual bool Suspends() const { return true; }
  // kNotFound: unknown customer. kUnavailable: try the next rung.
  virtual net::Task<Result<CustomerState>> Fetch(domain::CustomerId customer) = 0;
};

// One published generation, open for serving.
class ServingState {
 public:
  // The generation CURRENT points at.
  static Result<std::shared_ptr<const ServingState>> OpenCurrent(const std::filesystem::path& root);
  // For tests and for other backends: `customers` (any order) are what OpenStore() then knows.
  static Result<std::shared_ptr<const ServingState>> FromParts(
      GenerationManifest manifest, Shelf shelf,
      const std::optional<ranking::ModelSpec>& ranking_model,
      std::vector<CustomerState> customers = {});
  ~ServingState();

  const GenerationManifest& Manifest() const;
  const Shelf& StockedShelf() const;
  const features::CatalogueView& View() const;
  const ranking::PairScorer* Ranker() const;  // Null: no ranking model; answer by the next rung.
  // The same model by the sweep, and each region's candidates for it. Null: it does not fit, or there is none.
  const ranking::SweepScorer* Sweeper() const;
  const ranking::SweptCandidates& SweptOf(domain::Region region) const;  // Requires sweeper().

  // What the region's shelf holds, prepared for ranker(). Only where there is a ranker.
  const ranking::PreparedCandidates& Candidates(domain::Region region) const;

  const RegionPopularity& Popularity(domain::Region region) const;

  // The embedded store of this generation; one per thread, must not outlive the state.
  std::unique_ptr<Store> OpenStore() const;

  struct Impl;
  explicit ServingState(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// The number CURRENT holds; kNotFound when nothing is published. Cheap: for polling.
Result<std::int64_t> CurrentGeneration(const std::filesystem::path& root);

}  // namespace aisle::serving
