// SPDX-License-Identifier: GPL-2.0-only
#include "output/incremental_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "output/escape.hpp"

namespace mdctl::output {

std::string IncrementalReport::export_keys() const {
  std::string out = fmt::format("MD_DEVICE={}\n", array);
  if (!name.empty()) out += fmt::format("MD_DEVNAME={}\n", export_value(name));
  out += fmt::format("MD_FOREIGN={}\n", foreign ? "yes" : "no");
  return out + fmt::format("MD_STARTED={}\n", started);
}

Json IncrementalReport::json() const {
  return {{"array", array}, {"name", name}, {"foreign", foreign}, {"started", started}};
}

}  // namespace mdctl::output
