// COPY in both directions as streams, with back-pressure.
//
//   const std::string sql = "COPY shop.products FROM STDIN (FORMAT binary)";
//   AISLE_CO_TRY(auto copy, co_await connection.StartCopyIn(sql, deadline));
//   CopyEncoder rows(3);
//   ... rows.Row().Int8(id).Text(name).Null();
//   Whenever rows.Waiting() has grown, and after rows.End():
//   AISLE_CO_CHECK(co_await copy.Write(rows.Take(), deadline));
//   AISLE_CO_TRY(const std::int64_t count, co_await copy.Finish(deadline));
//
// Write returns when the kernel has taken the bytes, so that a slow server slows its writer and
// memory stays small. A CopyIn or CopyOut that goes without its end is abandoned: the
// server takes back what came, and the connection needs Settle(), which its next user does by
// itself.
//
//   threads  as the connection, which they keep alive.
//   errors   those of the connection. What the server finds wrong with a row is told by Finish:
//            libpq does not look sooner.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"

namespace aisle::postgres {

class Link;

class CopyIn {
 public:
  CopyIn(CopyIn&&) noexcept = default;
  CopyIn& operator=(CopyIn&&) = delete;
  ~CopyIn();

  net::Task<Status> Write(std::string bytes, net::Deadline deadline);
  // Rows that were copied, once they are all there (and committed, outside of a transaction).
  net::Task<Result<std::int64_t>> Finish(net::Deadline deadline);

 private:
  friend class Connection;
  explicit CopyIn(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  std::shared_ptr<Link> link_;  // Null: ended, or moved from.
};

class CopyOut {
 public:
  CopyOut(CopyOut&&) noexcept = default;
  CopyOut& operator=(CopyOut&&) = delete;
  ~CopyOut();

  // The next bytes, for CopyDecoder::Feed; nothing at the end.
  net::Task<Result<std::optional<std::string>>> Next(net::Deadline deadline);

 private:
  friend class Connection;
  explicit CopyOut(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  std::shared_ptr<Link> link_;
};

}  // namespace aisle::postgres
