#include "forest/formats/foreign.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace aisle::forest {
namespace {

constexpr std::size_t kLookedAt = 1024;

constexpr std::string_view kSaveModel =
    "Save the model itself: XGBoost booster.save_model(\"model.ubj\"), LightGBM "
    "booster.save_model(\"model.txt\"), "
    "CatBoost model.save_model(\"model.json\", format=\"json\")";
constexpr std::string_view kUnpack = "Unpack it first; the model file itself is read";

struct Kind {
  std::string_view start;
  std::string_view what;
  std::string_view instead;
};

using namespace std::string_view_literals;
constexpr std::array kKinds = {
    Kind{
        "CBM1"sv, "CatBoost's binary format (.cbm)",
        "Load it in Python and save it as JSON: model.save_model(\"model.json\", format=\"json\")"},
    Kind{"\x1f\x8b"sv, "a gzip'd file", kUnpack},
    Kind{"BZh"sv, "a bzip2'd file", kUnpack},
    Kind{"\xfd"
         "7zXZ\0"sv,
         "an xz'd file", kUnpack},
    Kind{"\x28\xb5\x2f\xfd"sv, "a zstd'd file", kUnpack},
    Kind{"\x04\x22\x4d\x18"sv, "an lz4'd file", kUnpack},
    Kind{"PK\x03\x04"sv, "a zip archive", kUnpack},
    Kind{"\x78\x9c"sv, "a zlib-compressed file (joblib's, perhaps)", kSaveModel},
    Kind{"\x80\x02"sv, "a pickle", kSaveModel},
    Kind{"\x80\x03"sv, "a pickle", kSaveModel},
    Kind{"\x80\x04"sv, "a pickle", kSaveModel},
    Kind{"\x80\x05"sv, "a pickle", kSaveModel},
    Kind{"ccopy_reg\n"sv, "a pickle", kSaveModel},
    Kind{"PAR1"sv, "a Parquet file", kSaveModel},
    Kind{"\xef\xbb\xbf"sv, "a text that starts with a byte-order mark, which no library writes",
         "An editor or a shell has rewritten the file: save the model again, or take the first "
         "three bytes off"},
    Kind{"\xff\xfe"sv, "UTF-16 text",
         "An editor or a shell has rewritten the file: save the model again"},
    Kind{"\xfe\xff"sv, "UTF-16 text",
         "An editor or a shell has rewritten the file: save the model again"},
    Kind{"booster["sv, "a text dump of XGBoost (dump_model, get_dump)",
         "A dump lacks what scores need. Save the model itself: booster.save_model(\"model.ubj\")"},
    Kind{"0:["sv, "a text dump of XGBoost (dump_model, get_dump)",
         "A dump lacks what scores need. Save the model itself: booster.save_model(\"model.ubj\")"},
    Kind{"<"sv, "XML or a web page", kSaveModel},
    Kind{"version https://git-lfs"sv, "a pointer of Git LFS, not the model",
         "Fetch the file: git lfs pull"},
};

std::string Say(std::string_view what, std::string_view instead) {
  return fmt::format("it is {}. {}", what, instead);
}

// 08, the version, then a text: the producer or the like. Nothing else that comes here starts so.
bool LooksLikeOnnx(std::string_view bytes) {
  return bytes.size() > 4 && bytes[0] == '\x08' && bytes[1] > 0 && bytes[1] < 32 &&
         (bytes[2] == '\x12' || bytes[2] == '\x1a' || bytes[2] == '\x22' || bytes[2] == '\x3a');
}

// Up to 2.x XGBoost wrote "binf" or nothing, a header of numbers, then the objective's and the booster's names, each
// behind its length in eight bytes.
bool LooksLikeOldXgboost(std::string_view bytes) {
  if (bytes.starts_with("binf") || bytes.starts_with("bs64\t")) return true;
  if (bytes.starts_with('{')) return false;
  for (const std::string_view name :
       {"\x06\0\0\0\0\0\0\0gbtree"sv, "\x04\0\0\0\0\0\0\0dart"sv, "\x08\0\0\0\0\0\0\0gblinear"sv}) {
    if (bytes.contains(name)) return true;
  }
  return false;
}

}  // namespace

std::string WhatElseItIs(std::string_view bytes) {
  bytes = bytes.substr(0, kLookedAt);
  for (const Kind& kind : kKinds) {
    if (bytes.starts_with(kind.start)) return Say(kind.what, kind.instead);
  }
  if (LooksLikeOnnx(bytes)) return Say("an ONNX file", kSaveModel);
  if (LooksLikeOldXgboost(bytes)) {
    return Say("XGBoost's old binary format",
               "Load it with XGBoost 1.7 to 3.0 (newer ones do not read it) and save it again: "
               "booster.save_model(\"model.ubj\")");
  }
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '[' && bytes.contains("\"nodeid\"")) {
    return Say("a JSON dump of XGBoost's trees (dump_model, get_dump)",
               "A dump lacks what scores need: the objective, the base score, dropout's weights. "
               "Save the model itself: "
               "booster.save_model(\"model.json\")");
  }
  if (first == std::string_view::npos || bytes[first] != '{') {
    return fmt::format("its first bytes ({:02x}) are those of no model file that is known. {}",
                       fmt::join(reinterpret_cast<const unsigned char*>(bytes.data()),
                                 reinterpret_cast<const unsigned char*>(bytes.data()) +
                                     std::min<std::size_t>(bytes.size(), 8),
                                 " "),
                       kSaveModel);
  }
  return {};
}

std::string WhatElseItIs(const Value& root) {
  if (root.Find("tree_info") != nullptr && root.Find("max_feature_idx") != nullptr) {
    return Say("LightGBM's dump_model as JSON",
               "Save the model itself: booster.save_model(\"model.txt\")");
  }
  if (root.Find("Model") != nullptr && root.Find("Config") != nullptr) {
    return Say("XGBoost's snapshot (what pickle keeps)",
               "Save the model itself: booster.save_model(\"model.ubj\")");
  }
  const Value* learner = root.Find("learner");
  if (learner != nullptr && learner->Find("generic_param") != nullptr) {
    return Say("XGBoost's configuration (save_config), without trees",
               "Save the model itself: booster.save_model(\"model.ubj\")");
  }
  return {};
}

}  // namespace aisle::forest
