// The text of an access token, and what is kept of it.
//
//   aisle_4dR0s9kTq2Lw_<43 characters of secret><6 of checksum>
//
// The id finds the token's record, the secret proves that whoever shows it was given it. All of it is letters and
// digits, so it needs no quoting anywhere and a double click selects what follows an underscore. The checksum tells a
// token that was cut off or mistyped from one that is not known, and a scanner of source code a token from a name.
//
//   shapes   "aisle_", 12 characters of id, "_", 43 of secret, 6 of checksum; characters are 0-9, A-Z, a-z.
//   missing  nothing stands for a secret that is not there: ParseToken refuses it.
//   threads  free functions.
//   errors   NewToken: kInternal, the system gives no random bytes. ParseToken: kInvalidArgument, in words that hold
//            nothing of what was given.
//   cost     HashOf: one block of SHA-256, under a microsecond. A password's slow hash would buy nothing: a secret has
//            256 bits and comes from no dictionary.
//   source   FIPS 180-4 by OpenSSL; the checksum is the CRC-32 of IEEE 802.3 over all that stands before it, in base
//            62, as other makers of tokens have it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::access {

inline constexpr std::string_view kTokenPrefix = "aisle_";
inline constexpr std::size_t kTokenIdBytes = 12;
inline constexpr std::size_t kSecretBytes = 43;  // 62^43 > 2^256.
inline constexpr std::size_t kChecksumBytes = 6;
inline constexpr std::size_t kTokenBytes =
    kTokenPrefix.size() + kTokenIdBytes + 1 + kSecretBytes + kChecksumBytes;

struct Token {
  std::string id;
  std::string secret;  // Without the checksum.
  std::string Text() const;
};

// Of the kernel's random bytes.
Result<Token> NewToken();
// Another secret for the same id.
Result<Token> NewSecretFor(std::string id);
Result<Token> ParseToken(std::string_view text);
bool IsTokenId(std::string_view text);

using SecretHash = std::array<unsigned char, 32>;

SecretHash HashOf(std::string_view secret);
// In a time that does not depend on where they differ.
bool AreEqual(const SecretHash& a, const SecretHash& b);
std::string HexOf(const SecretHash& hash);
// False: 64 hexadecimal digits in lower case are accepted.
bool ReadHex(std::string_view text, SecretHash& hash);

}  // namespace aisle::access
