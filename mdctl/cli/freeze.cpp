// SPDX-License-Identifier: GPL-2.0-only
#include "cli/freeze.hpp"

namespace mdctl::cli {

Result<std::unique_ptr<Freeze>> Freeze::now(Managed& array) {
  MDCTL_CHECK(array.context.kernel.write(array.array, "sync_action", "frozen"));
  return std::unique_ptr<Freeze>(new Freeze(array));
}

Result<std::unique_ptr<Freeze>> Freeze::begin(Managed& array) {
  const auto action = array.context.kernel.read(array.array, "sync_action");
  if (!action) return std::unique_ptr<Freeze>();
  if (*action == "idle") return now(array);
  return fail(
      Error(Code::busy,
            fmt::format("{} is performing resync/recovery and cannot be reshaped", array.shown))
          .hint(*action == "frozen" ? "--action=idle thaws it" : "--wait for its end"));
}

Result<std::unique_ptr<Freeze>> Freeze::if_idle(Managed& array) {
  const auto action = array.context.kernel.read(array.array, "sync_action");
  if (!action || *action != "idle") return std::unique_ptr<Freeze>();
  return now(array);
}

Freeze::~Freeze() {
  if (auto done = array_.context.kernel.write(array_.array, "sync_action", "idle"); !done)
    array_.context.console.fail(done.error());
}

}  // namespace mdctl::cli
