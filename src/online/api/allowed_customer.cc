#include "api/allowed_customer.h"

#include <fmt/format.h>

#include "web/gate.h"

namespace aisle::api {

std::optional<web::Problem> CustomerNotAllowed(const web::Request& request,
                                               const recommend::CustomerKey& customer) {
  if (!request.principal || !request.principal->customers) return std::nullopt;
  const web::IdRange& range = *request.principal->customers;
  if (!customer.IsText() && range.Has(customer.Number().value)) return std::nullopt;
  web::Problem problem;
  problem.status = 403;
  problem.type = "customer-not-allowed";
  problem.detail = fmt::format("the token is not for customer {}", customer.Shown());
  problem.field = "customer_id";
  problem.accepted = fmt::format("{} to {}", range.first, range.last);
  return problem;
}

}  // namespace aisle::api
