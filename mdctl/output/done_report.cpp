// SPDX-License-Identifier: GPL-2.0-only
#include "output/done_report.hpp"

#include <nlohmann/json.hpp>

namespace mdctl::output {

Json DoneReport::json() const { return {{"done", what_}, {"target", target_}, {"path", path_}}; }

}  // namespace mdctl::output
