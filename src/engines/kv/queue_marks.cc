#include "kv/queue_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/files.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarksFolder = "readers";
constexpr const char* kNamelessFile = "trimmed";
constexpr std::size_t kNameBytesMax = 64;

// Not the names of files that are still being written, which begin with a dot.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Status CheckName(std::string_view name) {
  if (IsName(name)) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no name of a reader: small letters, digits, - and _, at most {}",
                          name, kNameBytesMax));
}

std::unexpected<Error> Failed(std::string_view what, const fs::path& path,
                              const std::error_code& code) {
  return Fail(ErrorCode::kInternal,
              fmt::format("cannot {} {}: {}", what, path.string(), code.message()));
}

Result<std::optional<std::uint64_t>> ReadMark(const fs::path& file) {
  const auto text = base::ReadFile(file);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  std::uint64_t mark = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, code] = std::from_chars(text->data(), end, mark);
  if (code == std::errc{} && stopped + 1 == end && *stopped == '\n') return mark;
  return Fail(ErrorCode::kInternal, fmt::format("{} is damaged: '{}' is not a position",
                                                file.string(), text->substr(0, 40)));
}

Status WriteMark(const fs::path& file, std::uint64_t position) {
  return base::WriteFileAtomic(file, fmt::format("{}\n", position));
}

}  // namespace

QueueMarks::QueueMarks(fs::path queue, std::string first_reader)
    : folder_(queue / kMarksFolder),
      nameless_(queue / kNamelessFile),
      first_reader_(std::move(first_reader)) {}

Status QueueMarks::Prepare() const {
  std::error_code code;
  if (fs::exists(folder_, code)) return {};
  AISLE_TRY(auto made, base::StagedFolder::Create(folder_));
  if (!first_reader_.empty()) {
    AISLE_TRY(const auto nameless, ReadNameless());
    AISLE_CHECK(WriteMark(made.Path() / first_reader_, nameless.value_or(0)));
  }
  const Status there = made.Commit();
  if (!there && fs::exists(folder_, code)) return {};  // Another process was faster.
  return there;
}

Status QueueMarks::TakeOver() const {
  for (const fs::path& parent : {folder_, folder_.parent_path()})
    base::RemoveStagingLeftovers(parent);  // Of readers that were killed.
  AISLE_TRY(const auto nameless, ReadNameless());
  if (!nameless) return {};
  AISLE_TRY(const auto both, Get(first_reader_));
  AISLE_CHECK(Set(first_reader_, *both));
  std::error_code code;
  fs::remove(nameless_, code);
  if (code) return Failed("remove", nameless_, code);
  return base::SyncFolder(nameless_.parent_path());
}

Result<std::vector<QueueReader>> QueueMarks::All() const {
  std::vector<QueueReader> readers;
  std::error_code code;
  for (fs::directory_iterator entry(folder_, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (!IsName(name)) continue;
    AISLE_TRY(const auto mark, ReadMark(entry->path()));
    if (mark) readers.push_back({name, *mark});  // Else it was forgotten just now.
  }
  if (code && code != std::errc::no_such_file_or_directory) return Failed("read", folder_, code);
  AISLE_TRY(const auto nameless, ReadNameless());
  if (nameless) {
    const auto first = std::ranges::find(readers, first_reader_, &QueueReader::name);
    if (first == readers.end()) {
      readers.push_back({first_reader_, *nameless});
    } else {
      first->mark = std::max(first->mark, *nameless);
    }
  }
  std::ranges::sort(readers, {}, &QueueReader::name);
  return readers;
}

Result<std::optional<std::uint64_t>> QueueMarks::Get(std::string_view reader) const {
  AISLE_CHECK(CheckName(reader));
  AISLE_TRY(auto mark, ReadMark(folder_ / reader));
  if (reader != first_reader_) return mark;
  AISLE_TRY(const auto nameless, ReadNameless());
  if (nameless) mark = std::max(mark.value_or(0), *nameless);
  return mark;
}

Status QueueMarks::Set(std::string_view reader, std::uint64_t position) const {
  AISLE_CHECK(CheckName(reader));
  return WriteMark(folder_ / reader, position);
}

Status QueueMarks::Remove(std::string_view reader) const {
  AISLE_CHECK(CheckName(reader));
  std::error_code code;
  fs::remove(folder_ / reader, code);
  if (!code && reader == first_reader_) fs::remove(nameless_, code);
  if (code) return Failed("forget", folder_ / reader, code);
  if (!fs::exists(folder_, code)) return {};
  return base::SyncFolder(folder_);
}

Result<std::optional<std::uint64_t>> QueueMarks::ReadNameless() const {
  if (first_reader_.empty()) return std::nullopt;
  return ReadMark(nameless_);
}

}  // namespace aisle::kv
