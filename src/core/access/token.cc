#include "access/token.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>

namespace aisle::access {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

std::string ChecksumOf(std::string_view bytes) {
  std::size_t rest = Crc32(bytes);
  std::string text(kChecksumBytes, '0');
  for (std::size_t i = kChecksumBytes; i-- > 0; rest /= kDigits.size())
    text[i] = kDigits[rest % kDigits.size()];
  return text;
}

// Each of the 62 characters as likely as any other.
Result<std::string> RandomDigits(std::size_t count) {
  constexpr unsigned kFair = 256 / 62 * 62;
  std::string text;
  while (text.size() < count) {
    std::array<unsigned char, 64> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      return Fail(ErrorCode::kInternal, "the system gives no random bytes");
    for (const unsigned char byte : bytes) {
      if (byte < kFair && text.size() < count) text += kDigits[byte % kDigits.size()];
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
  }
  return text;
}

std::string WithoutChecksum(const Token& token) {
  return fmt::format("{}{}_{}", kTokenPrefix, token.id, token.secret);
}

std::unexpected<Error> Refused(std::string_view why) {
  return Fail(ErrorCode::kInvalidArgument, std::string(why));
}

}  // namespace

std::string Token::Text() const {
  const std::string text = WithoutChecksum(*this);
  return text + ChecksumOf(text);
}

Result<Token> NewToken() {
  AISLE_TRY(std::string id, RandomDigits(kTokenIdBytes));
  return NewSecretFor(std::move(id));
}

Result<Token> NewSecretFor(std::string id) {
  AISLE_TRY(std::string secret, RandomDigits(kSecretBytes));
  return Token{std::move(id), std::move(secret)};
}

Result<Token> ParseToken(std::string_view text) {
  if (!text.starts_with(kTokenPrefix)) return Refused("it is no token of this server's making");
  if (text.size() != kTokenBytes) {
    return Refused(
        fmt::format("the token has {} characters, not {}: it was cut off, or something was added",
                    text.size(), kTokenBytes));
  }
  const std::size_t secret_at = kTokenPrefix.size() + kTokenIdBytes + 1;
  Token token{std::string(text.substr(kTokenPrefix.size(), kTokenIdBytes)),
              std::string(text.substr(secret_at, kSecretBytes))};
  if (!IsPlain(token.id) || text[secret_at - 1] != '_' || !IsPlain(token.secret) ||
      token.Text() != text) {
    return Refused("the token's checksum does not fit: it was mistyped");
  }
  return token;
}

bool IsTokenId(std::string_view text) { return text.size() == kTokenIdBytes && IsPlain(text); }

SecretHash HashOf(std::string_view secret) {
  SecretHash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash.data());
  return hash;
}

bool AreEqual(const SecretHash& a, const SecretHash& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string HexOf(const SecretHash& hash) {
  std::string text;
  for (const unsigned char byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

bool ReadHex(std::string_view text, SecretHash& hash) {
  if (text.size() != 2 * hash.size()) return false;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    hash[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return true;
}

}  // namespace aisle::access
