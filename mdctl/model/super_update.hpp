// SPDX-License-Identifier: GPL-2.0-only
// --update: what changes in a superblock before an array is assembled.
#pragma once

#include <optional>
#include <string>

#include "super_format.h"
#include "util/error.hpp"
#include "util/uuid.hpp"

namespace mdctl::model {

struct UpdateRequest {
  std::string what;               // the word after --update=
  Uuid uuid{};                    // uuid: the new one
  std::string name;               // name, homehost: set name to store, 1.x
  std::string home;               // homehost: for 0.90's hash
  unsigned minor = 0;             // super-minor
  std::uint64_t dev_sectors = 0;  // devicesize, bitmap, bbl: of this member
  // bbl: that the member's bitmap takes; 0: it has none.
  std::uint64_t bitmap_sectors = 0;
};

// All words mdadm knows, for --update=help.
std::string update_help();
// Does mdadm know the word? Does this release do it?
bool is_update_word(const std::string& what);
Result<> check_update(const std::string& what);

// Changes @super; false if there was nothing to change.
Result<bool> apply_update(const UpdateRequest& request, mdx_super& super);

// The last half of a 0.90 uuid for an array at home on @host.
void set_home_hash(Uuid& uuid, const std::string& host);

}  // namespace mdctl::model
