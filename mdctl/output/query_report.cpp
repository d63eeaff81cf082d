// SPDX-License-Identifier: GPL-2.0-only
#include "output/query_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/level.hpp"
#include "util/size.hpp"

namespace mdctl::output {

std::string QueryReport::text() const {
  std::string out;
  if (array && array->active) {
    out = fmt::format("{}: {} {} {} devices, {} spare{}. Use mdadm --detail for more detail.\n",
                      path, brief_binary_size(array->array_kib * 1024),
                      model::level_name(array->level.value_or(0)).value_or("-unknown-"),
                      array->raid_disks, array->spares, array->spares == 1 ? "" : "s");
  } else if (array) {
    out = fmt::format("{}: is an md device which is not active\n", path);
  } else {
    out = fmt::format("{}: is not an md array\n", path);
  }
  if (!member) return out;
  const std::string role = member->role < MDX_ROLE_MAX ? std::to_string(member->role) : "spare";
  out += fmt::format("{}: device {} in {} device {} {} {}.  Use mdadm --examine for more detail.\n",
                     path, role, member->raid_disks,
                     member_active       ? "active"
                     : member_of.empty() ? "undetected"
                                         : "inactive",
                     model::level_name(member->level).value_or("-unknown-"),
                     member_of.empty() ? "array" : member_of);
  return out;
}

Json QueryReport::json() const {
  Json out;
  out["path"] = path;
  out["array"] = array ? Json{{"active", array->active},
                              {"level", model::level_name(array->level.value_or(0)).value_or("")},
                              {"raid_devices", array->raid_disks},
                              {"spares", array->spares},
                              {"array_size_kib", array->array_kib}}
                       : Json(nullptr);
  out["member"] =
      member ? Json{{"level", model::level_name(member->level).value_or("")},
                    {"raid_devices", member->raid_disks},
                    {"role", member->role < MDX_ROLE_MAX ? Json(member->role) : Json("spare")},
                    {"of", member_of.empty() ? Json(nullptr) : Json(member_of)},
                    {"active", member_active}}
             : Json(nullptr);
  return out;
}

}  // namespace mdctl::output
