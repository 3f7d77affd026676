#include <algorithm>

#include "app/command.h"

namespace aisle::app {
namespace {

// `now`, or the end of the data when that is earlier: an imported year of 2017 is looked at as of its
// own end, and a synthetic shop as of the moment its log stops.
Result<base::Timestamp> NotAfterTheData(const workspace::Workspace& workspace,
                                        base::Timestamp now) {
  const auto about = workspace.ReadAbout();
  if (!about && about.error().code != ErrorCode::kFailedPrecondition)
    return std::unexpected(about.error());
  if (about && about->until > base::Timestamp{}) return std::min(now, about->until);
  return now;
}

}  // namespace

Result<base::Timestamp> Context::AsOf() const {
  if (as_of_flag) return *as_of_flag;
  return NotAfterTheData(workspace, base::Midnight(base::Now()));
}

Result<base::Timestamp> Context::AsOfNow() const {
  if (as_of_flag) return *as_of_flag;
  return NotAfterTheData(workspace, std::chrono::floor<std::chrono::seconds>(base::Now()));
}

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = {
      {"demo", "From nothing to recommendations",
       "everything at once on a synthetic shop, then serve", DefineDemo},
      {"init", "Data", "make an empty data directory", DefineInit},
      {"generate", "Data", "fill the raw tables with a synthetic retailer", DefineGenerate},
      {"import", "Data", "fill the raw tables from files of a real retailer", DefineImport},
      {"tables", "Data", "list tables with rows and columns", DefineTables},
      {"sql", "Data", "ask the warehouse (read-only)", DefineSql},
      {"refresh", "The night", "rebuild Customer 360 and the feature views", DefineRefresh},
      {"train", "The night", "train models and enter them into the registry", DefineTrain},
      {"score", "The night", "score every customer's propensity for every category", DefineScore},
      {"publish", "The night", "build and switch to a new serving generation", DefinePublish},
      {"worker", "The night", "refresh, score and publish: once, or every so often", DefineWorker},
      {"models", "Models", "list, show, promote, roll back, predict", DefineModels},
      {"inputs", "Models", "what models can be made of: units, meanings, what is missing when",
       DefineInputs},
      {"evaluate", "Models", "how good models are, beside each other, baselines and the oracle",
       DefineEvaluate},
      {"serve", "Serving", "answer requests over HTTP", DefineServe},
      {"predict-server", "Serving", "score rows over HTTP, with any model file",
       DefinePredictServer},
      {"up", "Serving", "serve and worker together, restarted when they end", DefineUp},
      {"recommend", "Serving", "recommend for one customer, or everybody into a file",
       DefineRecommend},
      {"store", "Serving", "the serving tables in Postgres: create, load, sync, look, drop",
       DefineStore},
      {"tokens", "Serving", "who may ask a server: create, list, revoke, rotate, log",
       DefineTokens},
      {"status", "Looking after it", "what stands where", DefineStatus},
      {"clean", "Looking after it", "remove a data directory's contents", DefineClean},
  };
  return kCommands;
}

}  // namespace aisle::app
