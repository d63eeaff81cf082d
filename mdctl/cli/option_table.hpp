// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "cli/parse.hpp"

namespace mdctl::cli {

// What is being built while words are read.
struct ParseState {
  Parsed out;
  Action device_action = Action::none;  // for the devices that follow
  std::optional<bool> write_mostly;
  std::optional<bool> failfast;
  bool wants_device = false;  // -r, unlike --remove, is nothing without a device behind it
  std::string spelled;        // the option as written, "-A" or "--assemble"

  Options& options() { return out.options; }
  bool in(Mode mode) const { return out.options.mode == mode; }
};

using Handler = Result<> (*)(ParseState& state, const std::string& argument);

constexpr unsigned bit(Mode mode) { return 1u << static_cast<unsigned>(mode); }
constexpr unsigned kAnyMode = ~0u;

struct OptionRow {
  const char* name;
  int argument;    // 0 none, 1 required, 2 optional
  unsigned modes;  // where it is allowed; Mode::none: may come first
  Handler handle;
  const char* help;  // one line; null: accepted but not advertised
};

const std::vector<OptionRow>& option_rows();

// Short letters mean different words in different modes: the first row that fits.
struct LetterRow {
  char letter;
  unsigned modes;
  const char* name;
};
const std::vector<LetterRow>& letter_rows();

// Sets the mode, or refuses a second one.
Result<> enter_mode(ParseState& state, Mode mode);
// The same for options that imply manage or misc but may follow either.
Result<> enter_action(ParseState& state, Mode mode, Action action);

}  // namespace mdctl::cli
