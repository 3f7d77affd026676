#include "app/local_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/change_log.h"
#include "app/print.h"
#include "base/log.h"
#include "features/records.h"
#include "net/event_loops.h"
#include "recommend/write_of.h"
#include "serving/state/in_service.h"

namespace aisle::app {
namespace {

constexpr std::chrono::seconds kDeadline{5};
constexpr std::size_t kNameWidth = 34;

// The quickstart's dollars go without saying.
std::string PriceText(const domain::Currency& currency, domain::Cents price) {
  return currency.code == "USD" ? fmt::format("{:.2f}", price.Units()) : currency.Text(price);
}

std::unexpected<Error> Refuse(std::string_view field, std::string_view value,
                              std::string_view accepted) {
  return FailField(ErrorCode::kInvalidArgument, std::string(field),
                   fmt::format("{} is '{}', accepted is {}", field, value, accepted));
}

Result<recommend::Request> MakeRequest(LocalRequest request, const features::Catalogue& catalogue) {
  recommend::Request asked;
  const auto customer = recommend::CustomerKey::Of(request.customer, catalogue.text_customer_ids);
  if (!customer) {
    return Refuse("customer_id", request.customer,
                  recommend::CustomerKey::Accepted(catalogue.text_customer_ids));
  }
  asked.customer = *customer;
  if (request.zip_code) {
    asked.destination = recommend::Destination::Of(*request.zip_code, catalogue.shape);
    if (!asked.destination)
      return Refuse("zip_code", *request.zip_code, catalogue.shape.AcceptedPostalCodes());
  }
  asked.top_n = request.top_n;
  asked.strict = request.strict;
  asked.why = true;
  asked.explain = request.explain;
  asked.product = std::move(request.product);
  asked.request_id = std::move(request.request_id);
  return asked;
}

// What a server would have on sale: the generation, and what was written since.
Result<std::shared_ptr<const serving::LiveShelf>> ShelfNow(
    const Context& context, const std::shared_ptr<const serving::ServingState>& state) {
  const auto log = ChangeLogToRead(context);
  if (!log) {
    if (log.error().code != ErrorCode::kNotFound)
      base::LogWarning("what was written since the generation is not known: {}",
                       log.error().message);
    return serving::LiveShelf::Of(state);
  }
  serving::ShelfKeeper keeper((*log)->Id());
  AISLE_CHECK(recommend::Replay(**log, keeper));
  keeper.Serve(state);
  return keeper.Shelf();
}

}  // namespace

Result<LocalAnswer> AskPublished(const Context& context, LocalRequest request) {
  LocalAnswer local;
  auto opened = serving::OpenInService(context.workspace.Serving());
  if (!opened) {
    // What is not found is a generation, not what was asked for: a step before is missing.
    if (opened.error().code == ErrorCode::kNotFound)
      opened.error().code = ErrorCode::kFailedPrecondition;
    return std::unexpected(std::move(opened).error());
  }
  local.state = std::move(opened->state);
  if (!local.state->HasCustomers()) {
    base::LogWarning(
        "generation {} was fetched from Postgres, where its customers are: this answer knows none; "
        "ask the server (`aisle serve`)",
        local.state->Manifest().generation);
  }
  AISLE_TRY(recommend::Request asked,
            MakeRequest(std::move(request), local.state->PublishedShelf().catalogue));
  recommend::Recommender recommender(nullptr);
  AISLE_TRY(const auto shelf, ShelfNow(context, local.state));
  recommender.SetShelf(shelf, !opened->trouble.empty());
  Result<recommend::Answer> answer = Fail(ErrorCode::kInternal, "the request did not end");
  net::RunToEnd([&]() -> net::Task<void> {
    answer = co_await recommender.Recommend(std::move(asked), base::Now(),
                                            net::Deadline::After(kDeadline));
  }());
  AISLE_TRY(local.answer, std::move(answer));
  return local;
}

namespace {

constexpr std::size_t kContributionsShown = 4;

// "margin 1.23 = bias -2.00, days_since_purchase +0.81, ..."
std::string ExplanationText(const recommend::Explained& explained,
                            const recommend::Explanation& of) {
  std::string text = fmt::format("margin {:.3f} = bias {:.3f}", of.margin, of.bias);
  const std::size_t shown = std::min(of.contributions.size(), kContributionsShown);
  double rest = 0;
  for (std::size_t i = 0; i < of.contributions.size(); ++i) {
    const recommend::Contribution& each = of.contributions[i];
    if (i >= shown) {
      rest += each.contribution;
    } else {
      text += fmt::format(", {} {:+.3f}", explained.inputs[each.input], each.contribution);
    }
  }
  if (of.contributions.size() > shown) text += fmt::format(", all others {:+.3f}", rest);
  text += fmt::format("; by the model {:.4f}", of.model_score);
  if (of.propensity)
    text += fmt::format(", propensity {:.4f} counts {:g}", *of.propensity,
                        explained.blend.propensity_share);
  return text + '\n';
}

}  // namespace

std::string ExplainedText(const recommend::Answer& answer) {
  if (answer.explained == nullptr) return "";
  const recommend::Explained& explained = *answer.explained;
  std::string text;
  for (std::size_t i = 0; i < explained.items.size(); ++i)
    text += fmt::format("#{}: {}", i + 1, ExplanationText(explained, explained.items[i]));
  for (const recommend::LeftOut& left_out : explained.left_out)
    text += fmt::format("left out: {}: {}\n", left_out.why, left_out.count);
  if (explained.asked) {
    text += fmt::format("product {}: {}\n", explained.asked->id, explained.asked->why);
    if (explained.asked->explanation)
      text += ExplanationText(explained, *explained.asked->explanation);
  }
  return text;
}

std::string ItemsTable(const recommend::Answer& answer) {
  TextTable table({{"#", Align::kRight},
                   {"product"},
                   {"category"},
                   {"price", Align::kRight},
                   {"score", Align::kRight},
                   {"stock", Align::kRight},
                   {"days", Align::kRight},
                   {"by"},
                   {"why"}});
  for (const recommend::Item& item : answer.items) {
    table.Add({fmt::format("{}", item.rank), Shorten(item.product_name, kNameWidth), item.category,
               PriceText(answer.currency, item.price), fmt::format("{:.4f}", item.score),
               fmt::format("{}", item.in_stock_qty), fmt::format("{}", item.est_delivery_days),
               item.source, item.why});
  }
  return table.Text();
}

}  // namespace aisle::app
