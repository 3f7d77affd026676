// The tables' rows: blocks of a table, filled into a builder of its Columns().
//
// A block of a table is a pure function of the world and the range of its entities (shops, products,
// customers), so blocks can be made in any order and on any thread.
//
//   shapes   EntityCount entities, numbered from 0; a block may have any number of rows.
//   threads  Fill is pure apart from its builder.
#pragma once

#include <cstdint>
#include <string_view>

#include "arrow/batch.h"
#include "synth/world.h"

namespace aisle::synth {

std::int64_t EntityCount(const Retailer::World& world, std::string_view table);

// Appends the rows of entities [first, last). `table` is one of Retailer::Tables().
void FillBlock(const Retailer::World& world, std::string_view table, std::int64_t first,
               std::int64_t last, arrow::BatchBuilder& builder);

}  // namespace aisle::synth
