#include "synth/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "synth/catalogue.h"

namespace aisle::synth {
namespace {

using World = Retailer::World;

constexpr double kZipf = 0.7;             // Appeal of rank r within a category: r^-0.7.
constexpr double kPriceTasteSd = 0.6;     // Width of the price kernel.
constexpr double kPerishableShare = 0.3;  // Of beauty, as in the quickstart.
constexpr double kLaunchShare = 0.2;      // Launched during the log.
constexpr double kDriftSd = 0.05;         // Random walk of log appeal per period.
constexpr double kSeasonSize = 0.35;
constexpr double kBaseCategorySd = 0.2;
constexpr double kPriceChangesPerYear = 3.0;
constexpr double kElasticity = -1.0;  // Of appeal in price, from the period after a change.
constexpr double kStockChangesPerYear = 4.0;
constexpr double kInStock = 85.0 / 101.0;

// Names come from a shuffled deck of brand x adjective x noun, so none is dealt twice.
void DealCatalogue(World& world) {
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kCatalogue);
  constexpr int kDeck = kBrands * kAdjectives * kNouns;
  std::array<std::vector<int>, kCategories> decks;
  for (auto& deck : decks) {
    deck.resize(kDeck);
    std::iota(deck.begin(), deck.end(), 0);
    for (std::size_t i = deck.size() - 1; i > 0; --i) std::swap(deck[i], deck[stream.Below(i + 1)]);
  }
  world.products.resize(kProducts);
  for (Product& product : world.products) {
    do product.category = static_cast<int>(stream.Below(kCategories));
    while (decks[static_cast<std::size_t>(product.category)].empty());
    auto& deck = decks[static_cast<std::size_t>(product.category)];
    const int card = deck.back();
    deck.pop_back();
    const Category& category = Categories()[static_cast<std::size_t>(product.category)];
    product.brand = card % kBrands;
    product.cell = product.category * kBrands + product.brand;
    product.brand_name = BrandName(category.department, product.brand);
    product.name =
        fmt::format("{} {} {}", product.brand_name, Adjective(card / kBrands % kAdjectives),
                    Noun(product.category, card / (kBrands * kAdjectives)));
    product.base_cents = stream.Between(category.min_cents, category.max_cents);
    product.weight_lbs = static_cast<double>(stream.Between(2, 150)) / 10.0;
    product.perishable = category.department == 4 && stream.Chance(kPerishableShare);
    product.cycle_days = stream.Uniform(28.0, 60.0);
  }
}

void RankAppeal(World& world) {
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kAppeal);
  for (int category = 0; category < kCategories; ++category) {
    std::vector<Product*> members;
    for (Product& product : world.products)
      if (product.category == category) members.push_back(&product);
    for (std::size_t i = members.size(); i-- > 1;)
      std::swap(members[i], members[stream.Below(i + 1)]);
    double sum = 0, squares = 0;
    for (std::size_t rank = 0; rank < members.size(); ++rank) {
      members[rank]->appeal = std::pow(1.0 + static_cast<double>(rank), -kZipf);
      const double x = std::log(static_cast<double>(members[rank]->base_cents));
      sum += x;
      squares += x * x;
    }
    const double count = static_cast<double>(members.size());
    const double mean = sum / count;
    const double sd = std::sqrt(std::max(squares / count - mean * mean, 1e-9));
    for (Product* product : members)
      product->price_z = (std::log(static_cast<double>(product->base_cents)) - mean) / sd;
  }
}

Second PeriodBegin(int period) { return (1 + period * kPeriodDays) * kDaySeconds; }

void Launch(World& world) {
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kLaunch);
  for (Product& product : world.products) {
    const bool during = stream.Chance(kLaunchShare);
    const auto period = stream.Between(1, kPeriods - 1);
    const auto days_before = stream.Between(1, 4 * 365);
    if (during) {
      product.launch_period = static_cast<int>(period);
      product.launched_on =
          std::chrono::floor<std::chrono::days>(world.At(PeriodBegin(product.launch_period)));
    } else {
      product.launched_on =
          std::chrono::floor<std::chrono::days>(world.log_begin) - std::chrono::days{days_before};
    }
  }
}

Second SecondOf(const World& world, base::Date date) {
  const auto micros = (base::Timestamp{date} - world.log_begin).count();
  return static_cast<Second>(micros / 1'000'000);
}

void ChangePrices(World& world) {
  for (std::size_t i = 0; i < world.products.size(); ++i) {
    Product& product = world.products[i];
    base::Stream stream =
        StreamOf(world.options.seed, static_cast<std::int64_t>(i), Purpose::kPrice);
    const Category& category = Categories()[static_cast<std::size_t>(product.category)];
    product.prices.push_back({SecondOf(world, product.launched_on), product.base_cents});
    std::vector<Second> times;
    for (int n = stream.Poisson(kPriceChangesPerYear); n > 0; --n)
      times.push_back(static_cast<Second>(stream.Below(kLogEnd / 3600)) * 3600);
    std::sort(times.begin(), times.end());
    for (const Second time : times) {
      const double factor = std::clamp(1.0 + 0.08 * stream.Normal(), 0.8, 1.2);
      const auto cents = std::clamp(
          static_cast<std::int64_t>(std::llround(static_cast<double>(product.base_cents) * factor)),
          category.min_cents, category.max_cents);
      if (time > product.prices.back().from && cents != product.prices.back().cents)
        product.prices.push_back({time, cents});
    }
  }
}

void FillWarehouses(World& world) {
  // Fastest and slowest delivery by region, as in the quickstart.
  constexpr std::array<std::array<int, 2>, kRegionCount> kDays = {
      {{1, 3}, {1, 4}, {2, 4}, {2, 5}, {2, 5}}};
  for (std::size_t i = 0; i < world.products.size(); ++i) {
    Product& product = world.products[i];
    base::Stream stream =
        StreamOf(world.options.seed, static_cast<std::int64_t>(i), Purpose::kStock);
    for (std::size_t region = 0; region < kRegionCount; ++region) {
      const auto draw = [&](Second from) {
        const bool in_stock = stream.Chance(kInStock);
        const auto quantity = stream.Between(5, 500);
        const auto days = stream.Between(kDays[region][0], kDays[region][1]);
        return StockStep{from, in_stock ? static_cast<std::int32_t>(quantity) : 0,
                         static_cast<std::int32_t>(days)};
      };
      auto& steps = product.stock[region];
      steps.push_back(draw(product.prices.front().from));
      std::vector<Second> times;
      for (int n = stream.Poisson(kStockChangesPerYear); n > 0; --n)
        times.push_back(static_cast<Second>(stream.Below(kLogEnd / 600)) * 600);
      std::sort(times.begin(), times.end());
      for (const Second time : times)
        if (time > steps.back().from) steps.push_back(draw(time));
    }
  }
}

void BuildStores(World& world) {
  constexpr std::array<std::string_view, 4> kTypes = {"Flagship", "Standard", "Outlet", "Express"};
  constexpr std::array<std::string_view, 5> kPlaces = {"Mall", "Strip Center", "Standalone",
                                                       "Downtown", "Suburban"};
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kStore);
  for (int i = 0; i < kStores; ++i) {
    Store store;
    store.code = fmt::format("Store_{:04d}", i + kFirstStoreId);
    // The first ten stand in the ten cities, so that none is without.
    store.city = i < kCities ? i : static_cast<int>(stream.Below(kCities));
    store.type = kTypes[stream.Below(kTypes.size())];
    store.location_type = kPlaces[stream.Below(kPlaces.size())];
    store.zip_code =
        fmt::format("{}{:02d}", Cities()[static_cast<std::size_t>(store.city)].zip_prefix,
                    stream.Between(1, 99));
    store.square_feet = static_cast<int>(stream.Between(5000, 34'999));
    world.stores_of_city[static_cast<std::size_t>(store.city)].push_back(
        static_cast<std::int16_t>(i));
    world.stores.push_back(std::move(store));
  }
}

// The newest occurrence of each that began before as_of.
void PlanPromotions(World& world) {
  using namespace std::chrono;
  const base::Date today = floor<days>(world.options.as_of);
  for (std::size_t i = 0; i < kPromotions; ++i) {
    const PromotionPlan& plan = PromotionPlans()[i];
    Promotion& promotion = world.promotions[i];
    promotion.code = plan.code;
    promotion.description = plan.description;
    promotion.discount_pct = plan.discount_pct;
    if (plan.days == 0) {
      promotion.starts_on = floor<days>(world.log_begin) - days{365};
      promotion.ends_on = today + days{365};
    } else {
      year y = year_month_day{today}.year();
      if (sys_days{y / month{plan.start_month} / day{plan.start_day}} >= today) --y;
      promotion.starts_on = sys_days{y / month{plan.start_month} / day{plan.start_day}};
      promotion.ends_on = promotion.starts_on + days{plan.days - 1};
    }
    promotion.from = SecondOf(world, promotion.starts_on);
    promotion.until = SecondOf(world, promotion.ends_on + days{1});
  }
}

void PlanSeasons(World& world) {
  using namespace std::chrono;
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kSeason);
  std::array<double, kCategories> base_popularity{}, phase{};
  for (double& x : base_popularity) x = std::exp(kBaseCategorySd * stream.Normal());
  for (double& x : phase) x = stream.Uniform();
  for (std::size_t period = 0; period < kPeriods; ++period) {
    const base::Date middle = floor<days>(
        world.At(PeriodBegin(static_cast<int>(period)) + kPeriodDays / 2 * kDaySeconds));
    const base::Date new_year = sys_days{year_month_day{middle}.year() / January / 1};
    const double of_year = static_cast<double>((middle - new_year).count()) / 365.0;
    for (std::size_t category = 0; category < kCategories; ++category) {
      world.season[period][category] =
          base_popularity[category] *
          std::exp(kSeasonSize * std::cos(2 * std::numbers::pi * (of_year - phase[category])));
    }
    // The shop is busiest in the middle of December.
    world.level[period] = 1.0 + 0.12 * std::cos(2 * std::numbers::pi * (of_year - 0.96));
  }
  world.weekday = {1.10, 0.88, 0.88, 0.90, 0.95, 1.07, 1.22};
}

void BuildStrength(World& world) {
  base::Stream stream = StreamOf(world.options.seed, 0, Purpose::kDrift);
  std::vector<double> walk(kProducts, 0.0);
  for (int period = 0; period < kPeriods; ++period) {
    for (int p = 0; p < kProducts; ++p) {
      const auto product = static_cast<std::size_t>(p);
      walk[product] += kDriftSd * stream.Normal();
      const Product& row = world.products[product];
      const Second begin = period == 0 ? 0 : PeriodBegin(period);
      const double price = static_cast<double>(world.PriceAt(p, begin));
      const double relative = price / static_cast<double>(row.base_cents);
      world.strength[static_cast<std::size_t>(period)][product] =
          row.launch_period > period
              ? 0.0
              : row.appeal * std::exp(walk[product]) * std::pow(relative, kElasticity);
    }
  }
  for (int level = 0; level < kPriceLevels; ++level) {
    for (std::size_t p = 0; p < kProducts; ++p) {
      const double distance = world.products[p].price_z - PriceLevel(level);
      world.kernel[static_cast<std::size_t>(level)][p] =
          std::exp(-distance * distance / (2 * kPriceTasteSd * kPriceTasteSd));
    }
  }
}

void OrderCells(World& world) {
  std::vector<std::vector<std::uint16_t>> cells(kCells);
  for (std::size_t p = 0; p < kProducts; ++p) {
    cells[static_cast<std::size_t>(world.products[p].cell)].push_back(
        static_cast<std::uint16_t>(p));
  }
  for (std::size_t cell = 0; cell < kCells; ++cell)
    world.cell_begin[cell + 1] = world.cell_begin[cell] + static_cast<int>(cells[cell].size());
  for (int period = 0; period < kPeriods; ++period) {
    const auto k = static_cast<std::size_t>(period);
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      const auto rank = [&](std::uint16_t p) {
        const Product& product = world.products[p];
        return product.launch_period > period ? 2 : world.IsNew(product, period) ? 1 : 0;
      };
      auto position = static_cast<std::size_t>(world.cell_begin[cell]);
      for (int wanted = 0; wanted < 3; ++wanted) {
        for (const std::uint16_t p : cells[cell]) {
          if (rank(p) != wanted) continue;
          world.order[k][position++] = p;
          if (wanted < 2) ++world.cell_counts[k][cell][static_cast<std::size_t>(wanted)];
        }
      }
    }
  }
}

void SumCells(World& world) {
  world.cumulative.resize(std::size_t{kPeriods} * kPriceLevels * kProducts);
  world.cell_established.resize(std::size_t{kPeriods} * kPriceLevels * kCells);
  world.cell_new.resize(std::size_t{kPeriods} * kPriceLevels * kCells);
  for (int period = 0; period < kPeriods; ++period) {
    const auto k = static_cast<std::size_t>(period);
    double plain = 0;
    for (std::size_t i = 0; i < kProducts; ++i) {
      const std::uint16_t p = world.order[k][i];
      if (i == 0 || world.products[p].category != world.products[world.order[k][i - 1]].category)
        plain = 0;
      plain += world.strength[k][p];
      world.plain_cumulative[k][i] = plain;
    }
    for (int level = 0; level < kPriceLevels; ++level) {
      const std::size_t row = world.TableRow(period, level);
      double* cumulative = world.cumulative.data() + row * kProducts;
      for (std::size_t cell = 0; cell < kCells; ++cell) {
        const int begin = world.cell_begin[cell];
        const int old_end = begin + world.cell_counts[k][cell][0];
        double sum = 0, established = 0;
        for (int i = begin; i < world.cell_begin[cell + 1]; ++i) {
          const std::uint16_t p = world.order[k][static_cast<std::size_t>(i)];
          sum += world.strength[k][p] * world.kernel[static_cast<std::size_t>(level)][p];
          cumulative[i] = sum;
          if (i < old_end) established = sum;
        }
        world.cell_established[row * kCells + cell] = established;
        world.cell_new[row * kCells + cell] = sum - established;
      }
    }
  }
}

template <typename Step>
const Step& LastAt(const std::vector<Step>& steps, Second t) {
  std::size_t i = steps.size() - 1;
  while (i > 0 && steps[i].from > t) --i;
  return steps[i];
}

}  // namespace

std::int64_t World::PriceAt(int product, Second t) const {
  return LastAt(products[static_cast<std::size_t>(product)].prices, t).cents;
}

const StockStep& World::StockAt(int product, domain::Region region, Second t) const {
  return LastAt(products[static_cast<std::size_t>(product)].stock[static_cast<std::size_t>(region)],
                t);
}

int World::WeekdayOf(int day) const {
  const auto date = std::chrono::floor<std::chrono::days>(log_begin) + std::chrono::days{day};
  return static_cast<int>(std::chrono::weekday{date}.c_encoding());
}

std::shared_ptr<const World> MakeWorld(const Options& options) {
  auto world = std::make_shared<World>();
  world->options = options;
  world->log_begin = options.as_of - kLogDays * base::kDay;
  DealCatalogue(*world);
  RankAppeal(*world);
  Launch(*world);
  ChangePrices(*world);
  FillWarehouses(*world);
  BuildStores(*world);
  PlanPromotions(*world);
  PlanSeasons(*world);
  BuildStrength(*world);
  OrderCells(*world);
  SumCells(*world);
  return world;
}

}  // namespace aisle::synth
