// SPDX-License-Identifier: GPL-2.0-only
// Messages for people, apart from a command's result.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/error.hpp"

namespace mdctl::output {

enum class Severity { note, warning, failure };

// Messages go to stderr as "mdctl: text", or are kept for the JSON document.
// Where mdadm indents follow-up lines, they are part of one message.
class Console {
 public:
  struct Message {
    Severity severity;
    std::string text;
  };

  virtual ~Console() = default;

  virtual void message(Severity severity, std::string_view text) = 0;
  // A yes/no question on stdin. End of input is no.
  virtual bool confirm(std::string_view question) = 0;
  // A progress line: replaces the last one on a terminal, printed as a line elsewhere.
  virtual void progress(std::string_view text, bool last) = 0;
  // How often a progress line makes sense there.
  virtual std::chrono::milliseconds progress_interval() const = 0;

  template <class... Args>
  void note(FormatString<Args...> text, Args&&... args) {
    if (!quiet_) message(Severity::note, fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warn(FormatString<Args...> text, Args&&... args) {
    message(Severity::warning, fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  void fail(FormatString<Args...> text, Args&&... args) {
    message(Severity::failure, fmt::format(text, std::forward<Args>(args)...));
  }
  void fail(const Error& error) { message(Severity::failure, error.text()); }

  void set_quiet(bool quiet) { quiet_ = quiet; }

 private:
  bool quiet_ = false;
};

}  // namespace mdctl::output
