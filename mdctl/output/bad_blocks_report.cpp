// SPDX-License-Identifier: GPL-2.0-only
#include "output/bad_blocks_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace mdctl::output {

std::string BadBlocksReport::text() const {
  if (log == Log::none) return fmt::format("No bad-blocks list configured on {}\n", path);
  if (log == Log::empty) return fmt::format("Bad-blocks list is empty in {}\n", path);
  std::string out = fmt::format("Bad-blocks on {}:\n", path);
  for (const auto& range : ranges)
    out += fmt::format("{:>20} for {} sectors\n", range.sector, range.sectors);
  return out;
}

Json BadBlocksReport::json() const {
  Json out{{"path", path}, {"has_log", log != Log::none}, {"bad_blocks", Json::array()}};
  for (const auto& range : ranges)
    out["bad_blocks"].push_back({{"sector", range.sector}, {"sectors", range.sectors}});
  return out;
}

}  // namespace mdctl::output
