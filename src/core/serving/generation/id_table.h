// The retailer's own ids of customers as a table of a generation: from a text to the customer. Private to this module.
//
// A key is the hash of a text; its value holds every text of that hash with its customer, so that two texts of one
// hash are told apart.
//
//   missing  a text that nobody has: nothing.
//   errors   WriteTo: as kv::TableWriter, and kInvalidArgument for a text that two customers have; FindIn: as
//            kv::Snapshot, and kInternal for a value that is damaged.
//   cost     WriteTo: a sort of all texts, which are in memory until then. FindIn: one look-up of a key, below a
//            microsecond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "kv/kv.h"

namespace aisle::serving {

class IdTable {
 public:
  void Add(std::string_view text, domain::CustomerId customer);
  std::size_t Count() const { return entries_.size(); }
  // Afterwards nothing may be added.
  Status WriteTo(kv::TableWriter& tables);

  static Result<std::optional<domain::CustomerId>> FindIn(const kv::Snapshot::Reader& tables,
                                                          std::string_view text);
  // The texts of one key, which the bytes hold; the texts are views of these.
  struct Named {
    std::string_view text;
    domain::CustomerId customer;
  };
  static Result<std::vector<Named>> DecodeValue(std::string_view bytes);

 private:
  struct Entry {
    kv::Key key = 0;
    std::string text;
    domain::CustomerId customer;
  };
  std::vector<Entry> entries_;
};

}  // namespace aisle::serving
