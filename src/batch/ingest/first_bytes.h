// What a file is that was said to be a table of another kind: by its first bytes, and what to do with it.
//
// The files that people hand over first are a spreadsheet, an archive, the page of an expired login. A
// message that names them saves the search for what "a quote is never closed" means.
//
//   missing  nothing for what may well be the text of a CSV file, and for an empty file.
//   threads  a pure function.
//   source   the marks that those formats begin with; of text in two or four bytes a letter without a mark,
//            its zeros.
#pragma once

#include <cstddef>
#include <string_view>

namespace aisle::ingest {

// Enough to tell all of them apart: a tar archive says so at byte 257.
inline constexpr std::size_t kFirstBytes = 512;

// What goes on after "this is ": "an Excel workbook; save the sheet as CSV UTF-8". Empty: nothing that we know.
// A Parquet file is named too: who expects one asks before.
std::string_view KindOfFile(std::string_view first_bytes);

// "PAR1", as a Parquet file begins and ends.
inline constexpr std::string_view kParquetMark = "PAR1";
inline constexpr std::string_view kGzipMark = "\x1F\x8B";

}  // namespace aisle::ingest
