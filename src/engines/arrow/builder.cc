#include <cstring>
#include <limits>
#include <utility>

#include "arrow/batch.h"
#include "arrow/layout.h"

namespace aisle::arrow {
namespace {

template <typename T>
void Put(ArrowBuffer* buffer, T value) {
  if (buffer->size_bytes + static_cast<std::int64_t>(sizeof(T)) > buffer->capacity_bytes)
      [[unlikely]] {
    Must(ArrowBufferReserve(buffer, sizeof(T)));  // At least doubles.
  }
  std::memcpy(buffer->data + buffer->size_bytes, &value, sizeof(T));
  buffer->size_bytes += sizeof(T);
}

// Bits are packed from the lowest of each byte, as Arrow wants them.
void PutBit(ArrowBuffer* buffer, std::int64_t index, bool bit) {
  if ((index & 7) == 0) Put<std::uint8_t>(buffer, 0);
  std::uint8_t& byte = buffer->data[index >> 3];
  byte = static_cast<std::uint8_t>(byte | static_cast<int>(bit) << (index & 7));
}

// One column that grows: its own buffers until Finish moves them into an ArrowArray.
struct Growing {
  Type type = Type::kInt64;
  std::int64_t rows = 0;
  std::int64_t nulls = 0;
  nanoarrow::UniqueBuffer valid;  // Empty until the first NULL.
  nanoarrow::UniqueBuffer values;
  nanoarrow::UniqueBuffer ends;  // kString: offsets into `values`, one more than rows.

  void Valid() {
    if (nulls != 0) PutBit(valid.get(), rows, true);
    ++rows;
  }
  void Null() {
    if (nulls == 0) {
      Must(ArrowBufferAppendFill(valid.get(), 0xff, rows / 8));
      for (std::int64_t i = rows / 8 * 8; i < rows; ++i) PutBit(valid.get(), i, true);
    }
    PutBit(valid.get(), rows, false);
    ++rows;
    ++nulls;
  }
};

struct Cents {
  std::int64_t low, high;  // 128 bits, two's complement, lowest first.
};

}  // namespace

struct BatchBuilder::Impl {
  Schema schema;
  std::shared_ptr<const Layout> layout;
  std::vector<Growing> columns;

  Growing& At(int column) {
    AISLE_ASSERT(column >= 0 && column < static_cast<int>(columns.size()));
    return columns[static_cast<std::size_t>(column)];
  }
  void Start(Growing& column) {
    if (column.type == Type::kString) Put<std::int32_t>(column.ends.get(), 0);
  }
};

namespace {

int Width(Type type) {
  switch (type) {
    case Type::kBool:
    case Type::kString:
      return 0;
    case Type::kInt32:
    case Type::kFloat:
    case Type::kDate:
      return 4;
    case Type::kMoney:
      return 16;
    default:
      return 8;
  }
}

}  // namespace

BatchBuilder::BatchBuilder(Schema schema) : impl_(std::make_unique<Impl>()) {
  impl_->layout = MakeLayout(schema);
  impl_->columns.resize(schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i) {
    impl_->columns[i].type = schema[i].type;
    impl_->Start(impl_->columns[i]);
  }
  impl_->schema = std::move(schema);
}
BatchBuilder::~BatchBuilder() = default;
BatchBuilder::BatchBuilder(BatchBuilder&&) noexcept = default;
BatchBuilder& BatchBuilder::operator=(BatchBuilder&&) noexcept = default;

void BatchBuilder::Reserve(std::int64_t rows) {
  for (Growing& column : impl_->columns) {
    if (column.type == Type::kString) {
      Must(ArrowBufferReserve(column.ends.get(), rows * 4));
    } else {
      Must(ArrowBufferReserve(column.values.get(), column.type == Type::kBool
                                                       ? rows / 8 + 1
                                                       : rows * Width(column.type)));
    }
  }
}

void BatchBuilder::AppendNull(int column) {
  Growing& c = impl_->At(column);
  switch (c.type) {
    case Type::kBool:
      PutBit(c.values.get(), c.rows, false);
      break;
    case Type::kString:
      Put(c.ends.get(), static_cast<std::int32_t>(c.values->size_bytes));
      break;
    case Type::kMoney:
      Put(c.values.get(), Cents{0, 0});
      break;
    case Type::kInt32:
    case Type::kFloat:
    case Type::kDate:
      Put<std::int32_t>(c.values.get(), 0);
      break;
    case Type::kInt64:
    case Type::kDouble:
    case Type::kTimestamp:
      Put<std::int64_t>(c.values.get(), 0);
      break;
  }
  c.Null();
}

void BatchBuilder::AppendBool(int column, bool value) {
  Growing& c = impl_->At(column);
  AISLE_ASSERT(c.type == Type::kBool);
  PutBit(c.values.get(), c.rows, value);
  c.Valid();
}

void BatchBuilder::AppendInt(int column, std::int64_t value) {
  Growing& c = impl_->At(column);
  if (c.type == Type::kInt64) {
    Put(c.values.get(), value);
  } else {
    AISLE_ASSERT(c.type == Type::kInt32 && value == static_cast<std::int32_t>(value));
    Put(c.values.get(), static_cast<std::int32_t>(value));
  }
  c.Valid();
}

void BatchBuilder::AppendDouble(int column, double value) {
  Growing& c = impl_->At(column);
  if (c.type == Type::kDouble) {
    Put(c.values.get(), value);
  } else {
    AISLE_ASSERT(c.type == Type::kFloat);
    Put(c.values.get(), static_cast<float>(value));
  }
  c.Valid();
}

void BatchBuilder::AppendString(int column, std::string_view value) {
  Growing& c = impl_->At(column);
  AISLE_ASSERT(c.type == Type::kString);
  const auto size = static_cast<std::int64_t>(value.size());
  if (c.values->size_bytes + size > c.values->capacity_bytes) [[unlikely]]
    Must(ArrowBufferReserve(c.values.get(), size));
  if (size != 0) std::memcpy(c.values->data + c.values->size_bytes, value.data(), value.size());
  c.values->size_bytes += size;
  AISLE_ASSERT(c.values->size_bytes <= std::numeric_limits<std::int32_t>::max());
  Put(c.ends.get(), static_cast<std::int32_t>(c.values->size_bytes));
  c.Valid();
}

void BatchBuilder::AppendDate(int column, base::Date value) {
  Growing& c = impl_->At(column);
  AISLE_ASSERT(c.type == Type::kDate);
  Put(c.values.get(), static_cast<std::int32_t>(value.time_since_epoch().count()));
  c.Valid();
}

void BatchBuilder::AppendTime(int column, base::Timestamp value) {
  Growing& c = impl_->At(column);
  AISLE_ASSERT(c.type == Type::kTimestamp);
  Put(c.values.get(), base::ToMicros(value));
  c.Valid();
}

void BatchBuilder::AppendMoney(int column, std::int64_t cents) {
  constexpr std::int64_t kLimit = 1'000'000'000'000;  // DECIMAL(12,2).
  Growing& c = impl_->At(column);
  AISLE_ASSERT(c.type == Type::kMoney && cents > -kLimit && cents < kLimit);
  Put(c.values.get(), Cents{cents, cents >> 63});
  c.Valid();
}

std::int64_t BatchBuilder::RowCount() const {
  return impl_->columns.empty() ? 0 : impl_->columns.front().rows;
}

const Schema& BatchBuilder::Columns() const { return impl_->schema; }

Batch BatchBuilder::Finish() {
  nanoarrow::UniqueArray root;
  const std::int64_t rows = RowCount();
  Must(ArrowArrayInitFromSchema(root.get(), impl_->layout->schema.get(), nullptr));
  for (std::size_t i = 0; i < impl_->columns.size(); ++i) {
    Growing& column = impl_->columns[i];
    AISLE_ASSERT(column.rows == rows);
    ArrowArray* child = root->children[i];
    child->length = rows;
    child->null_count = column.nulls;
    // The next batch is likely to be as large: its buffers start at this one's size.
    Growing next;
    next.type = column.type;
    Must(ArrowBufferReserve(next.values.get(), column.values->size_bytes));
    Must(ArrowBufferReserve(next.ends.get(), column.ends->size_bytes));
    const bool text = column.type == Type::kString;
    if (column.nulls != 0) {
      Must(ArrowBufferReserve(next.valid.get(), column.valid->size_bytes));
      Must(ArrowArraySetBuffer(child, 0, column.valid.get()));
    }
    if (text) Must(ArrowArraySetBuffer(child, 1, column.ends.get()));
    Must(ArrowArraySetBuffer(child, text ? 2 : 1, column.values.get()));
    column = std::move(next);
    impl_->Start(column);
  }
  root->length = rows;
  Must(ArrowArrayFinishBuilding(root.get(), NANOARROW_VALIDATION_LEVEL_NONE, nullptr));
  auto batch = ReadBatch(impl_->layout, root.get());
  AISLE_ASSERT(batch.has_value());
  return *std::move(batch);
}

}  // namespace aisle::arrow
