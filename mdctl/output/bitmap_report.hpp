// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "bitmap_format.h"
#include "output/report.hpp"

namespace mdctl::output {

// --examine-bitmap of one member.
struct BitmapReport final : Report {
  std::string path;
  mdx_bitmap_super super{};
  bool whole = false;  // its chunks are known; else only what the superblock says
  std::uint64_t chunks = 0;
  std::uint64_t dirty = 0;

  std::string text() const override;
  std::string brief() const override;  // without its bits
  Json json() const override;
};

}  // namespace mdctl::output
