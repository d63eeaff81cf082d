// SPDX-License-Identifier: GPL-2.0-only
// Commands return a Report, writers turn it into text. A report is one model with its views.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace mdctl::output {

using Json = nlohmann::ordered_json;

enum class Format { text, brief, export_, json };

class Report {
 public:
  virtual ~Report() = default;

  // What people read; ends with a newline unless empty.
  virtual std::string text() const = 0;
  // One line an array, for mdadm.conf.
  virtual std::string brief() const { return text(); }
  // KEY=value lines for udev.
  virtual std::string export_keys() const { return {}; }
  // The tested contract.
  virtual Json json() const = 0;
};

using Reports = std::vector<std::unique_ptr<Report>>;

}  // namespace mdctl::output
