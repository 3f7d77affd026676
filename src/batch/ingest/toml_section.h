// One table of a TOML file, read key by key, so that what nobody has read is an unknown key.
//
// Private to the module: mapping.cc is written with it.
//
//   errors   kInvalidArgument with "file:line", the key and what it must be.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/named_text.h"
#include "base/result.h"
#include "ingest/mapping.h"

namespace aisle::ingest {

// A table of the file that is read key by key; what nobody has read at the end is unknown.
class Section {
 public:
  Section(const toml::table& table, base::NamedText text, std::string title)
      : table_(table), text_(text), title_(std::move(title)) {}

  int Line() const { return static_cast<int>(table_.source().begin.line); }
  const std::string& Title() const { return title_; }
  const base::NamedText& Text() const { return text_; }

  std::unexpected<Error> Wrong(int line, const std::string& what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", text_.name, line, what));
  }
  std::unexpected<Error> Wrong(const std::string& what) const { return Wrong(Line(), what); }

  // Nullptr if it is not there.
  const toml::node* Take(std::string_view key) {
    known_.insert(std::string(key));
    return table_.get(key);
  }

  Result<std::string> Text(std::string_view key, std::optional<std::string> standard = {}) {
    const toml::node* node = Take(key);
    if (node == nullptr) {
      if (standard) return *standard;
      return Wrong(fmt::format("{} lacks '{}'", title_, key));
    }
    if (!node->is_string()) return WrongType(*node, key, "a text");
    return node->as_string()->get();
  }

  Result<bool> Flag(std::string_view key, bool standard) {
    const toml::node* node = Take(key);
    if (node == nullptr) return standard;
    if (!node->is_boolean()) return WrongType(*node, key, "true or false");
    return node->as_boolean()->get();
  }

  Result<std::optional<std::int64_t>> Integer(std::string_view key) {
    const toml::node* node = Take(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_integer()) return WrongType(*node, key, "a whole number");
    return node->as_integer()->get();
  }

  Result<std::vector<std::string>> Texts(std::string_view key,
                                         std::vector<std::string> standard = {}) {
    const toml::node* node = Take(key);
    if (node == nullptr) return standard;
    if (!node->is_array()) return WrongType(*node, key, "a list of texts");
    std::vector<std::string> texts;
    for (const toml::node& item : *node->as_array()) {
      if (!item.is_string()) return WrongType(item, key, "a list of texts");
      texts.push_back(item.as_string()->get());
    }
    return texts;
  }

  Result<QueryText> Query() {
    AISLE_TRY(std::string query, Text("query"));
    if (query.find_first_not_of(" \t\r\n") == std::string::npos)
      return Wrong(fmt::format("{}: 'query' is empty", title_));
    const auto& at = table_.get("query")->source().begin;
    return QueryText{std::move(query), static_cast<int>(at.line) + (OpensWithNewline(at) ? 1 : 0)};
  }

  // The tables below `key`, by name, in the order of the file.
  Result<std::vector<std::pair<std::string, const toml::table*>>> Tables(std::string_view key) {
    std::vector<std::pair<std::string, const toml::table*>> tables;
    const toml::node* node = Take(key);
    if (node == nullptr) return tables;
    if (!node->is_table()) return WrongType(*node, key, "a table");
    for (const auto& [name, item] : *node->as_table()) {
      if (!item.is_table()) return WrongType(item, name.str(), "a table");
      tables.emplace_back(name.str(), item.as_table());
    }
    std::ranges::sort(tables, {}, [](const auto& entry) { return Place(*entry.second); });
    return tables;
  }

  Result<std::vector<const toml::table*>> List(std::string_view key) {
    std::vector<const toml::table*> tables;
    const toml::node* node = Take(key);
    if (node == nullptr) return tables;
    if (!node->is_array_of_tables())
      return WrongType(*node, key, fmt::format("a list of tables, written [[{}]]", key));
    for (const toml::node& item : *node->as_array()) tables.push_back(item.as_table());
    return tables;
  }

  Status Done() const {
    for (const auto& [key, node] : table_) {
      if (known_.contains(std::string(key.str()))) continue;
      return Wrong(static_cast<int>(key.source().begin.line),
                   fmt::format("unknown key '{}' in {}; known are {}", key.str(), title_,
                               fmt::join(known_, ", ")));
    }
    return {};
  }

  std::unexpected<Error> WrongType(const toml::node& node, std::string_view key,
                                   std::string_view wanted) const {
    return Wrong(static_cast<int>(node.source().begin.line),
                 fmt::format("'{}' in {} must be {}", key, title_, wanted));
  }

  static std::pair<std::uint32_t, std::uint32_t> Place(const toml::node& node) {
    return {node.source().begin.line, node.source().begin.column};
  }

 private:
  // A text in three quotes whose first line is empty begins on the next one.
  bool OpensWithNewline(const toml::source_position& at) const {
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < at.line; ++line) {
      begin = text_.text.find('\n', begin);
      if (begin == std::string_view::npos) return false;
      ++begin;
    }
    const std::size_t end = std::min(text_.text.find('\n', begin), text_.text.size());
    std::string_view line = text_.text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line.ends_with("\"\"\"") || line.ends_with("'''");
  }

  const toml::table& table_;
  base::NamedText text_;
  std::string title_;
  std::set<std::string> known_;
};

}  // namespace aisle::ingest
