// SPDX-License-Identifier: GPL-2.0-only
// Names come from disks and may hold anything; what programs read line by line must not show it.
#pragma once

#include <string>
#include <string_view>

namespace mdctl::output {

// A value of a KEY=value line: up to the first control character.
std::string export_value(std::string_view text);

// No config line can hold a control character.
bool fits_config(std::string_view text);

// @text, quoted if need be so that config/lexer reads it back as one word. It must fit.
std::string config_word(std::string_view text);

// "/dev/md/NAME" as a word, NAME being what an array of this name gets for a link.
std::string config_device(std::string_view name);

}  // namespace mdctl::output
