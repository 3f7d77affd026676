#include "ranking/swept_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "features/pair_row.h"

namespace aisle::ranking {
namespace {

using forest::InputRole;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// The positive floats, infinity among them, as whole numbers in the same order.
constexpr std::uint32_t kSmallest = 1;
constexpr std::uint32_t kLargest = 0x7f800000;

// The first of the positive floats of which `holds` is true; kLargest + 1 for none. It stays true from there on.
template <typename Holds>
std::uint32_t FirstWhere(const Holds& holds) {
  std::uint32_t begin = kSmallest;
  std::uint32_t end = kLargest + 1;
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    if (holds(std::bit_cast<float>(middle))) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// The denominators that explain quotients: an interval of positive floats, or a missing one.
struct Denominators {
  std::uint32_t low = kSmallest;
  std::uint32_t end = kLargest + 1;
  bool missing = false;
  bool any = true;  // Nothing has been said yet.

  bool Empty() const { return !missing && low >= end; }
  float One() const { return missing ? kMissing : std::bit_cast<float>(low); }
  Denominators And(const Denominators& other) const {
    if (any) return other;
    if (other.any) return *this;
    if (missing != other.missing) return {.low = 1, .end = 1, .missing = false, .any = false};
    return {std::max(low, other.low), std::min(end, other.end), missing, false};
  }
};

Denominators WhatExplains(float quotient, float price, float cap) {
  Denominators found;
  found.any = false;
  found.missing = std::isnan(quotient);
  if (found.missing) return found;
  // Never rises with the denominator, which is what both searches need.
  const auto quotient_of = [&](float denominator) { return std::min(price / denominator, cap); };
  found.low = FirstWhere([&](float d) { return quotient_of(d) <= quotient; });
  found.end = FirstWhere([&](float d) { return quotient_of(d) < quotient; });
  return found;
}

class RowReader {
 public:
  RowReader(const forest::Model& model, std::vector<std::uint16_t> inputs,
            std::span<const float> rows, std::size_t first_row)
      : model_(model), inputs_(std::move(inputs)), rows_(rows), first_row_(first_row) {
    for (std::size_t f = 0; f < inputs_.size(); ++f) {
      if (inputs_[f] == features::PriceInput()) price_ = f;
    }
  }

  Status Read() {
    if (price_ == inputs_.size()) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("'{}' is no input of the model, so that rows do not say it",
                              features::PairInputs()[features::PriceInput()].name));
    }
    for (const std::uint16_t input : inputs_) {
      catalogue.inputs.push_back({.role = features::PairInputs()[input].role});
      if (catalogue.inputs.back().role == InputRole::kPairMonotone)
        catalogue.inputs.back().cap = features::QuotientCap(input);
    }
    for (std::size_t row = 0; row < rows_.size() / inputs_.size(); ++row) {
      AISLE_CHECK(ReadProduct(row));
      AISLE_CHECK(ReadRequest(row));
    }
    FinishRequest();
    return {};
  }

  struct Found {
    std::size_t begin = 0;
    std::vector<float> values;
  };
  forest::SweepCatalogue catalogue;
  std::vector<std::uint32_t> product_of;  // Of each row.
  std::vector<Found> requests;

 private:
  std::span<const float> Row(std::size_t row) const {
    return rows_.subspan(row * inputs_.size(), inputs_.size());
  }
  std::unexpected<Error> Bad(std::size_t row, const std::string& what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("row {}: {}", first_row_ + row, what));
  }

  Status ReadProduct(std::size_t row) {
    const auto values = Row(row);
    if (!std::isfinite(values[price_]) || values[price_] < 0) {
      return Bad(row, fmt::format("'{}' is {}; the sweep wants a number from 0",
                                  model_.feature_names[price_], values[price_]));
    }
    key_.clear();
    for (std::size_t f = 0; f < values.size(); ++f) {
      if (catalogue.inputs[f].role != InputRole::kProductStatic) continue;
      const auto bits = std::bit_cast<std::uint32_t>(values[f]);
      key_.append({static_cast<char>(bits), static_cast<char>(bits >> 8U),
                   static_cast<char>(bits >> 16U), static_cast<char>(bits >> 24U)});
    }
    const auto [place, is_new] =
        products_.emplace(key_, static_cast<std::uint32_t>(catalogue.axis.size()));
    product_of.push_back(place->second);
    if (!is_new) return {};
    catalogue.axis.push_back(values[price_]);
    for (std::size_t f = 0; f < values.size(); ++f) {
      if (catalogue.inputs[f].role == InputRole::kProductStatic)
        catalogue.inputs[f].values.push_back(values[f]);
    }
    return {};
  }

  Status ReadRequest(std::size_t row) {
    const auto values = Row(row);
    std::vector<Denominators> of_row(values.size());
    for (std::size_t f = 0; f < values.size(); ++f) {
      if (catalogue.inputs[f].role != InputRole::kPairMonotone) continue;
      of_row[f] = WhatExplains(values[f], values[price_], catalogue.inputs[f].cap);
      if (of_row[f].Empty()) {
        return Bad(row, fmt::format("'{}' is {}, which is no quotient of the price {} and "
                                    "something positive",
                                    model_.feature_names[f], values[f], values[price_]));
      }
    }
    if (requests.empty() || !Joins(row, of_row)) {
      FinishRequest();
      requests.push_back({row, {values.begin(), values.end()}});
      denominators_ = std::move(of_row);
    }
    return {};
  }

  // Whether the row belongs to the request of those before it; if so, it narrows the denominators.
  bool Joins(std::size_t row, const std::vector<Denominators>& of_row) {
    const auto values = Row(row);
    const std::vector<float>& request = requests.back().values;
    std::vector<Denominators> both = denominators_;
    for (std::size_t f = 0; f < values.size(); ++f) {
      const InputRole role = catalogue.inputs[f].role;
      if (role == InputRole::kRequestConstant &&
          std::bit_cast<std::uint32_t>(values[f]) != std::bit_cast<std::uint32_t>(request[f])) {
        return false;
      }
      if (role == InputRole::kPairMonotone) both[f] = denominators_[f].And(of_row[f]);
      if (both[f].Empty()) return false;
    }
    denominators_ = std::move(both);
    return true;
  }

  void FinishRequest() {
    if (requests.empty()) return;
    for (std::size_t f = 0; f < inputs_.size(); ++f) {
      if (catalogue.inputs[f].role == InputRole::kPairMonotone)
        requests.back().values[f] = denominators_[f].One();
    }
  }

  const forest::Model& model_;
  std::vector<std::uint16_t> inputs_;
  std::span<const float> rows_;
  std::size_t first_row_;
  std::size_t price_ = inputs_.size();
  std::string key_;
  std::unordered_map<std::string, std::uint32_t> products_;
  std::vector<Denominators> denominators_;
};

}  // namespace

Result<SweptRows> SweptRows::Make(const forest::Model& model, std::span<const float> rows,
                                  std::size_t first_row) {
  AISLE_ASSERT(model.feature_count > 0 && rows.size() % model.feature_count == 0);
  if (model.feature_names.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the model file does not name its inputs, and names say what varies in a request");
  }
  AISLE_TRY(auto inputs, features::ResolvePairInputs(model.feature_names));
  RowReader reader(model, std::move(inputs), rows, first_row);
  AISLE_CHECK(reader.Read());
  AISLE_TRY(forest::Sweep sweep, forest::Sweep::Build(model, reader.catalogue));
  std::vector<std::uint32_t> cells;
  for (const std::uint32_t product : reader.product_of) cells.push_back(sweep.CellOf(product));
  AISLE_ASSERT(std::ranges::count(cells, forest::Sweep::kOutside) == 0);
  std::vector<Request> requests;
  for (auto& found : reader.requests) {
    AISLE_ASSERT(sweep.Takes(found.values));
    requests.push_back({found.begin, std::move(found.values)});
  }
  return SweptRows(std::move(sweep), std::move(requests), std::move(cells));
}

std::span<const std::uint32_t> SweptRows::CellsOf(std::size_t request) const {
  const std::size_t end =
      request + 1 == requests_.size() ? cells_.size() : requests_[request + 1].begin;
  return std::span(cells_).subspan(requests_[request].begin, end - requests_[request].begin);
}

void SweptRows::Margins(forest::SweepScratch& scratch, std::span<float> margins) const {
  AISLE_ASSERT(margins.size() == cells_.size());
  for (std::size_t r = 0; r < requests_.size(); ++r) {
    sweep_.Run(requests_[r].values, scratch);
    const auto table = scratch.Margins();
    float* out = &margins[requests_[r].begin];
    for (const std::uint32_t cell : CellsOf(r)) *out++ = table[cell];
  }
}

void SweptRows::ExactMargins(forest::SweepScratch& scratch, std::span<float> margins) const {
  AISLE_ASSERT(margins.size() == cells_.size());
  std::vector<float> table;
  for (std::size_t r = 0; r < requests_.size(); ++r) {
    sweep_.Run(requests_[r].values, scratch);
    const auto cells = CellsOf(r);
    const auto out = margins.subspan(requests_[r].begin, cells.size());
    if (cells.size() * forest::Sweep::kCellsAtOnce <= sweep_.CellCount()) {
      sweep_.Exact(cells, scratch, out);
      continue;
    }
    table.resize(sweep_.CellCount());
    sweep_.ExactAll(scratch, table);
    std::ranges::transform(cells, out.begin(), [&](std::uint32_t cell) { return table[cell]; });
  }
}

}  // namespace aisle::ranking
