// SPDX-License-Identifier: GPL-2.0-only
// What the daemon says: to the journal with fields one can search by (MDX_UUID=, MDX_ARRAY=,
// MDX_ACTION=), or where there is none to stderr with syslog's "<N>" before each line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdctl::monitor {

enum class Priority { warning = 4, notice = 5, info = 6 };

using LogFields = std::vector<std::pair<std::string, std::string>>;

class Log {
 public:
  virtual ~Log() = default;
  virtual void say(Priority priority, std::string_view message, const LogFields& fields) = 0;
};

// The one that fits the machine.
class SystemLog : public Log {
 public:
  SystemLog();
  void say(Priority priority, std::string_view message, const LogFields& fields) override;

 private:
  bool journal_;
};

}  // namespace mdctl::monitor
