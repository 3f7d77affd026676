// Who listens at an address, as the kernel says in /proc: for telling whom to stop when a port is taken.
//
//   missing  nothing: nobody is seen to listen there. A listener whose process may not be looked into
//            (another user's, or one in another container) is said to be that, with its user's number.
//   errors   none leave: what cannot be read is as if it were not there.
//   cost     reads the tables of sockets, then the open files of every process until the socket is found.
//   source   proc(5): net/tcp, net/tcp6, net/unix; <pid>/fd/* are links to "socket:[inode]".
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "web/address.h"

namespace aisle::app {

// "process 123 (nginx)". A listener at all addresses of the machine (0.0.0.0, ::) is at each of them.
std::optional<std::string> WhoListens(const web::Address& address,
                                      const std::filesystem::path& proc = "/proc");

// A server that did not start, for `listen`: where that is because somebody has the port, the message says who.
Error NamingTheHolder(Error error, const std::string& listen);

}  // namespace aisle::app
