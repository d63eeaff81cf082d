// SPDX-License-Identifier: GPL-2.0-only
// What adding shares: new spares, former members, members of a linear array that grows.
#pragma once

#include <linux/raid/md_u.h>

#include "cli/manage.hpp"
#include "super_format.h"

namespace mdctl::cli {

// For ADD_NEW_DISK. @slot: -1: none. @state: bits MD_DISK_*.
mdu_disk_info_t disk_info(kernel::DeviceNumber device, int number, int slot, unsigned state);

// Bits of write-mostly and failfast; what the line does not say is as in @devflags of a superblock.
unsigned flag_bits(const DeviceArgument& argument, unsigned devflags = 0);

// Asks before a device that holds something is overwritten, unless --force, --run or a dry run is
// the answer. Code::refused: no.
Result<> consent_to_add(Managed& array, kernel::BlockDevice& device);

// Says it and reports it.
void told(Managed& array, const char* what, const std::string& path);

// A former member whose slot is empty: the kernel decides whether it is recent enough. It wants the
// device for itself, so nobody may hold it open here. False: its word is that this one cannot come
// back. Any other refusal tells nothing about that, and a rebuild would not mend it.
Result<bool> try_re_add(Managed& array, const DeviceArgument& argument, kernel::DeviceNumber number,
                        mdx_super& own, const mdu_array_info_t& info);

// --re-add of "missing" and of "faulty".
Result<> re_add_missing(Managed& array, const DeviceArgument& argument);
Result<> re_add_faulty(Managed& array);
// Of one that has failed and is still attached: false if @path is none.
Result<bool> re_add_attached(Managed& array, const std::string& path);

}  // namespace mdctl::cli
