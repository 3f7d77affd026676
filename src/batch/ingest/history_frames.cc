#include "ingest/history_frames.h"

#include <fmt/format.h>

#include <functional>

namespace aisle::ingest {
namespace {

// "a, b", each as `one` writes it.
std::string Each(const Names& names, const std::function<std::string(std::string_view)>& one,
                 std::string_view between = ", ") {
  std::string text;
  for (const std::string_view name : names)
    text += fmt::format("{}{}", text.empty() ? "" : between, one(name));
  return text;
}

std::string List(const Names& names, std::string_view of = {}) {
  return Each(names, [&](std::string_view name) {
    return of.empty() ? std::string(name) : fmt::format("{}.{}", of, name);
  });
}

std::string ChangesOf(const Names& names) {
  return Each(
      names,
      [](std::string_view name) {
        return fmt::format("{0} IS DISTINCT FROM lag({0}) OVER w", name);
      },
      " OR ");
}

// Conditions and lists that only one frame has.
std::string SpecialPart(std::string_view name, const DatedTable& dated, const Parts& parts) {
  if (name == "table") return std::string(dated.table);
  if (name == "history") return std::string(dated.history);
  if (name == "t.known") return fmt::format("t.{} IS NOT NULL", parts.keys.front());
  if (name == "given") {
    return Each(parts.columns, [](std::string_view column) {
      return fmt::format("CASE WHEN s.gives_{0} THEN s.{0} ELSE t.{0} END AS {0}", column);
    });
  }
  if (name == "columns_change") return ChangesOf(parts.columns);
  if (name == "values_change") return ChangesOf(parts.values);
  if (name == "held") {
    return Each(parts.values, [&](std::string_view value) {
      return dated.null_is_of_table ? fmt::format("coalesce(n.{0}, t.{0}) AS {0}", value)
                                    : fmt::format("n.{}", value);
    });
  }
  if (name == "filled") {
    return Each(parts.values, [&](std::string_view value) {
      return fmt::format(
          "{0} = coalesce(h.{0}, (SELECT t.{0} FROM raw.aisle_states t WHERE t.position = 0 AND "
          "{{t=h}}))",
          value);
    });
  }
  if (name == "values_differ") {
    return Each(
        parts.values,
        [&](std::string_view value) {
          return fmt::format(
              "{1}h.{0} IS DISTINCT FROM t.{0}{2}", value,
              dated.null_is_of_table ? fmt::format("(h.{} IS NOT NULL AND ", value) : "",
              dated.null_is_of_table ? ")" : "");
        },
        " OR ");
  }
  if (name == "new_since_always") return dated.new_since_always ? "true" : "false";
  if (name == "stamp") return dated.stamp.empty() ? "" : fmt::format(", {}", dated.stamp);
  if (name == "stamp_value") return dated.stamp.empty() ? "" : ", changed_at";
  AISLE_ASSERT(name == "or_stamped_later");
  if (dated.stamp.empty()) return "";
  return fmt::format(
      "\n   OR EXISTS (SELECT 1 FROM {0} t WHERE {{t=s}} AND t.{1} > s.taken_at AND t.{1} <= $now)",
      dated.table, dated.stamp);
}

// {keys}, {t.values}, {t=s}, or one of the above.
std::string PartOf(std::string_view name, const DatedTable& dated, const Parts& parts) {
  if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
    return Each(
        parts.keys,
        [&](std::string_view key) {
          return fmt::format("{0}.{2} = {1}.{2}", name.substr(0, equals), name.substr(equals + 1),
                             key);
        },
        " AND ");
  }
  const std::size_t dot = name.find('.');
  const std::string_view of = dot == std::string_view::npos ? "" : name.substr(0, dot);
  const std::string_view list = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (list == "keys") return List(parts.keys, of);
  if (list == "columns") return List(parts.columns, of);
  if (list == "values") return List(parts.values, of);
  return SpecialPart(name, dated, parts);
}

}  // namespace

Parts PartsOf(const DatedTable& dated) {
  const raw::Table& table = *raw::FindTable(dated.table);
  Parts parts{.keys = table.key, .columns = {}, .values = {}};
  for (const raw::Column& column : table.columns) {
    if (IsIn(table.key, column.name) || column.name == dated.stamp) continue;
    parts.columns.push_back(column.name);
    if (raw::FindColumn(*raw::FindTable(dated.history), column.name) != nullptr)
      parts.values.push_back(column.name);
  }
  return parts;
}

std::string FillFrame(base::NamedText frame, const DatedTable& table) {
  const Parts parts = PartsOf(table);
  std::string text(frame.text);
  // A part may have parts itself.
  for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open)) {
    const std::size_t close = text.find('}', open);
    AISLE_ASSERT(close != std::string::npos);
    text.replace(open, close - open + 1,
                 PartOf(text.substr(open + 1, close - open - 1), table, parts));
  }
  return text;
}

}  // namespace aisle::ingest
