// Reads TOML files strictly: whatever is wrong is refused with file, line, key and what is accepted.
//
//   base::TomlFile file({"recipes/x.toml", text});
//   base::TomlSection top = file.Top();
//   recipe.name = top.Text("name");
//   base::TomlSection learner = top.Table("learner");
//   recipe.rounds = learner.Integer("rounds", {1, 5000});
//   learner.Close();                                        keys that nobody asked for are refused
//   top.Close();
//   AISLE_CHECK(file.Verdict());
//
// The first thing that is wrong is kept in the file and everything goes on: a key that is missing or wrong answers with
// its default, or with the least that is allowed. So a reader is written without a thought of errors, and looks at
// Verdict() before it believes anything. Text that is no TOML is a file without keys that has its complaint already.
//
//   order    names and keys are given in the order of the file.
//   units    lines count from 1; 0 is the whole file.
//   missing  without a default a key must be there. A section that is not there has no keys; see Present().
//   threads  one thread.
//   errors   Verdict: kInvalidArgument, "file:line: 'key' in [section] must be …, not …", "… lacks 'key', …" or
//            "unknown key 'key' in [section] (did you mean 'other'?); known are …".
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/named_text.h"
#include "base/result.h"

namespace aisle::base {

struct TomlNode;
class TomlSection;

class TomlFile {
 public:
  // The text must outlive the file, which its sections point at.
  explicit TomlFile(NamedText text);
  ~TomlFile();
  TomlFile(const TomlFile&) = delete;
  TomlFile& operator=(const TomlFile&) = delete;

  TomlSection Top();
  // Keeps the first one only.
  void Complain(int line, const std::string& what);
  Status Verdict() const;

 private:
  friend class TomlSection;
  NamedText text_;
  std::unique_ptr<const TomlNode> root_;
  std::optional<std::string> complaint_;
};

enum class TomlKind : std::uint8_t { kNone, kTable, kList, kText, kInteger, kNumber, kFlag, kTime };

// Both ends are included.
struct IntegerRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};
// "a whole number from 1 to 5000", "a whole number"
std::string WholeNumber(IntegerRange range);

class TomlSection {
 public:
  bool Present() const { return node_ != nullptr; }
  // Where it begins; a section that is not there, where the one around it begins.
  int Line() const { return line_; }
  // "[sources.orders]"; empty at the top.
  const std::string& Title() const { return title_; }
  // What stands behind the key; kNone: nothing. Asking does not make it a known key.
  TomlKind KindOf(std::string_view key) const;
  int LineOf(std::string_view key) const;
  std::vector<std::string> Keys() const;

  // A text that is not empty, except that a default may be given as an empty one.
  std::string Text(std::string_view key, const std::optional<std::string>& or_else = {});
  // Any text.
  std::string AnyText(std::string_view key, const std::optional<std::string>& or_else = {});
  // The line that a text's first character is on: the next one where three quotes open a line's end.
  int LineOfText(std::string_view key) const;
  std::int64_t Integer(std::string_view key, IntegerRange range = {},
                       std::optional<std::int64_t> or_else = {});
  // Nothing when it is not there.
  std::optional<std::int64_t> MaybeInteger(std::string_view key, IntegerRange range = {});
  // Both ends are included.
  double Number(std::string_view key, double low, double high, std::optional<double> or_else = {});
  bool Flag(std::string_view key, bool or_else);
  // One of `choices`; the position in it.
  std::size_t Choice(std::string_view key, const std::vector<std::string_view>& choices,
                     std::optional<std::size_t> or_else = {});
  // Lists that are not empty, of texts that are not.
  std::vector<std::string> Texts(std::string_view key,
                                 const std::optional<std::vector<std::string>>& or_else = {});
  // Any list of any texts.
  std::vector<std::string> AnyTexts(std::string_view key, const std::vector<std::string>& or_else);
  std::vector<std::int64_t> Integers(std::string_view key, IntegerRange range);

  // [section.key]; not Present() when it is not there.
  TomlSection Table(std::string_view key);
  // [section.key.<name>], each with its name.
  std::vector<std::pair<std::string, TomlSection>> Tables(std::string_view key);
  // [[section.key]]
  std::vector<TomlSection> List(std::string_view key);

  // "'key' in [section] <what>", at the key's line or else the section's.
  void Complain(std::string_view key, const std::string& what);
  // The same of a list, at the line of its item `index`, counted from 0.
  void ComplainOfItem(std::string_view key, std::size_t index, const std::string& what);
  // `what` alone, at the section's line.
  void ComplainHere(const std::string& what) { file_->Complain(line_, what); }
  // "'key' in [section] must be <accepted>, not <what is there>"; what is missing: "[section] lacks 'key', <accepted>".
  void Refuse(std::string_view key, std::string_view accepted);
  // Refuses keys that nobody asked for.
  void Close();

 private:
  friend class TomlFile;
  TomlSection(TomlFile& file, const TomlNode* node, std::string title, int line)
      : file_(&file), node_(node), title_(std::move(title)), line_(line) {}

  const TomlNode* Find(std::string_view key) const;
  const TomlNode* Ask(std::string_view key);
  // The key here that nobody asked for and that looks most like `key`; null: none does.
  const TomlNode* NearestUnknown(std::string_view key) const;
  TomlSection Below(std::string_view key, const TomlNode* node, std::string title) const;
  std::string Inside() const { return title_.empty() ? "" : " in " + title_; }

  TomlFile* file_;
  const TomlNode* node_;
  std::string title_;
  int line_;
  std::vector<std::string> known_;
  // Of a section that is not there: the table that was probably meant to be it.
  std::string meant_;
  int meant_line_ = 0;
};

}  // namespace aisle::base
