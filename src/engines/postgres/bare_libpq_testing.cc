#include "postgres/bare_libpq_testing.h"

#include <array>

#include "postgres/big_endian.h"
#include "postgres/libpq.h"

namespace aisle::postgres {

struct BareLibpq::Impl {
  PGconn* handle = nullptr;
};

BareLibpq::BareLibpq(const ConnectionSettings& settings, const std::string& address,
                     const std::string& sql)
    : impl_(std::make_unique<Impl>()) {
  const std::string port = std::to_string(settings.hosts.front().port);
  const std::string password = ReadPassword(settings.password).value_or("");
  const std::array<const char*, 9> keys = {"host",    "hostaddr",    "port",     "dbname", "user",
                                           "sslmode", "sslrootcert", "password", nullptr};
  const std::array<const char*, 9> values = {settings.hosts.front().name.c_str(),
                                             address.c_str(),
                                             port.c_str(),
                                             settings.dbname.c_str(),
                                             settings.user.c_str(),
                                             "verify-full",
                                             settings.sslrootcert.c_str(),
                                             password.c_str(),
                                             nullptr};
  impl_->handle = PQconnectdbParams(keys.data(), values.data(), 0);
  AISLE_ASSERT(PQstatus(impl_->handle) == CONNECTION_OK);
  const Oid int8 = 20;
  const PgResult prepared(PQprepare(impl_->handle, "ask", sql.c_str(), 1, &int8));
  AISLE_ASSERT(PQresultStatus(prepared.get()) == PGRES_COMMAND_OK);
  AISLE_ASSERT(PQenterPipelineMode(impl_->handle) == 1);
}

BareLibpq::~BareLibpq() { PQfinish(impl_->handle); }

std::int64_t BareLibpq::Ask(std::int64_t key) {
  std::string bytes;
  Append(bytes, key);
  const std::array<const char*, 1> values = {bytes.data()};
  const int length = 8;
  const int format = 1;
  AISLE_ASSERT(PQsendQueryPrepared(impl_->handle, "ask", 1, values.data(), &length, &format, 1) ==
               1);
  AISLE_ASSERT(PQpipelineSync(impl_->handle) == 1);
  std::int64_t sum = 0;
  for (;;) {
    const PgResult result(PQgetResult(impl_->handle));
    if (!result) continue;
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) return sum;
    AISLE_ASSERT(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result.get()); ++row)
      sum += Read<std::int64_t>({PQgetvalue(result.get(), row, 1), 8});
  }
}

}  // namespace aisle::postgres
