// SPDX-License-Identifier: GPL-2.0-only
// /run/mdctl/state.json: readable by all, replaced in one step, so a reader never sees half of it.
#pragma once

#include <string>

#include "util/error.hpp"

namespace mdctl::monitor {

Result<> write_state_file(const std::string& directory, const std::string& text);
// Code::not_found if there is none.
Result<std::string> read_state_file(const std::string& directory);

}  // namespace mdctl::monitor
