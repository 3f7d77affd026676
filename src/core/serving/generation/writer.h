// Builds a generation: customers and propensities into one LMDB file that is written once, catalogue and stock
// beside it, the models, a manifest last.
//
//   AISLE_TRY(auto writer, GenerationWriter::Create(root));
//   ... PutShelf, then PutModel; PutCustomer for each, in order ...
//   AISLE_TRY(auto manifest, writer.Commit(manifest));
//
// The folder appears by one rename and CURRENT is switched by another: whoever is killed in between leaves the
// old generation in service and a staging folder that the next Create() removes. What a server would refuse
// is refused here, by the same checks.
//
//   order    customers by rising id, each once.
//   threads  one; one writer a root, in all processes.
//   errors   kUnavailable: another process publishes (named), or the disk is full; kFailedPrecondition: a call
//            out of order, or a model whose inputs this build cannot make; kInvalidArgument: what is put is
//            wrong, and named; kInternal: the disk.
//   cost     what is written; PutModel builds the model once as a server would.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "features/records.h"
#include "ranking/ranking.h"
#include "serving/generation/manifest.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

class GenerationWriter {
 public:
  // Takes the writer's lock of `root` and removes what killed writers left.
  static Result<GenerationWriter> Create(const std::filesystem::path& root);
  GenerationWriter(GenerationWriter&&) noexcept;
  // Not committed: nothing of it stays, and CURRENT is as it was.
  ~GenerationWriter();

  // Once. Afterwards the shelf is fixed, and models can be put.
  Status PutShelf(const Shelf& shelf);
  // Needs the shelf. `name`: "ranking". Afterwards the model is known to work on this catalogue.
  Status PutModel(const std::string& name, const ranking::ModelSpec& spec);
  // `propensity` may be empty; else one score per category. `source_id`: the retailer's own, of every customer or of
  // none, as the catalogue says (text_customer_ids). Both are checked against the catalogue by Commit().
  Status PutCustomer(const features::CustomerRecord& record, std::span<const float> propensity,
                     std::string_view source_id = {});
  // Needs the shelf. Fills in generation, row counts and `created` (unless it is set), completes the folder,
  // switches CURRENT, and removes older generations that nobody reads but the one to go back to: the one it
  // replaced, or where that is damaged the newest whole one. Afterwards the
  // writer is done: no other call is allowed.
  Result<GenerationManifest> Commit(GenerationManifest manifest);

 private:
  struct Impl;
  explicit GenerationWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::serving
