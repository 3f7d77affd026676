// What has to be done with the rows of one query on their way into a raw table, as SQL. Pure.
//
// The query's rows stand in aisle_rows. The plan says whether its columns fit the table, when a row is
// a reject and why, and how the table's columns are made of the query's. What a row must be is said in
// raw/tables.h; here it becomes SQL, which gives the reasons that raw::Check gives (rules_test.cc).
//
//   errors   CheckColumns: kInvalidArgument with the mapping's file and line, table and column.
//   units    a query's TIMESTAMP is UTC. A day is one of its source's clock: what fills a TIMESTAMP with a DATE,
//            or a DATE with a TIMESTAMP, goes by it.
//   missing  columns that the query does not give are NULL in the table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/mapping.h"
#include "ingest/sql_text.h"
#include "raw/tables.h"

namespace aisle::ingest {

struct Column {
  std::string name;
  std::string type;  // As the database calls it: "VARCHAR".
};
using Columns = std::vector<Column>;

class TablePlan {
 public:
  // `given` by the query, `target` of the raw table. `mapping`, `step` and `shape` must outlive the plan.
  TablePlan(const Mapping& mapping, const TableStep& step, const domain::RetailerShape& shape,
            Columns given, Columns target);

  Status CheckColumns() const;

  // A CASE that is NULL for a good row and else says what is wrong with it.
  std::string Reason() const;
  // The number of the row's line, for raw.rejects.
  std::string Line() const;
  // Whether that is the source's line; else it is the number of the query's row.
  bool NamesLines() const { return Gives("source_line"); }
  // SELECT of the good rows in the table's columns and types, with ids from raw.id_map, out of aisle_rows
  // and aisle_reasons (row, reason). `keys_repeat`: of rows with equal key only the first.
  std::string Rows(base::Timestamp loaded_at, bool keys_repeat) const;
  // SELECT of what rows of the table keep where the query does not give it: what Rows() reads as aisle_staying.
  // Empty: nothing stays.
  std::string Staying() const;
  // SELECT of how many good rows repeat the key of another: what Rows() leaves out.
  std::string RepeatedKeys() const;
  // Whether a DATE becomes a TIMESTAMP by another clock than UTC's.
  bool HasDaysOfAClock() const;
  // Columns whose texts become ids.
  std::vector<std::string> MappedColumns() const;

  // Conditions on a row n of Rows() and a row t of the table.
  std::string EqualKey() const;
  std::string Differs() const;

  const raw::Table& Table() const { return table_; }
  const std::string& Name() const { return step_.table; }

 private:
  std::unexpected<Error> Wrong(const std::string& what) const;
  bool IsEvents() const { return step_.table == "raw.event_stream"; }
  bool Gives(std::string_view column) const;
  bool IsMapped(std::string_view column) const;
  std::vector<std::string> Required() const;
  // The one zone of the rows' days; nothing where the step names no source and they have several.
  std::optional<std::string> Zone() const;
  Status CheckColumn(const Column& column) const;
  // What the query gives for `name`, as the table's type.
  std::string Given(std::string_view name) const;
  std::string ReasonOf(const Column& column) const;
  Cast CastOf(const Column& given, std::string_view type) const;
  std::string ValueOf(const Column& target, base::Timestamp loaded_at) const;

  const Mapping& mapping_;
  const TableStep& step_;
  const domain::RetailerShape& shape_;
  const raw::Table& table_;
  Columns given_;
  Columns target_;
  std::string zone_;
};

}  // namespace aisle::ingest
