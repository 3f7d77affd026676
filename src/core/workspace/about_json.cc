#include "workspace/about_json.h"

#include <boost/json.hpp>

#include "workspace/json_fields.h"

namespace aisle::workspace {

namespace json = boost::json;

std::string AboutToJson(const AboutData& about) {
  return json::serialize(json::object{{"format", kWorkspaceFormat},
                                      {"kind", about.kind},
                                      {"id", about.id},
                                      {"seed", about.seed},
                                      {"customers", about.customers},
                                      {"source", about.source},
                                      {"until", base::FormatIso(about.until)},
                                      {"defaults", json::value_from(about.defaults)}});
}

Result<AboutData> AboutFromJson(std::string_view text) {
  AISLE_TRY(const json::object object, ParseVersioned(text));
  AboutData about{.kind = TextOf(object, "kind"),
                  .id = TextOf(object, "id"),
                  .seed = IntOf(object, "seed"),
                  .customers = IntOf(object, "customers"),
                  .source = TextOf(object, "source"),
                  .until = TimeOf(object, "until"),
                  .defaults = {}};
  if (about.kind.empty() || about.id.empty())
    return Fail(ErrorCode::kInternal, "what the raw tables hold has no kind or no id");
  if (const json::value* defaults = object.if_contains("defaults");
      defaults != nullptr && defaults->is_array()) {
    for (const json::value& line : defaults->get_array()) {
      if (line.is_string()) about.defaults.emplace_back(line.get_string());
    }
  }
  return about;
}

}  // namespace aisle::workspace
