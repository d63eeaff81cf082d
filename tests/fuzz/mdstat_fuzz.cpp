// SPDX-License-Identifier: GPL-2.0-only
// /proc/mdstat of any driver or none: the reader ends and finds what it lists.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/mdstat.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto mdstat =
      mdctl::model::parse_mdstat(std::string(reinterpret_cast<const char*>(data), size));
  for (const auto& array : mdstat.arrays)
    if (array.name.empty() || !mdstat.find(array.name)) std::abort();
  return 0;
}
