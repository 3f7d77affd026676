// What every engine that scores rows is to the Forest, and all that the Forest knows of it.
//
// An engine is a Scorer of one model, a Make...() beside it, and a line in engine.cc, which picks one.
//
//   shapes   as forest.h says; the Forest has asserted them when Margins() is called.
//   threads  const members may be called from any number of threads.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "forest/columns.h"

namespace aisle::forest {

class Scorer {
 public:
  // What an engine makes of a RowPlan.
  class Prepared {
   public:
    virtual ~Prepared() = default;
    virtual std::size_t Bytes() const = 0;
  };

  virtual ~Scorer() = default;
  virtual void Margins(std::span<const float> rows, std::span<float> margins) const = 0;
  // Memory of its tables.
  virtual std::size_t Bytes() const { return 0; }
  // Null: the engine takes rows only, and the Forest writes them out for it.
  virtual std::unique_ptr<const Prepared> Prepare(const RowPlan& plan) const;
  virtual void Margins(const RowPlan& plan, const Prepared& prepared,
                       std::span<const Column> columns, std::span<float> margins) const;
};

}  // namespace aisle::forest
