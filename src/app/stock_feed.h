// Stock that differs, to whoever owns the log of changes: a server that runs here, by PUT /v1/inventory; else this
// process, which writes the log itself (change_log.h).
//
// SendStock and AppendStock are the two; neither writes the tables, the log's reader does (take_in.h).
//
//   order    rows as they are given, at most kFeedItemsMax a request. Times of records never fall along the log.
//   missing  an answer that names items that cannot be taken: nothing of its request was. They are left out, and the
//            rest is sent again.
//   errors   kUnavailable: the server does not answer, or refuses for now, with its words;
//            kFailedPrecondition: the server answers what nobody expects of it. What was sent before stays taken: to
//            repeat it all does no harm.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/retailer_shape.h"
#include "events/events.h"
#include "raw/check.h"
#include "web/address.h"

namespace aisle::app {

inline constexpr std::size_t kFeedItemsMax = 1'000;

struct RefusedRow {
  std::size_t row = 0;  // Its place.
  std::string why;
};

// The text of a product's id as the server takes it: JSON.
using ProductIdJson = std::function<std::string(std::int64_t)>;

// `authorization`: the field's value; empty: none is sent.
Result<std::vector<RefusedRow>> SendStock(const web::Address& server,
                                          const std::vector<raw::Row>& rows,
                                          const ProductIdJson& id,
                                          const std::string& authorization = {});
Result<std::vector<RefusedRow>> AppendStock(events::Log& log, const std::vector<raw::Row>& rows,
                                            const domain::RetailerShape& shape);

}  // namespace aisle::app
