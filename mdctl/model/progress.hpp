// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "model/mdstat.hpp"

namespace mdctl::model {

// "md0  resync [=====>.............]  31.4%  12.0 MiB/s  2:05 left" in about @width columns.
std::string progress_line(const std::string& array, const SyncStatus& sync, unsigned width = 80);

// Minutes as mdstat has them to "2:05" or "1:02:05".
std::string duration_text(double minutes);

}  // namespace mdctl::model
