// SPDX-License-Identifier: GPL-2.0-only
// --query: is this an array, or part of one?
#include <cstring>

#include "cli/arrays.hpp"
#include "cli/collect.hpp"
#include "output/query_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

void find_holder(Context& context, const Options& options, kernel::DeviceNumber number,
                 output::QueryReport& report) {
  for (const auto& holder : context.kernel.holders(number)) {
    auto detail = collect_detail(context, options, holder);
    if (!detail) continue;  // held by something that is no array
    report.member_of = path_of_array(context, holder);
    report.member_active = detail->active;
    return;
  }
}

Result<> query_one(Context& context, const Options& options, const std::string& path) {
  auto number = context.blocks.number(path);
  if (!number) return fail(std::move(number).error());
  auto report = std::make_unique<output::QueryReport>();
  report->path = path;
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
      find_holder(context, options, *number, *report);
    }
  context.reports.push_back(std::move(report));
  return {};
}

Result<int> query(Context& context, const Options& options) {
  if (options.devices.empty()) return fail(Code::usage, "No devices given.");
  int status = 0;
  for (const auto& device : options.devices) {
    auto done = query_one(context, options, device.path);
    if (done) continue;
    context.console.fail(done.error());
    status = 1;
  }
  return status;
}

const Registration registration({"query", Mode::misc, Action::query, "what a device is to md",
                                 query});

}  // namespace
}  // namespace mdctl::cli
