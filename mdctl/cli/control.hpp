// SPDX-License-Identifier: GPL-2.0-only
// Switches on a whole array, shared by misc and manage mode.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace mdctl::cli {

Result<> stop_array(Context& context, const Options& options, const std::string& array,
                    const std::string& shown);
Result<> run_array(Context& context, const std::string& array, const std::string& shown);
Result<> set_array_readonly(Context& context, const std::string& array, const std::string& shown,
                            bool readonly);

// One of the above by options.action, for the array at @path. Only what misc has: run, stop,
// readonly, readwrite.
Result<> control_array(Context& context, const Options& options, const std::string& path);

}  // namespace mdctl::cli
