// The raw tables as a retailer fills them: columns and what may stand in them, as data.
//
// The importer makes its SQL checks of these rules (ingest/table_plan.h), and a program that takes
// one record at a time checks it against the same ones (raw/check.h), so that a row is refused for
// the same reason wherever it comes in.
//
//   order    Tables() in loading order; columns as in ingest/sql/create_tables.sql, the twin of this.
//   missing  a column that is neither required nor of the key may be NULL.
//   threads  constants.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/retailer_shape.h"

namespace aisle::raw {

enum class Type : std::uint8_t {
  kBigint,
  kInteger,
  kDouble,
  kDecimal,  // DECIMAL(12,2): money.
  kBoolean,
  kVarchar,
  kDate,
  kTimestamp  // UTC.
};
std::string_view TypeName(Type type);  // As the database says it: "DECIMAL(12,2)".

// A part of a retailer's shape (domain/retailer_shape.h) that a text may have to name.
enum class Part : std::uint8_t { kNone, kRegion, kTier };

struct Column {
  std::string_view name;
  Type type = Type::kVarchar;
  bool required = false;  // Columns of the key are too.
  // The texts it may hold; empty: any.
  std::span<const std::string_view> allowed = {};
  Part names = Part::kNone;  // Then only names of such parts.
  std::optional<std::int64_t> at_least = {};
  // Of a column whose ids may be made of a retailer's own texts, the kind of raw.id_map; else empty.
  std::string_view id_kind = {};
  bool set_on_load = false;  // By whoever loads the row; nobody else gives it.
  // Files that do not give it leave a row's value as it is: somebody else may have set it. Others become NULL.
  bool stays = false;
};

// `column` must not be NULL where `when` holds one of `texts`.
struct NeededWhen {
  std::string_view column;
  std::string_view when;
  std::vector<std::string_view> texts;
  std::string_view why;  // "in a purchase"
};

// Where both are given, `later` must be after `earlier`.
struct Follows {
  std::string_view later;
  std::string_view earlier;
};

struct Table {
  std::string_view name;              // "raw.stores"
  std::vector<std::string_view> key;  // Rows of equal key are one row.
  std::vector<Column> columns;
  // Rows that are there already stay as they are (events happen once); otherwise the newer row wins.
  bool keeps_rows = false;
  bool of_shape = false;  // Others are checked against what it holds, so it is filled first.
  std::vector<NeededWhen> needed_when = {};
  std::vector<Follows> follows = {};
};

std::span<const Table> Tables();
// Nullptr if there is none of this name.
const Table* FindTable(std::string_view name);
const Column* FindColumn(const Table& table, std::string_view name);
// By its own flag, or as part of the key.
bool IsRequired(const Table& table, const Column& column);
// The texts the column may hold at a retailer of this shape, in its order; empty: any.
std::vector<std::string_view> AllowedTexts(const Column& column,
                                           const domain::RetailerShape& shape);

}  // namespace aisle::raw
