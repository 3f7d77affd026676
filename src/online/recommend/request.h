// What a client asks, in types that cannot be wrong.
//
// Whoever reads a request (HTTP, the command line, a test) makes a TopN and a Destination of what was sent;
// that is the one place where they are checked. A Request that exists can be answered.
//
//   missing  no destination: the customer's own; no top_n: kTopNDefault.
//   errors   nothing from Of(): the value cannot be had; what can is said in words beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/retailer_shape.h"

namespace aisle::recommend {

inline constexpr int kTopNMax = 100;
inline constexpr int kTopNDefault = 5;

// How many items are wanted: 1 to kTopNMax.
class TopN {
 public:
  static constexpr std::string_view kAccepted = "an integer from 1 to 100";
  TopN() = default;
  static std::optional<TopN> Of(std::int64_t count);
  std::size_t Count() const { return count_; }

 private:
  std::size_t count_ = kTopNDefault;
};

// Where it would be delivered: a postal code that some region of the retailer serves. What is accepted, in words:
// shape.AcceptedPostalCodes().
class Destination {
 public:
  static std::optional<Destination> Of(std::string_view postal_code,
                                       const domain::RetailerShape& shape);
  // As it was written. Which region it is in the answering generation says: it may be a newer one than that
  // which was asked here.
  const std::string& PostalCode() const { return postal_code_; }

 private:
  explicit Destination(std::string_view postal_code) : postal_code_(postal_code) {}
  std::string postal_code_;
};

struct Request {
  domain::CustomerId customer;
  std::optional<Destination> destination = {};
  TopN top_n = {};
  bool strict = false;  // An unknown customer is kNotFound.
  std::string request_id = {};
};

}  // namespace aisle::recommend
