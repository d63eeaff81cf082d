// SPDX-License-Identifier: GPL-2.0-only
// What an array is called: its kernel name (md127, md_home) and its link below /dev/md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/rules.hpp"
#include "util/error.hpp"

namespace mdctl::config {

struct ArrayName {
  std::string kernel;  // "md127", "md_home", "md_d3"
  std::string link;    // name below /dev/md, "home"; empty: none beside the node itself

  // The name people use: "/dev/md/home", or "/dev/md0" where there is no link.
  std::string path() const { return link.empty() ? "/dev/" + kernel : "/dev/md/" + link; }
  bool operator==(const ArrayName&) const = default;
};

// All that a configuration may call an array with this name and @set_name: paths and bare names.
std::vector<std::string> names_of(const ArrayName& name, const std::string& set_name);

// Which names are gone.
struct NamesInUse {
  // An array object of this kernel name exists.
  std::function<bool(const std::string& kernel)> kernel;
  // /dev/md/@link exists or is promised to another array.
  std::function<bool(const std::string& link)> link;
};

// The name someone gave, on a command line or in an ARRAY line: "/dev/md0", "/dev/md_home",
// "/dev/md/home", "home", "/dev/md/3", "3", "/dev/md_d2", "/dev/md/d2". @named_nodes is
// CREATE names=yes. Fails (Code::usage) if that is no name for an array; a kernel name that is in
// use is returned all the same, it is the caller's to decide what that means.
Result<ArrayName> explicit_name(const std::string& given, bool named_nodes,
                                const NamesInUse& in_use);

// The name for an array nobody named: from its metadata. A local array gets its name without the
// host, and a number for a name means that minor. Others get a name no local array has: "_N" at its
// end, or the host left in front, and a minor counted down from 127.
ArrayName automatic_name(const ArrayIdentity& array, const HomeHost& home, Locality where,
                         bool named_nodes, const NamesInUse& in_use);

// Highest free minor from 127 down, then 128 up: "md127".
std::string free_kernel_name(const NamesInUse& in_use);

}  // namespace mdctl::config
