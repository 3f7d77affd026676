#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "features/pair_row.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

const char* RoleText(features::Role role) {
  switch (role) {
    case features::Role::kRequestConstant:
      return "customer";
    case features::Role::kProductStatic:
      return "product";
    case features::Role::kPair:
    case features::Role::kPairMonotone:
      break;
  }
  return "both";
}

json::array ToJson(std::span<const features::InputDefinition> inputs) {
  json::array array;
  for (const features::InputDefinition& input : inputs) {
    array.push_back({{"name", input.name},
                     {"of", RoleText(input.role)},
                     {"group", features::Define(input.group).name},
                     {"unit", input.unit},
                     {"meaning", input.meaning},
                     {"missing", input.missing},
                     {"from", input.from}});
  }
  return array;
}

std::string ToText(std::span<const features::InputDefinition> inputs) {
  TextTable table(
      {{"input"}, {"of"}, {"group"}, {"unit"}, {"meaning"}, {"missing when"}, {"from"}});
  for (const features::InputDefinition& input : inputs) {
    table.Add({std::string(input.name), RoleText(input.role),
               std::string(features::Define(input.group).name), std::string(input.unit),
               std::string(input.meaning), std::string(input.missing), std::string(input.from)});
  }
  return table.Text();
}

json::array GroupsJson() {
  json::array array;
  for (const features::InputGroupDefinition& group : features::InputGroups())
    array.push_back({{"group", group.name}, {"meaning", group.meaning}});
  return array;
}

std::string GroupsText() {
  TextTable table({{"group"}, {"what it knows"}});
  for (const features::InputGroupDefinition& group : features::InputGroups())
    table.Add({std::string(group.name), std::string(group.meaning)});
  return table.Text();
}

Status Inputs(Context& context) {
  if (context.json) {
    PrintJson({{"ranking", ToJson(features::PairInputs())},
               {"propensity", ToJson(features::CategoryInputs())},
               {"groups", GroupsJson()}});
    return {};
  }
  PrintOut(fmt::format(
      "Inputs of a ranking (task = \"ranking\": a row is a customer and a product)\n\n{}\n"
      "Inputs of a propensity (task = \"propensity\": a row is a customer and a category)\n\n{}\n"
      "Groups, which `aisle evaluate --ablation` leaves out one at a time\n\n{}\n"
      "Everything is as of the cutoff or the request. What is missing is missing to the learner "
      "too (NaN), never\n"
      "0; where nothing is said, there is always a value.\n",
      ToText(features::PairInputs()), ToText(features::CategoryInputs()), GroupsText()));
  return {};
}

}  // namespace

void DefineInputs(CommandBuilder& command) {
  command.Examples({{"aisle inputs", "what [inputs] names of a recipe may hold"},
                    {"aisle inputs --json", "for a script"}});
  command.Run(Inputs);
}

}  // namespace aisle::app
