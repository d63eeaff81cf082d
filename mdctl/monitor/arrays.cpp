// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/arrays.hpp"

#include <optional>

namespace mdctl::monitor {

namespace {

std::optional<KernelArray> read_array(kernel::Kernel& kernel, const std::string& name) {
  auto state = kernel.read(name, "array_state");
  auto metadata = kernel.read(name, "metadata_version");
  auto members = kernel.members(name);
  if (!state || !metadata || !members) return std::nullopt;

  KernelArray array;
  array.name = name;
  array.state = *state;
  if (metadata->rfind("external:", 0) == 0) return array;
  if (auto location = kernel.read(name, "bitmap/location")) array.bitmap = *location != "none";
  for (const kernel::MemberEntry& member : *members) {
    auto flags = kernel.read(name, member.entry + "/state");
    bool faulty = flags && flags->find("faulty") != std::string::npos;
    array.members.push_back({member.number, faulty});
  }
  return array;
}

}  // namespace

std::vector<KernelArray> read_arrays(kernel::Kernel& kernel) {
  std::vector<KernelArray> out;
  auto names = kernel.arrays();
  if (!names) return out;
  for (const std::string& name : *names)
    if (auto array = read_array(kernel, name)) out.push_back(std::move(*array));
  return out;
}

}  // namespace mdctl::monitor
