// SPDX-License-Identifier: GPL-2.0-only
#include "util/uuid.hpp"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <algorithm>
#include <cctype>

namespace mdctl {

Uuid random_uuid() {
  uuid_t raw;
  uuid_generate_random(raw);
  Uuid out;
  std::copy(std::begin(raw), std::end(raw), out.begin());
  return out;
}

std::string to_string(const Uuid& uuid, char separator) {
  std::string out;
  for (std::size_t i = 0; i < uuid.size(); i++) {
    if (i && i % 4 == 0) out += separator;
    out += fmt::format("{:02x}", uuid[i]);
  }
  return out;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  Uuid out{};
  std::size_t digits = 0;
  for (char c : text) {
    if (std::string_view(":.- ").find(c) != std::string_view::npos) continue;
    int value = hex_value(c);
    if (value < 0 || digits == 32) return std::nullopt;
    out[digits / 2] = static_cast<std::uint8_t>(out[digits / 2] << 4 | value);
    digits++;
  }
  if (digits != 32) return std::nullopt;
  return out;
}

}  // namespace mdctl
