// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>

#include "model/array_detail.hpp"
#include "output/report.hpp"
#include "super_format.h"

namespace mdctl::output {

// What a device is to md: an array, a member, both or nothing.
class QueryReport final : public Report {
 public:
  std::string path;
  std::optional<model::ArrayDetail> array;
  std::optional<mdx_super> member;
  std::string member_of;  // path of the array it is active in; empty: none
  bool member_active = false;

  std::string text() const override;
  Json json() const override;
};

}  // namespace mdctl::output
