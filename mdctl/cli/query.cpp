// SPDX-License-Identifier: GPL-2.0-only
// --query: is this an array, or part of one?
#include <cstring>

#include "cli/arrays.hpp"
#include "cli/collect.hpp"
#include "output/query_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

using Activity = output::QueryReport::Activity;

// Does @array, which runs, have the device @number as the member its superblock says it is?
Result<bool> has_member(Context& context, const std::string& array, const mdx_super& super,
                        kernel::DeviceNumber number) {
  MDCTL_TRY(auto device, context.kernel.open_array(array, false));
  auto disk = device->disk(static_cast<int>(super.dev_number));
  return disk && number == kernel::DeviceNumber{static_cast<unsigned>(disk->major),
                                                static_cast<unsigned>(disk->minor)};
}

// The superblock's identity decides, not who holds the device: a member that failed was removed
// from an array that runs without it.
Result<> find_array(Context& context, kernel::DeviceNumber number, output::QueryReport& report) {
  Uuid uuid;
  std::memcpy(uuid.data(), report.member->set_uuid, uuid.size());
  MDCTL_TRY(const std::string array, array_with(context, uuid));
  if (array.empty()) return {};
  report.member_of = recorded_path(context, array);
  auto state = context.kernel.read(array, "array_state");
  report.activity = Activity::undetected;
  if (!state || *state == "clear" || *state == "inactive") return {};
  MDCTL_TRY(const bool there, has_member(context, array, *report.member, number));
  report.activity = there ? Activity::active : Activity::mismatch;
  return {};
}

Result<> query_one(Context& context, const Options& options, const std::string& path) {
  auto report = std::make_unique<output::QueryReport>();
  report->path = path;
  auto number = context.blocks.number(path);
  // Files and the like are nothing to md, which is an answer.
  if (!number && number.error().code() == Code::usage) {
    context.reports.push_back(std::move(report));
    return {};
  }
  if (!number) return fail(std::move(number).error());
  if (auto array = context.kernel.array_of(*number)) {
    auto detail = collect_detail(context, options, *array);
    report->array = detail ? *detail : model::ArrayDetail{};
  }
  auto device = context.blocks.open(path, kernel::Access::read);
  // An array that is not active has nothing to read, and is an array all the same.
  if (!device && !report->array) return fail(std::move(device).error());
  if (device)
    if (auto super = system::load_superblock(**device)) {
      report->member = **super;
      MDCTL_CHECK(find_array(context, *number, *report));
    }
  context.reports.push_back(std::move(report));
  return {};
}

Result<int> query(Context& context, const Options& options) {
  return each_device(context, options,
                     [&](const std::string& path) { return query_one(context, options, path); });
}

const Registration registration({"query", Mode::misc, Action::query, "what a device is to md",
                                 query});

}  // namespace
}  // namespace mdctl::cli
