#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "arrow/batch.h"
#include "arrow/layout.h"

namespace aisle::arrow {
namespace {

using Source = std::function<Result<std::optional<Batch>>()>;

std::vector<std::string> Names(const Layout& layout) {
  std::vector<std::string> names;
  for (const Column& column : layout.columns) names.push_back(column.name);
  return names;
}

// A C stream that is being read; its owner's `keep_alive` goes after it.
struct Imported {
  std::shared_ptr<void> keep_alive;
  nanoarrow::UniqueArrayStream stream;
  std::function<Error(Error)> explain;

  Error Failure(int code) {
    const char* words = stream->get_last_error(stream.get());
    Error error{ErrorCode::kInternal,
                words != nullptr ? words : fmt::format("the Arrow stream failed, code {}", code)};
    return explain ? explain(std::move(error)) : error;
  }
};

}  // namespace

struct Stream::Impl {
  std::shared_ptr<const Layout> layout;
  std::vector<std::string> names;
  Source source;
  bool ended = false;
  std::optional<Error> failed;
};

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

const std::vector<std::string>& Stream::ColumnNames() const { return impl_->names; }

bool Stream::Reads(int column, Type type) const {
  AISLE_ASSERT(column >= 0 && column < static_cast<int>(impl_->layout->columns.size()));
  const Column& of = impl_->layout->columns[static_cast<std::size_t>(column)];
  if (of.kind == Kind::kNothing) return true;
  switch (type) {
    case Type::kBool:
      return of.kind == Kind::kBool;
    case Type::kInt32:
    case Type::kInt64:
      return of.kind == Kind::kInteger || (of.kind == Kind::kDecimal && of.scale == 0);
    case Type::kFloat:
    case Type::kDouble:
      return of.kind == Kind::kFloating || of.kind == Kind::kInteger || of.kind == Kind::kDecimal;
    case Type::kString:
      return of.kind == Kind::kString || of.kind == Kind::kEnum;
    case Type::kDate:
      return of.kind == Kind::kDate;
    case Type::kTimestamp:
      return of.kind == Kind::kTimestamp;
    case Type::kMoney:
      return of.kind == Kind::kDecimal;
  }
  return false;
}

Stream Stream::WithoutRows() const {
  auto impl = std::make_unique<Impl>();
  impl->layout = impl_->layout;
  impl->names = impl_->names;
  impl->ended = true;
  return Stream(std::move(impl));
}

Result<std::optional<Batch>> Stream::Next() {
  if (impl_->failed) return std::unexpected(*impl_->failed);
  if (impl_->ended) return std::nullopt;
  Result<std::optional<Batch>> batch = impl_->source();
  if (batch && *batch) {
    const Layout& layout = *(*batch)->Parts().layout;
    if (&layout == impl_->layout.get() || layout.columns == impl_->layout->columns) return batch;
    batch = Fail(ErrorCode::kInternal, "a stream's batch has other columns than the stream");
  }
  // What the source holds (a connection, a file) is let go as soon as there is no more to come.
  impl_->source = nullptr;
  if (batch) {
    impl_->ended = true;
  } else {
    impl_->failed = batch.error();
  }
  return batch;
}

Stream Stream::Watched(std::function<void(const Batch&)> see) && {
  impl_->source = [source = std::move(impl_->source),
                   see = std::move(see)]() -> Result<std::optional<Batch>> {
    Result<std::optional<Batch>> batch = source();
    if (batch && *batch) see(**batch);
    return batch;
  };
  return std::move(*this);
}

Result<Stream> Stream::Import(ArrowArrayStream* stream, std::shared_ptr<void> keep_alive,
                              std::function<Error(Error)> explain) {
  auto imported = std::make_shared<Imported>();
  imported->keep_alive = std::move(keep_alive);
  imported->explain = std::move(explain);
  ArrowArrayStreamMove(stream, imported->stream.get());
  nanoarrow::UniqueSchema schema;
  if (const int code = imported->stream->get_schema(imported->stream.get(), schema.get()))
    return std::unexpected(imported->Failure(code));
  Result<std::shared_ptr<const Layout>> layout = ReadLayout(schema.get());
  if (!layout) {
    return std::unexpected(imported->explain ? imported->explain(std::move(layout).error())
                                             : std::move(layout).error());
  }
  auto impl = std::make_unique<Impl>();
  impl->layout = *std::move(layout);
  impl->names = Names(*impl->layout);
  impl->source = [imported, layout = impl->layout]() -> Result<std::optional<Batch>> {
    nanoarrow::UniqueArray array;
    if (const int code = imported->stream->get_next(imported->stream.get(), array.get()))
      return std::unexpected(imported->Failure(code));
    if (array->release == nullptr) return std::nullopt;
    AISLE_TRY(Batch batch, ReadBatch(layout, array.get()));
    return std::optional<Batch>(std::move(batch));
  };
  return Stream(std::move(impl));
}

Stream MakeStream(const Schema& schema, Source next) {
  auto impl = std::make_unique<Stream::Impl>();
  impl->layout = MakeLayout(schema);
  impl->names = Names(*impl->layout);
  impl->source = std::move(next);
  return Stream(std::move(impl));
}

namespace {

// What a C stream's private_data points at.
struct Exported {
  Stream stream;
  std::shared_ptr<const Layout> layout;
  std::shared_ptr<std::optional<Error>> failure;
  std::string last_error;
};

Exported& Of(ArrowArrayStream* stream) { return *static_cast<Exported*>(stream->private_data); }

int GetSchema(ArrowArrayStream* stream, ArrowSchema* out) noexcept {
  return ArrowSchemaDeepCopy(Of(stream).layout->schema.get(), out);
}

int GetNext(ArrowArrayStream* stream, ArrowArray* out) noexcept {
  Exported& exported = Of(stream);
  out->release = nullptr;
  Result<std::optional<Batch>> batch = exported.stream.Next();
  if (!batch) {
    exported.last_error = batch.error().message;
    if (exported.failure) *exported.failure = std::move(batch).error();
    return EIO;
  }
  if (*batch) ArrowArrayMove((*batch)->Parts().array.get(), out);
  return 0;
}

const char* GetLastError(ArrowArrayStream* stream) noexcept {
  const std::string& text = Of(stream).last_error;
  return text.empty() ? nullptr : text.c_str();
}

void Release(ArrowArrayStream* stream) noexcept {
  delete static_cast<Exported*>(stream->private_data);
  stream->private_data = nullptr;
  stream->release = nullptr;
}

}  // namespace

void Stream::Export(ArrowArrayStream* out, std::shared_ptr<std::optional<Error>> failure) && {
  std::shared_ptr<const Layout> layout = impl_->layout;
  *out = {
      .get_schema = GetSchema,
      .get_next = GetNext,
      .get_last_error = GetLastError,
      .release = Release,
      .private_data = new Exported{std::move(*this), std::move(layout), std::move(failure), {}}};
}

}  // namespace aisle::arrow
