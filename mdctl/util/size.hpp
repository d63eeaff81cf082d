// SPDX-License-Identifier: GPL-2.0-only
// Sizes as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mdctl {

// "4096", "64K": a whole number with K (default), M, G, T or s (sectors) behind it.
// In sectors of 512 bytes; nullopt if it is no size or does not fit.
std::optional<std::uint64_t> parse_size_sectors(std::string_view text);

// " (39.00 MiB 40.89 MB)"; empty below 5000 KiB, where the number itself is readable.
std::string human_size(std::uint64_t bytes);
// "39.00MiB" and "40.89MB"; empty below 5000 KiB.
std::string brief_binary_size(std::uint64_t bytes);
std::string brief_decimal_size(std::uint64_t bytes);

}  // namespace mdctl
