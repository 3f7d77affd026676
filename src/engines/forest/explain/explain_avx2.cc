#define AISLE_EXPLAIN_BYTES 32
#include "forest/explain/explain_text.h"

namespace aisle::forest {
const ExplainKernel kExplainAvx2 = Explain;
}  // namespace aisle::forest
