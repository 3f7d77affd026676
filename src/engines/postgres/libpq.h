// libpq's results with an owner, and its errors as ours. Private.
//
//   errors   ErrorOfResult: as sql_state.h; ErrorOfConnecting: what libpq says while it connects,
//            SQLSTATE taken from it where the server gave one.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "postgres/rows.h"

namespace aisle::postgres {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ResultCloser>;

class RowsMaker {
 public:
  static Rows Make(std::shared_ptr<PGresult> result) {
    Rows rows;
    rows.result_ = std::move(result);
    return rows;
  }
};

// Empty where there is none.
std::string_view SqlStateOfResult(const PGresult* result);
Error ErrorOfResult(const PGresult* result, std::string_view secret);
// `text` as libpq writes it with PQERRORS_VERBOSE.
Error ErrorOfConnecting(std::string_view text, std::string_view secret);
// Every occurrence of the secret replaced; an empty one is none.
std::string Scrubbed(std::string text, std::string_view secret);

}  // namespace aisle::postgres
