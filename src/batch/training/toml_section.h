// Reads the keys of TOML tables strictly: private to the recipe parser.
//
// Ask a Section for each key it may have; the first thing that is wrong is kept in the Reader and
// everything after it answers with a default. Close() refuses keys nobody asked for.
//
//   errors  kept as text with file, line and key; Reader::Verdict() hands it out.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::training {

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}
  // Only the first complaint is kept. line 0: of the whole file.
  void Complain(std::uint32_t line, const std::string& what);
  Status Verdict() const;

 private:
  std::string file_;
  std::optional<std::string> complaint_;
};

class Section {
 public:
  // `table` null: the table is not there; every key is missing.
  Section(Reader& reader, const toml::table* table, std::string name)
      : reader_(&reader), table_(table), name_(std::move(name)) {}

  bool Present() const { return table_ != nullptr; }
  // Both ends are included. Without a default the key must be there.
  double Number(std::string_view key, double low, double high, std::optional<double> or_else = {});
  std::int64_t Integer(std::string_view key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> or_else = {});
  bool Flag(std::string_view key, bool or_else);
  std::string Text(std::string_view key, std::optional<std::string> or_else = {});
  // One of `choices`; the position in it.
  std::size_t Choice(std::string_view key, const std::vector<std::string_view>& choices,
                     std::optional<std::size_t> or_else = {});
  std::vector<int> Integers(std::string_view key, int low, int high);
  std::vector<std::string> Texts(std::string_view key);
  // Null when not there; complains when it is no table.
  const toml::table* Table(std::string_view key);
  void Complain(std::string_view key, const std::string& what);
  void Close();

 private:
  const toml::node* Find(std::string_view key);
  std::string Place() const { return name_.empty() ? "" : " in [" + name_ + "]"; }
  Reader* reader_;
  const toml::table* table_;
  std::string name_;
  std::vector<std::string> known_;
};

}  // namespace aisle::training
