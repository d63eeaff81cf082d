// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "output/report.hpp"

namespace mdctl::output {

// Where --incremental put a device.
class IncrementalReport final : public Report {
 public:
  std::string array;  // "md127"
  std::string name;   // below /dev/md; empty: none
  bool foreign = false;
  std::string started;  // "yes", "no", "unsafe", "already", "unknown"

  std::string text() const override { return {}; }
  std::string export_keys() const override;
  Json json() const override;
};

}  // namespace mdctl::output
