// How every fallible function of this project reports failure.
//
// A failure that a caller could meet in production (a missing row, a bad file, a refused
// connection) is a value: the function returns Result<T>. A broken promise between two of our own
// functions is a bug: AISLE_ASSERT stops the process, in release too. Nothing else leaves a module;
// exceptions of third parties end in the wrapper that calls them.
//
//   errors   one code per reaction of the caller; the message names the thing and the value.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace aisle {

// What the caller can do about it.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  // The request or file is wrong; the same again will fail again. HTTP 400,
                     // exit 2.
  kNotFound,         // The thing asked for is not there. HTTP 404, exit 3.
  kUnavailable,  // A dependency is down, slow or held by somebody; a retry may succeed. HTTP 503,
                 // exit 4.
  kFailedPrecondition,  // Stores or versions disagree, or a step before is missing; a person must
                        // act. Exit 5.
  kInternal,            // Ours: a bug or a corrupt file. HTTP 500, exit 1.
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;     // Names the thing and the value: "model ranking/7: input 'age' missing".
  std::string field = {};  // The input that is wrong, by its name; empty: none.
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message), {}});
}

// An input that is wrong: `field` is for programs, the message for people.
inline std::unexpected<Error> FailField(ErrorCode code, std::string field, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(field)});
}

// The same error with what was being done in front: "publish: <message>".
inline std::unexpected<Error> Within(const std::string& what, Error error) {
  error.message = what + ": " + error.message;
  return std::unexpected<Error>(std::move(error));
}

[[noreturn]] void AssertFailed(const char* condition, const char* file, int line);

}  // namespace aisle

#define AISLE_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::aisle::AssertFailed(#condition, __FILE__, __LINE__))

#define AISLE_JOIN_(a, b) a##b
#define AISLE_JOIN(a, b) AISLE_JOIN_(a, b)

// Leaves the function with the error of `expression`, or binds its value to `target`:
//   AISLE_TRY(auto rows, CountRows(path));
#define AISLE_TRY(target, expression) \
  AISLE_TRY_(target, expression, return, AISLE_JOIN(try_, __LINE__))
// Leaves the function with the error of a Status.
#define AISLE_CHECK(expression) AISLE_CHECK_(expression, return, AISLE_JOIN(try_, __LINE__))
// Twins for coroutines, where a plain return does not compile.
#define AISLE_CO_TRY(target, expression) \
  AISLE_TRY_(target, expression, co_return, AISLE_JOIN(try_, __LINE__))
#define AISLE_CO_CHECK(expression) AISLE_CHECK_(expression, co_return, AISLE_JOIN(try_, __LINE__))

#define AISLE_TRY_(target, expression, leave, name)                          \
  auto name = (expression);                                                  \
  if (!name) leave std::unexpected<::aisle::Error>(std::move(name).error()); \
  target = *std::move(name)
#define AISLE_CHECK_(expression, leave, name) \
  if (auto name = (expression); !name)        \
  leave std::unexpected<::aisle::Error>(std::move(name).error())
