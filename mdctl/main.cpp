// SPDX-License-Identifier: GPL-2.0-only
#include <cstdio>
#include <exception>

#include "cli/run.hpp"

int main(int argc, char** argv) {
  try {
    return mdctl::cli::run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "mdctl: internal failure: %s\n", failure.what());
    return 1;
  }
}
