// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/array_detail.hpp"
#include "output/report.hpp"

namespace mdctl::output {

class DetailReport final : public Report {
 public:
  struct Style {
    bool verbose = false;
    bool no_devices = false;
  };

  DetailReport(model::ArrayDetail detail, Style style)
      : detail_(std::move(detail)), style_(style) {}

  std::string text() const override;
  std::string brief() const override;
  std::string export_keys() const override;
  Json json() const override;

 private:
  std::string geometry_text() const;
  std::string state_text() const;
  std::string identity_text() const;
  std::string members_text() const;

  model::ArrayDetail detail_;
  Style style_;
};

// "Sun Nov 22 04:00:51 2026", local time as ctime(3).
std::string time_text(std::int64_t seconds);

}  // namespace mdctl::output
