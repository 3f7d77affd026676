#include "base/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/nearest.h"

namespace aisle::base {

// A value of the file. A table's children are in the order of the file, a list's in its own; keys are theirs.
struct TomlNode {
  TomlKind kind = TomlKind::kTable;
  std::string key;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;  // Of integers too.
  bool flag = false;
  std::pair<std::uint32_t, std::uint32_t> place = {};  // Line and column of the value.
  int key_line = 0;
  std::vector<TomlNode> children = {};

  int Line() const { return static_cast<int>(place.first); }
};

namespace {

// Files of people are flat; deeper ones would only cost stack.
constexpr int kDepthMax = 16;

// False when it is nested too deeply.
bool Fill(const toml::node& from, int depth, TomlNode& node) {
  if (depth > kDepthMax) return false;
  node.place = {from.source().begin.line, from.source().begin.column};
  bool fits = true;
  if (const auto* table = from.as_table()) {
    node.kind = TomlKind::kTable;
    for (const auto& [key, value] : *table) {
      TomlNode& child = node.children.emplace_back();
      child.key = key.str();
      child.key_line = static_cast<int>(key.source().begin.line);
      fits = fits && Fill(value, depth + 1, child);
    }
    std::ranges::stable_sort(node.children, {}, &TomlNode::place);
  } else if (const auto* list = from.as_array()) {
    node.kind = TomlKind::kList;
    for (const toml::node& value : *list)
      fits = fits && Fill(value, depth + 1, node.children.emplace_back());
  } else if (const auto* text = from.as_string()) {
    node.kind = TomlKind::kText;
    node.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = TomlKind::kInteger;
    node.integer = integer->get();
    node.number = static_cast<double>(node.integer);
  } else if (const auto* number = from.as_floating_point()) {
    node.kind = TomlKind::kNumber;
    node.number = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    node.kind = TomlKind::kFlag;
    node.flag = flag->get();
  } else {
    node.kind = TomlKind::kTime;
  }
  return fits;
}

// As a person would say it.
std::string Said(const TomlNode& node) {
  constexpr std::size_t kTextMax = 40;
  switch (node.kind) {
    case TomlKind::kTable:
      return "a table";
    case TomlKind::kList:
      return node.children.empty() ? "an empty list" : "such a list";
    case TomlKind::kText:
      return node.text.size() <= kTextMax ? fmt::format("\"{}\"", node.text) : "such a text";
    case TomlKind::kInteger:
      return fmt::format("{}", node.integer);
    case TomlKind::kNumber:
      return fmt::format("{}", node.number);
    case TomlKind::kFlag:
      return node.flag ? "true" : "false";
    case TomlKind::kNone:
    case TomlKind::kTime:
      break;
  }
  return "a time";
}

bool AreTexts(const TomlNode& list, bool may_be_empty) {
  return std::ranges::all_of(list.children, [&](const TomlNode& item) {
    return item.kind == TomlKind::kText && (may_be_empty || !item.text.empty());
  });
}

std::vector<std::string> TextsOf(const TomlNode& list) {
  std::vector<std::string> texts;
  for (const TomlNode& item : list.children) texts.push_back(item.text);
  return texts;
}

bool Holds(IntegerRange range, const TomlNode& node) {
  return node.kind == TomlKind::kInteger && node.integer >= range.low && node.integer <= range.high;
}

}  // namespace

std::string WholeNumber(IntegerRange range) {
  if (range.low == IntegerRange{}.low && range.high == IntegerRange{}.high) return "a whole number";
  if (range.high == IntegerRange{}.high)
    return fmt::format("a whole number that is at least {}", range.low);
  return fmt::format("a whole number from {} to {}", range.low, range.high);
}

TomlFile::TomlFile(NamedText text) : text_(text) {
  auto root = std::make_unique<TomlNode>();
  try {
    if (!Fill(toml::parse(text.text, text.name), 0, *root)) {
      Complain(0, fmt::format("nested deeper than {} levels", kDepthMax));
      *root = TomlNode();
    }
  } catch (const toml::parse_error& error) {
    Complain(static_cast<int>(error.source().begin.line), std::string(error.description()));
  }
  root_ = std::move(root);
}

TomlFile::~TomlFile() = default;

TomlSection TomlFile::Top() { return {*this, root_.get(), "", 1}; }

void TomlFile::Complain(int line, const std::string& what) {
  if (complaint_) return;
  complaint_ = line > 0 ? fmt::format("{}:{}: {}", text_.name, line, what)
                        : fmt::format("{}: {}", text_.name, what);
}

Status TomlFile::Verdict() const {
  if (complaint_) return Fail(ErrorCode::kInvalidArgument, *complaint_);
  return {};
}

const TomlNode* TomlSection::Find(std::string_view key) const {
  if (node_ == nullptr) return nullptr;
  const auto found = std::ranges::find(node_->children, key, &TomlNode::key);
  return found == node_->children.end() ? nullptr : &*found;
}

const TomlNode* TomlSection::Ask(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return Find(key);
}

TomlKind TomlSection::KindOf(std::string_view key) const {
  const TomlNode* const node = Find(key);
  return node == nullptr ? TomlKind::kNone : node->kind;
}

int TomlSection::LineOf(std::string_view key) const {
  const TomlNode* const node = Find(key);
  return node == nullptr ? line_ : node->Line();
}

std::vector<std::string> TomlSection::Keys() const {
  std::vector<std::string> keys;
  if (node_ == nullptr) return keys;
  for (const TomlNode& child : node_->children) keys.push_back(child.key);
  return keys;
}

std::string TomlSection::Text(std::string_view key, const std::optional<std::string>& or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->kind == TomlKind::kText && !node->text.empty()) return node->text;
  Refuse(key, "a text in quotes that is not empty");
  return or_else.value_or("");
}

std::string TomlSection::AnyText(std::string_view key, const std::optional<std::string>& or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->kind == TomlKind::kText) return node->text;
  Refuse(key, "a text in quotes");
  return or_else.value_or("");
}

int TomlSection::LineOfText(std::string_view key) const {
  const TomlNode* const node = Find(key);
  if (node == nullptr) return line_;
  const std::string_view text = file_->text_.text;
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < node->place.first; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return node->Line();
    ++begin;
  }
  std::string_view rest = text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  rest.remove_prefix(std::min<std::size_t>(node->place.second - 1, rest.size()));
  return rest == "\"\"\"" || rest == "'''" ? node->Line() + 1 : node->Line();
}

std::int64_t TomlSection::Integer(std::string_view key, IntegerRange range,
                                  std::optional<std::int64_t> or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && Holds(range, *node)) return node->integer;
  Refuse(key, WholeNumber(range));
  return or_else.value_or(range.low);
}

std::optional<std::int64_t> TomlSection::MaybeInteger(std::string_view key, IntegerRange range) {
  if (Ask(key) == nullptr) return std::nullopt;
  return Integer(key, range);
}

double TomlSection::Number(std::string_view key, double low, double high,
                           std::optional<double> or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  const bool is_number =
      node != nullptr && (node->kind == TomlKind::kInteger || node->kind == TomlKind::kNumber);
  if (is_number && node->number >= low && node->number <= high) return node->number;
  Refuse(key, fmt::format("a number from {} to {}", low, high));
  return or_else.value_or(low);
}

bool TomlSection::Flag(std::string_view key, bool or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr) return or_else;
  if (node->kind == TomlKind::kFlag) return node->flag;
  Refuse(key, "true or false");
  return or_else;
}

std::size_t TomlSection::Choice(std::string_view key, const std::vector<std::string_view>& choices,
                                std::optional<std::size_t> or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  if (node != nullptr && node->kind == TomlKind::kText) {
    const auto found = std::ranges::find(choices, node->text);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  }
  Refuse(key, fmt::format("one of {}", fmt::join(choices, ", ")));
  return or_else.value_or(0);
}

std::vector<std::string> TomlSection::Texts(
    std::string_view key, const std::optional<std::vector<std::string>>& or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr && or_else) return *or_else;
  const bool is_list = node != nullptr && node->kind == TomlKind::kList;
  if (is_list && !node->children.empty() && AreTexts(*node, false)) return TextsOf(*node);
  Refuse(key, "a list of texts in quotes, not empty");
  return or_else.value_or(std::vector<std::string>());
}

std::vector<std::string> TomlSection::AnyTexts(std::string_view key,
                                               const std::vector<std::string>& or_else) {
  const TomlNode* const node = Ask(key);
  if (node == nullptr) return or_else;
  if (node->kind == TomlKind::kList && AreTexts(*node, true)) return TextsOf(*node);
  Refuse(key, "a list of texts in quotes");
  return or_else;
}

std::vector<std::int64_t> TomlSection::Integers(std::string_view key, IntegerRange range) {
  const TomlNode* const node = Ask(key);
  std::vector<std::int64_t> values;
  if (node != nullptr && node->kind == TomlKind::kList && !node->children.empty() &&
      std::ranges::all_of(node->children, [&](const auto& item) { return Holds(range, item); })) {
    for (const TomlNode& item : node->children) values.push_back(item.integer);
    return values;
  }
  Refuse(key, fmt::format("a list of whole numbers from {} to {}", range.low, range.high));
  return values;
}

TomlSection TomlSection::Below(std::string_view key, const TomlNode* node,
                               std::string title) const {
  const bool is_table = node != nullptr && node->kind == TomlKind::kTable;
  if (title.empty()) {
    title = title_.empty() ? fmt::format("[{}]", key)
                           : fmt::format("[{}.{}]", title_.substr(1, title_.size() - 2), key);
  }
  return {*file_, is_table ? node : nullptr, std::move(title), is_table ? node->Line() : line_};
}

TomlSection TomlSection::Table(std::string_view key) {
  const TomlNode* const node = Ask(key);
  if (node != nullptr && node->kind != TomlKind::kTable)
    Refuse(key, fmt::format("a table, written [{}]", key));
  TomlSection section = Below(key, node, "");
  const TomlNode* const meant = node == nullptr ? NearestUnknown(key) : nullptr;
  if (meant != nullptr && meant->kind == TomlKind::kTable) {
    section.meant_ = meant->key;
    section.meant_line_ = meant->key_line;
  }
  return section;
}

std::vector<std::pair<std::string, TomlSection>> TomlSection::Tables(std::string_view key) {
  TomlSection around = Table(key);
  std::vector<std::pair<std::string, TomlSection>> tables;
  for (const std::string& name : around.Keys()) tables.emplace_back(name, around.Table(name));
  return tables;
}

std::vector<TomlSection> TomlSection::List(std::string_view key) {
  std::vector<TomlSection> tables;
  const TomlNode* const node = Ask(key);
  if (node == nullptr) return tables;
  const bool fits = node->kind == TomlKind::kList && !node->children.empty() &&
                    std::ranges::all_of(node->children, [](const TomlNode& item) {
                      return item.kind == TomlKind::kTable;
                    });
  if (!fits) {
    Refuse(key, fmt::format("a list of tables, written [[{}]]", key));
    return tables;
  }
  for (const TomlNode& item : node->children)
    tables.push_back(Below(key, &item, fmt::format("[[{}]]", key)));
  return tables;
}

void TomlSection::Complain(std::string_view key, const std::string& what) {
  file_->Complain(LineOf(key), fmt::format("'{}'{} {}", key, Inside(), what));
}

void TomlSection::ComplainOfItem(std::string_view key, std::size_t index, const std::string& what) {
  const TomlNode* const node = Find(key);
  const bool has_item = node != nullptr && index < node->children.size();
  file_->Complain(has_item ? node->children[index].Line() : LineOf(key),
                  fmt::format("'{}'{} {}", key, Inside(), what));
}

void TomlSection::Refuse(std::string_view key, std::string_view accepted) {
  if (const TomlNode* const node = Find(key)) {
    Complain(key, fmt::format("must be {}, not {}", accepted, Said(*node)));
    return;
  }
  std::string what =
      fmt::format("{} lacks '{}', {}", title_.empty() ? "the file" : title_, key, accepted);
  if (node_ == nullptr && meant_line_ > 0) {
    file_->Complain(meant_line_, fmt::format("{}; did you mean it by [{}]?", what, meant_));
    return;
  }
  const TomlNode* const meant = NearestUnknown(key);
  if (meant != nullptr) what += fmt::format("; did you mean it by '{}'?", meant->key);
  file_->Complain(meant != nullptr ? meant->key_line : line_, what);
}

const TomlNode* TomlSection::NearestUnknown(std::string_view key) const {
  if (node_ == nullptr) return nullptr;
  std::vector<std::string_view> written;
  for (const TomlNode& child : node_->children) {
    if (std::ranges::find(known_, child.key) == known_.end()) written.push_back(child.key);
  }
  const auto nearest = Nearest(key, written);
  return nearest ? Find(*nearest) : nullptr;
}

void TomlSection::Close() {
  if (node_ == nullptr) return;
  for (const TomlNode& child : node_->children) {
    if (std::ranges::find(known_, child.key) != known_.end()) continue;
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    const auto meant = Nearest(child.key, known);
    file_->Complain(child.key_line,
                    fmt::format("unknown key '{}'{}{}; known are {}", child.key, Inside(),
                                meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                                fmt::join(known_, ", ")));
    return;
  }
}

}  // namespace aisle::base
