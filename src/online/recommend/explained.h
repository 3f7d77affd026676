// What an answer says of itself where the request asked why: what every input added to each product's margin, how that
// became its score, and what was left out.
//
//   shapes   items: one per item of the answer, or none where no model ranked in this process; `degraded` says why.
//            Contribution::input is a place in inputs.
//   order    contributions by falling size, whatever their sign; equal ones in the order of the inputs.
//   units    margins; probabilities; products.
//   missing  a missing value is NaN; propensity: none took part; asked: no product was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/ids.h"
#include "ranking/explained_pair.h"

namespace aisle::recommend {

struct Contribution {
  std::uint32_t input = 0;
  float value = 0;
  double contribution = 0;
};

struct Explanation {
  float margin = 0;
  double bias = 0;
  std::vector<Contribution> contributions;
  float model_score = 0;
  std::optional<float> propensity;
  float score = 0;
};

struct LeftOut {
  std::string why;
  std::int64_t count = 0;
};

// The product that the request asked about.
struct AskedProduct {
  std::string id;  // As it was asked.
  bool in_answer = false;
  std::string why;
  std::optional<Explanation> explanation = {};  // Of a candidate, where the items have theirs.
};

struct Explained {
  std::vector<std::string> inputs;
  ranking::BlendRule blend;
  std::vector<Explanation> items;
  std::int64_t products = 0;  // In the catalogue.
  std::vector<LeftOut> left_out;
  std::optional<AskedProduct> asked;
};

}  // namespace aisle::recommend
