// The engines by name, and which of them a model gets on this CPU.
//
//   errors   ChooseEngine: kInvalidArgument for an AISLE_FOREST_ENGINE that is unknown; kFailedPrecondition for an
//            engine asked for that this CPU cannot run or this model does not fit. Never another engine than asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

enum class Engine : std::uint8_t {
  kAuto,  // What AISLE_FOREST_ENGINE says, or else the fastest that the CPU and the model allow.
  kReference,    // Forty obvious lines; the oracle of the others.
  kInterleaved,  // Sixteen rows in step; any x86-64.
  // Bits of many rows at once, by 64-bit words (any x86-64), AVX2, AVX-512 BW and VL, or VBMI and GFNI too.
  kBitsliced64,
  kBitslicedAvx2,
  kBitslicedAvx512,
  kBitslicedVbmi,
  // The table of a whole request (forest/sweep/sweep.h), which needs to know more than rows: ranking makes it, and the
  // Forest is the fastest other one, for what the sweep leaves over.
  kSweep,
};

// Those that score rows, the slowest first: neither kAuto nor kSweep.
std::span<const Engine> AllEngines();
// "auto", "reference", "interleaved", "bitsliced64", "bitsliced-avx2", ..., "sweep". kInvalidArgument lists them.
Result<Engine> ParseEngine(std::string_view name);
std::string_view EngineName(Engine engine);
// Whether this CPU runs it: kFailedPrecondition says what it lacks and what there is instead.
Status CheckEngine(Engine engine);

struct EngineChoice {
  Engine engine = Engine::kReference;  // One of AllEngines().
  bool was_chosen = false;             // By the caller, or by AISLE_FOREST_ENGINE.
  bool sweep_was_chosen = false;       // They chose kSweep; `engine` scores what it leaves over.
  std::string reason;  // "asked for", "AISLE_FOREST_ENGINE", or what CPU and model allow.
};
// Requires a model that CheckModel() accepts.
Result<EngineChoice> ChooseEngine(const Model& model, Engine asked);
// Requires an engine of AllEngines() that was chosen for this model.
std::shared_ptr<const Scorer> MakeScorer(const std::shared_ptr<const Model>& model, Engine engine);

}  // namespace aisle::forest
