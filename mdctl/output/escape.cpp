// SPDX-License-Identifier: GPL-2.0-only
#include "output/escape.hpp"

#include <algorithm>

namespace mdctl::output {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string export_value(std::string_view text) {
  return {text.begin(), std::find_if(text.begin(), text.end(), is_control)};
}

bool fits_config(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

std::string config_word(std::string_view text) {
  if (text.find_first_of(" '\"#") == std::string_view::npos) return std::string(text);
  // Quotes end at their like and know no escapes: a double one stands in single ones.
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"'\"'\"") : std::string(1, c);
  return out + "\"";
}

std::string config_device(std::string_view name) {
  std::string out = "/dev/md/";
  for (char c : name) out += is_control(c) || c == '/' ? '-' : c;
  return config_word(out);
}

}  // namespace mdctl::output
