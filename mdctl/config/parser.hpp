// SPDX-License-Identifier: GPL-2.0-only
// Statements of mdctl.conf to values. Never fails: a line that makes no sense is left out and
// named in Config::problems, because half a configuration must not keep a machine from booting.
#pragma once

#include <string>
#include <string_view>

#include "model/config.hpp"

namespace mdctl::config {

// Add what @text says to @config. @file is for messages. Where the grammar allows a keyword once
// (MAILADDR, MAILFROM, PROGRAM, HOMEHOST, HOMECLUSTER, AUTO, MONITORDELAY, DEGRADED-AFTER), what
// @config has already wins.
void parse_config(std::string_view text, const std::string& file, model::Config& config);

// The words of an AUTO line ("+1.x homehost -all") as rules; what is none of these goes to
// @config's problems.
void parse_auto(std::string_view words, const std::string& file, int line, model::Config& config);

}  // namespace mdctl::config
