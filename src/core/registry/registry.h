// The model registry: versions of models on disk, and the names that point at them.
//
//   <root>/<model>/<version>/manifest.json + model.ubj     a version, written once
//   <root>/<model>/aliases.json                            {"champion": 2, "challenger": 3}
//
// Add() writes a version under a temporary name, syncs and renames it, so that a killed training
// leaves nothing.
//
//   order    versions are integers that count up from 1 and are never used again while a later one
//            exists.
//   threads  free functions on files; two writers at once: one gets kFailedPrecondition and may try
//            again.
//   errors   kNotFound: no such model, version or alias; kInternal: a damaged artifact, with its
//            path; the models in service stay. kFailedPrecondition: a manifest of a newer format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::registry {

inline constexpr int kManifestFormat = 1;
inline constexpr const char* kChampion = "champion";

struct ModelInput {
  std::string name;
  std::string type;  // "float"
  std::string role;  // "request", "product", "pair"
};

// What was decided about a version when it was made, and why. What people do later moves an alias and leaves this.
struct Promotion {
  // "promoted", "kept", "forced" (by `aisle train --promote`), "not asked" (--no-promote); empty: not said, as before
  // the field was there.
  std::string decision;
  std::vector<std::string> objections;  // Gates that it did not pass, with the figures.
  std::vector<std::string> notes;       // What else one should know of the decision.
  // Beside the champion of then on the same customers; `with` is empty when there was nothing to compare with.
  std::string with;    // "ranking/1"
  std::string metric;  // "ndcg_at_10", "auc"
  double ours = 0;
  double theirs = 0;
  double difference = 0;  // ours - theirs, with its 95 % interval.
  double low = 0;
  double high = 0;
  std::int64_t customers = 0;
  double worse_by_at_most = 0;
};

struct Manifest {
  int format = kManifestFormat;
  std::string model;  // "ranking"
  int version = 0;    // Set by Add().
  base::Timestamp created{};
  std::string recipe;       // Name of the recipe: "ranking_default".
  std::string recipe_text;  // The TOML as it was used.
  std::vector<ModelInput> inputs;
  std::string objective;
  std::vector<base::Timestamp> cutoffs;
  base::Timestamp window_from{};
  base::Timestamp window_until{};
  std::int64_t train_rows = 0;
  std::int64_t positive_rows = 0;
  std::string data_fingerprint;
  // The retailer's tiers as they were learnt from, lowest first; empty: not said, as before the field was there.
  std::vector<std::string> tiers;
  // probability = sigmoid(slope * margin + offset); 1 and 0: the model's own.
  double calibration_slope = 1;
  double calibration_offset = 0;
  // (1 - blend) * score + blend * propensity of the product's category; 0: not blended. The reference
  // ranking recipe has 0.3.
  double propensity_blend = 0;
  std::map<std::string, double> metrics;
  Promotion promotion;
  std::map<std::string, std::string> library_versions;
  std::string model_checksum;  // Set by Add().
};

// What a name like "ranking/2", "ranking/challenger" or "ranking" (the champion) points at.
struct VersionName {
  std::string model;
  int version = 0;
  std::string Text() const { return model + "/" + std::to_string(version); }
};

struct ModelVersion {
  Manifest manifest;
  std::string ubjson;
};

// "champion, mine": the aliases that point at the version.
std::string AliasesOf(const std::map<std::string, int>& aliases, int version);

class Registry {
 public:
  explicit Registry(std::filesystem::path root) : root_(std::move(root)) {}

  // Returns the new version's number. It becomes champion if `promote`, otherwise "challenger", the
  // first one too: a model that failed its gates does not serve because there is no other.
  Result<int> Add(Manifest manifest, const std::string& ubjson, bool promote) const;

  Result<std::vector<std::string>> Models() const;
  Result<std::vector<int>> Versions(const std::string& model) const;
  Result<Manifest> ReadManifest(const std::string& model, int version) const;
  // Manifest and bytes, checksum verified.
  Result<ModelVersion> Load(const std::string& model, int version) const;

  Result<int> Resolve(const std::string& model, const std::string& alias) const;
  // Whether a version of that number exists is found out by whoever loads it.
  Result<VersionName> Find(const std::string& name) const;
  Result<std::map<std::string, int>> Aliases(const std::string& model) const;
  Status Promote(const std::string& model, int version) const;
  // Champion goes back to the version it pointed at before the last Promote.
  Result<int> Rollback(const std::string& model) const;

 private:
  std::filesystem::path root_;
};

}  // namespace aisle::registry
