// A ranker behind the network: makes a request's rows here and has them scored by a model service.
//
// It speaks the Open Inference Protocol with binary tensors, and asks for the version of the model that its
// generation was published with. An answer is taken when it is whole: this request's id, that version, one float
// for each row, all of them finite. Scores are then the same, bit by bit, as those of LocalRanker. Whatever else
// happens is a failure: the next rung answers, and after some failures in a row the service is left out for a
// while.
//
//   order    finalists as ranker.h has them.
//   threads  one event loop; tasks may outlive it.
//   errors   Rank: kUnavailable, with what the service said: its {"error": ...}, {"detail": ...} or text.
//   cost     rows x inputs x 4 bytes out and rows x 4 bytes back. The service may use a share of the time that is
//            left, so that the next rung has time to answer.
//   source   Open Inference Protocol v2, binary tensor data extension.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "recommend/ranker.h"
#include "web/address.h"

namespace aisle::recommend {

struct RemoteRankerOptions {
  web::Address address;
  std::string model = "ranking";   // Its name at the service.
  std::string authorization = {};  // The field's value, "Bearer ..."; empty: none is sent.
  double deadline_share = 0.6;     // In (0, 1].
  int failures_to_open = 5;
  std::chrono::milliseconds open_for{1000};
  // The clock of the breaker; tests have their own.
  std::function<net::SteadyTime()> now = std::chrono::steady_clock::now;
};

class RemoteRanker : public Ranker {
 public:
  explicit RemoteRanker(RemoteRankerOptions options);
  ~RemoteRanker() override;
  RemoteRanker(const RemoteRanker&) = delete;
  RemoteRanker& operator=(const RemoteRanker&) = delete;

  std::string_view LeftOut() const override;
  net::Task<Result<RankTimes>> Rank(std::shared_ptr<RankTask> task) override;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with the requests under way.
};

// What an answer that is no success says: the text of "error" or "detail", or its beginning.
std::string ErrorTextOf(std::string_view body);

}  // namespace aisle::recommend
