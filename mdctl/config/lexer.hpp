// SPDX-License-Identifier: GPL-2.0-only
// Words and statements of mdctl.conf, which has mdadm.conf's grammar: words separated by white
// space, '#' at the start of a word comments the rest of the line out, quotes protect white space
// and '#', and a line that starts with white space continues the statement before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/config.hpp"

namespace mdctl::config {

struct Word {
  std::string text;
  int line = 0;
};

// A keyword and its words, maybe over several lines.
struct Statement {
  int line = 0;
  std::vector<Word> words;  // never empty; the keyword is first
};

// Split @text. What makes no sense is added to @problems as @file's; a quote that is never closed
// ends with its line.
std::vector<Statement> split_statements(std::string_view text, const std::string& file,
                                        std::vector<model::Config::Problem>& problems);

}  // namespace mdctl::config
