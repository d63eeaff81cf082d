// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/bad_blocks.hpp"
#include "output/report.hpp"

namespace mdctl::output {

// --examine-badblocks of one member.
class BadBlocksReport final : public Report {
 public:
  enum class Log { none, empty, used };
  std::string path;
  Log log = Log::none;
  std::vector<model::BadRange> ranges;  // of a log that is used

  std::string text() const override;
  Json json() const override;
};

}  // namespace mdctl::output
