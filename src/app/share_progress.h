// Progress of a step that tells how far it is as a share of 1, part after part.
//
// On a terminal one line is redrawn; elsewhere each part is said once, when it begins, and again every
// ten seconds. Silent under --quiet.
//
//   units    share: 0 to 1 over all parts.
//   threads  one thread.
#pragma once

#include <chrono>
#include <string>

namespace aisle::app {

class ShareProgress {
 public:
  explicit ShareProgress(bool quiet) : quiet_(quiet) {}
  ~ShareProgress();
  ShareProgress(const ShareProgress&) = delete;
  ShareProgress& operator=(const ShareProgress&) = delete;

  void Tell(const std::string& part, double share);

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  bool drawn_ = false;
  std::string part_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace aisle::app
