#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "forest/cpu.h"
#include "forest/screen/screen.h"

namespace aisle::forest {
namespace {

struct Level {
  std::string_view name;
  const ScreenKernel* kernel;
  bool (*runs_here)();
};
// The fastest last.
constexpr std::array kLevels = {Level{"avx2", &kScreenAvx2Kernel, CpuHasAvx2},
                                Level{"avx512", &kScreenAvx512Kernel, CpuHasAvx512},
                                Level{"vbmi", &kScreenVbmiKernel, CpuHasVbmi}};

}  // namespace

Result<ScreenChoice> ChooseScreen() {
  constexpr const char* kVariable = "AISLE_FOREST_SCREEN";
  const char* const set = std::getenv(kVariable);
  const std::string_view asked = set == nullptr || *set == 0 ? "auto" : set;
  if (asked == "off")
    return Fail(ErrorCode::kFailedPrecondition, fmt::format("{} says off", kVariable));
  ScreenChoice choice;
  std::string names = "auto, off";
  for (const Level& level : kLevels) {
    if ((asked == "auto" || asked == level.name) && level.runs_here())
      choice = {level.kernel, level.name};
    if (asked == level.name && choice.kernel == nullptr) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} says {}, which this CPU lacks", kVariable, level.name));
    }
    names += fmt::format(", {}", level.name);
  }
  if (choice.kernel != nullptr) return choice;
  if (asked != "auto") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} says '{}', which is none of {}", kVariable, asked, names));
  }
  return Fail(ErrorCode::kFailedPrecondition, "this CPU has no AVX2");
}

}  // namespace aisle::forest
