// SPDX-License-Identifier: GPL-2.0-only
// Before a device is overwritten: what is on it, said aloud.
#pragma once

#include "cli/command.hpp"

namespace mdctl::cli {

// Names everything found on @device. True if there was anything.
Result<bool> warn_of_content(Context& context, kernel::BlockDevice& device);

// "Why" for people: which array or mount holds @number; empty if nobody can be named.
std::string holder_text(Context& context, kernel::DeviceNumber number);

// Opens @path with @access; a busy device is refused with the name of its holder.
Result<std::unique_ptr<kernel::BlockDevice>> open_member(Context& context, const std::string& path,
                                                         kernel::Access access);

}  // namespace mdctl::cli
