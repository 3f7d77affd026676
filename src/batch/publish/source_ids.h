// A retailer's own ids (raw.id_map) and ours.
//
//   missing  a kind without rows: the ids are ours, and text is their decimal form.
//   errors   kInvalidArgument: text that is neither in the map nor, without a map, a whole number.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::publish {

class SourceIds {
 public:
  // kind: "customer", "product".
  static Result<SourceIds> Read(warehouse::Connection& connection, const std::string& kind);

  bool Mapped() const { return !to_source_.empty(); }
  std::string Source(std::int64_t id) const;
  Result<std::int64_t> Ours(const std::string& source) const;

 private:
  std::string kind_;
  std::unordered_map<std::int64_t, std::string> to_source_;
  std::unordered_map<std::string, std::int64_t> to_ours_;
};

}  // namespace aisle::publish
