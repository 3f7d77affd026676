// Which models an evaluation examines, and what each ranking is served with.
//
// FindPanel reads them: the champions when nobody is named, else those named, as `NAME` or `LABEL=NAME`, where a name
// is a version ("ranking/2"), an alias ("ranking/challenger"), a model (its champion) or a model file. KeepScorable
// then drops those that cannot be scored with the catalogue.
//
//   missing  a ranking without a propensity model to serve it with has propensity -1 and is ranked without one.
//   errors   FindPanel: kNotFound for a name that is none of them, kInvalidArgument for an empty label. A champion that
//            cannot be read is an error when nobody is named; of those named, it is left out with its reason.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "features/pair_row.h"
#include "ranking/ranking.h"
#include "registry/registry.h"

namespace aisle::evaluation {

// What the warnings and the reasons of a report say.
struct Notes {
  base::Timestamp cutoff;
  std::vector<std::string> warnings;
  std::vector<std::string> left_out;
};

struct NamedModel {
  std::string name;  // "ranking/2", or as somebody called it.
  std::string definition;
  ranking::ModelSpec spec;
  int propensity = -1;  // Of a ranking: the place in Panel::propensities of what it is served with.
};

struct Panel {
  std::vector<NamedModel> rankings;
  std::vector<NamedModel> propensities;
  // The first so many propensities are contenders; the others only serve rankings.
  std::size_t contending_propensities = 0;
  bool named = false;  // By somebody: not the champions.
};

Result<Panel> FindPanel(const registry::Registry& registry, const std::vector<std::string>& names,
                        Notes& notes);
// Of the champions, one that cannot be scored is an error.
Status KeepScorable(const features::CatalogueView& view, Panel& panel, Notes& notes);

}  // namespace aisle::evaluation
