// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace mdctl::cli {

// The whole program behind main: parse, build the context, run the command, print. Exit status.
int run(int argc, char** argv);

}  // namespace mdctl::cli
