// Customers worked on in blocks, on every core: what reads them one after the other and needs a result of each.
//
//   gold::CustomerBlocks<Scores> blocks(16, gold::WorkerCount(), work, take);
//   AISLE_CHECK(gold::ReadCustomers(database, catalogue, source, blocks.Adding()));
//   AISLE_CHECK(blocks.Finish());
//
//   order    results are taken in the order of Add; the last block may be shorter.
//   threads  as OrderedBlocks: `take` runs on the thread that adds, `work` on threads of its own.
//   errors   as OrderedBlocks.
//   cost     holds three blocks for each worker.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "features/records.h"
#include "gold/ordered_blocks.h"

namespace aisle::gold {

using CustomerBlock = std::vector<features::CustomerRecord>;

template <typename Made>
class CustomerBlocks {
 public:
  using Blocks = OrderedBlocks<CustomerBlock, Made>;

  CustomerBlocks(std::size_t block_customers, int worker_count, typename Blocks::Work work,
                 typename Blocks::Take take)
      : block_customers_(block_customers), blocks_(worker_count, std::move(work), std::move(take)) {
    AISLE_ASSERT(block_customers >= 1);
  }

  Status Add(features::CustomerRecord&& customer) {
    block_.push_back(std::move(customer));
    if (block_.size() < block_customers_) return {};
    return blocks_.Push(std::exchange(block_, {}));
  }
  // Add, as ReadCustomers wants it.
  std::function<Status(features::CustomerRecord&&)> Adding() {
    return [this](features::CustomerRecord&& customer) { return Add(std::move(customer)); };
  }
  // Takes all that is under way, the last customers too.
  Status Finish() {
    if (!block_.empty()) AISLE_CHECK(blocks_.Push(std::exchange(block_, {})));
    return blocks_.Finish();
  }

 private:
  std::size_t block_customers_;
  CustomerBlock block_;
  Blocks blocks_;
};

}  // namespace aisle::gold
