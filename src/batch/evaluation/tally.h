// Collects cards and turns them into the report's figures.
//
//   order    customers as they are added; figures do not depend on threads.
//   errors   Finish: kFailedPrecondition when nobody bought anything.
#pragma once

#include <vector>

#include "evaluation/bootstrap.h"
#include "evaluation/examiner.h"

namespace aisle::evaluation {

class Tally {
 public:
  explicit Tally(const Examiner& examiner);
  void Add(const Card& card);
  // Fills everything but the times and what was left out.
  Result<Report> Finish(std::uint64_t seed) const;

 private:
  void Contenders(const Bootstrap& bootstrap, Report& report) const;
  void Calibrations(const Bootstrap& everybody, Report& report) const;
  void Slices(const Bootstrap& bootstrap, Report& report) const;
  void Ablations(const Bootstrap& bootstrap, Report& report) const;
  void Comparisons(const Bootstrap& bootstrap, Report& report) const;
  void Propensities(const Bootstrap& everybody, Report& report) const;

  const Examiner* examiner_;
  std::int64_t customers_all_ = 0;
  std::int64_t customers_new_ = 0;
  // [contender][metric][buyer].
  std::vector<std::array<std::vector<double>, kMetricCount>> values_;
  // [model][blank][metric][buyer].
  std::vector<std::vector<std::array<std::vector<double>, kMetricCount>>> blanked_;
  // [contender][all or new][position]: in somebody's first ten.
  std::vector<std::array<std::vector<bool>, 2>> covered_;
  std::vector<SliceIds> slices_;  // Of buyers.
  struct Calibration {
    std::vector<double> expected, actual;  // By customer, weighted; NaN: not scored.
    Curve curve{};
  };
  std::vector<Calibration> calibrations_;  // Of the rankings.
  struct Propensity {
    Curve curve{};
    std::vector<ScoredRow> rows;
    std::vector<double> auc_within;  // By customer.
    std::vector<double> expected;    // By customer.
  };
  std::vector<Propensity> propensities_;
  std::vector<double> bought_categories_;  // By customer.
};

}  // namespace aisle::evaluation
