// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "cli/options.hpp"
#include "kernel/kernel.hpp"

namespace mdctl::cli {

// --help; about one mode if @mode is one.
std::string help_text(Mode mode);
// --help-options: every option there is.
std::string options_text();
// --version: "mdctl - v0.1.0 - driver: mdx 0.1.0".
std::string version_text(const std::string& program, const kernel::Driver& driver);

}  // namespace mdctl::cli
