// SPDX-License-Identifier: GPL-2.0-only
// /run/mdctl/lock: whoever changes arrays holds it, so a command and the daemon never work on the
// same members at once. The kernel lets go of it when its holder dies.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace mdctl::system {

inline constexpr const char* default_run_directory = "/run/mdctl";

class ArrayLock {
 public:
  // Waits for it at most @timeout; Code::busy then. Makes @directory if it is not there.
  static Result<ArrayLock> acquire(const std::string& directory, std::chrono::milliseconds timeout);
  // Does not wait: nullopt if somebody has it.
  static Result<std::optional<ArrayLock>> try_acquire(const std::string& directory);

 private:
  explicit ArrayLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// Is mdadm in the middle of creating an array? It says so in /run/mdadm/creating-*.
bool mdadm_is_creating(const std::string& directory = "/run/mdadm");

}  // namespace mdctl::system
