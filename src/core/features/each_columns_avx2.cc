// Columns by AVX2.
#include "features/each_columns_text.h"

namespace aisle::features {

constinit const EachColumns kEachAvx2 = {Quotients, PriceDistances, Affinities};

}  // namespace aisle::features
