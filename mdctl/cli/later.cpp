// SPDX-License-Identifier: GPL-2.0-only
// Modes and actions of mdadm's that this release knows but does not do: a clear word beats
// "unrecognized option".
#include "cli/command.hpp"

namespace mdctl::cli {
namespace {

Result<int> refuse_monitor(Context&, const Options&) {
  return fail(Error(Code::unsupported, "--monitor is not part of this release")
                  .hint("mdctl --daemon assembles, mdadm --monitor watches"));
}

Result<int> refuse_misc(Context&, const Options& options) {
  return fail(
      Error(Code::unsupported, fmt::format("{} is not part of this release", options.mode_option))
          .hint("mdadm has it"));
}

const Registration monitor({"monitor", Mode::monitor, Action::none, "watch arrays",
                            refuse_monitor});
const Registration platform({"detail-platform", Mode::misc, Action::detail_platform, "",
                             refuse_misc});
const Registration dump({"dump", Mode::misc, Action::dump, "", refuse_misc});
const Registration restore({"restore", Mode::misc, Action::restore, "", refuse_misc});
const Registration update_subarray({"update-subarray", Mode::misc, Action::update_subarray, "",
                                    refuse_misc});
const Registration kill_subarray({"kill-subarray", Mode::misc, Action::kill_subarray, "",
                                  refuse_misc});
const Registration udev_rules({"udev-rules", Mode::misc, Action::udev_rules, "", refuse_misc});

}  // namespace
}  // namespace mdctl::cli
