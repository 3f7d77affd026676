// One published generation, open for serving: everything that a request ranks from and that does not change.
//
// Catalogue and model are prepared once, when it is opened: views over all products, in stock or not, and for
// each region the products it had in stock when it was published. What changes afterwards is not here: it is a
// LiveShelf (live_shelf.h) over the state, and after many changes PrepareAgain() makes of it a state of its own.
//
// A generation is good or refused as a whole: one file that cannot be read, does not have its checksum or does
// not load (the model too) makes OpenCurrent fail by its path, and the state in service stays.
//
//   shapes   lists of a region: by places of its shelf as published (PublishedShelf().regions).
//   threads  immutable and shared, held by a handle for the length of a request; each thread opens its own
//            customers.
//   errors   kNotFound: nothing published yet; kInternal: damaged, with its path; kFailedPrecondition: a newer
//            format, or a model whose inputs this build cannot make. FromParts: kInvalidArgument, naming the part.
//   cost     opening: reads every file once, to compare checksums, and prepares; a request's share is nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "domain/region.h"
#include "features/pair_row.h"
#include "ranking/ranking.h"
#include "ranking/screen_scorer.h"
#include "ranking/sweep_scorer.h"
#include "serving/generation/manifest.h"
#include "serving/shelf/region_popularity.h"
#include "serving/shelf/shelf.h"
#include "serving/shelf/stock.h"
#include "serving/store/store.h"

namespace aisle::serving {

// Which changes a state is made with: those of one log, up to a position, that were taken in before a moment.
struct KnownChanges {
  std::string log;  // Its id; empty: none are known.
  std::uint64_t until = 0;
  base::Timestamp before{};

  bool Has(std::string_view of_log, std::uint64_t position, base::Timestamp time) const {
    return log == of_log && position <= until && time < before;
  }
};
KnownChanges ChangesOf(const GenerationManifest& manifest);

class ServingState {
 public:
  // The generation CURRENT points at.
  static Result<std::shared_ptr<const ServingState>> OpenCurrent(const std::filesystem::path& root);
  // One by its number; kNotFound when it is not there.
  static Result<std::shared_ptr<const ServingState>> Open(const std::filesystem::path& root,
                                                          std::int64_t generation);
  // For tests and for other backends: `customers` (any order) are what OpenCustomers() then knows, and by which of the
  // retailer's own ids.
  static Result<std::shared_ptr<const ServingState>> FromParts(
      GenerationManifest manifest, Shelf shelf,
      const std::optional<ranking::ModelSpec>& ranking_model,
      std::vector<CustomerState> customers = {},
      std::unordered_map<std::string, domain::CustomerId> source_ids = {});
  // The same generation prepared again over its shelf as it is now: prices, stock and what is hidden may differ,
  // products may not. Customers are those of `of`.
  static Result<std::shared_ptr<const ServingState>> PrepareAgain(
      const std::shared_ptr<const ServingState>& of, Shelf shelf, KnownChanges known);
  ~ServingState();

  const GenerationManifest& Manifest() const;
  const KnownChanges& Known() const;
  const Shelf& PublishedShelf() const;
  // Regions, postal codes, tiers and currency of the retailer.
  const domain::RetailerShape& RetailerShape() const;
  const features::CatalogueView& View() const;
  const features::PricePositions& PricePositions() const;
  // Position of the product with this id of the retailer's own, where theirs are texts; -1: none has it.
  std::ptrdiff_t FindProduct(std::string_view source_id) const;
  // Stock as it was published.
  const std::shared_ptr<const Stock>& InitialStock() const;

  const ranking::PairScorer* Ranker() const;  // Null: no ranking model; answer by the next rung.
  // The same model by the sweep. Null: it does not fit, or there is none.
  const ranking::SweepScorer* Sweeper() const;
  // The same model by the screen, where it is not swept. Null as well.
  const ranking::ScreenScorer* Screener() const;

  // What the region had in stock when published, prepared for Ranker(), which must not be null.
  const ranking::PreparedCandidates& Candidates(domain::Region region) const;
  // The same for Sweeper(), which must not be null.
  const ranking::SweptCandidates& SweptOf(domain::Region region) const;
  // And for Screener(), which must not be null.
  const ranking::ScreenedCandidates& ScreenedOf(domain::Region region) const;
  const RegionPopularity& Popularity(domain::Region region) const;

  // False: it was fetched from Postgres, where its customers are.
  bool HasCustomers() const;
  // Whether another generation of the same number has taken its place on disk.
  bool IsReplaced() const;

  // The customers of this generation. When they cannot be opened, or lie in Postgres, each look-up says so. Must not
  // outlive the state.
  std::unique_ptr<GenerationCustomers> OpenCustomers() const;

  struct Impl;
  explicit ServingState(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::serving
