// SPDX-License-Identifier: GPL-2.0-only
// Does what was asked of --create or --build make sense, before any device is looked at?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "config/naming.hpp"
#include "model/create_plan.hpp"
#include "super_format.h"

namespace mdctl::cli {

struct CreateShape {
  mdx_sb_version version = MDX_SB_1_2;
  std::uint32_t layout = 0;
  unsigned spares = 0;
  std::optional<std::uint64_t> data_offset;  // sectors
  // Unset: the size decides.
  std::optional<bool> bitmap;
  model::BitmapRequest bitmap_request;
};

Result<CreateShape> check_create(Context& context, const Options& options);
// What both modes share: an array, a level, as many devices as said.
Result<> check_counts(const Options& options, unsigned spares);
// The layout asked for, or the level's default.
Result<std::uint32_t> check_layout(const Options& options);

// "home" for /dev/md/home, "0" for /dev/md0: the name without its host.
std::string short_name(const config::ArrayName& name);
// With the host in front where there is one and both fit.
std::string full_set_name(const std::string& name, const std::string& host);

}  // namespace mdctl::cli
