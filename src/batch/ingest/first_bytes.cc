#include "ingest/first_bytes.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace aisle::ingest {
namespace {

using namespace std::string_view_literals;  // Marks hold zeros.

struct Kind {
  std::string_view mark;
  std::string_view says;
  std::size_t at = 0;
  bool spelled = false;  // The mark could begin a text: then something behind it must be no text.
};

constexpr Kind kKinds[] = {
    {"PAR1",
     "a Parquet file; say format = \"parquet\" in its source, or keep CSV and Parquet apart", 0,
     true},
    {"PARE", "an encrypted Parquet file; write it without encryption", 0, true},
    {kGzipMark, "compressed with gzip; only CSV files may be: decompress it (gunzip)"},
    {"BZh91AY&SY", "compressed with bzip2; decompress it (bunzip2), or compress CSV with gzip"},
    {"\xFD"
     "7zXZ",
     "compressed with xz; decompress it (unxz), or compress CSV with gzip"},
    {"\x28\xB5\x2F\xFD", "compressed with zstd; decompress it (unzstd), or compress CSV with gzip"},
    {"\x04\x22\x4D\x18", "compressed with lz4; decompress it (unlz4), or compress CSV with gzip"},
    {"\xFF\x06\x00\x00sNaPpY"sv,
     "compressed with snappy; decompress it, or compress CSV with gzip"},
    {"7z\xBC\xAF\x27\x1C", "a 7z archive; unpack it first"},
    {"PK\x03\x04",
     "an Excel workbook (.xlsx) or another ZIP archive; save the sheet as CSV UTF-8, or unzip it"},
    {"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls); save the sheet as CSV UTF-8"},
    {"ustar", "a tar archive; unpack it first", 257},
    {"SQLite format 3\0"sv, "an SQLite database; export its table as CSV"},
    {"DUCK", "a DuckDB database; export its table as Parquet", 8, true},
    {"Obj\x01", "an Avro file; write it as Parquet or CSV"},
    {"ORC", "an ORC file; write it as Parquet or CSV", 0, true},
    {"ARROW1\0"sv, "an Arrow (Feather) file; write it as Parquet or CSV"},
    {"FEA1", "an old Feather file; write it as Parquet or CSV", 0, true},
    {"\x80\x04\x95", "a Python pickle; write the frame with to_parquet or to_csv"},
    {"\x80\x05\x95", "a Python pickle; write the frame with to_parquet or to_csv"},
    {"%PDF-", "a PDF document; a table is needed as CSV or Parquet"},
    {"<!doctype html", "an HTML page (of a login, or an error?); fetch the file itself"},
    {"<html", "an HTML page (of a login, or an error?); fetch the file itself"},
    {"<?xml", "XML; write it as CSV or Parquet"},
    {"{\"", "JSON; write it as CSV or Parquet"},
    {"[{", "JSON; write it as CSV or Parquet"},
    {"\xFF\xFE\0\0"sv, "UTF-32; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)"},
    {"\0\0\xFE\xFF"sv, "UTF-32; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)"},
    {"\xFF\xFE", "UTF-16; say encoding = \"utf-16\" in its source, or save it as UTF-8"},
    {"\xFE\xFF", "UTF-16; say encoding = \"utf-16\" in its source, or save it as UTF-8"},
};

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n';
}

bool StandsAt(const Kind& kind, std::string_view bytes) {
  if (bytes.size() < kind.at + kind.mark.size()) return false;
  const std::string_view there = bytes.substr(kind.at, kind.mark.size());
  const bool letters = kind.mark.starts_with('<');  // HTML has no case.
  const bool equal = std::ranges::equal(there, kind.mark, {}, [&](char c) {
    return letters ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
  });
  return equal && (!kind.spelled || std::ranges::any_of(bytes, IsControl));
}

}  // namespace

std::string_view KindOfFile(std::string_view first_bytes) {
  const std::string_view bytes = first_bytes.substr(0, kFirstBytes);
  for (const Kind& kind : kKinds) {
    if (StandsAt(kind, bytes)) return kind.says;
  }
  if (bytes.size() >= 4 && std::ranges::all_of(bytes, [](char c) { return c == 0; }))
    return "nothing but zero bytes; was its copy cut off, or the disk full? fetch it again";
  // ASCII letters in two bytes each: every other byte is zero.
  if (bytes.size() >= 4 && bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0)
    return "UTF-16 without a mark; say encoding = \"utf-16\" in its source, or save it as UTF-8";
  if (bytes.size() >= 4 && bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0 && bytes[3] != 0)
    return "UTF-16 without a mark; say encoding = \"utf-16\" in its source, or save it as UTF-8";
  return {};
}

}  // namespace aisle::ingest
