// A listening socket that whoever started this process made for it: socket activation, as systemd does it.
//
// The sockets are the descriptors from 3 on, LISTEN_FDS of them, if LISTEN_PID is this process; LISTEN_FDNAMES has
// their names between colons (FileDescriptorName= of the unit). They stay open while the service is restarted, so no
// client is refused meanwhile.
//
//   missing  an empty name asks for the only one.
//   threads  reads the environment; before other threads change it.
//   errors   kInvalidArgument: none was handed over, or not that one, or more than one and none named, or it is no
//            listening stream socket; what there is, is named.
//   source   sd_listen_fds(3); without its library.
#pragma once

#include <string_view>

#include "base/result.h"
#include "web/address.h"

namespace aisle::web {

struct HandedSocket {
  int descriptor = -1;  // Stays the process's; who listens on it duplicates it.
  Address address;      // Where it listens.
};

Result<HandedSocket> FindHandedSocket(std::string_view name);

}  // namespace aisle::web
