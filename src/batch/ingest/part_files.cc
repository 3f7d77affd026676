#include "ingest/part_files.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace aisle::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoValue = "__HIVE_DEFAULT_PARTITION__";

bool IsPattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}
bool IsHidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr == &text[i + 1] + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// A table format keeps a log beside its files, and some of those are no more part of the table.
std::string_view TableFormat(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "_delta_log", ignored)) return "a Delta";
  if (fs::exists(folder / ".hoodie", ignored)) return "a Hudi";
  const fs::path table = folder.filename() == "data" ? folder.parent_path() : folder;
  if (fs::exists(table / "metadata", ignored) && fs::exists(table / "data", ignored))
    return "an Iceberg";
  return {};
}

std::unexpected<Error> Wrong(std::string_view name, std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", name, what));
}

Status CheckNoTable(const fs::path& folder) {
  const std::string_view format = TableFormat(folder);
  if (format.empty()) return {};
  return Wrong(folder.string(),
               fmt::format("{} table, whose files hold rows that were deleted or replaced since; "
                           "write the table itself as Parquet into a new folder",
                           format));
}

// A part may be named whose table's log lies folders above it.
Status CheckInNoTable(const std::vector<PartFile>& parts, const fs::path& from) {
  std::set<fs::path> seen;
  for (const PartFile& part : parts) {
    for (fs::path folder = part.path.parent_path(); seen.insert(folder).second;
         folder = folder.parent_path()) {
      if (folder.empty() || folder == from || folder == folder.parent_path()) break;
      AISLE_CHECK(CheckNoTable(folder));
    }
  }
  return {};
}

class Finder {
 public:
  std::vector<PartFile> found;

  // All below a folder that are not hidden. A link to a folder that it stands in brings nothing new.
  Status TakeFolder(const PartFile& folder) {
    std::error_code ignored;
    const fs::path real = fs::canonical(folder.path, ignored);
    if (std::ranges::find(inside_, real) != inside_.end()) return {};
    inside_.push_back(real);
    const Status taken = TakeEntries(folder);
    inside_.pop_back();
    return taken;
  }

  Status TakeEntries(const PartFile& folder) {
    AISLE_TRY(const auto entries, Entries(folder));
    for (const fs::path& entry : entries) {
      const std::string name = entry.filename().string();
      if (!IsHidden(name)) AISLE_CHECK(Take(Below(folder, name)));
    }
    return {};
  }

  Status Take(const PartFile& part) {
    std::error_code failed;
    const fs::file_status status = fs::status(part.path, failed);
    if (!fs::exists(status) && fs::is_symlink(fs::symlink_status(part.path, failed))) {
      return Wrong(part.name, status.type() == fs::file_type::not_found
                                  ? "a symbolic link to what is not there"
                                  : "a symbolic link that leads in a circle");
    }
    if (fs::is_directory(status)) return TakeFolder(part);
    if (found.size() == kPartsMax)
      return Wrong(part.name, fmt::format("more than {} files for one source", kPartsMax));
    found.push_back(part);
    return {};
  }

  // Of what links lead to under several names, the one with the fewest links, or the first.
  void DropTwins() {
    std::map<fs::path, const PartFile*> kept;
    for (const PartFile& part : found) {
      std::error_code ignored;
      const auto [at, is_new] = kept.emplace(fs::canonical(part.path, ignored), &part);
      if (!is_new && Links(part) < Links(*at->second)) at->second = &part;
    }
    std::vector<PartFile> once;
    for (const PartFile& part : found) {
      std::error_code ignored;
      if (kept[fs::canonical(part.path, ignored)] == &part) once.push_back(part);
    }
    found = std::move(once);
  }

  // What fits `pattern`, some names with / between, below a folder.
  Status TakePattern(const PartFile& folder, std::string_view pattern) {
    const std::size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string first(pattern.substr(0, slash));
    const std::string_view rest =
        slash < pattern.size() ? pattern.substr(slash + 1) : std::string_view();
    const auto go_on = [&](const std::string& name) -> Status {
      const PartFile part = Below(folder, name);
      std::error_code ignored;
      if (rest.empty()) return Take(part);
      return fs::is_directory(part.path, ignored) ? TakePattern(part, rest) : Status();
    };
    std::error_code ignored;
    if (!IsPattern(first))
      return fs::exists(folder.path / first, ignored) ? go_on(first) : Status();
    AISLE_TRY(const auto entries, Entries(folder));
    for (const fs::path& entry : entries) {
      const std::string name = entry.filename().string();
      if (IsHidden(name) && name[0] != first[0]) continue;
      if (fnmatch(first.c_str(), name.c_str(), FNM_PERIOD) == 0) AISLE_CHECK(go_on(name));
    }
    return {};
  }

 private:
  static int Links(const PartFile& part) {
    int links = 0;
    std::error_code ignored;
    for (fs::path path = part.path; path.has_relative_path(); path = path.parent_path())
      links += fs::is_symlink(fs::symlink_status(path, ignored)) ? 1 : 0;
    return links;
  }

  static PartFile Below(const PartFile& folder, const std::string& name) {
    PartFile part = folder;
    part.path = folder.path / name;
    part.name = folder.name.empty() || folder.name.ends_with('/') ? folder.name + name
                                                                  : folder.name + "/" + name;
    std::error_code ignored;
    const std::size_t equals = name.find('=');
    if (equals != 0 && equals != std::string::npos && fs::is_directory(part.path, ignored)) {
      const std::string value = name.substr(equals + 1);
      part.keys.emplace_back(Decoded(name.substr(0, equals)),
                             value == kNoValue ? std::nullopt : std::optional(Decoded(value)));
    }
    return part;
  }

  static Result<std::vector<fs::path>> Entries(const PartFile& folder) {
    AISLE_CHECK(CheckNoTable(folder.path));
    std::error_code failed;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(folder.path, failed), end; !failed && at != end;
         at.increment(failed))
      entries.push_back(at->path());
    if (failed) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: cannot be read: {}", folder.path.string(), failed.message()));
    }
    std::ranges::sort(entries);
    return entries;
  }

  std::vector<fs::path> inside_;  // Folders that are being read, by their own names.
};

}  // namespace

Result<std::vector<PartFile>> FindParts(const fs::path& folder, const std::string& file) {
  std::string trimmed = file;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  Finder finder;
  const fs::path whole = folder / trimmed;
  std::error_code ignored;
  if (fs::is_directory(whole, ignored)) {
    AISLE_CHECK(finder.TakeFolder({whole, trimmed, {}}));
    if (finder.found.empty()) {
      return Wrong(whole.string(),
                   "a folder without files (names that begin with . or _ are left out)");
    }
  } else if (fs::exists(fs::symlink_status(whole, ignored))) {
    AISLE_CHECK(finder.Take({whole, trimmed, {}}));
  } else if (!IsPattern(trimmed)) {
    return Fail(ErrorCode::kNotFound, fmt::format("{}: no such file", whole.string()));
  } else {
    const bool absolute = trimmed.starts_with('/');
    AISLE_CHECK(finder.TakePattern({absolute ? fs::path("/") : folder, absolute ? "/" : "", {}},
                                   std::string_view(trimmed).substr(absolute ? 1 : 0)));
    if (finder.found.empty()) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("{}: no file fits this pattern", whole.string()));
    }
  }
  finder.DropTwins();
  AISLE_CHECK(CheckInNoTable(finder.found, folder));
  return std::move(finder.found);
}

bool MayBePart(std::string_view name, const std::string& file) {
  std::string trimmed = file;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  if (name == trimmed || (name.starts_with(trimmed) && name[trimmed.size()] == '/')) return true;
  return IsPattern(trimmed) &&
         (fnmatch(trimmed.c_str(), std::string(name).c_str(), FNM_PATHNAME) == 0 ||
          fnmatch((trimmed + "/*").c_str(), std::string(name).c_str(), 0) == 0);
}

}  // namespace aisle::ingest
