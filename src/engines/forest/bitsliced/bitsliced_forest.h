// Scores blocks of rows at once: every question of the forest becomes a plane of bits over the rows, every
// tree a network of multiplexers that gives the bits of each row's leaf number.
//
// One class over the kernels of bitsliced_kernel.h; docs/FOREST.md has pictures. For each block it makes the
// planes (from rows, or from columns, which is cheaper), then lets the kernel work off all trees.
//
//   order    each row's sum adds the trees' leaves as floats in the model's order: bit-equal to the oracle.
//   missing  a plane says for each question where a missing value goes.
//   threads  immutable; each thread keeps the planes of one block as scratch memory.
//   cost     a block of one row costs as much as a full one: 256 rows, 512 with AVX-512. Memory: see
//            SlicedTables; prepared inputs one bit per row and plane; scratch one block of planes.
#pragma once

#include <memory>

#include "forest/bitsliced/bitsliced_kernel.h"
#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

// The model has been checked and fits (WhyNotSliced), and is not needed afterwards. The CPU has what the
// kernel needs.
std::shared_ptr<const Scorer> MakeBitslicedForest(const Model& model, const Kernel& kernel);

}  // namespace aisle::forest
