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

// Where it would be delivered: a postal code that some region of the retailer serves, or a ZIP+4 whose ZIP code is one.
// What is accepted, in words: shape.AcceptedPostalCodes().
class Destination {
 public:
  static std::optional<Destination> Of(std::string_view postal_code,
                                       const domain::RetailerShape& shape);
  // As it was written, a ZIP+4 without its last four digits. Which region it is in the answering generation says: it
  // may be a newer one than that which was asked here.
  const std::string& PostalCode() const { return postal_code_; }

 private:
  explicit Destination(std::string_view postal_code) : postal_code_(postal_code) {}
  std::string postal_code_;
};

// Whom it is for: the retailer's own id, a text where the catalogue says so (text_customer_ids), else a number.
class CustomerKey {
 public:
  static std::string_view Accepted(bool text_ids);
  CustomerKey() = default;
  // Of a number; by Of() where it comes from outside.
  CustomerKey(domain::CustomerId number) : number_(number) {}
  static std::optional<CustomerKey> Of(std::string_view id, bool text_ids);

  bool IsText() const { return !text_.empty(); }
  domain::CustomerId Number() const { return number_; }  // Of one that is no text.
  const std::string& Text() const { return text_; }      // Empty: it is a number.
  std::string Shown() const;                             // As it was sent.

 private:
  domain::CustomerId number_;
  std::string text_;
};

struct Request {
  CustomerKey customer;
  std::optional<Destination> destination = {};
  TopN top_n = {};
  bool strict = false;   // An unknown customer is kNotFound.
  bool why = false;      // Each item says why it is there.
  bool explain = false;  // The answer says what made each score, and what was left out.
  bool dry_run = false;  // Nobody is shown the answer: no impression.
  bool batch = false;    // One of many of a request: its impression says so.
  std::string request_id = {};
  std::string product =
      {};  // With explain: why this product, by the retailer's id, is or is not in the answer.
};

}  // namespace aisle::recommend
