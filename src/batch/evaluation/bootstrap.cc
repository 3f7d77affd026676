#include "evaluation/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "ranking/ties.h"

namespace aisle::evaluation {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Sums of two values over the customers who have both, for one multiplicity per customer.
struct Sums {
  double a = 0, b = 0, count = 0;
};

// Values without NaN, and the mask of who has them.
struct Pair {
  std::vector<double> a, b, has;
  Pair(std::span<const double> left, std::span<const double> right) {
    AISLE_ASSERT(left.size() == right.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
      const bool both = !std::isnan(left[i]) && !std::isnan(right[i]);
      a.push_back(both ? left[i] : 0);
      b.push_back(both ? right[i] : 0);
      has.push_back(both ? 1 : 0);
    }
  }
  Sums Once() const {
    Sums sums;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sums.a += a[i];
      sums.b += b[i];
      sums.count += has[i];
    }
    return sums;
  }
  Sums Drawn(std::span<const std::uint16_t> counts) const {
    Sums sums;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double times = counts[i];
      sums.a += times * a[i];
      sums.b += times * b[i];
      sums.count += times * has[i];
    }
    return sums;
  }
};

template <typename Statistic>
Estimate Estimated(const Bootstrap& bootstrap, const Pair& pair, Statistic statistic) {
  std::vector<double> draws;
  for (int draw = 0; draw < kDraws; ++draw)
    draws.push_back(statistic(pair.Drawn(bootstrap.Counts(draw))));
  return WithInterval(statistic(pair.Once()), std::move(draws));
}

double Divide(double a, double b) { return b != 0 ? a / b : kNan; }

double AucOf(std::span<const ScoredRow> sorted, std::span<const std::uint16_t> counts) {
  const auto row_of = [&](std::size_t place) {
    const ScoredRow& row = sorted[place];
    return ranking::TieRow{.score = row.score,
                           .positive = row.positive,
                           .weight = counts.empty() ? 1.0 : counts[row.customer]};
  };
  return ranking::WalkTies(sorted.size(), row_of).Value();
}

}  // namespace

Bootstrap::Bootstrap(std::size_t customers, std::uint64_t seed)
    : customers_(customers), counts_(customers * kDraws, 0) {
  for (int draw = 0; draw < kDraws; ++draw) {
    base::Stream stream(seed, static_cast<std::uint64_t>(draw), 1);
    const auto row = static_cast<std::size_t>(draw) * customers;
    for (std::size_t i = 0; i < customers; ++i) ++counts_[row + stream.Below(customers)];
  }
}

Estimate WithInterval(double value, std::vector<double> draws) {
  std::erase_if(draws, [](double draw) { return std::isnan(draw); });
  if (draws.empty()) return {value, kNan, kNan};
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(draws.size() - 1);
    return draws[static_cast<std::size_t>(std::lround(place))];
  };
  return {value, at(0.025), at(0.975)};
}

Estimate Bootstrap::Mean(std::span<const double> values) const {
  return Estimated(*this, Pair(values, values), [](const Sums& s) { return Divide(s.a, s.count); });
}

Estimate Bootstrap::Difference(std::span<const double> a, std::span<const double> b) const {
  return Estimated(*this, Pair(a, b), [](const Sums& s) { return Divide(s.a - s.b, s.count); });
}

Estimate Bootstrap::Share(std::span<const double> part, std::span<const double> whole) const {
  return Estimated(*this, Pair(part, whole), [](const Sums& s) { return Divide(s.a, s.b); });
}

AucDraws BootstrapAuc(const Bootstrap& bootstrap, std::vector<ScoredRow> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const ScoredRow& a, const ScoredRow& b) { return a.score < b.score; });
  AucDraws auc;
  auc.value = AucOf(rows, {});
  for (int draw = 0; draw < kDraws; ++draw)
    auc.draws.push_back(AucOf(rows, bootstrap.Counts(draw)));
  return auc;
}

}  // namespace aisle::evaluation
