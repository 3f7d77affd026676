// Columns by any x86-64.
#include "features/each_columns_text.h"

namespace aisle::features {

constinit const EachColumns kEachPortable = {Quotients, PriceDistances, Affinities};

}  // namespace aisle::features
