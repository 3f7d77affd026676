#include "warehouse/tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace aisle::warehouse {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Reader {
 public:
  explicit Reader(base::NamedText sql) : sql_(sql) {}

  Result<std::vector<Token>> Read() {
    while (begin_ < sql_.text.size()) {
      end_ = begin_;
      AISLE_TRY(const TokenKind kind, ReadOne());
      const std::string_view text = sql_.text.substr(begin_, end_ - begin_);
      tokens_.push_back({kind, text, line_});
      line_ += static_cast<int>(std::ranges::count(text, '\n'));
      begin_ = end_;
    }
    return std::move(tokens_);
  }

 private:
  char At(std::size_t index) const { return index < sql_.text.size() ? sql_.text[index] : '\0'; }

  std::unexpected<Error> Refuse(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", sql_.name, line_, what));
  }

  template <typename Predicate>
  void Skip(Predicate belongs) {
    while (end_ < sql_.text.size() && belongs(sql_.text[end_])) ++end_;
  }

  Result<TokenKind> ReadOne() {
    const char first = At(end_);
    const char second = At(end_ + 1);
    if (first == '\0') return Refuse("a NUL byte in the SQL");
    if (IsSpace(first)) {
      Skip(IsSpace);
      return TokenKind::kBlank;
    }
    if (first == '-' && second == '-') {
      Skip([](char c) { return c != '\n'; });
      return TokenKind::kBlank;
    }
    if (first == '/' && second == '*') return ReadComment();
    if (first == '\'') return ReadQuoted('\'', false);
    if (first == '"') return ReadQuoted('"', false);
    if ((first == 'e' || first == 'E') && second == '\'') {
      ++end_;
      return ReadQuoted('\'', true);
    }
    if (first == '$') return ReadParameter();
    if (IsWordStart(first)) {
      Skip([](char c) { return IsWord(c) || c == '$'; });
      return TokenKind::kOther;
    }
    if (IsDigit(first)) {
      Skip(IsWord);
      return TokenKind::kOther;
    }
    ++end_;
    if (first == ';') return TokenKind::kEnd;
    if (first == '@' && IsWordStart(second)) {
      Skip(IsWord);
      if (At(end_) == '(') return TokenKind::kMacro;
      end_ = begin_ + 1;
    }
    return TokenKind::kOther;
  }

  Result<TokenKind> ReadComment() {
    int depth = 0;
    do {
      if (At(end_) == '\0') return Refuse("a comment that does not end");
      if (At(end_) == '/' && At(end_ + 1) == '*') {
        ++depth;
        ++end_;
      } else if (At(end_) == '*' && At(end_ + 1) == '/') {
        --depth;
        ++end_;
      }
      ++end_;
    } while (depth > 0);
    return TokenKind::kBlank;
  }

  Result<TokenKind> ReadQuoted(char quote, bool backslashes) {
    for (++end_;; ++end_) {
      const char c = At(end_);
      if (c == '\0') {
        return Refuse(quote == '"' ? "a quoted name that does not end"
                                   : "a string that does not end");
      }
      if (c == quote && At(end_ + 1) != quote) break;
      if (c == quote || (backslashes && c == '\\' && At(end_ + 1) != '\0')) ++end_;
    }
    ++end_;
    return TokenKind::kOther;
  }

  Result<TokenKind> ReadParameter() {
    ++end_;
    if (IsDigit(At(end_))) return Refuse("parameters have names: $name, not a number");
    if (!IsWordStart(At(end_))) return Refuse("'$' without a parameter's name");
    Skip(IsWord);
    if (At(end_) == '$') return Refuse("strings in dollars are not portable; use '...'");
    return TokenKind::kParameter;
  }

  base::NamedText sql_;
  std::vector<Token> tokens_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int line_ = 1;
};

}  // namespace

Result<std::vector<Token>> Tokenize(base::NamedText sql) { return Reader(sql).Read(); }

}  // namespace aisle::warehouse
