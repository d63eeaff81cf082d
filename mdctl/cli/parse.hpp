// SPDX-License-Identifier: GPL-2.0-only
// argv to Options. getopt_long does the words, because abbreviations and permutation must be
// exactly mdadm's; the tables in option_table.cpp say what each word means in which mode.
#pragma once

#include <string>

#include "cli/options.hpp"
#include "util/error.hpp"

namespace mdctl::cli {

enum class Ask { command, help, help_options, version };

struct Parsed {
  Ask ask = Ask::command;
  Options options;
};

// Code::usage for what makes no sense; its message is complete. Uses getopt's globals.
Result<Parsed> parse(int argc, char** argv);

// Whether --json, or what is short for it, stands on a line of which parse() made nothing. A word
// that another option would have taken counts, too.
bool asks_for_json(int argc, char** argv);

const char* mode_name(Mode mode);

}  // namespace mdctl::cli
