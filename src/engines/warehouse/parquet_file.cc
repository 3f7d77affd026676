#include "warehouse/parquet_file.h"

#include <fmt/format.h>

#include <string>

#include "warehouse/dialect.h"

namespace aisle::warehouse {

Status ConfineToFolder(Connection& connection, const std::filesystem::path& folder) {
  AISLE_TRY(const std::string place, Literal(Value(std::filesystem::absolute(folder).string())));
  const std::string allow =
      fmt::format("SET allowed_directories = [{}];\n{}", place, Confinement());
  AISLE_CHECK(connection.Execute({"warehouse/parquet_file.cc", allow}));
  return {};
}

Result<std::int64_t> WriteParquet(Connection& connection, base::NamedText query,
                                  const std::filesystem::path& path) {
  AISLE_TRY(const std::string file, Literal(Value(std::filesystem::absolute(path).string())));
  const std::string copy =
      fmt::format("COPY (\n{}\n) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
                  query.text, file);
  return connection.QueryInt({query.name, copy});
}

}  // namespace aisle::warehouse
