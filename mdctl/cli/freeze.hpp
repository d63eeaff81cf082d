// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>

#include "cli/manage.hpp"

namespace mdctl::cli {

// Keeps syncs from starting while it lives, so that several steps are one to the driver.
class Freeze {
 public:
  // Code::busy while a sync runs. Null: the array has none at all.
  static Result<std::unique_ptr<Freeze>> begin(Managed& array);
  // The same where one that runs is no hindrance: null, then, too.
  static Result<std::unique_ptr<Freeze>> if_idle(Managed& array);
  ~Freeze();
  Freeze(const Freeze&) = delete;
  Freeze& operator=(const Freeze&) = delete;

 private:
  explicit Freeze(Managed& array) : array_(array) {}
  static Result<std::unique_ptr<Freeze>> now(Managed& array);
  Managed& array_;
};

}  // namespace mdctl::cli
