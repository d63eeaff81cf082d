// SPDX-License-Identifier: GPL-2.0-only
// --grow: what a running array can be given, or be made to give up, without a reshape.
#pragma once

#include "cli/manage.hpp"

namespace mdctl::cli {

// --bitmap: gives the array one, or takes it away.
Result<> grow_bitmap(Managed& array, const mdu_array_info_t& info);

// --raid-devices of a mirror, after --add of those that come with it.
Result<> grow_members(Managed& array, const mdu_array_info_t& info);
// --add to a linear array, which becomes longer by it.
Result<> append_members(Managed& array);

// --size: what is used of each member.
Result<> grow_component(Managed& array, const mdu_array_info_t& info);
// --array-size: what is shown of the array until it stops.
Result<> set_array_size(Managed& array);

}  // namespace mdctl::cli
