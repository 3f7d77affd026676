// Tokens in a folder that only its owner may enter: tokens.json, and audit.jsonl, which is only ever added to.
//
//   shapes   as record.h says.
//   missing  no file: no token was ever made.
//   threads  as TokenStore. Changes of several processes exclude each other by a lock on a file.
//   errors   as TokenStore; messages name the file.
#pragma once

#include <filesystem>

#include "access/token_store.h"

namespace aisle::access {

class FileTokenStore : public TokenStore {
 public:
  explicit FileTokenStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::vector<TokenRecord>> Read() override;
  Status Add(const TokenRecord& record, const AuditEntry& entry) override;
  Status Replace(const TokenRecord& record, const AuditEntry& entry) override;
  Status Note(std::span<const AuditEntry> entries) override;
  Result<std::vector<AuditEntry>> ReadLog(std::size_t count) override;
  std::string Where() const override { return Tokens().string(); }

 private:
  std::filesystem::path Tokens() const { return folder_ / "tokens.json"; }
  std::filesystem::path Log() const { return folder_ / "audit.jsonl"; }
  Status Write(const std::vector<TokenRecord>& records, const AuditEntry& entry);

  std::filesystem::path folder_;
};

// 0700, if it is not there.
Status MakePrivateFolder(const std::filesystem::path& folder);
// 0600 from its first moment, in place of what was there.
Status WritePrivateFile(const std::filesystem::path& path, std::string_view text);

}  // namespace aisle::access
