// SPDX-License-Identifier: GPL-2.0-only
// SHA-1 (FIPS 180-4), for one thing: 0.90 superblocks keep a hash of the home host in their UUID.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mdctl {

std::array<std::uint8_t, 20> sha1(std::string_view data);

}  // namespace mdctl
