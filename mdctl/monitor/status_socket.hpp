// SPDX-License-Identifier: GPL-2.0-only
// /run/mdctl/daemon.sock: whoever connects is sent the state as JSON, and the line is closed.
#pragma once

#include <string>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace mdctl::monitor {

// Listens; a socket left behind by a daemon that died is replaced, a live one is Code::busy.
Result<Fd> listen_for_status(const std::string& directory);

// Accepts one caller and answers it without ever waiting for it.
void answer_status(int listener, const std::string& text);

// What the daemon answers; Code::not_found if none is there.
Result<std::string> ask_status(const std::string& directory);

}  // namespace mdctl::monitor
