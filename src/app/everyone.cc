#include "app/everyone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/interrupt.h"
#include "app/job.h"
#include "base/files.h"
#include "base/log.h"
#include "ingest/csv_reader.h"
#include "publish/publish.h"
#include "publish/source_ids.h"

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

// What a candidates file asks for: products by our ids, and texts that no product ever had.
struct Candidates {
  std::unordered_set<std::int64_t> ids;
  std::vector<std::string> never_imported;  // Each once, in the file's order.
};

Result<Candidates> ReadCandidates(const fs::path& path, const publish::SourceIds& products) {
  AISLE_TRY(auto reader, ingest::CsvReader::Open(path, ',', true));
  const auto column = std::ranges::find(reader.Header(), "product_id");
  if (column == reader.Header().end()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:1: no column 'product_id' in the header", path.string()));
  }
  const auto at = static_cast<std::size_t>(column - reader.Header().begin());
  Candidates candidates;
  std::unordered_set<std::string> met;
  ingest::CsvRecord record;
  for (;;) {
    AISLE_TRY(const bool more, reader.Next(record));
    if (!more) break;
    const std::string where = fmt::format("{}:{}", path.string(), record.line);
    if (!record.reject.empty())
      return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", where, record.reject));
    const std::string source(record.fields[at]);
    if (const auto id = products.Ours(source)) {
      candidates.ids.insert(*id);
    } else if (!products.Mapped()) {
      return Within(where, id.error());
    } else if (met.insert(source).second) {
      candidates.never_imported.push_back(source);
    }
  }
  if (candidates.ids.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} names no {}product", path.string(),
                            candidates.never_imported.empty() ? "" : "known "));
  }
  return candidates;
}

// "900001, 900002, …"
std::string FirstOf(std::span<const std::string> texts) {
  constexpr std::size_t kShown = 5;
  return fmt::format("{}{}", fmt::join(texts.first(std::min(kShown, texts.size())), ", "),
                     texts.size() > kShown ? ", …" : "");
}

}  // namespace

Result<EveryoneReport> RecommendEveryone(const Context& context, const EveryoneRequest& request) {
  const base::Stopwatch watch;
  const InterruptGuard guard;
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto customers, publish::SourceIds::Read(connection, "customer"));
  AISLE_TRY(const auto products, publish::SourceIds::Read(connection, "product"));
  publish::EveryoneOptions options{.as_of = request.as_of,
                                   .count = request.count,
                                   .candidates = std::nullopt,
                                   .exclude_bought = request.exclude_bought};
  EveryoneReport report;
  std::vector<std::string> left_out;
  if (request.candidates_csv) {
    AISLE_TRY(Candidates candidates, ReadCandidates(*request.candidates_csv, products));
    options.candidates = std::move(candidates.ids);
    left_out = std::move(candidates.never_imported);
  }
  AISLE_TRY(base::StagedFile out, base::StagedFile::Create(request.out_csv));
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
  AISLE_TRY(const auto ranked, publish::RankEveryone(database, context.workspace.Models(), options,
                                                     take, [&](std::int64_t done) {
                                                       progress.Set(done);
                                                       return !Interrupted();
                                                     }));
  if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
  AISLE_CHECK(out.Commit());
  for (const std::int64_t id : ranked.unknown_candidates) left_out.push_back(products.Source(id));
  report.swept = ranked.swept;
  report.screened = ranked.screened;
  report.candidates = request.candidates_csv ? ranked.candidates : 0;
  report.unknown_candidates = static_cast<std::int64_t>(left_out.size());
  if (!left_out.empty()) {
    base::LogWarning(
        "{}: {} of {} products are not in the catalogue as of {} and were left out: {}",
        request.candidates_csv->string(), left_out.size(),
        report.unknown_candidates + report.candidates, base::FormatTimestamp(request.as_of),
        FirstOf(left_out));
  }
  report.seconds = watch.Seconds();
  return report;
}

}  // namespace aisle::app
