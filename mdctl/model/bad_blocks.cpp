// SPDX-License-Identifier: GPL-2.0-only
#include "model/bad_blocks.hpp"

namespace mdctl::model {

std::vector<BadRange> decode_bad_blocks(std::span<const std::byte> log, unsigned shift) {
  constexpr std::size_t kEntry = 8;
  constexpr std::uint64_t kEnd = ~std::uint64_t{0};
  constexpr unsigned kLengthBits = 10;
  std::vector<BadRange> out;
  for (; log.size() >= kEntry; log = log.subspan(kEntry)) {
    std::uint64_t entry = 0;
    for (std::size_t i = kEntry; i-- > 0;) entry = entry << 8 | std::to_integer<unsigned>(log[i]);
    if (entry == kEnd) break;
    out.push_back({entry >> kLengthBits << shift, (entry & ((1u << kLengthBits) - 1)) << shift});
  }
  return out;
}

}  // namespace mdctl::model
