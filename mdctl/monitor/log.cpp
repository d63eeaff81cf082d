// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/log.hpp"

#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

// The macro form would name this file as the source of every message.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace mdctl::monitor {

namespace {

bool send_to_journal(Priority priority, std::string_view message, const LogFields& fields) {
  std::vector<std::string> lines{fmt::format("MESSAGE={}", message),
                                 fmt::format("PRIORITY={}", static_cast<int>(priority)),
                                 "SYSLOG_IDENTIFIER=mdctld"};
  for (const auto& [key, value] : fields) lines.push_back(fmt::format("MDX_{}={}", key, value));
  std::vector<iovec> pieces;
  for (std::string& line : lines) pieces.push_back({line.data(), line.size()});
  return sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size())) >= 0;
}

}  // namespace

// Started by hand on a terminal, or with its output in a file, it is read there.
SystemLog::SystemLog()
    : journal_(getenv("JOURNAL_STREAM") && access("/run/systemd/journal/socket", W_OK) == 0) {}

void SystemLog::say(Priority priority, std::string_view message, const LogFields& fields) {
  if (journal_ && send_to_journal(priority, message, fields)) return;
  fmt::print(stderr, "<{}>{}\n", static_cast<int>(priority), message);
}

}  // namespace mdctl::monitor
