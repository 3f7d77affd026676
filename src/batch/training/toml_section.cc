#include "training/toml_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aisle::training {

void Reader::Complain(std::uint32_t line, const std::string& what) {
  if (complaint_) return;
  complaint_ =
      line > 0 ? fmt::format("{}:{}: {}", file_, line, what) : fmt::format("{}: {}", file_, what);
}

Status Reader::Verdict() const {
  if (complaint_) return Fail(ErrorCode::kInvalidArgument, *complaint_);
  return {};
}

const toml::node* Section::Find(std::string_view key) {
  known_.emplace_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

void Section::Complain(std::string_view key, const std::string& what) {
  const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
  const std::uint32_t line = node != nullptr     ? node->source().begin.line
                             : table_ != nullptr ? table_->source().begin.line
                                                 : 0;
  reader_->Complain(line, fmt::format("'{}'{} {}", key, Place(), what));
}

double Section::Number(std::string_view key, double low, double high,
                       std::optional<double> or_else) {
  const toml::node* node = Find(key);
  if (node == nullptr && or_else) return *or_else;
  const auto value = node == nullptr ? std::nullopt : node->value<double>();
  if (node != nullptr && node->is_number() && value && *value >= low && *value <= high)
    return *value;
  Complain(key, fmt::format("must be a number from {} to {}", low, high));
  return low;
}

std::int64_t Section::Integer(std::string_view key, std::int64_t low, std::int64_t high,
                              std::optional<std::int64_t> or_else) {
  const toml::node* node = Find(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->is_integer()) {
    const std::int64_t value = node->as_integer()->get();
    if (value >= low && value <= high) return value;
  }
  Complain(key, fmt::format("must be a whole number from {} to {}", low, high));
  return low;
}

bool Section::Flag(std::string_view key, bool or_else) {
  const toml::node* node = Find(key);
  if (node == nullptr) return or_else;
  if (node->is_boolean()) return node->as_boolean()->get();
  Complain(key, "must be true or false");
  return or_else;
}

std::string Section::Text(std::string_view key, std::optional<std::string> or_else) {
  const toml::node* node = Find(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->is_string() && !node->as_string()->get().empty())
    return node->as_string()->get();
  Complain(key, "must be a text");
  return "";
}

std::size_t Section::Choice(std::string_view key, const std::vector<std::string_view>& choices,
                            std::optional<std::size_t> or_else) {
  const toml::node* node = Find(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->is_string()) {
    const auto found = std::find(choices.begin(), choices.end(), node->as_string()->get());
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  }
  Complain(key, fmt::format("must be one of {}", fmt::join(choices, ", ")));
  return 0;
}

std::vector<int> Section::Integers(std::string_view key, int low, int high) {
  std::vector<int> values;
  const toml::node* node = Find(key);
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  bool good = array != nullptr && !array->empty();
  for (std::size_t i = 0; good && i < array->size(); ++i) {
    const auto* value = array->get(i)->as_integer();
    good = value != nullptr && value->get() >= low && value->get() <= high;
    if (good) values.push_back(static_cast<int>(value->get()));
  }
  if (!good) {
    Complain(key, fmt::format("must be a list of whole numbers from {} to {}", low, high));
    return {};
  }
  return values;
}

std::vector<std::string> Section::Texts(std::string_view key) {
  std::vector<std::string> values;
  const toml::node* node = Find(key);
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  bool good = array != nullptr && !array->empty();
  for (std::size_t i = 0; good && i < array->size(); ++i) {
    const auto* value = array->get(i)->as_string();
    good = value != nullptr && !value->get().empty();
    if (good) values.push_back(value->get());
  }
  if (!good) {
    Complain(key, "must be a list of texts");
    return {};
  }
  return values;
}

const toml::table* Section::Table(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) Complain(key, "must be a table");
  return node->as_table();
}

void Section::Close() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    reader_->Complain(
        node.source().begin.line,
        fmt::format("unknown key '{}'{} (known: {})", key.str(), Place(), fmt::join(known_, ", ")));
  }
}

}  // namespace aisle::training
