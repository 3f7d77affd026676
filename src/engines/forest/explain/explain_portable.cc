#define AISLE_EXPLAIN_BYTES 16
#include "forest/explain/explain_text.h"

namespace aisle::forest {
const ExplainKernel kExplainPortable = Explain;
}  // namespace aisle::forest
