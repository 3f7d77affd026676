// A published generation as rows: all customers, propensities and ids of it, each once, for who copies them
// elsewhere.
//
//   AISLE_TRY(const auto published, PublishedGeneration::OpenCurrent(root));
//   AISLE_TRY(auto customers, published.Customers());
//   for (;;) {
//     AISLE_TRY(const auto customer, customers.Next());
//     if (!customer) break;
//     ... customer->bytes, which DecodeCustomer takes ...
//   }
//
// Nothing is prepared for serving (that is ServingState), but every file is read once and compared with its checksum.
// While the object lives, the generation stays on disk.
//
//   order    customers and propensities by rising customer id; ids by nothing that means anything.
//   missing  a customer without propensities is not among them; no ids where the retailer's are numbers.
//   threads  immutable; each walk belongs to one thread, and the object must outlive it.
//   errors   as ServingState::Open; kFailedPrecondition: the current one was fetched, and has no customers here.
//   cost     opening: reads all files. Next: no copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "kv/kv.h"
#include "serving/generation/lock.h"
#include "serving/generation/manifest.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

struct OpenGeneration;

// The rows of one customer in one table, as they lie there (bytes.h). Valid as long as the walk.
struct CustomerBytes {
  domain::CustomerId customer;
  std::string_view bytes;
};
class CustomerWalk {
 public:
  Result<std::optional<CustomerBytes>> Next();

 private:
  friend class PublishedGeneration;
  CustomerWalk(kv::Snapshot::Reader reader, kv::Snapshot::Cursor cursor)
      : reader_(std::move(reader)), cursor_(std::move(cursor)) {}
  kv::Snapshot::Reader reader_;
  kv::Snapshot::Cursor cursor_;
};

struct CustomerSourceId {
  std::string text;
  domain::CustomerId customer;
};

class PublishedGeneration {
 public:
  static Result<PublishedGeneration> OpenCurrent(const std::filesystem::path& root);

  const GenerationManifest& Manifest() const { return manifest_; }
  const Shelf& PublishedShelf() const { return shelf_; }
  // Over everything that the generation holds.
  const std::string& Checksum() const { return checksum_; }

  // Its files but those of customers and propensities, the manifest first; by their paths within the generation.
  std::vector<std::string> FilesBesideCustomers() const;
  // kInternal: it is damaged now.
  Result<std::string> ReadFile(const std::string& name) const;

  Result<CustomerWalk> Customers() const;
  Result<CustomerWalk> Propensities() const;
  // The retailer's own ids of customers, all in memory.
  Result<std::vector<CustomerSourceId>> SourceIds() const;

 private:
  explicit PublishedGeneration(OpenGeneration files);
  Result<CustomerWalk> Walk(std::size_t table) const;

  GenerationLock lock_;
  GenerationManifest manifest_;
  std::string checksum_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> checksums_;
  Shelf shelf_;
  kv::Snapshot data_;
};

}  // namespace aisle::serving
