// What a generation says of itself, and which one is current.
//
//   <root>/CURRENT                       "31"
//   <root>/generation-31/manifest.json   format, as_of, model versions, row counts, checksums
//   <root>/generation-31/data/           LMDB: customers, propensity, ids of customers by their texts
//   <root>/generation-31/shelf.bin       catalogue and regional stock
//   <root>/generation-31/models/         the model files in service
//
// One that was fetched from Postgres (fetched.h) has no data/ but a file that says so; its manifest is that of the one
// that was published.
//
//   missing  a model version of 0: none.
//   errors   kNotFound: nothing published yet; kInternal: damaged, with its path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::serving {

// 2: the retailer's shape lies beside the catalogue, and postal codes are texts. 3: the retailer's own ids, where they
// are texts. 4: which products are hidden, and which changes it knows of. Older formats are still read: the shape of
// format 1 is the quickstart's, ids of 1 and 2 are ours, and those before 4 hide nothing and know of no change.
inline constexpr int kGenerationFormat = 4;
inline constexpr int kGenerationFormatFirst = 1;

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
  // A customer to show the shop by, as the publisher chose: theirs where the ids are texts. Empty: none.
  std::string example_customer;
  // The changes (stock, prices, products) that it is made with: those of the log of this id, up to this position, that
  // were taken in before as_of. Empty: it knows of none.
  std::string changes_log = {};
  std::uint64_t changes_until = 0;
};

// The number CURRENT holds; kNotFound when nothing is published. Cheap: for polling.
Result<std::int64_t> CurrentGeneration(const std::filesystem::path& root);

}  // namespace aisle::serving
