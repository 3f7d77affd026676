#include "app/local_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/print.h"
#include "app/reason.h"
#include "net/event_loops.h"

namespace aisle::app {
namespace {

constexpr std::chrono::seconds kDeadline{5};
constexpr std::size_t kNameWidth = 34;

net::Task<void> Ask(const serving::ServingState& state, recommend::Recommender& recommender,
                    recommend::Request request, Result<recommend::Answer>& answer,
                    std::optional<features::CustomerRecord>& customer) {
  const domain::CustomerId id = request.customer;
  answer = co_await recommender.Recommend(std::move(request), base::Now(),
                                          net::Deadline::After(kDeadline));
  if (auto found = state.OpenCustomers()->Get(id)) customer = std::move(found->record);
}

// The quickstart's dollars go without saying.
std::string PriceText(const domain::Currency& currency, domain::Cents price) {
  return currency.code == "USD" ? fmt::format("{:.2f}", price.Units()) : currency.Text(price);
}

}  // namespace

Result<LocalAnswer> AskPublished(const workspace::Workspace& workspace, recommend::Request request,
                                 const std::optional<std::string>& zip_code) {
  LocalAnswer local;
  auto state = serving::ServingState::OpenCurrent(workspace.Serving());
  if (!state) {
    // What is not found is a generation, not what was asked for: a step before is missing.
    if (state.error().code == ErrorCode::kNotFound)
      state.error().code = ErrorCode::kFailedPrecondition;
    return std::unexpected(std::move(state).error());
  }
  local.state = *std::move(state);
  if (zip_code) {
    const domain::RetailerShape& shape = local.state->RetailerShape();
    request.destination = recommend::Destination::Of(*zip_code, shape);
    if (!request.destination) {
      // As over HTTP, in its words.
      return FailField(
          ErrorCode::kInvalidArgument, "zip_code",
          fmt::format("zip_code is '{}', accepted is {}", *zip_code, shape.AcceptedPostalCodes()));
    }
  }
  recommend::Recommender recommender(nullptr);
  recommender.SetState(local.state);
  Result<recommend::Answer> answer = Fail(ErrorCode::kInternal, "the request did not end");
  net::RunToEnd(Ask(*local.state, recommender, std::move(request), answer, local.customer));
  AISLE_TRY(local.answer, std::move(answer));
  return local;
}

std::vector<std::string> Reasons(const LocalAnswer& local) {
  const features::CustomerRecord* customer = local.customer ? &*local.customer : nullptr;
  // The clock that the model ranked by: recommend.h.
  const base::Timestamp now =
      std::min(base::Now(), local.state->PublishedShelf().catalogue.as_of + base::kDay);
  std::vector<std::string> reasons;
  for (const recommend::Item& item : local.answer.items) {
    reasons.push_back(Reason(customer, local.state->PublishedShelf().catalogue, item.product,
                             local.answer.region, now));
  }
  return reasons;
}

std::string ItemsTable(const LocalAnswer& local) {
  TextTable table({{"#", Align::kRight},
                   {"product"},
                   {"category"},
                   {"price", Align::kRight},
                   {"score", Align::kRight},
                   {"stock", Align::kRight},
                   {"days", Align::kRight},
                   {"by"},
                   {"why"}});
  const std::vector<std::string> reasons = Reasons(local);
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    const recommend::Item& item = local.answer.items[i];
    table.Add({fmt::format("{}", item.rank), Shorten(item.product_name, kNameWidth), item.category,
               PriceText(local.answer.currency, item.price), fmt::format("{:.4f}", item.score),
               fmt::format("{}", item.in_stock_qty), fmt::format("{}", item.est_delivery_days),
               item.source, reasons[i]});
  }
  return table.Text();
}

}  // namespace aisle::app
