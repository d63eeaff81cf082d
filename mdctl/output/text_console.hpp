// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "output/console.hpp"

namespace mdctl::output {

// To stderr, as "mdctl: text".
class TextConsole : public Console {
 public:
  // @program: the name we were called by.
  explicit TextConsole(std::string program);
  ~TextConsole() override;

  void message(Severity severity, std::string_view text) override;
  bool confirm(std::string_view question) override;
  void progress(std::string_view text, bool last) override;
  // Every second on a terminal, every five in a log.
  std::chrono::milliseconds progress_interval() const override {
    return std::chrono::milliseconds(terminal_ ? 1000 : 5000);
  }

 private:
  std::string program_;
  bool terminal_;
  bool progress_open_ = false;  // the cursor is behind an unfinished progress line
};

// Keeps messages for the JSON document; questions and progress still go to people.
class RecordingConsole final : public TextConsole {
 public:
  using TextConsole::TextConsole;

  void message(Severity severity, std::string_view text) override;
  void progress(std::string_view, bool) override {}
  const std::vector<Message>& messages() const { return messages_; }

 private:
  std::vector<Message> messages_;
};

}  // namespace mdctl::output
