// Which inputs of a ranking are made missing, group by group, to see what it leans on.
//
// BlanksOf tells the groups (features::InputGroup) that can change what the model says; the examiner then scores the
// rows of the same customers once more for each, after Clear. The model is not trained anew: a group that is missing
// here was there when it learnt, so this is not what a model without it would lose.
//
//   shapes   rows is row-major, as wide as the model has inputs; columns are places among them.
//   order    groups as InputGroup has them; columns rise.
//   missing  NaN, which follows each node's default branch. An input that was never missing in training has a
//            default branch that no row ever took.
//   threads  free functions.
//   errors   none: the model's inputs are this build's, as PairScorer::Make saw to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "features/pair_row.h"
#include "ranking/ranking.h"

namespace aisle::evaluation {

struct Blank {
  features::InputGroup group = features::InputGroup::kCount;
  std::vector<std::size_t> columns;
  std::vector<std::string> inputs;  // Their names.
  // The propensity is not blended in either, as in an answer without one.
  bool is_propensity = false;
};

struct Blanks {
  std::vector<Blank> blanks;
  // Groups that change nothing when they are missing, by reason.
  std::vector<std::string> left_out;
};

// `has_propensity`: the ranking is served with a propensity model.
Blanks BlanksOf(const ranking::ModelSpec& spec, const forest::Forest& forest, bool has_propensity);

void Clear(const Blank& blank, std::size_t width, std::span<float> rows);

}  // namespace aisle::evaluation
