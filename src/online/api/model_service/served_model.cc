#include "api/model_service/served_model.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "ranking/calibration.h"

namespace aisle::api {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::optional<double> NumberOf(std::string_view text) {
  double value = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Number>
std::span<Number> PartOf(Numbers& numbers, std::size_t first, std::size_t count,
                         std::size_t width) {
  return std::span<Number>(std::get<std::vector<Number>>(numbers))
      .subspan(first * width, count * width);
}

}  // namespace

std::size_t SizeOf(const Numbers& numbers) {
  return std::visit([](const auto& values) { return values.size(); }, numbers);
}

Result<std::shared_ptr<const ServedModel>> ServedModel::Make(
    ModelLabel label, forest::Model model, std::optional<Calibration> calibration) {
  // Whoever asks for probabilities is not helped by the number of the likeliest class.
  if (model.objective == forest::Objective::kSoftmax)
    model.objective = forest::Objective::kSoftprob;
  AISLE_TRY(forest::Forest forest, forest::Forest::Build(std::move(model)));
  std::shared_ptr<ServedModel> served(
      new ServedModel(std::move(label), std::move(forest), calibration));
  AISLE_CHECK(served->TakeNames());
  return served;
}

Status ServedModel::TakeNames() {
  const forest::Model& model = forest_.BuiltFrom();
  if (!model.names.unusable.empty())
    return Fail(ErrorCode::kInvalidArgument, label_.source + ": " + model.names.unusable);
  inputs_ = model.feature_names;
  for (std::size_t i = inputs_.size(); i < model.feature_count; ++i)
    inputs_.push_back(fmt::format("f{}", i));
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!places_.emplace(inputs_[i], i).second) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: two inputs are called '{}'", label_.source, inputs_[i]));
    }
  }
  for (const forest::CategoryNames& names : model.names.inputs) {
    if (names.texts.empty()) {
      std::unordered_map<double, std::uint32_t> codes;
      for (std::uint32_t i = 0; i < names.numbers.size(); ++i) codes.emplace(names.numbers[i], i);
      codes_.emplace(names.feature, std::move(codes));
    } else {
      std::unordered_map<std::string, std::uint32_t> codes;
      for (std::uint32_t i = 0; i < names.texts.size(); ++i) codes.emplace(names.texts[i], i);
      codes_.emplace(names.feature, std::move(codes));
    }
  }
  return {};
}

std::optional<std::size_t> ServedModel::FindInput(std::string_view name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

Numbers ServedModel::NoRows() const {
  if (ComparesDoubles()) return std::vector<double>();
  return std::vector<float>();
}

Result<double> ServedModel::CodeOf(std::size_t input, std::string_view name) const {
  const Codes& codes = codes_.at(input);
  std::optional<std::uint32_t> code;
  if (const auto* texts = std::get_if<0>(&codes)) {
    if (const auto found = texts->find(std::string(name)); found != texts->end())
      code = found->second;
  } else {
    const auto& numbers = std::get<1>(codes);
    std::optional<double> number = NumberOf(name);
    if (name == "true" || name == "True") number = 1;
    if (name == "false" || name == "False") number = 0;
    const auto found = number ? numbers.find(*number) : numbers.end();
    if (found != numbers.end()) code = found->second;
  }
  if (code) return static_cast<double>(*code);
  if (name.empty() || forest_.BuiltFrom().names.unseen_is_missing) return kMissing;
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is no category that the model was trained with", name.substr(0, 40)));
}

Scores ServedModel::RoomFor(std::size_t count) const {
  const std::size_t margins = count * MarginCount();
  const std::size_t predictions = KnowsPredictions() ? count * PredictionCount() : 0;
  if (SumsDoubles()) return {std::vector<double>(margins), std::vector<double>(predictions)};
  return {std::vector<float>(margins), std::vector<float>(predictions)};
}

void ServedModel::Score(const Numbers& rows, std::size_t first, std::size_t count,
                        Scores& scores) const {
  if (!SumsDoubles()) return ScoreFloats(rows, first, count, scores);
  const auto margins = PartOf<double>(scores.margins, first, count, MarginCount());
  std::visit(
      [&](const auto& values) {
        forest_.WideMargins(std::span(values).subspan(first * InputCount(), count * InputCount()),
                            margins);
      },
      rows);
  if (KnowsPredictions()) {
    forest_.Transform(std::span<const double>(margins),
                      PartOf<double>(scores.predictions, first, count, PredictionCount()));
  }
}

void ServedModel::ScoreFloats(const Numbers& rows, std::size_t first, std::size_t count,
                              Scores& scores) const {
  const auto margins = PartOf<float>(scores.margins, first, count, MarginCount());
  const std::span<const float> values = std::get<std::vector<float>>(rows);
  forest_.Margins(values.subspan(first * InputCount(), count * InputCount()), margins);
  if (!KnowsPredictions()) return;
  const auto predictions = PartOf<float>(scores.predictions, first, count, PredictionCount());
  if (!calibration_ || !IsOfTwoClasses())
    return forest_.Transform(std::span<const float>(margins), predictions);
  for (std::size_t i = 0; i < predictions.size(); ++i)
    predictions[i] = ranking::Calibrated(margins[i], calibration_->slope, calibration_->offset);
}

}  // namespace aisle::api
