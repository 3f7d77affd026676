// How many connections each client has open, over all loops of a server. Private to the server.
//
// A client is an IPv4 address, or the /64 that an IPv6 address is of: the least that a network hands out to one
// customer, who may use all of its addresses.
//
//   threads  any; the lock is held for a few instructions.
//   cost     one entry per client that is connected; asked once per connection, never per request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace aisle::web {

// An IPv4 address behind 0xffffffff00000000, which is in no /64 of a client's; else the upper half of an IPv6 address.
using ClientKey = std::uint64_t;

class ClientCounts {
 public:
  // With this one.
  std::size_t Enter(ClientKey client) {
    const std::lock_guard lock(mutex_);
    return ++counts_[client];
  }
  void Leave(ClientKey client) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(client);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
  std::size_t Of(ClientKey client) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(client);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<ClientKey, std::size_t> counts_;
};

}  // namespace aisle::web
