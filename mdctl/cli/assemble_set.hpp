// SPDX-License-Identifier: GPL-2.0-only
// One array from the members found of it: judge, repair on request, hand to the kernel, start.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assemble_plan.h"
#include "cli/command.hpp"
#include "config/naming.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {

// A device that could be a member.
struct Candidate {
  std::string path;
  std::vector<std::string> names;  // the path and its others
  kernel::DeviceNumber number;
  std::uint64_t sectors = 0;
  system::SuperPtr super;
  mdx_member_verdict verdict = MDX_MEMBER_FOREIGN;
  int slot = -1;
};

using Candidates = std::vector<Candidate>;

struct SetRequest {
  config::ArrayName name;
  std::string shown;  // as the caller called it
  bool start_degraded = false;
  bool readonly = false;
  bool force = false;
  bool read_auto = false;  // wait for the first write before any resync
};

// Superblock and size of @path. Code::busy if somebody has it, not_found without a superblock,
// refused if it is no block device.
Result<Candidate> look_at_candidate(Context& context, const std::string& path,
                                    std::optional<mdx_sb_version> version);

// Sets verdict and slot of each.
mdx_assembly judge(Candidates& members);

// Assembles and starts; messages as mdadm's. Code::refused if it may or can not be started, which
// leaves nothing behind.
Result<> assemble_set(Context& context, const Options& options, const SetRequest& request,
                      Candidates& members);

}  // namespace mdctl::cli
