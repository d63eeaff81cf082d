// SPDX-License-Identifier: GPL-2.0-only
// --grow --size and --array-size.
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "cli/freeze.hpp"
#include "cli/grow.hpp"
#include "model/level.hpp"

namespace mdctl::cli {
namespace {

std::optional<std::uint64_t> number_of(const Result<std::string>& text) {
  if (!text) return std::nullopt;
  std::uint64_t out = 0;
  const char* end = text->data() + text->size();
  auto [rest, failed] = std::from_chars(text->data(), end, out);
  return failed == std::errc{} && rest == end ? std::optional(out) : std::nullopt;
}

struct Room {
  std::string entry;
  std::uint64_t kib = 0;
};

// Of each member that works, as it is.
Result<std::vector<Room>> rooms_of(Managed& array) {
  MDCTL_TRY(const auto members, array.context.kernel.members(array.array));
  std::vector<Room> out;
  for (const auto& member : members) {
    if (has_state(array, member.entry, "faulty")) continue;
    const auto kib = number_of(array.context.kernel.read(array.array, member.entry + "/size"));
    if (!kib) return fail(Code::kernel, "cannot read the size of {}", member.entry);
    out.push_back({member.entry, *kib});
  }
  return out;
}

// Lets members that are used for less than their devices hold, or whose devices grew, have all of
// that. One that cannot is as large as it was, which may be enough.
Result<std::vector<Room>> widen(Managed& array, std::vector<Room> rooms, std::uint64_t wanted) {
  for (Room& room : rooms) {
    if (wanted && room.kib >= wanted) continue;
    const std::string attribute = room.entry + "/size";
    auto done = array.context.kernel.write(array.array, attribute, "0");
    if (!done && array.options.verbose > 0)
      array.context.console.note("{} keeps its size: {}", room.entry, errno_text(done.error()));
    room.kib = number_of(array.context.kernel.read(array.array, attribute)).value_or(room.kib);
  }
  return rooms;
}

std::uint64_t whole_chunks(std::uint64_t kib, const mdu_array_info_t& info) {
  const auto chunk = static_cast<std::uint64_t>(std::max(0, info.chunk_size)) / 1024;
  return model::has_chunks(info.level) && chunk ? kib / chunk * chunk : kib;
}

Result<std::uint64_t> new_size(Managed& array, const mdu_array_info_t& info) {
  const std::uint64_t wanted = *array.options.size_kib;
  MDCTL_TRY(auto rooms, rooms_of(array));
  MDCTL_TRY(rooms, widen(array, std::move(rooms), wanted));
  if (rooms.empty()) return fail(Code::refused, "{} has no members", array.shown);
  const auto least =
      std::min_element(rooms.begin(), rooms.end(), [](auto& a, auto& b) { return a.kib < b.kib; });
  if (wanted > least->kib)
    return fail(Error(Code::refused, fmt::format("Cannot set device size for {}: No space left on "
                                                 "device",
                                                 array.shown))
                    .hint(fmt::format("{} has {}K", least->entry.substr(4), least->kib)));
  return whole_chunks(wanted ? wanted : least->kib, info);
}

// The new part of the array, or all of it, need not be made the same on all members.
Result<> assume_clean(Managed& array) {
  if (!array.options.assume_clean) return {};
  auto done = array.context.kernel.write(array.array, "resync_start", "none");
  if (done) return {};
  return fail(
      Error(done.error()).context("--assume-clean not supported with --grow on this kernel"));
}

}  // namespace

Result<> grow_component(Managed& array, const mdu_array_info_t& info) {
  if (!model::has_equal_members(info.level))
    return fail(Code::refused, "Cannot set device size in this type of array.");
  MDCTL_TRY(const auto frozen, Freeze::begin(array));
  const auto before = number_of(array.context.kernel.read(array.array, "component_size"));
  MDCTL_TRY(const std::uint64_t size, new_size(array, info));
  if (!size) return fail(Code::refused, "Size cannot be smaller than chunk.");
  if (before == size) {
    if (*array.options.size_kib)
      array.context.console.note("{}: no change requested", array.shown);
    else
      array.context.console.note("component size of {} unchanged at {}K", array.shown, size);
    return {};
  }
  auto done = array.context.kernel.write(array.array, "component_size", std::to_string(size));
  if (!done)
    return fail(Error(done.error().code(), fmt::format("Cannot set device size for {}: {}",
                                                       array.shown, errno_text(done.error())))
                    .hint("the kernel log says why: dmesg | tail"));
  MDCTL_CHECK(assume_clean(array));
  array.context.console.note("component size of {} has been set to {}K", array.shown, size);
  report_done(array, "component size set", array.shown);
  return {};
}

Result<> set_array_size(Managed& array) {
  const std::uint64_t kib = *array.options.array_size_kib;
  auto done =
      array.context.kernel.write(array.array, "array_size", kib ? std::to_string(kib) : "default");
  if (!done && done.error().errno_value() == E2BIG)
    return fail(Code::refused, "--array-size setting is too large.");
  if (!done)
    return fail(Error(done.error().code(), fmt::format("cannot set the array size of {}: {}",
                                                       array.shown, errno_text(done.error()))));
  report_done(array, "array size set", array.shown);
  return {};
}

}  // namespace mdctl::cli
