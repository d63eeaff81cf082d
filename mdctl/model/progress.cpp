// SPDX-License-Identifier: GPL-2.0-only
#include "model/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mdctl::model {

std::string duration_text(double minutes) {
  const auto seconds = static_cast<unsigned long long>(std::max(0.0, minutes) * 60 + 0.5);
  const auto h = seconds / 3600, m = seconds / 60 % 60, s = seconds % 60;
  return h ? fmt::format("{}:{:02}:{:02}", h, m, s) : fmt::format("{}:{:02}", m, s);
}

std::string progress_line(const std::string& array, const SyncStatus& sync, unsigned width) {
  if (sync.phase != SyncPhase::running) {
    const char* why = sync.phase == SyncPhase::delayed   ? "waits for another array"
                      : sync.phase == SyncPhase::pending ? "waits for the array to be writable"
                                                         : "runs on another node";
    return fmt::format("{}  {} {}", array, sync.action, why);
  }
  const std::string tail =
      fmt::format(" {:5.1f}%  {:.1f} MiB/s  {} left", sync.percent,
                  static_cast<double>(sync.speed_kib) / 1024, duration_text(sync.finish_minutes));
  const std::string head = fmt::format("{}  {} ", array, sync.action);
  const std::size_t taken = head.size() + tail.size() + 3;
  const std::size_t room = width > taken + 10 ? std::min<std::size_t>(width - taken, 40) : 10;
  const double part = std::clamp(sync.percent, 0.0, 100.0) / 100;
  const auto done = static_cast<std::size_t>(part * static_cast<double>(room));
  return fmt::format("{}[{}{}{}]{}", head, std::string(done, '='), done < room ? ">" : "",
                     std::string(done < room ? room - done - 1 : 0, '.'), tail);
}

}  // namespace mdctl::model
