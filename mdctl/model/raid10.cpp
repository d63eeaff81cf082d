// SPDX-License-Identifier: GPL-2.0-only
#include "model/raid10.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mdctl::model {
namespace {

constexpr unsigned kLetters = 26;

unsigned near_copies(std::uint32_t layout) { return layout & 255; }
unsigned far_copies(std::uint32_t layout) { return layout >> 8 & 255; }

}  // namespace

std::optional<std::uint32_t> parse_raid10_layout(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  unsigned copies = 0;
  auto [rest, failed] = std::from_chars(text.data() + 1, text.data() + text.size(), copies);
  if (failed != std::errc{} || rest != text.data() + text.size() || !copies || copies > 255)
    return std::nullopt;
  switch (text[0]) {
    case 'n': return 256 + copies;
    case 'f': return 1 + (copies << 8);
    case 'o': return 1 + (copies << 8) + (1u << 16);
    default: return std::nullopt;
  }
}

std::string raid10_layout_name(std::uint32_t layout) {
  const unsigned near = near_copies(layout), far = far_copies(layout);
  std::string out;
  if (near > 1 || far == 1) out = fmt::format("near={}", near);
  if (far > 1)
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : ", ", layout >> 16 & 1 ? "offset" : "far", far);
  return out;
}

unsigned raid10_copies(std::uint32_t layout) {
  return std::max(1u, near_copies(layout) * far_copies(layout));
}

std::uint64_t raid10_sectors(std::uint32_t layout, unsigned raid_disks, std::uint32_t chunk_sectors,
                             std::uint64_t member_sectors) {
  if (!chunk_sectors || !near_copies(layout) || !far_copies(layout)) return 0;
  const std::uint64_t rows = member_sectors / chunk_sectors / far_copies(layout);
  return rows * raid_disks / near_copies(layout) * chunk_sectors;
}

bool raid10_is_whole(std::uint32_t layout, const std::vector<bool>& filled) {
  const auto slots = static_cast<unsigned>(filled.size());
  const auto empty = static_cast<unsigned>(std::count(filled.begin(), filled.end(), false));
  const unsigned copies = raid10_copies(layout);
  if (empty < copies) return true;
  if (far_copies(layout) != 1) return false;
  // Chunks follow each other around the slots; they begin where they began after at most as many.
  for (unsigned chunk = 0, first = 0; chunk < slots; chunk++) {
    bool found = false;
    for (unsigned copy = 0; copy < copies; copy++) found |= filled[(first + copy) % slots];
    if (!found) return false;
    first = (first + copies) % slots;
  }
  return true;
}

std::optional<unsigned> raid10_set(std::uint32_t layout, unsigned raid_disks, unsigned slot) {
  const unsigned copies = raid10_copies(layout);
  if (raid_disks % copies || copies > kLetters) return std::nullopt;
  return slot % copies;
}

}  // namespace mdctl::model
