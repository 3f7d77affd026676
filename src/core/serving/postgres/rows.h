// A generation's rows in the form of the serving tables, encoded for COPY.
//
// CustomerRows gives the customers one by one with what is derived from them; the other tables are small enough to be
// looked at whole. What a row says is in its hash, the moment it was written is not: a customer whose record and
// derived columns are what they were has the same hash in the next generation, although as_of has moved. So a sync
// finds by hashes what changed.
//
//   shapes   columns in the order of TableColumns.
//   order    customers by rising id; other tables as the generation has them.
//   units    money in units of the retailer's currency; age, tenure and recency as of the generation.
//   missing  NULL, as in sql/store_tables.sql.
//   threads  one thread each.
//   errors   as PublishedGeneration; kInternal for a record that is damaged.
//   cost     a customer: its decoding, one encoding more for the hash, about 5 µs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/customer_inputs.h"
#include "features/records.h"
#include "postgres/copy_format.h"
#include "serving/generation/published.h"

namespace aisle::serving {

enum class CellType : std::uint8_t {
  kBool,
  kInt4,
  kInt8,
  kFloat4,
  kFloat8,
  kText,
  kBytes,
  kTime,
  kDay
};
struct ColumnShape {
  std::string_view name;
  CellType type = CellType::kInt8;
};
// The columns of one of kLoadedTables as they are copied. The first ones are its key.
struct TableShape {
  std::string_view name;
  std::span<const ColumnShape> columns;
  std::size_t key_count = 1;

  std::string ColumnList(std::string_view prefix = "") const;  // "customer_id, age, ..."
  std::string KeyList(std::string_view prefix = "") const;
  int ColumnCount() const { return static_cast<int>(columns.size()); }
};
const TableShape& ShapeOf(std::string_view table);

struct CustomerRow {
  features::CustomerRecord record;
  features::CustomerInputs now{};  // As of the generation.
  std::string_view record_bytes;
  std::vector<float> propensity;  // Empty: none.
  std::int64_t row_hash = 0;
  std::int64_t propensity_hash = 0;  // Where there is a propensity.
};
class CustomerRows {
 public:
  static Result<CustomerRows> Of(const PublishedGeneration& generation);
  // The next one whose id is not below `first`; valid until the one after. Null: there are no more.
  Result<const CustomerRow*> Next(std::int64_t first = 0);

 private:
  CustomerRows(const PublishedGeneration& generation, CustomerWalk customers, CustomerWalk scores);
  const PublishedGeneration* generation_;
  CustomerWalk customers_;
  CustomerWalk scores_;
  std::optional<CustomerBytes> score_;  // Not yet taken.
  std::uint64_t categories_hash_;
  CustomerRow row_;
};

// Of everything that a row says but the moment it was written: what depends on as_of counts by its value.
std::int64_t RowHash(const features::CustomerRecord& record, const features::CustomerInputs& now);

void PutFeatures(const CustomerRow& row, const GenerationManifest& manifest,
                 postgres::CopyEncoder& out);
// One row per category.
void PutPropensity(domain::CustomerId customer, std::span<const float> scores,
                   const features::Catalogue& catalogue, postgres::CopyEncoder& out);
// What customer_propensity.propensity_score adds to aisle_meta.propensity_sum.
std::int64_t PropensitySum(std::span<const float> scores);

// All rows of one of the other three tables; how many.
Result<std::int64_t> PutSmallTable(const PublishedGeneration& generation, std::string_view table,
                                   postgres::CopyEncoder& out);

}  // namespace aisle::serving
