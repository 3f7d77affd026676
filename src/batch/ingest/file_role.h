// Which table of a shop a file is, and which of its columns says what: by the names that people give columns.
//
//   order    a column has one role; of two that could have it the one that is called so, then the first.
//   missing  kOther: a file that says nothing of products, customers or sales.
//   threads  pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/column_guess.h"

namespace aisle::ingest {

enum class Says : std::uint8_t {
  kReceipt,
  kLine,
  kTime,
  kClock,  // Beside a kTime that is a day.
  kCustomer,
  kProduct,
  kQuantity,
  kPaid,   // For the whole line.
  kPrice,  // Of one piece.
  kCategory,
  kName,
  kBrand,
  kEvent,  // What was done: of a log that has more than purchases.
  kPostalCode,
  kSince,
};

enum class FileKind : std::uint8_t { kSales, kProducts, kCustomers, kOther };
std::string_view NameOf(FileKind kind);  // "sales"

struct FileRole {
  FileKind kind = FileKind::kOther;
  std::map<Says, const ColumnGuess*> columns;
  bool guessed_time = false;  // Nothing is called like one; the first that holds times was taken.
  bool Has(Says says) const { return columns.contains(says); }
};

// `guesses` must outlive the answer.
FileRole FindRole(const std::vector<ColumnGuess>& guesses);

// "Kunden-Nr." is "kunden nr": lower-case words of letters and digits.
std::string PlainName(std::string_view name);

}  // namespace aisle::ingest
