#include "app/everyone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/interrupt.h"
#include "app/job.h"
#include "app/source_ids.h"
#include "app/sql.h"
#include "base/files.h"
#include "base/log.h"
#include "ingest/csv_reader.h"
#include "publish/publish.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

// One cell of CSV as written by us: quoted only where it must be.
std::string Cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + "\"";
}

using Ids = std::unordered_set<std::int64_t>;

Result<Ids> ReadCatalogueIds(warehouse::Connection& connection, base::Timestamp as_of) {
  Ids ids;
  AISLE_TRY(auto rows, connection.Query(sql::kCatalogueIds, {{"as_of", as_of}}));
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) return ids;
    for (std::int64_t row = 0; row < batch->RowCount(); ++row) ids.insert(batch->Int(0, row));
  }
}

// What a candidates file asks for: products of the catalogue, and how many others.
struct Candidates {
  Ids known;
  std::int64_t unknown = 0;
  std::vector<std::string> first_unknown;  // kShownMax at most, as the file writes them.

  static constexpr std::size_t kShownMax = 5;
  std::string Unknown() const {
    const bool more = unknown > static_cast<std::int64_t>(first_unknown.size());
    return fmt::format("{}{}", fmt::join(first_unknown, ", "), more ? ", …" : "");
  }
};

Result<Candidates> ReadCandidates(const fs::path& path, const SourceIds& products,
                                  const Ids& catalogue) {
  AISLE_TRY(auto reader, ingest::CsvReader::Open(path, ',', true));
  const auto column = std::ranges::find(reader.Header(), "product_id");
  if (column == reader.Header().end()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:1: no column 'product_id' in the header", path.string()));
  }
  const auto at = static_cast<std::size_t>(column - reader.Header().begin());
  Candidates candidates;
  std::unordered_set<std::string> unknown;
  ingest::CsvRecord record;
  for (;;) {
    AISLE_TRY(const bool more, reader.Next(record));
    if (!more) break;
    const std::string where = fmt::format("{}:{}", path.string(), record.line);
    if (!record.reject.empty())
      return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", where, record.reject));
    const std::string source(record.fields[at]);
    const auto id = products.Ours(source);
    if (id && catalogue.contains(*id)) {
      candidates.known.insert(*id);
    } else if (!id && !products.Mapped()) {
      return Within(where, id.error());
    } else if (unknown.insert(source).second && unknown.size() <= Candidates::kShownMax) {
      candidates.first_unknown.push_back(source);
    }
  }
  candidates.unknown = static_cast<std::int64_t>(unknown.size());
  return candidates;
}

// Into `options` the candidates of the file that can be recommended; says which cannot.
Status ChooseCandidates(const fs::path& path, const SourceIds& products, const Ids& catalogue,
                        publish::EveryoneOptions& options, EveryoneReport& report) {
  AISLE_TRY(Candidates candidates, ReadCandidates(path, products, catalogue));
  const std::string as_of_text = base::FormatTimestamp(options.as_of);
  if (candidates.known.empty()) {
    return Fail(
        ErrorCode::kInvalidArgument,
        candidates.unknown == 0
            ? fmt::format("{} names no product", path.string())
            : fmt::format("{}: none of its {} products is in the catalogue as of {}: {}",
                          path.string(), candidates.unknown, as_of_text, candidates.Unknown()));
  }
  report.candidates = static_cast<std::int64_t>(candidates.known.size());
  report.unknown_candidates = candidates.unknown;
  if (candidates.unknown > 0) {
    base::LogWarning("{}: {} of {} products are not in the catalogue as of {} and are left out: {}",
                     path.string(), candidates.unknown, candidates.unknown + report.candidates,
                     as_of_text, candidates.Unknown());
  }
  options.candidates = std::move(candidates.known);
  return {};
}

// A file that appears under its name when it is complete.
class OutputFile {
 public:
  explicit OutputFile(fs::path path)
      : path_(std::move(path)),
        temporary_(path_.string() + fmt::format(".part-{}", getpid())),
        out_(temporary_, std::ios::binary | std::ios::trunc),
        open_error_(out_ ? 0 : errno) {}
  ~OutputFile() {
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status Write(const std::string& text) {
    if (out_.write(text.data(), static_cast<std::streamsize>(text.size()))) return {};
    return open_error_ != 0 ? CannotWrite(ErrorCode::kInvalidArgument, open_error_)
                            : CannotWrite(ErrorCode::kUnavailable, errno);
  }
  Status Commit() {
    out_.close();
    if (!out_) return CannotWrite(ErrorCode::kUnavailable, errno);
    AISLE_CHECK(base::SyncFile(temporary_));
    std::error_code code;
    fs::rename(temporary_, path_, code);
    if (code) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("cannot rename to {}: {}", path_.string(), code.message()));
    }
    temporary_.clear();
    return {};
  }

 private:
  std::unexpected<Error> CannotWrite(ErrorCode code, int number) const {
    return Fail(code, fmt::format("cannot write {}: {}", path_.string(), std::strerror(number)));
  }

  fs::path path_;
  fs::path temporary_;
  std::ofstream out_;
  int open_error_;
};

}  // namespace

Result<EveryoneReport> RecommendEveryone(const Context& context, const EveryoneRequest& request) {
  const base::Stopwatch watch;
  const InterruptGuard guard;
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto customers, SourceIds::Read(connection, "customer"));
  AISLE_TRY(const auto products, SourceIds::Read(connection, "product"));
  publish::EveryoneOptions options{.as_of = request.as_of,
                                   .count = request.count,
                                   .candidates = std::nullopt,
                                   .exclude_bought = request.exclude_bought};
  EveryoneReport report;
  if (request.candidates_csv) {
    AISLE_TRY(const Ids catalogue, ReadCatalogueIds(connection, request.as_of));
    AISLE_CHECK(ChooseCandidates(*request.candidates_csv, products, catalogue, options, report));
  }
  // The rename at the end would replace a device, a pipe or a link by a file.
  std::error_code code;
  const fs::file_status there = fs::symlink_status(request.out_csv, code);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot write {}: it is no regular file", request.out_csv.string()));
  }
  OutputFile out(request.out_csv);
  AISLE_CHECK(out.Write("customer_id,rank,product_id\n"));
  base::Progress progress("  recommend", 0, "customers");
  const auto take = [&](const publish::RankedList& list) -> Status {
    std::string lines;
    const std::string customer = Cell(customers.Source(list.customer.value));
    for (std::size_t i = 0; i < list.products.size(); ++i) {
      lines +=
          fmt::format("{},{},{}\n", customer, i + 1, Cell(products.Source(list.products[i].value)));
    }
    ++report.customers;
    report.rows += static_cast<std::int64_t>(list.products.size());
    return out.Write(lines);
  };
  AISLE_CHECK(publish::RankEveryone(database, context.workspace.Models(), options, take,
                                    [&](std::int64_t done) {
                                      progress.Set(done);
                                      return !Interrupted();
                                    }));
  if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
  AISLE_CHECK(out.Commit());
  report.seconds = watch.Seconds();
  return report;
}

}  // namespace aisle::app
