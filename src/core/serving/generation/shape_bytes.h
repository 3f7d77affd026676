// The retailer's shape as bytes, a part of the shelf file. Private to this module.
//
//   errors   ReadShape: kInternal for bytes that end early, or parts that do not fit together.
#pragma once

#include "base/result.h"
#include "domain/retailer_shape.h"
#include "kv/record_bytes.h"

namespace aisle::serving {

void WriteShape(const domain::RetailerShape& shape, kv::RecordWriter& out);
Result<domain::RetailerShape> ReadShape(kv::RecordReader& in);

}  // namespace aisle::serving
