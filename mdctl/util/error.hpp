// SPDX-License-Identifier: GPL-2.0-only
// Errors are values: every fallible function returns Result<T>.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "util/format.hpp"

namespace mdctl {

// What kind of failure it is; scripts see it in JSON by name, callers branch on it.
enum class Code {
  usage,          // the command line or a config file is wrong
  not_found,      // a device, array or attribute does not exist
  busy,           // someone else holds it
  no_permission,  // needs root
  refused,        // we could but will not without consent
  io,             // a read or write failed
  corrupt,        // metadata does not make sense
  unsupported,    // this kernel or version cannot
  kernel,         // the driver said no
  internal,
};

const char* to_string(Code code);

// A failure and the story around it. The message says what happened in one sentence;
// contexts are added while it travels up, outermost last; the hint says what to do next.
class Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  // From a failed system call: @what is "cannot open /dev/sda", @err an errno value.
  static Error from_errno(int err, std::string_view what);

  Code code() const { return code_; }
  // errno behind it, 0 if there is none.
  int errno_value() const { return errno_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

  // Prefix the message with "@what: ".
  Error context(std::string_view what) &&;
  Error hint(std::string text) && {
    hint_ = std::move(text);
    return std::move(*this);
  }

  // "message (hint)": one line for people.
  std::string text() const;

 private:
  Code code_;
  int errno_ = 0;
  std::string message_;
  std::string hint_;
};

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

// return fail(Code::busy, "{} is mounted", path);
template <class... Args>
[[nodiscard]] Failure fail(Code code, FormatString<Args...> text, Args&&... args) {
  return Failure(Error(code, fmt::format(text, std::forward<Args>(args)...)));
}

[[nodiscard]] inline Failure fail(Error error) { return Failure(std::move(error)); }

[[nodiscard]] inline Failure fail_errno(int err, std::string_view what) {
  return Failure(Error::from_errno(err, what));
}

}  // namespace mdctl

#define MDCTL_CONCAT_(a, b) a##b
#define MDCTL_CONCAT(a, b) MDCTL_CONCAT_(a, b)

// MDCTL_TRY(auto value, expression): the value, or return the expression's error.
#define MDCTL_TRY(decl, ...) MDCTL_TRY_(MDCTL_CONCAT(mdctl_try_, __LINE__), decl, __VA_ARGS__)
#define MDCTL_TRY_(tmp, decl, ...)                           \
  auto tmp = (__VA_ARGS__);                                  \
  if (!tmp) return ::mdctl::Failure(std::move(tmp).error()); \
  decl = std::move(*tmp)

// The same for Result<void>.
#define MDCTL_CHECK(...)                                       \
  do {                                                         \
    if (auto mdctl_check = (__VA_ARGS__); !mdctl_check)        \
      return ::mdctl::Failure(std::move(mdctl_check).error()); \
  } while (false)
