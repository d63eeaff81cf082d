// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_console.hpp"

#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <iostream>

namespace mdctl::output {

TextConsole::TextConsole(std::string program)
    : program_(std::move(program)), terminal_(::isatty(STDERR_FILENO) == 1) {}

TextConsole::~TextConsole() {
  if (progress_open_) std::fputc('\n', stderr);
}

void TextConsole::message(Severity, std::string_view text) {
  if (progress_open_) std::fputc('\n', stderr);
  progress_open_ = false;
  std::string line = fmt::format("{}: {}\n", program_, text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool TextConsole::confirm(std::string_view question) {
  for (int tries = 0; tries < 5; tries++) {
    std::string text = fmt::format("{} ", question);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::string answer;
    if (!std::getline(std::cin, answer)) return false;
    const int first = answer.empty() ? 0 : std::tolower(static_cast<unsigned char>(answer[0]));
    if (first == 'y') return true;
    if (first == 'n') return false;
  }
  message(Severity::warning, "no clear answer, taken as 'no'");
  return false;
}

void TextConsole::progress(std::string_view text, bool last) {
  std::string line = terminal_ ? fmt::format("\r\033[K{}", text) : fmt::format("{}\n", text);
  if (terminal_ && last) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  progress_open_ = terminal_ && !last;
}

void RecordingConsole::message(Severity severity, std::string_view text) {
  messages_.push_back({severity, std::string(text)});
}

}  // namespace mdctl::output
