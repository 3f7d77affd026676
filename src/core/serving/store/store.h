// What is fetched for one request, and the port that fetches it.
//
// A store belongs to an event loop and lives as long as it: pools and breakers survive the flip to a new
// generation. So a look-up names the generation it wants, and a store that cannot give exactly that one says so;
// it never answers from another. Bind() tells every store of a generation that this loop now serves.
//
// Backends: embedded (embedded_store.h) and Postgres (postgres/postgres_store.h); the warehouse is none
// (docs/decisions/0029). store_contract_testing.h is the test that each of them passes.
//
//   shapes   propensity: one score per category of the generation's catalogue, in its order.
//   missing  an empty propensity: none published for this customer.
//   threads  one event loop.
//   errors   Fetch: kNotFound: nobody knows the customer, which is an answer; kFailedPrecondition: this store is
//            well and does not hold that generation now: try another; kUnavailable: it is down: try another;
//            kInternal: what it holds is damaged.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "features/records.h"
#include "net/task.h"

namespace aisle::serving {

struct CustomerState {
  features::CustomerRecord record;
  std::vector<float> propensity;
  // How long each look-up took, as the backend saw it.
  std::chrono::nanoseconds features_time{};
  std::chrono::nanoseconds propensity_time{};
};

// Of a customer, by our number or by the retailer's own id where theirs are texts.
struct LookUp {
  LookUp(domain::CustomerId of, std::int64_t in_generation)
      : customer(of), generation(in_generation) {}
  static LookUp BySourceId(std::string id, std::int64_t in_generation) {
    LookUp look_up({}, in_generation);
    look_up.source_id = std::move(id);
    return look_up;
  }

  domain::CustomerId customer;  // Unless source_id is set.
  std::string source_id;
  std::int64_t generation;
  // Where the store says up to where the log of changes went when it looked, also of a customer it does not know and of
  // another generation; it stays where the store does not see the log. Null: nobody asks.
  std::shared_ptr<std::uint64_t> changes_until = {};
};

// The customers of one generation as one loop has them open. Whoever serves the generation holds it by a
// shared_ptr; stores keep it weakly, so that an old generation goes when its last request has.
class GenerationCustomers {
 public:
  explicit GenerationCustomers(std::int64_t generation, std::string checksum = {})
      : generation_(generation), checksum_(std::move(checksum)) {}
  virtual ~GenerationCustomers() = default;
  GenerationCustomers(const GenerationCustomers&) = delete;
  GenerationCustomers& operator=(const GenerationCustomers&) = delete;

  std::int64_t Generation() const { return generation_; }
  // Over its manifest, which holds that of every file: numbers of two data directories are alike. Empty: it lies on
  // no disk.
  const std::string& Checksum() const { return checksum_; }
  // Errors as Fetch(); kFailedPrecondition: the customers of this generation lie elsewhere.
  virtual Result<CustomerState> Get(domain::CustomerId customer) const = 0;
  // Who has this id, where the retailer's own are texts (Catalogue::text_customer_ids); nobody where they are not.
  virtual Result<domain::CustomerId> Find(std::string_view source_id) const = 0;
  // Whether they are in no copy here: Get and Find fail for good.
  virtual bool LieElsewhere() const { return false; }

 private:
  std::int64_t generation_;
  std::string checksum_;
};

class Store {
 public:
  virtual ~Store() = default;
  // For `backend` of an answer and for logs; never empty.
  virtual std::string_view Name() const = 0;
  // False: it never has customers of this generation.
  virtual bool MayHold(std::int64_t) const { return true; }
  // False: Fetch() gives its answer without ever suspending, so there is nothing to wait for.
  virtual bool Suspends() const { return true; }
  // From now on look-ups may name this generation; they may name those before as well, while requests that
  // began with them are under way. Stores with a backend of their own need not listen.
  virtual void Bind(const std::shared_ptr<const GenerationCustomers>&) {}
  virtual net::Task<Result<CustomerState>> Fetch(LookUp look_up) = 0;
};

}  // namespace aisle::serving
