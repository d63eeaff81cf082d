// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mdctl {

// 16 bytes in the order mdadm shows them.
using Uuid = std::array<std::uint8_t, 16>;

Uuid random_uuid();

// mdadm's spelling: "f9d1a5b2:0c6e1b7c:...", four groups of eight digits; @separator between them.
std::string to_string(const Uuid& uuid, char separator = ':');

// Accepts 32 hex digits with any of ":.- " between them, as mdadm does. 8-4-4-4-12 is fine too.
std::optional<Uuid> parse_uuid(std::string_view text);

inline bool is_zero(const Uuid& uuid) { return uuid == Uuid{}; }

}  // namespace mdctl
