#include "forest/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "forest/bitsliced/bitsliced_forest.h"
#include "forest/bitsliced/bitsliced_tables.h"
#include "forest/cpu.h"
#include "forest/scorers/grouped_forest.h"
#include "forest/scorers/interleaved_forest.h"
#include "forest/scorers/reference_forest.h"

namespace aisle::forest {

namespace {

struct EngineFacts {
  Engine engine;
  std::string_view name;
  const Kernel* kernel;  // Null: not bit-sliced.
  bool (*runs_here)();   // Null: everywhere.
  std::string_view needs;
};
constexpr std::array kEngines = {
    EngineFacts{Engine::kReference, "reference", nullptr, nullptr, ""},
    EngineFacts{Engine::kInterleaved, "interleaved", nullptr, nullptr, ""},
    EngineFacts{Engine::kBitsliced64, "bitsliced64", &kWordsKernel, nullptr, "64-bit words"},
    EngineFacts{Engine::kBitslicedAvx2, "bitsliced-avx2", &kAvx2Kernel, CpuHasAvx2, "AVX2"},
    EngineFacts{Engine::kBitslicedAvx512, "bitsliced-avx512", &kAvx512Kernel, CpuHasAvx512,
                "AVX-512 BW and VL"},
    EngineFacts{Engine::kBitslicedVbmi, "bitsliced-vbmi", &kVbmiKernel, CpuHasVbmi,
                "AVX-512 VBMI and GFNI"},
};
constexpr auto kEngineList = [] {
  std::array<Engine, kEngines.size()> list{};
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = kEngines[i].engine;
  return list;
}();

constexpr std::string_view kSweepName = "sweep";

const EngineFacts& FactsOf(Engine engine) {
  const auto* const found = std::ranges::find(kEngines, engine, &EngineFacts::engine);
  AISLE_ASSERT(found != kEngines.end());
  return *found;
}

bool RunsHere(const EngineFacts& facts) { return facts.runs_here == nullptr || facts.runs_here(); }

// The last bit-sliced one of this CPU; at least that by words.
const EngineFacts& BestSliced() {
  const EngineFacts* best = &FactsOf(Engine::kBitsliced64);
  for (const EngineFacts& facts : kEngines) {
    if (facts.kernel != nullptr && RunsHere(facts)) best = &facts;
  }
  return *best;
}

// What the caller asked for, kAuto included; the environment has been read.
Result<EngineChoice> Choose(const Model& model, Engine asked) {
  AISLE_CHECK(CheckEngine(asked));
  const std::string beyond(WhatIsNotPlain(model));
  EngineChoice choice{.reason = "asked for"};
  choice.sweep_was_chosen = asked == Engine::kSweep;
  if (choice.sweep_was_chosen && !beyond.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} does not take this model: {}; {} takes it", kSweepName,
                            beyond, EngineName(Engine::kReference)));
  }
  choice.engine = choice.sweep_was_chosen ? Engine::kAuto : asked;
  choice.was_chosen = choice.engine != Engine::kAuto;
  const std::string unfit = beyond.empty() ? WhyNotSliced(model) : beyond;
  const Engine widest = beyond.empty() ? Engine::kInterleaved : Engine::kReference;
  if (!choice.was_chosen && unfit.empty()) {
    choice.engine = BestSliced().engine;
    choice.reason = fmt::format("this CPU has {}", BestSliced().needs);
  } else if (!choice.was_chosen) {
    choice.engine = widest;
    choice.reason = fmt::format("the fastest for this model: {}", unfit);
  } else if (choice.engine > widest && !unfit.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} does not take this model: {}; {} takes it",
                            EngineName(choice.engine), unfit, EngineName(widest)));
  }
  return choice;
}

}  // namespace

std::span<const Engine> AllEngines() { return kEngineList; }

Result<Engine> ParseEngine(std::string_view name) {
  std::string names = "auto";
  if (name == names) return Engine::kAuto;
  for (const EngineFacts& facts : kEngines) {
    if (facts.name == name) return facts.engine;
    names += fmt::format(", {}", facts.name);
  }
  if (name == kSweepName) return Engine::kSweep;
  names += fmt::format(", {}", kSweepName);
  return Fail(ErrorCode::kInvalidArgument, fmt::format("engine '{}' is none of {}", name, names));
}

std::string_view EngineName(Engine engine) {
  if (engine == Engine::kAuto) return "auto";
  return engine == Engine::kSweep ? kSweepName : FactsOf(engine).name;
}

Status CheckEngine(Engine engine) {
  if (engine == Engine::kAuto || engine == Engine::kSweep || RunsHere(FactsOf(engine))) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("engine {} needs {}, which this CPU lacks; the best it runs is {}",
                          EngineName(engine), FactsOf(engine).needs, BestSliced().name));
}

Result<EngineChoice> ChooseEngine(const Model& model, Engine asked) {
  constexpr const char* kVariable = "AISLE_FOREST_ENGINE";
  const char* const forced = asked == Engine::kAuto ? std::getenv(kVariable) : nullptr;
  if (forced == nullptr || *forced == 0) return Choose(model, asked);
  const Result<Engine> parsed = ParseEngine(forced);
  if (!parsed) return Within(kVariable, parsed.error());
  Result<EngineChoice> choice = Choose(model, *parsed);
  if (!choice) return Within(kVariable, std::move(choice).error());
  if (choice->was_chosen) choice->reason = kVariable;
  return choice;
}

std::shared_ptr<const Scorer> MakeScorer(const std::shared_ptr<const Model>& model, Engine engine) {
  if (engine == Engine::kReference) return std::make_shared<const ReferenceForest>(model);
  const auto make = [kernel = FactsOf(engine).kernel](const Model& plain) {
    return kernel != nullptr ? MakeBitslicedForest(plain, *kernel) : MakeInterleavedForest(plain);
  };
  return model->group_count == 1 ? make(*model) : MakeGroupedForest(*model, make);
}

}  // namespace aisle::forest
