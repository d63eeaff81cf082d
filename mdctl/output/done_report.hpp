// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "output/report.hpp"

namespace mdctl::output {

// Something was done to an array or device. What people read of it is in messages, or, where mdadm
// prints it on standard output, @said.
class DoneReport final : public Report {
 public:
  DoneReport(std::string what, std::string target, std::string path, std::string said = {})
      : what_(std::move(what)),
        target_(std::move(target)),
        path_(std::move(path)),
        said_(std::move(said)) {}

  std::string text() const override { return said_; }
  Json json() const override;

 private:
  std::string what_;
  std::string target_;
  std::string path_;
  std::string said_;
};

}  // namespace mdctl::output
