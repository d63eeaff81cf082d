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
  // What a member is to the array of its superblock.
  enum class Activity {
    inactive,    // there is no such array now
    undetected,  // there is, without running
    mismatch,    // it runs, and has something else or nothing under this member's number
    active,      // it runs with this member
  };
  std::optional<mdx_super> member;
  std::string member_of;  // path of that array; empty: there is none
  Activity activity = Activity::inactive;

  std::string text() const override;
  Json json() const override;
};

}  // namespace mdctl::output
