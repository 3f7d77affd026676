// Rows as COPY's binary format writes them, out and in. Bytes only: copy_stream.h carries them.
//
//   CopyEncoder encoder(3);
//   encoder.Row().Int8(7).Text("bread").Null();
//   encoder.End();                       // then Take() has the last bytes
//
//   CopyDecoder decoder(3);
//   decoder.Feed(bytes);
//   for (;;) { AISLE_CO_TRY(const bool more, decoder.Next()); if (!more) break; ... decoder.Int(0) ... }
//
//   shapes   every row has as many fields as the constructor was told, of the column's exact type:
//            COPY casts nothing, and takes an Int4 in a bigint column for damage. numeric is not
//            there: COPY it from a table with text or int8 cents.
//   order    of the columns in the COPY statement. Fields are numbered from 0.
//   units    as in values.h.
//   missing  Null(); IsNull() first when reading.
//   errors   CopyEncoder: a wrong number of fields is an assertion. CopyDecoder believes nothing:
//            what is no COPY, a row with another number of fields, a field of another length than
//            its type: kInternal. The getters take any of the widths of their kind.
//   cost     about 10 ns a field; one growing buffer.
//   source   PostgreSQL 15, COPY, "Binary Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::postgres {

class CopyEncoder {
 public:
  explicit CopyEncoder(int column_count);

  CopyEncoder& Row();
  CopyEncoder& Bool(bool value);
  CopyEncoder& Int2(std::int16_t value);
  CopyEncoder& Int4(std::int32_t value);
  CopyEncoder& Int8(std::int64_t value);
  CopyEncoder& Float4(float value);
  CopyEncoder& Float8(double value);
  CopyEncoder& Text(std::string_view value);
  CopyEncoder& Bytes(std::string_view value);
  CopyEncoder& Time(base::Timestamp value);
  CopyEncoder& Day(base::Date value);
  CopyEncoder& Null();
  // After the last row.
  void End();

  // Bytes that were not taken yet, and those bytes. In the middle of a row, too.
  std::size_t Waiting() const { return bytes_.size(); }
  std::string Take();

 private:
  void StartField(std::int32_t length);
  std::string bytes_;
  int column_count_;
  int fields_left_ = 0;
  bool ended_ = false;
};

class CopyDecoder {
 public:
  explicit CopyDecoder(int column_count) : fields_(static_cast<std::size_t>(column_count)) {}

  void Feed(std::string_view bytes);
  // Moves to the next row. False: the rest has not been fed yet, or the end: AtEnd().
  Result<bool> Next();
  bool AtEnd() const { return at_end_; }

  bool IsNull(int field) const;
  Result<bool> Bool(int field) const;
  Result<std::int64_t> Int(int field) const;
  Result<double> Double(int field) const;
  // Valid until the next Feed or Next.
  Result<std::string_view> Text(int field) const;
  Result<std::string_view> Bytes(int field) const;
  Result<base::Timestamp> Time(int field) const;
  Result<base::Date> Day(int field) const;

 private:
  struct Field {
    std::size_t offset = 0;
    std::int32_t length = -1;  // -1: NULL.
  };
  Result<bool> ReadHead();
  std::string bytes_;
  std::size_t position_ = 0;  // Of what was not read yet.
  std::vector<Field> fields_;
  bool head_read_ = false;
  bool at_end_ = false;
};

}  // namespace aisle::postgres
