// SPDX-License-Identifier: GPL-2.0-only
// mdctl.conf from anywhere: the reader ends, and names only lines that exist.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  mdctl::model::Config config;
  mdctl::config::parse_config(text, "fuzz.conf", config);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const auto& problem : config.problems) {
    if (problem.line >= 1 && problem.line <= lines) continue;
    std::fprintf(stderr, "config: a problem in line %d of %ld\n", problem.line,
                 static_cast<long>(lines));
    std::abort();
  }
  return 0;
}
