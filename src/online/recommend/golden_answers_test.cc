// Answers about made-up shops, as they were recorded: what a change of structure must leave as it is, to the byte.
//
// Six shops: a model with the pair's own history (ranked by columns), the same blended with propensity, a model that
// the sweep takes, no model (propensity, or popularity where that is missing too), a model that gives one score to all
// (ties), and one with a region that has nothing. Nothing is learnt and no text depends on the CPU: every engine that
// this CPU runs must give the recorded lines. Where an answer is meant to change, record anew and read the difference:
//   AISLE_GOLDEN_WRITE=1 build/release/src/online/recommend/aisle_recommend_test --gtest_filter='GoldenAnswers.*'
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/files.h"
#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(AISLE_SOURCE_DIR) / "src/online/recommend/golden/answers.txt";

struct Question {
  std::int64_t customer = kFirst;
  std::string zip_code = "10001";
  int top_n = 5;
  bool strict = false;
  int days_later = 0;  // After the generation's as_of.
  bool late = false;   // The deadline has passed before anything was done.
};

// The only place that knows how a recommender is asked and what its answer looks like.
std::string Lines(Recommender& recommender, const Question& question) {
  std::string text = fmt::format(
      "customer {} zip '{}' top_n {}{}{}{}\n", question.customer, question.zip_code, question.top_n,
      question.strict ? " strict" : "",
      question.days_later == 0 ? "" : fmt::format(" {} days later", question.days_later),
      question.late ? " late" : "");
  Request request = Of(question.customer, question.zip_code, question.top_n, "golden");
  request.strict = question.strict;
  const auto answer = Ask(recommender, std::move(request),
                          question.late ? net::Deadline(net::SteadyTime{}) : net::Deadline{},
                          kNow + question.days_later * base::kDay);
  if (!answer) {
    return text + fmt::format("  refused: {}: {}\n", static_cast<int>(answer.error().code),
                              answer.error().message);
  }
  text += fmt::format(
      "  '{}' {}, generation {}, ranking {}, propensity {}, {} candidates, model_ok {}, {}, {}, "
      "[{}]\n",
      answer->zip_code, answer->region_name, answer->generation, answer->ranking_version,
      answer->propensity_version, answer->timings.candidates, answer->timings.model_ok,
      answer->timings.backend, answer->request_id, fmt::join(Reasons(*answer), "; "));
  for (const Item& item : answer->items) {
    text += fmt::format("  {} {} {} | {} | {} | {} {} {} in {} days, {}\n", item.rank,
                        item.product.value, item.product_name, item.category, item.department,
                        item.price.value, item.score, item.in_stock_qty, item.est_delivery_days,
                        item.source);
  }
  return text;
}

std::vector<Question> Questions(int customers) {
  std::vector<Question> questions;
  const std::vector<std::string> zips = {"10001", "33101", "60601", "75201", "94105"};
  for (int i = 0; i < customers; ++i) {
    questions.push_back(
        {.customer = kFirst + i, .zip_code = zips[static_cast<std::size_t>(i) % 5]});
    questions.push_back({.customer = kFirst + i, .zip_code = "", .top_n = 3});
  }
  for (const std::int64_t id : {kFirst, kFirst + 1}) {
    questions.push_back({.customer = id, .top_n = 1});
    questions.push_back({.customer = id, .zip_code = "55401", .top_n = 20});
    questions.push_back({.customer = id, .top_n = 3, .days_later = 1});
    questions.push_back({.customer = id, .top_n = 3, .days_later = 400});
    questions.push_back({.customer = id, .top_n = 3, .days_later = -100});
    questions.push_back({.customer = id, .top_n = 3, .strict = true});
    questions.push_back({.customer = id, .top_n = 3, .late = true});
  }
  questions.push_back({.customer = kFirst + 2, .zip_code = "98101", .top_n = kTopNMax});
  for (const char* zip : {"10001", "94105", ""})
    questions.push_back({.customer = 5, .zip_code = zip, .top_n = 4});
  questions.push_back({.customer = 5, .strict = true});
  return questions;
}

struct Named {
  std::string name;
  Shop shop;
};

std::vector<Named> Shops() {
  std::vector<Named> shops;
  const auto add = [&](const char* name, bool model) -> Shop& {
    shops.push_back({name, MakeShop(29, 240, 10, model)});
    Shop& shop = shops.back().shop;
    shop.customers[3].record.postal_code.clear();  // Unknown.
    if (!model) return shop;
    shop.model->calibration_slope = 0.9;
    shop.model->calibration_offset = -0.4;
    return shop;
  };
  add("columns", true);
  add("columns, blended with propensity", true).model->propensity_blend = 0.3;
  Shop& swept = add("swept", true);
  swept.model = ranking::RandomSpec(5, 60, 6, ranking::ReferenceInputs(), 0.1);
  swept.model->propensity_blend = 0.3;
  add("no model", false);
  add("one score for all", true).model = ranking::RandomSpec(3, 5, 2, {"total_orders"});
  add("nothing in the Midwest and the West", true).shelf.regions[2] = {};
  shops.back().shop.shelf.regions[4] = {};
  return shops;
}

std::string Answers(bool with_unpublished) {
  std::string text;
  if (with_unpublished) {
    Recommender recommender(nullptr);
    text += "\n== nothing published\n" + Lines(recommender, {});
  }
  for (const Named& named : Shops()) {
    Recommender recommender(nullptr);
    recommender.SetState(named.shop.Open());
    text += fmt::format("\n== {}\n", named.name);
    for (const Question& question : Questions(10)) text += Lines(recommender, question);
  }
  return text;
}

// The first lines that differ, with their numbers; empty when the texts are equal.
std::string Difference(const std::string& recorded, const std::string& now) {
  std::istringstream left(recorded);
  std::istringstream right(now);
  std::string a;
  std::string b;
  std::string found;
  int shown = 0;
  for (int line = 1; shown < 5; ++line) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (!has_a && !has_b) break;
    if (has_a == has_b && a == b) continue;
    found += fmt::format("line {}\n  recorded: {}\n  now:      {}\n", line, has_a ? a : "(ends)",
                         has_b ? b : "(ends)");
    ++shown;
  }
  return found;
}

TEST(GoldenAnswers, AreThoseThatWereRecorded) {
  const std::string now = Answers(true);
  if (std::getenv("AISLE_GOLDEN_WRITE") != nullptr) {
    std::filesystem::create_directories(kGolden.parent_path());
    ASSERT_TRUE(base::WriteFileAtomic(kGolden, now));
    GTEST_SKIP() << "recorded anew: " << kGolden;
  }
  const auto recorded = base::ReadFile(kGolden);
  ASSERT_TRUE(recorded) << recorded.error().message;
  EXPECT_EQ(Difference(*recorded, now), "");
}

TEST(GoldenAnswers, AreTheSameByEveryEngine) {
  const std::string fastest = Answers(false);
  for (const forest::Engine engine :
       {forest::Engine::kReference, forest::Engine::kInterleaved, forest::Engine::kBitsliced64,
        forest::Engine::kBitslicedAvx2, forest::Engine::kBitslicedAvx512,
        forest::Engine::kBitslicedVbmi}) {
    if (!forest::CheckEngine(engine)) continue;
    setenv("AISLE_FOREST_ENGINE", std::string(forest::EngineName(engine)).c_str(), 1);
    const std::string forced = Answers(false);
    unsetenv("AISLE_FOREST_ENGINE");
    EXPECT_EQ(Difference(fastest, forced), "") << forest::EngineName(engine);
  }
}

TEST(GoldenAnswersCanary, OneDigitIsADifference) {
  EXPECT_EQ(Difference("a\nb 0.5\n", "a\nb 0.5\n"), "");
  EXPECT_THAT(Difference("a\nb 0.5\n", "a\nb 0.6\n"), testing::HasSubstr("line 2"));
  EXPECT_THAT(Difference("a\n", "a\nb\n"), testing::HasSubstr("(ends)"));
}

}  // namespace
}  // namespace aisle::recommend
