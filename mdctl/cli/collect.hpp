// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "cli/command.hpp"
#include "model/array_detail.hpp"

namespace mdctl::cli {

// All there is to know about @array, active or not. Code::not_found if it is neither.
Result<model::ArrayDetail> collect_detail(Context& context, const Options& options,
                                          const std::string& array);

}  // namespace mdctl::cli
