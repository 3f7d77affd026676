// What a client asks, in types that cannot be wrong.
//
// Whoever reads a request (HTTP, the command line, a test) makes a TopN and a Destination of what was sent;
// that is the one place where they are checked. A Request that exists can be answered.
//
//   missing  no destination: the customer's own; no top_n: kTopNDefault.
//   errors   nothing from Of(): the value cannot be had; kAccepted says in words what can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/region.h"

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

// Where it would be delivered: a postal code that some region serves.
class Destination {
 public:
  static constexpr std::string_view kAccepted = "five digits, such as \"10001\"";
  static std::optional<Destination> Of(std::string_view zip_code);
  const std::string& ZipCode() const { return zip_code_; }
  domain::Region Region() const { return region_; }

 private:
  Destination(std::string_view zip_code, domain::Region region)
      : zip_code_(zip_code), region_(region) {}
  std::string zip_code_;
  domain::Region region_;
};

struct Request {
  domain::CustomerId customer;
  std::optional<Destination> destination = {};
  TopN top_n = {};
  bool strict = false;  // An unknown customer is kNotFound.
  std::string request_id = {};
};

}  // namespace aisle::recommend
