// Keeps a folder of generations at what the serving tables hold, on a thread of its own: for servers that have no copy
// of the publisher's folder.
//
//   const auto fetcher = GenerationFetcher::Start(reader, names, root);
//   fetcher->WaitForFirstLook(5s);       whoever watches `root` finds what was fetched
//
// It asks once a second, or when it is told (LISTEN), over one connection. What the tables hold and `root` does not is
// fetched without its customers (generation/fetched.h says what is left alone); a generation that is being loaded is
// fetched ahead, so that it can be taken into service when the tables change.
//
//   threads  any. The destructor ends a fetch that is under way.
//   errors   none leave: Trouble() has them in words, and each is logged once; what could not be fetched is tried again
//            after `again`. Until then what was current stays.
//   cost     a connection; while it fetches, the files in memory.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "postgres/settings.h"
#include "serving/postgres/names.h"

namespace aisle::serving {

struct FetchOptions {
  std::chrono::milliseconds every{1000};
  std::chrono::milliseconds again{10'000};
};

class GenerationFetcher {
 public:
  // As the store's reader.
  static std::unique_ptr<GenerationFetcher> Start(postgres::ConnectionSettings settings,
                                                  StoreNames names, std::filesystem::path root,
                                                  FetchOptions options = {});
  ~GenerationFetcher();
  GenerationFetcher(const GenerationFetcher&) = delete;
  GenerationFetcher& operator=(const GenerationFetcher&) = delete;

  // Until it knows what the tables hold and has done what is to be done, or has failed; at most so long.
  void WaitForFirstLook(std::chrono::milliseconds at_most) const;
  // Why the folder is not what the tables hold; empty: it is, or is left alone.
  std::string Trouble() const;
  // Whether Postgres answered when it was asked last.
  bool IsAnswered() const;

  struct Impl;

 private:
  explicit GenerationFetcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::serving
