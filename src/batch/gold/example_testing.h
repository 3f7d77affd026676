// The example in a query file's head: rows in, rows out, read from the comment and run.
//
//   -- example
//   --   raw.event_stream | customer_id=1 event_type=product_view event_timestamp='2026-11-20 10:00:00'
//   --     product_id=7
//   --   $as_of = 2026-11-24
//   --   => customer_id=1 product_id=7 views=1 last_cart_at=NULL
//
// A line with '|' is a row of a table: columns that are not named are NULL, but ingested_at, which is
// event_timestamp. A line with '$' is a parameter; without one, $as_of is 2026-11-24. A line with '=>' is a row of
// the answer, in its order, and names the same columns as the first; others are not looked at.
// A deeper line goes on with the one before. A query that reads gold tables is asked after a refresh.
// "-- example none: why" is for scripts.
//
//   errors  Read: what is wrong with the example, in words. Run: what differs; the warehouse's words.
#pragma once

#include <fmt/format.h>

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gold/raw_tables.h"
#include "gold/refresh.h"
#include "gold/shape_tables.h"
#include "gold/shop_testing.h"
#include "ingest/read_shape.h"
#include "warehouse/row_reader.h"

namespace aisle::gold {

using Cells = std::vector<std::pair<std::string, std::string>>;

struct Example {
  std::vector<std::pair<std::string, Cells>> rows;  // By table.
  std::map<std::string, std::string> parameters;
  std::vector<Cells> answer;
  bool none = false;
};

// "a=1 b='x y' c=NULL"; nothing where it is not of that form.
inline Result<Cells> ReadCells(const std::string& text) {
  Cells cells;
  for (std::size_t at = text.find_first_not_of(' '); at < text.size();
       at = text.find_first_not_of(' ', at)) {
    const std::size_t equals = text.find('=', at);
    if (equals == std::string::npos || text.find(' ', at) < equals) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is not column=value", text.substr(at)));
    }
    std::string name = text.substr(at, equals - at);
    const bool quoted = equals + 1 < text.size() && text[equals + 1] == '\'';
    const std::size_t begin = equals + (quoted ? 2 : 1);
    const std::size_t end = std::min(text.find(quoted ? '\'' : ' ', begin), text.size());
    cells.emplace_back(std::move(name), text.substr(begin, end - begin));
    at = end + (quoted ? 1 : 0);
  }
  return cells;
}

inline Result<Example> ReadExample(const std::string& sql) {
  std::vector<std::string> items;
  bool inside = false;
  Example example;
  std::istringstream lines(sql);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-- example none: ")) example.none = true;
    if (line == "-- example") {
      inside = true;
    } else if (inside && line.starts_with("--     ") && !items.empty()) {
      items.back() += line.substr(6);
    } else if (inside && line.starts_with("--   ")) {
      items.push_back(line.substr(5));
    } else {
      inside = false;
    }
  }
  if (items.empty() && !example.none) return Fail(ErrorCode::kInvalidArgument, "no example");
  for (const std::string& item : items) {
    if (item.starts_with("=>")) {
      AISLE_TRY(Cells cells, ReadCells(item.substr(2)));
      example.answer.push_back(std::move(cells));
    } else if (item.starts_with("$") && item.find(" = ") != std::string::npos) {
      const std::size_t equals = item.find(" = ");
      example.parameters[item.substr(1, equals - 1)] = item.substr(equals + 3);
    } else if (const std::size_t bar = item.find(" | "); bar != std::string::npos) {
      AISLE_TRY(Cells cells, ReadCells(item.substr(bar + 3)));
      example.rows.emplace_back(item.substr(0, bar), std::move(cells));
    } else {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("what is '{}'?", item));
    }
  }
  if (!example.none && example.answer.empty())
    return Fail(ErrorCode::kInvalidArgument, "an example without an answer");
  return example;
}

inline Status AddRow(warehouse::Connection& connection, const std::string& table, Cells cells) {
  const auto find = [&](std::string_view name) {
    return std::ranges::find_if(cells, [&](const auto& cell) { return cell.first == name; });
  };
  if (const auto at = find("event_timestamp");
      at != cells.end() && find("ingested_at") == cells.end())
    cells.emplace_back("ingested_at", at->second);
  std::vector<std::string> names, values;
  for (const auto& [name, value] : cells) {
    names.push_back(name);
    values.push_back(value == "NULL" ? value : "'" + value + "'");
  }
  const std::string insert = fmt::format("INSERT INTO {} ({}) VALUES ({})", table,
                                         fmt::join(names, ", "), fmt::join(values, ", "));
  AISLE_CHECK(connection.Execute({"example", insert}));
  return {};
}

// What the query answers, of the columns that the example names.
inline Result<std::vector<Cells>> Answer(warehouse::Connection& connection, base::NamedText query,
                                         const Example& example,
                                         const warehouse::Parameters& parameters) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, query, parameters));
  Cells names = example.answer.front();
  std::vector<warehouse::PrintedColumn> columns;
  columns.reserve(names.size());
  for (const auto& [name, value] : names) columns.push_back(rows.Printed(name));
  std::vector<Cells> answer;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return answer;
    for (std::size_t i = 0; i < names.size(); ++i) names[i].second = rows[columns[i]];
    answer.push_back(names);
  }
}

inline std::string Shown(const std::vector<Cells>& answer) {
  std::string text;
  for (const Cells& row : answer) {
    text += "=>";
    for (const auto& [name, value] : row) {
      text += value.find(' ') == std::string::npos ? fmt::format(" {}={}", name, value)
                                                   : fmt::format(" {}='{}'", name, value);
    }
    text += "\n";
  }
  return text;
}

// Runs the example of a query file in a database of its own.
inline Status RunExample(base::NamedText query) {
  AISLE_TRY(const Example example, ReadExample(std::string(query.text)));
  if (example.none) return {};
  ShopFixture shop;
  warehouse::Connection& connection = shop.Connection();
  shop.Write("DELETE FROM raw.product_categories");
  for (const auto& [table, cells] : example.rows) AISLE_CHECK(AddRow(connection, table, cells));
  warehouse::Parameters stock = EventKinds();
  stock.push_back({"customers", warehouse::Table{kEverybody}});
  stock.push_back({"tiers", warehouse::Table{kTiers}});
  stock.push_back({"postal_regions", warehouse::Table{kPostalRegions}});
  AISLE_TRY(const auto shape, ingest::ReadShape(connection));
  AISLE_CHECK(MakeShapeTables(connection, shape));
  base::Timestamp as_of = ShopFixture::AsOf();
  for (const auto& [name, value] : example.parameters) {
    if (name == "as_of") {
      AISLE_TRY(as_of, base::ParseTimestamp(value));
    } else if (const auto time = base::ParseTimestamp(value)) {
      stock.push_back({name, *time});
    } else {
      stock.push_back({name, value});
    }
  }
  stock.push_back({"as_of", as_of});
  if (query.text.find("FROM gold.") != std::string_view::npos ||
      query.text.find("'gold'") != std::string_view::npos)
    AISLE_CHECK(Refresh(connection, as_of));
  AISLE_TRY(const auto parameters, warehouse::OnlyNamed(query, stock));
  AISLE_TRY(const auto answer, Answer(connection, query, example, parameters));
  if (answer == example.answer) return {};
  return Fail(ErrorCode::kInternal, fmt::format("{} answers\n{}where its example has\n{}",
                                                query.name, Shown(answer), Shown(example.answer)));
}

}  // namespace aisle::gold
