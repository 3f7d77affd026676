// Boxes of leaves, packed as the kernels read them, and how wrong their sums can be.
//
// Idea    Leaves of one pattern (how many bounds, all classes or some) stand together, the likely ones first, so that a
//         loop needs no branch and what a request reaches shares cache lines.
//
// Steps   PlaceLeaves  each leaf's bit.
//         PackEdges    numbers for the rows at which boxes begin and end: static ones, then each quotient's.
//         PackBitRows  for each constant and bin the bits of the leaves that remain; where that is too large, some
//                      rows and what turns between them.
//         PackRecords  value * 2^k as an integer, edges, classes. PackStart: where the search for a quotient's row
//                      begins. PackCells: the cell of each product. PackBounds: the two proofs of error.
//
// Limits  refused in words: too many trees for exact integer sums (kTreesSummedMax), leaves so large that float sums
//         could overflow, more edges than 16 bits number, bit rows beyond kBitRowBytesMax.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>

#include "forest/sweep/sweep_parts.h"

namespace aisle::forest {
namespace {

// Rows of the bit string for every bin while they fit in here; else as many turns between kept rows as are
// needed.
constexpr std::size_t kBitRowBytes = std::size_t{16} << 20U;
constexpr std::size_t kBitRowBytesMax = std::size_t{256} << 20U;
constexpr std::size_t kTurnsMax = 4096;
constexpr std::size_t kTreesSummedMax = 1U << 19U;  // Sums stay below 2^51.
constexpr std::size_t kStartMax = 8192;             // Or two per row, if that is more.
constexpr double kHalfUlp = 1.0 / (1U << 24U);      // Of a float, relative.

struct Place {
  int pattern = 0;
  std::uint32_t leaf = 0;
  std::uint32_t bit = 0;
};

int PatternOf(const LeafBox& leaf, std::uint16_t row_count, std::uint8_t all_classes) {
  int lower = leaf.low > 0 ? 1 : 0;
  int upper = leaf.high < row_count ? 1 : 0;
  for (std::size_t r = 0; r < kSweepRatiosMax; ++r) {
    lower += leaf.ratio_low[r] != 0 ? 1 : 0;
    upper += leaf.ratio_high[r] != 0 ? 1 : 0;
  }
  return SweepPattern(lower, upper, leaf.classes != all_classes);
}

// Patterns start at a word; the leaves that a request is likely to reach stand together.
std::vector<Place> PlaceLeaves(const LeafSet& set, const ProductSide& products,
                               SweepTables& tables) {
  const auto all = static_cast<std::uint8_t>((1U << products.class_count) - 1);
  std::vector<Place> places(set.leaves.size());
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    places[i].leaf = i;
    places[i].pattern =
        PatternOf(set.leaves[i], static_cast<std::uint16_t>(products.axis.size()), all);
  }
  std::ranges::stable_sort(places, [&](const Place& a, const Place& b) {
    if (a.pattern != b.pattern) return a.pattern < b.pattern;
    return set.leaves[a.leaf].chance > set.leaves[b.leaf].chance;
  });
  std::uint32_t word = 0;
  std::size_t next = 0;
  for (int pattern = 0; pattern < kSweepPatterns; ++pattern) {
    tables.pattern_word[pattern] = word;
    std::uint32_t bit = word * 64;
    while (next < places.size() && places[next].pattern == pattern) places[next++].bit = bit++;
    word = (bit + 63) / 64;
  }
  tables.pattern_word[kSweepPatterns] = word;
  tables.words = std::max<std::size_t>(8, (std::size_t{word} + 7) / 8 * 8);
  return places;
}

// What one input turns on and off from bin to bin.
struct Turning {
  std::vector<std::uint64_t> first;    // The row of bin 0
  std::vector<std::uint64_t> missing;  // and of a missing value.
  std::vector<std::uint32_t> turns;    // Bits, by bin.
  std::vector<std::size_t> end;        // Of each bin in `turns`; none for bin 0.
};

Turning MakeTurning(const LeafSet& set, const std::vector<Place>& places, std::size_t asks,
                    std::size_t ask, std::size_t bins, std::size_t words) {
  Turning turning;
  turning.first.assign(words, 0);
  turning.missing.assign(words, 0);
  turning.end.assign(bins + 1, 0);
  const auto each = [&](auto turn) {
    for (const Place& place : places) {
      const BinBox& box = set.bins[place.leaf * asks + ask];
      if (box.low >= box.high) continue;
      if (box.low > 0) turn(box.low, place.bit);
      if (box.high < bins) turn(box.high, place.bit);
    }
  };
  each([&](std::size_t bin, std::uint32_t) { ++turning.end[bin + 1]; });
  std::partial_sum(turning.end.begin(), turning.end.end(), turning.end.begin());
  turning.turns.resize(turning.end.back());
  each([&](std::size_t bin, std::uint32_t bit) { turning.turns[turning.end[bin]++] = bit; });
  turning.end.pop_back();
  for (const Place& place : places) {
    const BinBox& box = set.bins[place.leaf * asks + ask];
    const std::uint64_t bit = std::uint64_t{1} << (place.bit % 64);
    if (box.low < box.high && box.low == 0) turning.first[place.bit / 64] |= bit;
    if (box.missing) turning.missing[place.bit / 64] |= bit;
  }
  return turning;
}

// Calls keep(bin) for every bin whose row is kept when at most `turns_max` turns may lie between.
template <typename Keep>
void ChooseKept(const Turning& turning, std::size_t turns_max, Keep keep) {
  std::size_t kept_at = 0;
  for (std::size_t bin = 0; bin < turning.end.size(); ++bin) {
    if (bin != 0 && turning.end[bin] - kept_at <= turns_max) continue;
    kept_at = turning.end[bin];
    keep(bin);
  }
}

BitRows KeepRows(const Turning& turning, std::size_t turns_max, std::size_t words) {
  std::vector<std::size_t> kept;
  ChooseKept(turning, turns_max, [&](std::size_t bin) { kept.push_back(bin); });
  BitRows rows;
  rows.kept = AlignedBuffer<std::uint64_t>((kept.size() + 1) * words);
  if (turns_max > 0) rows.turns = turning.turns;
  std::vector<std::uint64_t> now = turning.first;
  std::size_t done = 0;
  std::size_t next = 0;
  std::uint32_t from = 0;
  for (std::size_t bin = 0; bin < turning.end.size(); ++bin) {
    for (; done < turning.end[bin]; ++done)
      now[turning.turns[done] / 64] ^= std::uint64_t{1} << (turning.turns[done] % 64);
    const auto end = static_cast<std::uint32_t>(turning.end[bin]);
    if (next < kept.size() && kept[next] == bin) {
      std::ranges::copy(now, rows.kept.data() + next * words);
      ++next;
      from = end;
    }
    rows.kept_of_bin.push_back(static_cast<std::uint32_t>(next - 1));
    rows.turn_begin.push_back(from);
    rows.turn_end.push_back(end);
  }
  std::ranges::copy(turning.missing, rows.kept.data() + kept.size() * words);
  return rows;
}

std::size_t KeptBytes(const std::vector<Turning>& turnings, std::size_t turns_max,
                      std::size_t words) {
  std::size_t bytes = 0;
  for (const Turning& turning : turnings) {
    std::size_t kept = 1;
    ChooseKept(turning, turns_max, [&](std::size_t) { ++kept; });
    bytes += kept * words * sizeof(std::uint64_t);
  }
  return bytes;
}

Status PackBitRows(const LeafSet& set, const std::vector<Place>& places, const ModelSide& asked,
                   SweepParts& parts) {
  const std::size_t words = parts.tables.words;
  const std::size_t asks = asked.constants.size() + asked.ratios.size();
  std::vector<Turning> turnings;
  for (std::size_t i = 0; i < asks; ++i) {
    const std::size_t bins =
        i < asked.constants.size() ? asked.constants[i].thresholds.size() + 1 : 1;
    turnings.push_back(MakeTurning(set, places, asks, i, bins, words));
  }
  std::size_t turns_max = 0;
  while (KeptBytes(turnings, turns_max, words) > kBitRowBytes && turns_max < kTurnsMax)
    turns_max = turns_max == 0 ? 256 : turns_max * 2;
  if (const std::size_t bytes = KeptBytes(turnings, turns_max, words); bytes > kBitRowBytesMax) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} leaves and their thresholds would take {} MB of bit rows",
                            set.leaves.size(), bytes >> 20U));
  }
  for (std::size_t i = 0; i < asked.constants.size(); ++i) {
    parts.constants.push_back({asked.constants[i].input, asked.constants[i].thresholds,
                               KeepRows(turnings[i], turns_max, words)});
  }
  for (std::size_t i = 0; i < asked.ratios.size(); ++i)
    parts.ratios[i].rows = KeepRows(turnings[asked.constants.size() + i], 0, words);
  if (asks > 0) return {};
  parts.live = AlignedBuffer<std::uint64_t>(words);
  for (const Place& place : places)
    parts.live[place.bit / 64] |= std::uint64_t{1} << (place.bit % 64);
  return {};
}

// Numbers the edges: the static ones, then each ratio's from a multiple of kSweepPad on.
Status PackEdges(const LeafSet& set, const SweepCatalogue& catalogue, const ModelSide& asked,
                 const ProductSide& products, std::map<std::uint16_t, std::uint16_t>& edge_of_row,
                 SweepParts& parts) {
  for (const LeafBox& leaf : set.leaves) {
    if (leaf.low > 0) edge_of_row.emplace(leaf.low, 0);
    if (leaf.high < products.axis.size()) edge_of_row.emplace(leaf.high, 0);
  }
  for (auto& [row, edge] : edge_of_row) {
    edge = static_cast<std::uint16_t>(parts.static_edges.size());
    parts.static_edges.push_back(row);
  }
  const auto padded = [](std::size_t n) { return (n + kSweepPad - 1) / kSweepPad * kSweepPad; };
  parts.edge_count = padded(parts.static_edges.size());
  for (const Asked& ratio : asked.ratios) {
    SweepParts::Ratio packed;
    packed.input = ratio.input;
    packed.cap = catalogue.inputs[ratio.input].cap;
    packed.edge_begin = parts.edge_count;
    packed.edge_count = padded(ratio.thresholds.size());
    packed.thresholds = AlignedBuffer<float>(packed.edge_count);
    std::fill_n(packed.thresholds.data(), packed.edge_count, ratio.thresholds.back());
    std::ranges::copy(ratio.thresholds, packed.thresholds.data());
    parts.edge_count += packed.edge_count;
    parts.ratios.push_back(std::move(packed));
  }
  if (parts.edge_count > std::numeric_limits<std::uint16_t>::max()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} thresholds of prices and quotients", parts.edge_count));
  }
  return {};
}

void PackRecords(const LeafSet& set, const std::vector<Place>& places, double scale,
                 std::size_t row_count, const std::map<std::uint16_t, std::uint16_t>& edge_of_row,
                 SweepParts& parts) {
  SweepTables& tables = parts.tables;
  std::size_t bytes = 0;
  for (int pattern = 0; pattern < kSweepPatterns; ++pattern) {
    tables.record_begin[pattern] = bytes;
    const int bounds = pattern / 2;
    const std::size_t stride = SweepStride(bounds / (kSweepBoundsMax + 1),
                                           bounds % (kSweepBoundsMax + 1), pattern % 2 != 0);
    const std::size_t bits =
        std::size_t{64} * (tables.pattern_word[pattern + 1] - tables.pattern_word[pattern]);
    bytes += (bits * stride + 63) / 64 * 64;
  }
  parts.records = AlignedBuffer<std::uint8_t>(bytes + kSweepPad);
  parts.leaves = AlignedBuffer<SweepLeaf>(tables.words * 64);
  for (const Place& place : places) {
    const LeafBox& leaf = set.leaves[place.leaf];
    parts.leaves[place.bit] = {leaf.value, leaf.tree};
    std::vector<std::uint16_t> rest;
    if (leaf.low > 0) rest.push_back(edge_of_row.at(leaf.low));
    for (std::size_t r = 0; r < parts.ratios.size(); ++r) {
      if (leaf.ratio_low[r] != 0) {
        rest.push_back(
            static_cast<std::uint16_t>(parts.ratios[r].edge_begin + leaf.ratio_low[r] - 1));
      }
    }
    if (leaf.high < row_count) rest.push_back(edge_of_row.at(leaf.high));
    for (std::size_t r = 0; r < parts.ratios.size(); ++r) {
      if (leaf.ratio_high[r] != 0) {
        rest.push_back(
            static_cast<std::uint16_t>(parts.ratios[r].edge_begin + leaf.ratio_high[r] - 1));
      }
    }
    if (place.pattern % 2 != 0) rest.push_back(leaf.classes);
    const std::size_t stride = 4 + 2 * rest.size();
    std::uint8_t* const record =
        parts.records.data() + tables.record_begin[place.pattern] +
        (place.bit - std::size_t{64} * tables.pattern_word[place.pattern]) * stride;
    const auto value =
        static_cast<std::int32_t>(std::lrint(static_cast<double>(leaf.value) * scale));
    std::memcpy(record, &value, sizeof(value));
    if (!rest.empty()) std::memcpy(record + 4, rest.data(), 2 * rest.size());
  }
}

// Where RatioRows begins to look: by the high bits of a positive value.
void PackStart(SweepParts& parts) {
  SweepTables& tables = parts.tables;
  const std::span axis(parts.axis.data(), tables.row_count);
  const auto positive =
      static_cast<std::size_t>(std::ranges::upper_bound(axis, 0.0F) - axis.begin());
  parts.axis_positive = positive == 0;
  const auto key = [&](float x) { return std::bit_cast<std::int32_t>(x) >> tables.start_shift; };
  const bool some = positive < axis.size();
  const std::size_t most = std::max(kStartMax, 2 * axis.size());
  tables.start_shift = 8;
  while (some && static_cast<std::size_t>(key(axis.back()) - key(axis[positive])) + 2 > most)
    ++tables.start_shift;
  tables.start_first = some ? key(axis[positive]) : 0;
  tables.start_last = some ? key(axis.back()) + 1 : 0;
  parts.start = AlignedBuffer<std::uint16_t>(
      static_cast<std::size_t>(tables.start_last - tables.start_first) + 1);
  std::size_t row = positive;
  for (std::size_t i = 0; i < parts.start.size(); ++i) {
    while (row < axis.size() && key(axis[row]) < tables.start_first + static_cast<std::int32_t>(i))
      ++row;
    parts.start[i] = static_cast<std::uint16_t>(row);
  }
}

// The cells of products, and those that some product has.
void PackCells(const ProductSide& products, SweepParts& parts) {
  const std::size_t rows = products.axis.size();
  std::vector<bool> taken(rows * parts.lanes, false);
  parts.cells.reserve(products.row.size());
  for (std::size_t p = 0; p < products.row.size(); ++p) {
    parts.cells.push_back(Sweep::kOutside);
    if (products.class_of[p] == ProductSide::kOutside) continue;
    parts.cells.back() =
        static_cast<std::uint32_t>(products.row[p] * parts.lanes + products.class_of[p]);
    taken[parts.cells.back()] = true;
  }
  parts.taken_from.assign((rows + 1) * parts.lanes, 0);
  for (std::size_t c = 0; c < parts.lanes; ++c) {
    for (std::size_t row = 0; row <= rows; ++row) {
      const std::size_t cell = row * parts.lanes + c;
      parts.taken_from[cell] = static_cast<std::uint32_t>(parts.taken_cell.size());
      if (row < rows && taken[cell]) parts.taken_cell.push_back(static_cast<std::uint32_t>(cell));
    }
  }
  parts.tables.taken_cell = parts.taken_cell.data();
  parts.tables.taken_from = parts.taken_from.data();
  parts.tables.taken_count = static_cast<std::uint32_t>(parts.taken_cell.size());
}

// Two bounds, for any request.
//
// sum_error: a record holds leaf * 2^k rounded to an integer, so each of the n leaves of a sum is wrong by at
// most 2^-k / 2; integers add exactly, n * 2^31 < 2^51 makes the sum exact as a double, and so is its product
// with 2^-k. The base margin is added with a rounding of at most 2^-53 of the result's bound.
//
// exact_distance: XGBoost adds floats. The sum after tree j is in magnitude at most B_j = |base| + the largest
// leaves of trees 1..j, times 1 + n * 2^-23 for the roundings themselves, and each addition rounds by at most
// 2^-24 of what comes out: together at most 2^-24 * (B_1 + ... + B_n). margins() add sum_error and one
// rounding to a float, 2^-24 * B_n.
void PackBounds(const Model& model, int exponent, SweepParts& parts) {
  double bound = std::abs(static_cast<double>(model.base_margin));
  double all = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    float largest = 0;
    for (std::size_t i = model.tree_begin[tree]; i < model.tree_begin[tree + 1]; ++i) {
      if (model.nodes[i].left == 0) largest = std::max(largest, std::abs(model.nodes[i].value));
    }
    bound += static_cast<double>(largest);
    all += bound;
  }
  const double roundings = 1.0 + std::ldexp(static_cast<double>(model.TreeCount()), -23);
  parts.sum_error =
      static_cast<double>(model.TreeCount()) * std::ldexp(0.5, -exponent) + std::ldexp(bound, -52);
  parts.margin_max = bound * roundings;
  parts.exact_distance = parts.sum_error + kHalfUlp * roundings * (all + bound);
}

}  // namespace

Result<std::unique_ptr<SweepParts>> PackSweep(const Model& model, const SweepCatalogue& catalogue,
                                              const ModelSide& asked, const ProductSide& products,
                                              const LeafSet& set) {
  const auto unfit = [](std::string reason) {
    return Fail(ErrorCode::kFailedPrecondition, std::move(reason));
  };
  if (model.TreeCount() > kTreesSummedMax) return unfit(fmt::format("{} trees", model.TreeCount()));
  auto parts = std::make_unique<SweepParts>();
  SweepTables& tables = parts->tables;
  parts->input_count = model.feature_count;
  parts->leaf_count = set.leaves.size();
  parts->class_count = products.class_count;
  parts->lane_choice = products.class_count <= 2 ? 0 : products.class_count <= 4 ? 1 : 2;
  parts->lanes = std::size_t{2} << static_cast<unsigned>(parts->lane_choice);
  tables.lanes = static_cast<std::uint32_t>(parts->lanes);
  float largest = 0;
  for (const LeafBox& leaf : set.leaves) largest = std::max(largest, std::abs(leaf.value));
  const int exponent = largest > 0 ? 30 - std::ilogb(largest) : 0;
  PackBounds(model, exponent, *parts);
  // A float sum this large may overflow, or lose what no bound says in advance.
  if (!(parts->exact_distance < 1e30)) return unfit("its leaves are too large");

  const std::vector<Place> places = PlaceLeaves(set, products, tables);
  std::map<std::uint16_t, std::uint16_t> edge_of_row;
  AISLE_CHECK(PackEdges(set, catalogue, asked, products, edge_of_row, *parts));
  AISLE_CHECK(PackBitRows(set, places, asked, *parts));
  PackRecords(set, places, std::ldexp(1.0, exponent), products.axis.size(), edge_of_row, *parts);
  tables.records = parts->records.data();
  tables.leaves = parts->leaves.data();
  tables.row_count = static_cast<std::uint32_t>(products.axis.size());
  tables.tree_count = static_cast<std::uint32_t>(model.TreeCount());
  tables.base = model.base_margin;
  tables.unit = std::ldexp(1.0, -exponent);
  parts->axis = AlignedBuffer<float>(products.axis.size() + kSweepPad);
  std::fill_n(parts->axis.data(), parts->axis.size(), products.axis.back());
  std::ranges::copy(products.axis, parts->axis.data());
  tables.axis = parts->axis.data();
  PackStart(*parts);
  tables.start = parts->start.data();
  PackCells(products, *parts);
  return parts;
}

}  // namespace aisle::forest
