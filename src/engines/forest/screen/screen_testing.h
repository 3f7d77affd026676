// A screen held against the oracle on columns of every form. Private to the tests.
//
//   errors   what differs is a failure of the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "forest/scorers/hard_rows_testing.h"
#include "forest/screen/screen.h"

namespace aisle::forest {

inline std::vector<Column::Form> FormsOf(std::span<const Column> columns) {
  std::vector<Column::Form> forms;
  for (const Column& column : columns) forms.push_back(column.form);
  return forms;
}

// HardModel() of a depth that the screen takes.
inline Model ShallowModel(std::uint64_t seed) {
  const auto features = static_cast<std::uint32_t>(5 + seed % 40);
  Model model = RandomModel(seed, 1 + seed % 90, static_cast<unsigned>(1 + seed % kScreenDepthMax),
                            features, static_cast<double>(seed % 5) / 10);
  base::Stream stream(seed, 9, 9);
  for (Node& node : model.nodes) {
    if (node.left == 0 || !stream.Chance(0.1)) continue;
    const float value = HardValue({}, stream);
    if (!std::isnan(value)) node.value = value;
  }
  return model;
}

// False: the rows look too much alike, which the screen said.
inline bool CheckScreen(const ScreenKernel& kernel, const Model& model, std::uint64_t seed,
                        std::size_t row_count, std::size_t count = 18,
                        ScreenWorkspace* kept = nullptr) {
  const HardColumns hard(model, seed, row_count);
  const auto screen = Screen::Make(model, FormsOf(hard.Columns()), kernel);
  EXPECT_TRUE(screen) << seed << ": " << screen.error().message;
  if (!screen) return false;
  ScreenWorkspace own;
  ScreenWorkspace& work = kept == nullptr ? own : *kept;
  if (!screen->Best(screen->Prepare(hard.Plan()), hard.Columns(), count, work)) return false;
  const std::vector<float> oracle = OracleMargins(model, hard.Rows());
  std::vector<std::uint8_t> is_finalist(row_count, 0);
  std::vector<float> expected;
  for (const std::uint32_t row : work.rows) {
    EXPECT_EQ(is_finalist[row], 0) << seed << ": row " << row << " twice";
    is_finalist[row] = 1;
    expected.push_back(oracle[row]);
  }
  EXPECT_TRUE(SameBits(expected, work.margins)) << seed;
  // Enough of them are above everybody who was left out.
  std::size_t above = 0;
  float best_left_out = -std::numeric_limits<float>::infinity();
  for (std::size_t row = 0; row < row_count; ++row) {
    if (is_finalist[row] == 0) best_left_out = std::max(best_left_out, oracle[row]);
  }
  for (const float margin : work.margins) above += margin > best_left_out ? 1 : 0;
  EXPECT_GE(above, std::min(count, row_count)) << seed;
  EXPECT_GE(work.bound, best_left_out) << seed;
  return true;
}

}  // namespace aisle::forest
