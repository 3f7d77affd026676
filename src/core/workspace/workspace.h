// The data directory: what lies where, who may write, and what the last jobs left behind.
//
//   <data>/aisle.toml         settings of this directory, if the user put them there
//   <data>/about.json         what the raw tables hold: where they come from, as of when
//   <data>/warehouse.duckdb   raw, gold, feature_store
//   <data>/registry/          models by version
//   <data>/serving/           published generations
//   <data>/events/            the event log of the server: answers as they were shown
//   <data>/changes/           the same form of log: what was acknowledged to others (stock, products, customers)
//   <data>/access/           tokens, by their hashes, and the log of what was done with them; for the owner alone
//   <data>/run/               locks, process files, jobs.json: the last run of each job
//
// Jobs that write take the job lock first; there is one per data directory. `aisle status` reads the
// JSON files here and never the database.
//
//   order    about.json follows the commit of a load; the warehouse says the same (raw.about), and a job
//            mends the file if a kill came between (job.h).
//   missing  without a warehouse there are no data and no jobs, whatever the two files say.
//   errors   kUnavailable: the lock or the database is held by a process, which is named;
//            kFailedPrecondition: files of a newer format, or nothing there yet; kInternal: a JSON file
//            that is none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "registry/registry.h"
#include "warehouse/warehouse.h"
#include "workspace/settings.h"

namespace aisle::workspace {

inline constexpr int kWorkspaceFormat = 1;

// Where the raw tables come from.
struct AboutData {
  std::string kind;  // "synthetic", "import"
  std::string id;    // Differs whenever the raw tables differ; jobs remember what they ran on.
  std::int64_t seed = 0;
  std::int64_t customers = 0;
  std::string source;  // "synthetic retailer", a mapping's name.
  // End of the data, excluded: nothing happens at or after it.
  base::Timestamp until{};
  std::vector<std::string> defaults;  // What the retailer lacks and what stands in for it.
};

// The last successful run of one job.
struct JobRecord {
  std::string data;  // AboutData::id.
  base::Timestamp as_of{};
  base::Timestamp finished{};
  double seconds = 0;
  std::int64_t target_lag_minutes = 0;              // As it was set then.
  std::map<std::string, std::int64_t> counts = {};  // Rows by table, versions, generation.
};

class Workspace {
 public:
  Workspace() = default;
  explicit Workspace(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& Root() const { return root_; }
  std::filesystem::path Warehouse() const { return root_ / "warehouse.duckdb"; }
  std::filesystem::path Registry() const { return root_ / "registry"; }
  std::filesystem::path Serving() const { return root_ / "serving"; }
  std::filesystem::path Events() const { return root_ / "events"; }
  std::filesystem::path Changes() const { return root_ / "changes"; }
  std::filesystem::path Access() const { return root_ / "access"; }
  std::filesystem::path Run() const { return root_ / "run"; }
  std::filesystem::path SettingsFile() const { return root_ / "aisle.toml"; }
  registry::Registry Models() const { return registry::Registry(Registry()); }

  bool Exists() const;
  bool HasWarehouse() const;
  // A warehouse, and about.json beside it.
  bool HasData() const;
  // Makes the folders that are not there yet.
  Status Create() const;
  // Only one job writes at a time; `purpose` is told to whoever comes second.
  Result<base::FileLock> LockJobs(const std::string& purpose) const;
  // The holder's words, or nothing while no job runs.
  std::optional<std::string> JobRunning() const;
  // kReadOnly of a database that is not there: kFailedPrecondition, with what to run.
  Result<warehouse::Database> OpenWarehouse(warehouse::Access access,
                                            const Settings& settings) const;

  // kFailedPrecondition when nothing was ever loaded.
  Result<AboutData> ReadAbout() const;
  Status WriteAbout(const AboutData& about) const;
  // Job name -> its last successful run. Empty when none ran.
  Result<std::map<std::string, JobRecord>> ReadJobs() const;
  Status WriteJobs(const std::map<std::string, JobRecord>& jobs) const;
  Status RecordJob(const std::string& job, const JobRecord& record) const;
  // Removes about.json and jobs.json: the warehouse they spoke of is gone.
  Status ForgetData() const;

 private:
  std::filesystem::path root_;
};

}  // namespace aisle::workspace
