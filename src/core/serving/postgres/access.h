// Who may connect to a store from where, as lines of the server's pg_hba.conf.
//
// The server takes the first line that fits. So the block lets each role in from the networks that are named, over
// TLS and with its password, and turns it away from everywhere else before a more generous line below can let it in.
//
//   shapes   networks as "10.20.0.0/16" or "fd00:12::/32".
//   missing  a role without networks gets in through the server's own socket only.
//   errors   kInvalidArgument: what is no network, has bits set beyond its length, or is wider than /8: a store is
//            not for the whole world.
//   source   PostgreSQL 15, "The pg_hba.conf File".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

struct StoreAccess {
  std::string dbname;
  std::vector<std::string> reader_networks;  // Where servers run.
  std::vector<std::string> batch_networks;   // Where owner and writer come from.
};
Result<std::string> AccessBlock(const StoreNames& names, const StoreAccess& access);
// The file's text with the block in place of the one that is there, or above everything else.
std::string WithAccessBlock(std::string_view file, const StoreNames& names, std::string_view block);

}  // namespace aisle::serving
