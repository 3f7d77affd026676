// A folder of generations for tests, and the sample shop published into it.
//
//   errors   as the functions that are tested.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/temp_folder_testing.h"
#include "serving/generation/bytes.h"
#include "serving/generation/layout.h"
#include "serving/generation/writer.h"
#include "serving/sample_testing.h"
#include "serving/state/serving_state.h"

namespace aisle::serving {

namespace fs = std::filesystem;
using StatePtr = std::shared_ptr<const ServingState>;

inline constexpr std::size_t kProducts = 60;

inline Result<CustomerState> Get(const ServingState& state, std::int64_t customer) {
  return state.OpenCustomers()->Get({customer});
}

// Customers kSampleFirstCustomer + i; every third has no propensity.
inline Result<GenerationManifest> Publish(const fs::path& root, std::uint64_t seed,
                                          int customers = 30,
                                          std::optional<double> model_price = 100) {
  AISLE_TRY(auto writer, GenerationWriter::Create(root));
  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + customers; ++id) {
    const auto propensity = id % 3 == 0 ? std::vector<float>{} : SamplePropensity(seed, id);
    AISLE_CHECK(writer.PutCustomer(SampleCustomer(seed, id, kProducts), propensity));
  }
  AISLE_CHECK(writer.PutShelf(SampleShelf(seed, kProducts)));
  if (model_price) {
    AISLE_CHECK(writer.PutModel("ranking", SampleModel(*model_price)));
  }
  GenerationManifest manifest;
  manifest.as_of = kSampleAsOf;
  manifest.ranking_version = 7;
  return writer.Commit(manifest);
}

class Generation : public testing::Test {
 protected:
  StatePtr Open() const {
    auto state = ServingState::OpenCurrent(root);
    EXPECT_TRUE(state) << state.error().message;
    return state ? *state : nullptr;
  }
  fs::path File(std::int64_t generation, std::string_view name) const {
    return GenerationFolder(root, generation) / name;
  }
  // What OpenCurrent says now.
  Error Refusal() const {
    const auto state = ServingState::OpenCurrent(root);
    EXPECT_FALSE(state);
    return state ? Error{} : state.error();
  }

  base::TempFolder temp;
  fs::path root = temp.Path() / "serving";
};

}  // namespace aisle::serving
