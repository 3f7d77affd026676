// What the fuzzer and its committed corpus both do with bytes that claim to be a model: load them, and if they
// are accepted, score rows with every engine and compare. Private to the tests.
//
//   errors   none: a disagreement or a crash is an assertion.
#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "forest/forest.h"
#include "forest/load.h"

namespace aisle::forest {

// True when the bytes are a model.
inline bool Exercise(std::string_view bytes) {
  const auto model = LoadModel(bytes);
  if (!model) {
    AISLE_ASSERT(!model.error().message.empty());
    return false;
  }
  const auto reference = Forest::Build(*model, Engine::kReference);
  const auto interleaved = Forest::Build(*model, Engine::kInterleaved);
  AISLE_ASSERT(reference && interleaved);
  const std::size_t row_count = model->feature_count < 4096 ? 37 : 2;
  std::vector<float> rows(row_count * model->feature_count);
  base::Stream stream(5, 5, 5);
  for (float& x : rows) {
    const std::uint64_t kind = stream.Below(8);
    x = kind == 0   ? std::numeric_limits<float>::quiet_NaN()
        : kind == 1 ? std::bit_cast<float>(static_cast<std::uint32_t>(stream.Next()))
        : kind == 2 && !model->nodes.empty() ? model->nodes[stream.Below(model->nodes.size())].value
                                             : static_cast<float>(stream.Normal());
  }
  std::vector<float> expected(row_count);
  std::vector<float> found(row_count);
  reference->Margins(rows, expected);
  interleaved->Margins(rows, found);
  for (std::size_t i = 0; i < row_count; ++i) {
    const bool both_nan = std::isnan(expected[i]) && std::isnan(found[i]);
    AISLE_ASSERT(both_nan || std::bit_cast<std::uint32_t>(expected[i]) ==
                                 std::bit_cast<std::uint32_t>(found[i]));
  }
  return true;
}

}  // namespace aisle::forest
