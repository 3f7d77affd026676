#include "arrow/layout.h"

#include <fmt/format.h>

#include <utility>

namespace aisle::arrow {
namespace {

Kind KindOf(ArrowType type) {
  switch (type) {
    case NANOARROW_TYPE_NA:
      return Kind::kNothing;
    case NANOARROW_TYPE_BOOL:
      return Kind::kBool;
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
      return Kind::kFloating;
    case NANOARROW_TYPE_DECIMAL32:
    case NANOARROW_TYPE_DECIMAL64:
    case NANOARROW_TYPE_DECIMAL128:
      return Kind::kDecimal;
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_STRING_VIEW:
      return Kind::kString;
    case NANOARROW_TYPE_DATE32:
    case NANOARROW_TYPE_DATE64:
      return Kind::kDate;
    case NANOARROW_TYPE_TIMESTAMP:
      return Kind::kTimestamp;
    default:
      return Kind::kInteger;
  }
}

bool IsInteger(ArrowType type) {
  return type >= NANOARROW_TYPE_UINT8 && type <= NANOARROW_TYPE_INT64;
}

std::int64_t UnitsPerSecond(ArrowTimeUnit unit) {
  switch (unit) {
    case NANOARROW_TIME_UNIT_SECOND:
      return 1;
    case NANOARROW_TIME_UNIT_MILLI:
      return 1'000;
    case NANOARROW_TIME_UNIT_MICRO:
      return 1'000'000;
    case NANOARROW_TIME_UNIT_NANO:
      return 1'000'000'000;
  }
  return 1;
}

Result<Column> ReadColumn(const ArrowSchema& schema, int index) {
  Column column;
  if (schema.name != nullptr) column.name = schema.name;
  ArrowSchemaView view;
  ArrowError error{};
  if (ArrowSchemaViewInit(&view, &schema, &error) != NANOARROW_OK) {
    return Fail(ErrorCode::kInternal, fmt::format("column {} '{}' breaks the Arrow interface: {}",
                                                  index, column.name, error.message));
  }
  const auto refuse = [&]() {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("column '{}' is of type {} (format '{}'), which is not read here; cast "
                            "it in the query, to VARCHAR for example",
                            column.name, ArrowTypeString(view.type), schema.format));
  };
  column.storage = view.type;
  if (view.type == NANOARROW_TYPE_DICTIONARY) {
    ArrowSchemaView values;
    if (ArrowSchemaViewInit(&values, schema.dictionary, &error) != NANOARROW_OK ||
        KindOf(values.type) != Kind::kString)
      return refuse();
    column.kind = Kind::kEnum;
    return column;
  }
  column.kind = KindOf(view.type);
  if (column.kind == Kind::kInteger && !IsInteger(view.type)) return refuse();
  if (column.kind == Kind::kDecimal) {
    column.scale = view.decimal_scale;
    if (column.scale < 0 || column.scale > 38) return refuse();
  }
  if (column.kind == Kind::kTimestamp) column.units_per_second = UnitsPerSecond(view.time_unit);
  return column;
}

void SetType(ArrowSchema* schema, Type type) {
  switch (type) {
    case Type::kBool:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_BOOL));
    case Type::kInt32:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_INT32));
    case Type::kInt64:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_INT64));
    case Type::kFloat:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_FLOAT));
    case Type::kDouble:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_DOUBLE));
    case Type::kString:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_STRING));
    case Type::kDate:
      return Must(ArrowSchemaSetType(schema, NANOARROW_TYPE_DATE32));
    case Type::kTimestamp:
      return Must(ArrowSchemaSetTypeDateTime(schema, NANOARROW_TYPE_TIMESTAMP,
                                             NANOARROW_TIME_UNIT_MICRO, nullptr));
    case Type::kMoney:
      return Must(ArrowSchemaSetTypeDecimal(schema, NANOARROW_TYPE_DECIMAL128, 12, 2));
  }
  AISLE_ASSERT(false && "an unknown type");
}

}  // namespace

Result<std::shared_ptr<const Layout>> ReadLayout(ArrowSchema* schema) {
  auto layout = std::make_shared<Layout>();
  ArrowSchemaMove(schema, layout->schema.get());
  if (layout->schema->format == nullptr || std::string_view(layout->schema->format) != "+s")
    return Fail(ErrorCode::kInternal, "the Arrow stream is not one of rows (a struct)");
  for (std::int64_t i = 0; i < layout->schema->n_children; ++i) {
    AISLE_TRY(Column column, ReadColumn(*layout->schema->children[i], static_cast<int>(i)));
    layout->columns.push_back(std::move(column));
  }
  return layout;
}

std::shared_ptr<const Layout> MakeLayout(const Schema& schema) {
  nanoarrow::UniqueSchema made;
  ArrowSchemaInit(made.get());
  Must(ArrowSchemaSetTypeStruct(made.get(), static_cast<std::int64_t>(schema.size())));
  for (std::size_t i = 0; i < schema.size(); ++i) {
    SetType(made->children[i], schema[i].type);
    Must(ArrowSchemaSetName(made->children[i], schema[i].name.c_str()));
  }
  auto layout = ReadLayout(made.get());
  AISLE_ASSERT(layout.has_value());
  return *std::move(layout);
}

Result<Batch> ReadBatch(std::shared_ptr<const Layout> layout, ArrowArray* array) {
  auto impl = std::make_unique<Batch::Impl>();
  impl->layout = std::move(layout);
  ArrowArrayMove(array, impl->array.get());
  ArrowError error{};
  // The schema was read before, so this fails only when memory is gone.
  Must(ArrowArrayViewInitFromSchema(impl->view.get(), impl->layout->schema.get(), &error));
  if (ArrowArrayViewSetArray(impl->view.get(), impl->array.get(), &error) != NANOARROW_OK ||
      ArrowArrayViewValidate(impl->view.get(), NANOARROW_VALIDATION_LEVEL_DEFAULT, &error) !=
          NANOARROW_OK) {
    return Fail(ErrorCode::kInternal,
                fmt::format("a batch breaks the Arrow interface: {}", error.message));
  }
  if (ArrowArrayViewComputeNullCount(impl->view.get()) != 0)
    return Fail(ErrorCode::kInternal, "a batch breaks the Arrow interface: a row is NULL itself");
  return Batch(std::move(impl));
}

}  // namespace aisle::arrow
