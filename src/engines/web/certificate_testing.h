// Certificates of one's own making, for tests.
//
//   errors   what cannot be made stops the test run.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "web/certificate_keeper.h"

namespace aisle::web {

struct PemPair {
  std::string certificate;
  std::string key;
};

// Of an elliptic curve, signed by itself, from now on; one that has ended for a negative `valid`.
PemPair MakeCertificate(const std::string& name,
                        std::chrono::seconds valid = std::chrono::hours{1});
// The key as it is with a password.
std::string Encrypted(const std::string& key);

// The files of a pair in a folder.
TlsOptions WritePair(const std::filesystem::path& folder, const PemPair& pair);
// Keeps the pair of a name, written into the folder.
std::shared_ptr<CertificateKeeper> KeepCertificate(const std::filesystem::path& folder,
                                                   const std::string& name);

}  // namespace aisle::web
