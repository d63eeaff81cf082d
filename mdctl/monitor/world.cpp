// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/world.hpp"

#include <algorithm>

namespace mdctl::monitor {

Uuid Member::uuid() const {
  Uuid out{};
  if (super) std::copy(std::begin(super->set_uuid), std::end(super->set_uuid), out.begin());
  return out;
}

bool KernelArray::writable() const {
  return running() && state != "readonly" && state != "read-auto" && state != "broken";
}

bool KernelArray::has(DeviceNumber member) const {
  return std::any_of(members.begin(), members.end(),
                     [&](const ArrayMember& m) { return m.number == member; });
}

}  // namespace mdctl::monitor
