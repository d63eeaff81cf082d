// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "output/report.hpp"

namespace mdctl::output {

// Something was done to an array or device; only JSON shows it, messages told people already.
class DoneReport final : public Report {
 public:
  DoneReport(std::string what, std::string target, std::string path)
      : what_(std::move(what)), target_(std::move(target)), path_(std::move(path)) {}

  std::string text() const override { return {}; }
  Json json() const override;

 private:
  std::string what_;
  std::string target_;
  std::string path_;
};

}  // namespace mdctl::output
