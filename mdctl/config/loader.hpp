// SPDX-License-Identifier: GPL-2.0-only
// Which configuration files there are, and their content as values.
#pragma once

#include <string>

#include "model/config.hpp"
#include "util/error.hpp"

namespace mdctl::config {

// What -c says: empty for the system's files (/etc/mdctl.conf and /etc/mdctl.conf.d/*.conf; where
// neither exists those of mdadm: /etc/mdadm/mdadm.conf with its .conf.d, then /etc/mdadm.conf),
// "none" for nothing, "partitions" for nothing but "DEVICE partitions containers", a file, or a
// directory of *.conf files, read in the order of their names.
//
// The system's files may be missing; one named by the caller may not. What is in a file never makes
// this fail, see Config::problems. MDADM_CONF_AUTO in the environment goes before any AUTO line.
// @root is put before the system's paths, for tests.
Result<model::Config> load_config(const std::string& option, const std::string& root = {});

}  // namespace mdctl::config
