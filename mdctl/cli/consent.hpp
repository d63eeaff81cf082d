// SPDX-License-Identifier: GPL-2.0-only
// Before a device is overwritten: what is on it, said aloud.
#pragma once

#include "cli/command.hpp"

namespace mdctl::cli {

// Everything found on @device, a sentence each.
Result<std::vector<std::string>> content_of(kernel::BlockDevice& device);

// Asks without holding the array lock, so what was looked at must be looked at again after a yes.
// Code::refused where nobody can be asked; @how_to says what is consent there.
Result<bool> ask(Context& context, const Options& options, const std::string& question,
                 const std::string& how_to);

// "Why" for people: which array or mount holds @number; empty if nobody can be named.
std::string holder_text(Context& context, kernel::DeviceNumber number);

// Opens @path with @access; a busy device is refused with the name of its holder.
Result<std::unique_ptr<kernel::BlockDevice>> open_member(Context& context, const std::string& path,
                                                         kernel::Access access);

}  // namespace mdctl::cli
