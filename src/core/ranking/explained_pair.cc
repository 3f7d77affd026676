#include "ranking/explained_pair.h"

namespace aisle::ranking {

Result<const forest::Explainer*> ExplainOnce::Of(const forest::Forest& forest) const {
  std::call_once(once_, [&] { made_ = forest::Explainer::Build(forest); });
  if (!*made_) return std::unexpected(made_->error());
  return &**made_;
}

}  // namespace aisle::ranking
