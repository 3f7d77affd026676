// Tables and queues on local disk: LMDB behind a wall.
//
// Two shapes, each for one kind of life:
//   Snapshot  tables that are written once, by a TableWriter, and never change afterwards. Readers
//             need no lock and see the file's own bytes.
//   Queue     records that count up (queue.h): appended by one process, read by others, durable.
// A table goes from 64-bit keys to bytes. Which bytes is the caller's business; record_bytes.h helps.
//
//   order    TableWriter: the keys of one table rise, and a Cursor gives them so. Tables are named by their index in
//            the list they were made with.
//   threads  a TableWriter and a Reader belong to one thread each; a Snapshot is immutable and makes
//            Readers for any.
//   errors   kNotFound: no such file or table; kUnavailable: the disk is full or failing, or the file
//            may not grow further; kFailedPrecondition: written by another version of LMDB; kInvalidArgument:
//            keys that do not rise; kInternal: damaged, or the system's own words; each with the path.
//            A file that was damaged behind LMDB's back can crash it: keep DataChecksum() with the
//            file and compare before opening.
//   cost     Get: one walk of a B+tree, no copy, no allocation. Cursor: the next entry of a page.
//   source   LMDB 0.9.24; one file `data.mdb` per folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::kv {

using Key = std::uint64_t;

inline constexpr const char* kDataFile = "data.mdb";
inline constexpr std::size_t kTablesMax = 8;

class TableWriter {
 public:
  // Makes `folder` if need be; it must not hold a data file.
  static Result<TableWriter> Create(const std::filesystem::path& folder,
                                    std::span<const std::string_view> tables);
  TableWriter(TableWriter&&) noexcept;
  TableWriter& operator=(TableWriter&&) = delete;
  ~TableWriter();

  Status Append(std::size_t table, Key key, std::string_view value);
  // Writes what is left, syncs and closes. Nothing may be appended afterwards.
  Status Finish();

 private:
  struct Impl;
  explicit TableWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// XXH3 of the data file, read through a mapping: no copy in memory.
Result<std::string> DataChecksum(const std::filesystem::path& folder);

class Snapshot {
 public:
  static Result<Snapshot> Open(const std::filesystem::path& folder,
                               std::span<const std::string_view> tables);
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  struct Entry {
    Key key = 0;
    std::string_view value;  // Valid while the reader lives.
  };
  class Cursor;
  // One read transaction that lasts as long as the reader; the Snapshot must outlive it.
  class Reader {
   public:
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) = delete;
    ~Reader();
    // The bytes stay valid while the reader lives; nothing: no such key.
    Result<std::optional<std::string_view>> Get(std::size_t table, Key key) const;
    // All of a table, from its first key on; the reader must outlive it.
    Result<Cursor> Scan(std::size_t table) const;

   private:
    friend class Snapshot;
    friend class Cursor;
    struct Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };
  Result<Reader> OpenReader() const;

  // Where a walk through one table stands.
  class Cursor {
   public:
    Cursor(Cursor&&) noexcept;
    Cursor& operator=(Cursor&&) = delete;
    ~Cursor();
    // Nothing: there are no more.
    Result<std::optional<Entry>> Next();

   private:
    friend class Reader;
    struct Impl;
    explicit Cursor(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };

 private:
  struct Impl;
  explicit Snapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::kv
