// The marks of a queue's readers: one small file each, replaced whole. Private to this module.
//
// Queues of before readers had names have one mark, <folder>/trimmed. It counts as a mark of
// `first_reader` wherever it is found (the further of the two, if both are there): a program of that
// time may have the queue open, and may move it, until it ends.
//
//   threads  none here; whoever writes has a mutex.
//   errors   kInvalidArgument: a name that is none; kInternal: a file that holds no position, with its
//            path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kv/queue.h"

namespace aisle::kv {

class QueueMarks {
 public:
  QueueMarks(std::filesystem::path queue, std::string first_reader);

  // The folder of the marks, with that of the first reader, unless it is there already.
  Status Prepare() const;
  // The nameless mark becomes the first reader's for good. For the writer.
  Status TakeOver() const;

  Result<std::vector<QueueReader>> All() const;  // By name.
  Result<std::optional<std::uint64_t>> Get(std::string_view reader) const;
  Status Set(std::string_view reader, std::uint64_t position) const;
  Status Remove(std::string_view reader) const;

 private:
  Result<std::optional<std::uint64_t>> ReadNameless() const;

  std::filesystem::path folder_;
  std::filesystem::path nameless_;
  std::string first_reader_;
};

}  // namespace aisle::kv
