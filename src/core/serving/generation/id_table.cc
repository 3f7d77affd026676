#include "serving/generation/id_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/files.h"
#include "kv/record_bytes.h"
#include "serving/generation/layout.h"

namespace aisle::serving {

void IdTable::Add(std::string_view text, domain::CustomerId customer) {
  entries_.push_back({base::Hash(text), std::string(text), customer});
}

Status IdTable::WriteTo(kv::TableWriter& tables) {
  std::ranges::sort(entries_, {}, [](const Entry& entry) {
    return std::tuple(entry.key, std::string_view(entry.text));
  });
  for (std::size_t i = 0; i < entries_.size();) {
    const std::size_t begin = i;
    const auto same_key = [&](const Entry& entry) { return entry.key == entries_[begin].key; };
    const auto end = std::find_if_not(entries_.begin() + static_cast<std::ptrdiff_t>(begin),
                                      entries_.end(), same_key);
    kv::RecordWriter out;
    out.Unsigned(static_cast<std::size_t>(end - entries_.begin()) - begin);
    for (; i < static_cast<std::size_t>(end - entries_.begin()); ++i) {
      if (i > begin && entries_[i].text == entries_[i - 1].text) {
        return Fail(
            ErrorCode::kInvalidArgument,
            fmt::format("customers {} and {} have one id, '{}'", entries_[i - 1].customer.value,
                        entries_[i].customer.value, entries_[i].text));
      }
      out.Text(entries_[i].text);
      out.Signed(entries_[i].customer.value);
    }
    AISLE_CHECK(tables.Append(kCustomerIdTable, entries_[begin].key, out.Take()));
  }
  return {};
}

Result<std::optional<domain::CustomerId>> IdTable::FindIn(const kv::Snapshot::Reader& tables,
                                                          std::string_view text) {
  AISLE_TRY(const auto value, tables.Get(kCustomerIdTable, base::Hash(text)));
  if (!value) return std::optional<domain::CustomerId>();
  AISLE_TRY(const auto named, DecodeValue(*value));
  for (const Named& one : named) {
    if (one.text == text) return std::optional(one.customer);
  }
  return std::optional<domain::CustomerId>();
}

Result<std::vector<IdTable::Named>> IdTable::DecodeValue(std::string_view bytes) {
  kv::RecordReader in(bytes);
  std::vector<Named> named(in.Count(2));
  for (Named& one : named) {
    one.text = in.Text();
    one.customer = domain::CustomerId{in.Signed()};
  }
  AISLE_CHECK(in.Finish("an id of a customer"));
  return named;
}

}  // namespace aisle::serving
