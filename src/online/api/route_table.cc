#include "api/route_table.h"

#include "api/session_routes.h"

namespace aisle::api {
namespace {

using web::Role;

constexpr std::size_t kNoBody = 0;
constexpr std::size_t kSessionBody = 1024;
// Of a server that has no tokens yet.
constexpr std::string_view kOpenSession =
    R"({"token_needed": false, "token": null, "role": "admin", "customers": null})";
// A disk that does not answer must not hold a client for ever.
constexpr std::chrono::seconds kWriteTime{5};

web::Example RecommendByQuery() {
  return {.target = "/recommend?customer_id=1000000&zip_code=10001&top_n=5&why=true", .answer = R"({
  "customer_id": 1000000, "zip_code": "10001", "region": "Northeast",
  "recommendations": [
    {"rank": 1, "product_id": 42, "product_name": "Silk Wrap Dress", "category": "Womens Clothing",
     "department": "Apparel", "price": 89.99, "score": 0.9234, "in_stock_qty": 145,
     "est_delivery_days": 2, "source": "model", "why": "viewed yesterday"}],
  "timings": {"features_ms": 0.012, "propensity_ms": 0.008, "inventory_ms": 0.004,
              "candidates": 1701, "pair_features_ms": 0.031, "model_ms": 0.102, "model_ok": true,
              "total_ms": 0.181, "backend": "embedded"},
  "request_id": "5f0c8a1b2d3e4f60", "model": {"ranking": 7, "propensity": 12}, "generation": 31,
  "degraded": []})"};
}

web::Example RecommendExplained() {
  return {.target =
              "/recommend?customer_id=1000000&zip_code=10001&top_n=1&explain=true&product_id=9999",
          .answer = R"({
  "customer_id": 1000000, "zip_code": "10001", "region": "Northeast",
  "recommendations": [
    {"rank": 1, "product_id": 42, "product_name": "Silk Wrap Dress", "category": "Womens Clothing",
     "department": "Apparel", "price": 89.99, "score": 0.9234, "in_stock_qty": 145,
     "est_delivery_days": 2, "source": "model",
     "explanation": {"margin": 2.49, "bias": -3.1, "contributions": [
        {"input": "price_z", "value": 0.4, "contribution": 4.2},
        {"input": "days_since_pair_view", "value": null, "contribution": 1.39}],
      "blend": {"slope": 1, "offset": 0, "model_score": 0.9234, "propensity_share": 0, "propensity": null,
                "score": 0.9234}}}],
  "timings": {"features_ms": 0.012, "propensity_ms": 0.008, "inventory_ms": 0.004,
              "candidates": 1701, "pair_features_ms": 0.031, "model_ms": 0.102, "model_ok": true,
              "total_ms": 0.581, "backend": "embedded"},
  "request_id": "5f0c8a1b2d3e4f60", "model": {"ranking": 7, "propensity": 12}, "generation": 31,
  "degraded": [],
  "explained": {"products": 2000, "candidates": 1701,
                "left_out": [{"why": "hidden", "count": 9},
                             {"why": "out of stock in the Northeast", "count": 290},
                             {"why": "sold out while it was ranked", "count": 0},
                             {"why": "ranked lower", "count": 1700}],
                "product": {"product_id": "9999", "in_answer": false, "why": "no product has this id",
                            "explanation": null}}})"};
}

web::Example RecommendByBody() {
  web::Example example = RecommendByQuery();
  example.target = "/recommend";
  example.body =
      R"({"customer_id": 1000000, "zip_code": "10001", "top_n": 5, "strict": false, "why": true})";
  return example;
}

web::Example RecommendToNobodyKnown() {
  return {.target = "/recommend?customer_id=5&zip_code=10001&top_n=1", .answer = R"({
  "customer_id": 5, "zip_code": "10001", "region": "Northeast",
  "recommendations": [
    {"rank": 1, "product_id": 42, "product_name": "Silk Wrap Dress", "category": "Womens Clothing",
     "department": "Apparel", "price": 89.99, "score": 0.04, "in_stock_qty": 145,
     "est_delivery_days": 2, "source": "popularity"}],
  "timings": {"features_ms": 0.012, "propensity_ms": 0, "inventory_ms": 0.004,
              "candidates": 1701, "pair_features_ms": 0, "model_ms": 0, "model_ok": false,
              "total_ms": 0.031, "backend": "embedded"},
  "request_id": "5f0c8a1b2d3e4f60", "model": {"ranking": 0, "propensity": 0}, "generation": 31,
  "degraded": [{"what": "customer", "why": "unknown"}]})"};
}

web::Example RecommendBatch() {
  return {
      .target = "/recommend?strict=true",
      .body = R"({"data": [[0, {"customer_id": 5}], [7, {"customer_id": 1000000, "top_n": 0}]]})",
      .answer = R"({"data": [
  [0, {"type": "urn:problem-type:aisle:not-found", "title": "Not Found", "status": 404,
       "detail": "customer_id 5 is unknown", "field": "customer_id", "request_id": "5f0c8a1b2d3e4f60.0"}],
  [7, {"type": "urn:problem-type:aisle:invalid-argument", "title": "Bad Request", "status": 400,
       "detail": "top_n is 0", "field": "top_n", "accepted": "an integer from 1 to 100",
       "request_id": "5f0c8a1b2d3e4f60.1"}]]})"};
}

web::Example RecommendRefused() {
  return {.target = "/recommend?customer_id=1000000&top_n=0", .status = 400, .answer = R"({
  "type": "urn:problem-type:aisle:invalid-argument", "title": "Bad Request", "status": 400,
  "detail": "top_n is '0'", "field": "top_n", "accepted": "an integer from 1 to 100",
  "request_id": "5f0c8a1b2d3e4f60"})"};
}

web::Example RecommendBodyRefused() {
  return {.target = "/recommend", .body = R"({"customer_id": x})", .status = 400, .answer = R"({
  "type": "urn:problem-type:aisle:invalid-json", "title": "Bad Request", "status": 400,
  "detail": "the body is not JSON: syntax error", "position": 16, "request_id": "5f0c8a1b2d3e4f60"})"};
}

web::Example Customer() {
  return {.target = "/customers/1000005", .answer = R"({
  "customer_id": 1000005, "zip_code": "10001", "region": "Northeast", "tier": "Gold", "age_years": 41,
  "has_app": true, "email_subscriber": false, "orders": 9, "spend": 1240.5, "sessions": 31,
  "last_purchase": "2026-11-20T17:02:11Z", "last_event": "2026-11-23T08:40:00Z", "as_of": "2026-11-24T05:03:52Z",
  "categories": [{"category": "Womens Clothing", "lines_bought": 6, "sessions": 12,
                  "last_event": "2026-11-23T08:40:00Z"}],
  "products": [{"product_id": 42, "product_name": "Silk Wrap Dress", "category": "Womens Clothing",
                "price": 89.99, "views": 3, "carts": 1, "lines_bought": 0, "last": "put into the cart",
                "last_event": "2026-11-23T08:40:00Z"}]})"};
}

web::Example SoldOut() {
  return {.target = "/v1/inventory",
          .body = R"({"items": [{"product_id": 1, "region": "Northeast", "qty_on_hand": 0},
                                {"product_id": 3, "region": "Northeast", "qty_on_hand": 20, "est_delivery_days": 2}]})",
          .answer = R"({"updated": 2})"};
}

web::Example InventoryRefused() {
  return {.target = "/v1/inventory",
          .body = R"({"items": [{"product_id": 1, "region": "Atlantis", "qty_on_hand": 0}]})",
          .status = 422,
          .answer = R"({
  "type": "urn:problem-type:aisle:invalid-items", "title": "Unprocessable Content", "status": 422,
  "detail": "1 item cannot be taken; nothing has been taken",
  "errors": [{"index": 0, "field": "region",
              "why": "region: 'Atlantis' is none of Northeast, Southeast, Midwest, South, West"}],
  "request_id": "5f0c8a1b2d3e4f60"})"};
}

web::Example PriceAndHidden() {
  return {.target = "/v1/products/1",
          .body = R"({"price": 79.99, "hidden": true})",
          .answer = R"({"updated": 1})"};
}

web::Example NewAddress() {
  return {.target = "/v1/customers/1000000",
          .body = R"({"zip_code": "94105", "has_app": true})",
          .answer = R"({"updated": 1})"};
}

web::Example Health() {
  return {.target = "/health", .answer = R"({
  "status": "ok", "products_cached": 2000, "backend": "embedded", "generation": 31,
  "as_of": "2026-11-24T05:03:52Z", "created": "2026-11-24T05:04:10Z",
  "model": {"ranking": 7, "propensity": 12}, "customers": 50000, "uptime_s": 86, "loops": 2,
  "example_customer_id": 1000000,
  "impressions": {"written": 1024, "dropped": 0}, "changes": {"taken": 12, "kept": 9},
  "stores": [{"name": "embedded", "breaker": "closed"}]})"};
}

}  // namespace

std::vector<web::Route> RouteTable(const std::shared_ptr<Desk>& desk) {
  const auto by = [&](net::Task<web::Response> (*answer)(DeskPointer, const web::Request&)) {
    return [desk, answer](const web::Request& request) { return answer(desk, request); };
  };
  return {
      {.method = "GET",
       .pattern = "/recommend",
       .role = Role::kReader,
       .summary = "the best products for a customer; query: customer_id, zip_code, top_n, strict, "
                  "why, explain, product_id, dry_run",
       .examples = {RecommendByQuery(), RecommendExplained(), RecommendToNobodyKnown(),
                    RecommendRefused()},
       .limits = {.body_bytes = kNoBody, .deadline = desk->request_deadline},
       .handler = by(GetRecommend)},
      {.method = "POST",
       .pattern = "/recommend",
       .role = Role::kReader,
       .summary = "the same fields as a JSON object, or rows of such objects, answered row by row",
       .examples = {RecommendByBody(), RecommendBatch(), RecommendBodyRefused()},
       .limits = {.deadline = desk->request_deadline},
       .handler = by(PostRecommend)},
      {.method = "GET",
       .pattern = "/customers/{customer_id}",
       .role = Role::kReader,
       .summary = "what is known of a customer: who they are, what they buy, what they did last",
       .examples = {Customer()},
       .limits = {.body_bytes = kNoBody, .deadline = desk->request_deadline},
       .handler = by(GetCustomer)},
      {.method = "PUT",
       .pattern = "/v1/inventory",
       .role = Role::kWriter,
       .summary = "what regions have of products from now on: one item, or up to 1,000",
       .examples = {SoldOut(), InventoryRefused()},
       .limits = {.deadline = kWriteTime},
       .handler = by(PutInventory)},
      {.method = "PUT",
       .pattern = "/v1/products/{product_id}",
       .role = Role::kWriter,
       .summary = "columns of a product: price and hidden count at once, the others with the next "
                  "generation",
       .examples = {PriceAndHidden()},
       .limits = {.deadline = kWriteTime},
       .handler = by(PutProduct)},
      {.method = "PUT",
       .pattern = "/v1/customers/{customer_id}",
       .role = Role::kWriter,
       .summary = "columns of a customer, which count with the next generation",
       .examples = {NewAddress()},
       .limits = {.deadline = kWriteTime},
       .handler = by(PutCustomer)},
      {.method = "POST",
       .pattern = "/v1/session",
       .role = Role::kPublic,
       .summary =
           "signs a browser in with a token: a cookie that ends with it, after 12 hours at most",
       .examples = {{.target = "/v1/session",
                     .body = R"({"token": "aisle_..."})",
                     .answer = kOpenSession}},
       .limits = {.body_bytes = kSessionBody},
       .handler = by(PostSession)},
      {.method = "GET",
       .pattern = "/v1/session",
       .role = Role::kPublic,
       .summary = "whether a token is needed, and whose this one is",
       .examples = {{.target = "/v1/session", .answer = kOpenSession}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetSession)},
      {.method = "DELETE",
       .pattern = "/v1/session",
       .role = Role::kPublic,
       .summary = "signs a browser out: its cookie ends",
       .examples = {{.target = "/v1/session", .answer = kOpenSession}},
       .limits = {.body_bytes = kSessionBody},
       .handler = by(DeleteSession)},
      {.method = "GET",
       .pattern = "/v1/tokens",
       .role = Role::kAdmin,
       .summary = "the tokens that this server knows, without secrets",
       .examples = {{.target = "/v1/tokens", .answer = R"({"tokens": []})"}},
       .limits = {.body_bytes = kNoBody, .deadline = kWriteTime},
       .handler = by(GetTokens)},
      {.method = "GET",
       .pattern = "/health",
       .role = Role::kPublic,
       .summary = "what is served, by which models, since when; 503 when not ready",
       .examples = {Health()},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetHealth)},
      {.method = "GET",
       .pattern = "/livez",
       .role = Role::kPublic,
       .summary = "200 while the process answers, for orchestrators",
       .examples = {{.target = "/livez", .answer = R"({"status": "alive"})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetAlive)},
      {.method = "GET",
       .pattern = "/readyz",
       .role = Role::kPublic,
       .summary = "200 once something published is open, else 503, also when about to stop; "
                  "degraded: what "
                  "somebody should look at",
       .examples =
           {{.target = "/readyz",
             .answer =
                 R"({"status": "ready", "stores": [{"name": "embedded", "breaker": "closed"}]})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetReady)},
      {.method = "GET",
       .pattern = "/",
       .role = Role::kPublic,
       .summary = "a page to try it, self-contained, under a Content-Security-Policy with a nonce",
       .examples = {{.target = "/", .answer = "<!doctype html>"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetPage)},
  };
}

}  // namespace aisle::api
