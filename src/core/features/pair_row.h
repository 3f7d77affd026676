// The model inputs of (customer, product) pairs and of (customer, category) pairs: one definition,
// called by training and by serving.
//
// Every input has a name, a role, a group, a unit and a meaning (PairInputs(), CategoryInputs()). A model's
// manifest lists the names it was trained with; Resolve turns that list into columns, or names the
// first input this build cannot make. A PairRowMaker is built once per model and catalogue; Fill
// then writes the rows of a request. Who scores the same candidates again and again makes a Plan of them
// and takes columns, which say the same in fewer numbers.
//
//   shapes   rows is row-major: rows[i * inputs.size() + f]; row i belongs to candidates[i].
//   order    of the columns: the manifest's. Candidates of a Plan rise; those of Fill need not.
//   units    as each definition says; times of the request count from `now`, which is the cutoff in
//            training.
//   missing  NaN: never bought, nothing to average, no such history. "Today" is 0 days.
//   threads  a PairRowMaker is immutable; Fill may be called from any thread.
//   errors   Resolve: kFailedPrecondition, naming the input. Fill asserts its shapes.
//   cost     O(candidates x inputs), plus the lengths of the customer's lists; no allocation but in
//            Scratch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "features/records.h"
#include "forest/columns.h"
#include "forest/roles.h"

namespace aisle::features {

// How an input can vary among the rows of one request; forest/roles.h has the rules.
using Role = forest::InputRole;

// What inputs know, for people: each group is of customers, of products, or of both.
enum class InputGroup : std::uint8_t {
  kProfile,
  kActivity,
  kProduct,
  kPrice,
  kPopularity,
  kPropensity,
  kCategoryHistory,
  kBrandHistory,
  kPriceFit,
  kAffinity,
  kPairHistory,
  kCount,
};
struct InputGroupDefinition {
  std::string_view name;
  std::string_view meaning;
};
std::span<const InputGroupDefinition> InputGroups();  // In the order of InputGroup.
inline const InputGroupDefinition& Define(InputGroup group) {
  return InputGroups()[static_cast<std::size_t>(group)];
}

struct InputDefinition {
  std::string_view name;
  Role role = Role::kRequestConstant;
  InputGroup group = InputGroup::kCount;
  std::string_view unit;
  std::string_view meaning;
  std::string_view missing;  // When it is NaN; empty: never.
  std::string_view from;     // Raw tables and columns that it is made of.
};

// All inputs a (customer, product) model can have, and all a (customer, category) model can have.
std::span<const InputDefinition> PairInputs();
std::span<const InputDefinition> CategoryInputs();

// An input of role kPairMonotone is min(price / denominator, cap); its cap, or infinity.
float QuotientCap(std::size_t pair_input);
// The position of the price, which is the numerator, in PairInputs().
std::size_t PriceInput();

// Positions in PairInputs() (or CategoryInputs()) of the named inputs.
Result<std::vector<std::uint16_t>> ResolvePairInputs(std::span<const std::string> names);
Result<std::vector<std::uint16_t>> ResolveCategoryInputs(std::span<const std::string> names);

// Quantities of a catalogue that many rows share: the product side of the inputs, and the shares
// that the customer's own shares are compared with. Shares are of touched-and-bought weight in the
// last 28 days, smoothed so that none is 0.
class CatalogueView {
 public:
  // `catalogue` must outlive the view.
  explicit CatalogueView(const Catalogue& catalogue);

  const Catalogue& FullCatalogue() const { return *catalogue_; }
  // As Catalogue::Find, by a table where ids stand close together, as they mostly do.
  std::ptrdiff_t Find(domain::ProductId product) const;
  // One column per input of role kProductStatic, in the order of PairInputs(); column[p] belongs to
  // products[p].
  std::span<const float> ProductColumn(std::size_t input) const { return product_columns_[input]; }
  // Share of each category among all; sums to 1.
  std::span<const double> CategoryShare() const { return category_share_; }
  // Share of each brand among the brands of its department (the one it sells most in), and that
  // department.
  std::span<const double> BrandShare() const { return brand_share_; }
  std::span<const std::uint16_t> BrandDepartment() const { return brand_department_; }
  std::size_t DepartmentCount() const { return department_count_; }
  // Logarithms of shares (share_logs.h) of a customer with so many sessions, or products touched in the department, of
  // which none is of this category, or brand: most are of most. Null beyond kUnmetMax; numbers by category, or brand.
  static constexpr std::size_t kUnmetMax = 256;
  struct ShareLogs {
    float to_everybody;  // Of the share, compared with everybody's.
    float alone;
  };
  const ShareLogs* UnmetCategories(std::int64_t sessions) const {
    return RowOf(unmet_categories_, category_share_.size(), sessions);
  }
  const ShareLogs* UnmetBrands(std::int64_t touched) const {
    return RowOf(unmet_brands_, brand_share_.size(), touched);
  }

 private:
  static const ShareLogs* RowOf(const std::vector<ShareLogs>& table, std::size_t width,
                                std::int64_t count) {
    const auto row = static_cast<std::uint64_t>(count);
    if (row >= kUnmetMax) return nullptr;  // Below 0 as well.
    return (row + 1) * width <= table.size() ? table.data() + row * width : nullptr;
  }

  const Catalogue* catalogue_;
  std::vector<std::int64_t> product_ids_;
  std::vector<std::int32_t>
      position_of_;  // By id less the first one's; -1: no product. Empty: ids are far apart.
  std::vector<std::vector<float>> product_columns_;  // [input], empty for inputs of other roles.
  std::vector<double> category_share_;
  std::vector<double> brand_share_;
  std::vector<std::uint16_t> brand_department_;
  std::size_t department_count_ = 0;
  std::vector<ShareLogs> unmet_categories_;
  std::vector<ShareLogs> unmet_brands_;
};

// Where prices stand within their category: log price, centred and scaled; 0 where the category has one price.
class PricePositions {
 public:
  explicit PricePositions(const Catalogue& catalogue);
  double Of(std::uint16_t category, domain::Cents price) const;

 private:
  struct Scale {
    double mean = 0;
    double deviation = 0;
  };
  std::vector<Scale> scales_;  // By category.
};

// A product at another price than the catalogue's.
struct Repriced {
  std::uint32_t position = 0;  // In the catalogue's products.
  domain::Cents price;
  double price_z = 0;  // As ProductRecord has it, of this price.
};

// Products that are asked for again and again (a region's shelf), side by side in the order of a list.
struct ListedProducts {
  std::vector<std::uint32_t> positions;  // Rising.
  std::vector<std::int32_t> row_of;      // By position in the catalogue's products; -1: not listed.
  std::vector<float> price;
  std::vector<float> popularity_log;
  std::vector<double> price_z;
  std::vector<double> price_log;
  std::vector<std::uint32_t> category;
  std::vector<std::uint32_t> brand;
};

// What a request knows before it looks at a product; private to the module (pair_values.h).
struct PairRequest;

// What FillColumns makes, and memory that is kept from call to call. The columns refer to it.
struct PairColumns {
  PairColumns();
  PairColumns(PairColumns&&) noexcept;
  PairColumns& operator=(PairColumns&&) noexcept;
  ~PairColumns();

  std::vector<forest::Column> columns;
  std::vector<float> values;
  std::vector<float> category_log;
  std::vector<float> brand_log;
  std::vector<std::uint32_t> met_rows;  // Candidates with a history, rising.
  std::unique_ptr<PairRequest> request;
};

// The rows of pair models. `propensity` holds one score per category of the catalogue, or is empty
// (input NaN).
class PairRowMaker {
 public:
  PairRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs);
  std::size_t InputCount() const { return inputs_.size(); }

  // candidates are positions in the catalogue's products. Those among `repriced`, by rising position, have their
  // prices from there.
  void Fill(const CustomerRecord& customer, std::span<const float> propensity, base::Timestamp now,
            std::span<const std::uint32_t> candidates, std::span<float> rows,
            std::span<const Repriced> repriced = {}) const;

  // What the rows of all products have in common, for who scores without rows (forest/sweep/sweep.h): the value of
  // an input that is constant in the request, the denominator of a quotient; other places become NaN.
  void FillRequest(const CustomerRecord& customer, base::Timestamp now,
                   std::span<float> values) const;

  // The same rows by column: ExpandRows(Plan(c), columns) is what Fill writes for c.
  forest::RowPlan Plan(std::span<const std::uint32_t> candidates) const;
  // How FillColumns says each input.
  std::vector<forest::Column::Form> Forms() const;
  ListedProducts List(std::span<const std::uint32_t> candidates) const;
  void FillColumns(const CustomerRecord& customer, std::span<const float> propensity,
                   base::Timestamp now, const ListedProducts& candidates, PairColumns& out) const;

 private:
  void Reprice(const PairRequest& request, std::span<const std::uint32_t> candidates,
               std::span<const Repriced> repriced, std::span<float> rows) const;
  const CatalogueView* view_;
  std::vector<std::uint16_t> inputs_;
  bool asks_interests_ = false;
};

struct CategoryColumns {
  std::vector<forest::Column> columns;
  std::vector<float> values;
};

// The rows of category models: one per category of the catalogue, in its order.
class CategoryRowMaker {
 public:
  CategoryRowMaker(const CatalogueView& view, std::vector<std::uint16_t> inputs);
  std::size_t InputCount() const { return inputs_.size(); }
  void Fill(const CustomerRecord& customer, base::Timestamp now, std::span<float> rows) const;

  // The rows of several customers by column, customer after customer. `customers` are at most as many as
  // the plan's; the rows of those that lack hold anything.
  forest::RowPlan Plan(std::size_t customer_count) const;
  void FillColumns(std::span<const CustomerRecord> customers, base::Timestamp now,
                   std::size_t customer_count, CategoryColumns& out) const;

 private:
  const CatalogueView* view_;
  std::vector<std::uint16_t> inputs_;
  bool asks_interests_ = false;
};

}  // namespace aisle::features
