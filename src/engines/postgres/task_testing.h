// Tests of tasks: run one to its end against a server, and expectations that compile inside of it.
//
//   OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
//     AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
//     EXPECT_EQ(IntOf(rows, "n"), 1);
//   });
//
//   errors   AISLE_CO_EXPECT fails the test with the error's words and ends the task.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "net/event_loops.h"
#include "postgres/connection.h"

#define AISLE_CO_EXPECT(target, expression) \
  AISLE_CO_EXPECT_(target, expression, AISLE_JOIN(expect_, __LINE__))
#define AISLE_CO_EXPECT_OK(expression) \
  AISLE_CO_EXPECT_OK_(expression, AISLE_JOIN(expect_, __LINE__))
#define AISLE_CO_EXPECT_(target, expression, name) \
  auto name = (expression);                        \
  if (!name) {                                     \
    ADD_FAILURE() << name.error().message;         \
    co_return;                                     \
  }                                                \
  target = *std::move(name)
#define AISLE_CO_EXPECT_OK_(expression, name) \
  if (auto name = (expression); !name) {      \
    ADD_FAILURE() << name.error().message;    \
    co_return;                                \
  }

namespace aisle::postgres {

// Long enough for a machine that does other things too.
inline net::Deadline Soon() { return net::Deadline::After(std::chrono::seconds{20}); }

inline void OnConnection(const ConnectionSettings& settings,
                         const std::function<net::Task<void>(Connection&)>& body) {
  bool ended = false;
  net::RunToEnd([](ConnectionSettings to, const std::function<net::Task<void>(Connection&)>& run,
                   bool& out) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection connection, co_await Connection::Open(std::move(to), Soon()));
    co_await run(connection);
    out = true;
  }(settings, body, ended));
  EXPECT_TRUE(ended);
}

// Of the first row; -1 for NULL, or no row.
inline std::int64_t IntOf(const Rows& rows, std::string_view column) {
  RowReader reader(rows);
  const IntColumn found = reader.Int(column);
  const Result<bool> more = reader.Next();
  EXPECT_TRUE(more.has_value()) << (more ? "" : more.error().message);
  return more && *more ? reader.OrElse(found, std::int64_t{-1}) : -1;
}

inline std::string TextOf(const Rows& rows, std::string_view column) {
  RowReader reader(rows);
  const TextColumn found = reader.Text(column);
  const Result<bool> more = reader.Next();
  EXPECT_TRUE(more.has_value()) << (more ? "" : more.error().message);
  return more && *more ? std::string(reader.OrElse(found, std::string_view())) : "";
}

}  // namespace aisle::postgres
