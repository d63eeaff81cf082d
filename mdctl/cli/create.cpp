// SPDX-License-Identifier: GPL-2.0-only
// --create: look, ask, write superblocks, start.
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "cli/arrays.hpp"
#include "cli/consent.hpp"
#include "cli/create_check.hpp"
#include "model/create_plan.hpp"
#include "model/level.hpp"
#include "model/raid10.hpp"
#include "model/super_update.hpp"
#include "output/done_report.hpp"
#include "system/bitmap.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

using model::MemberKind;
using model::NewArray;
using model::NewMember;

constexpr std::uint32_t kDefaultChunkKib = 512;

struct Job {
  Context& context;
  const Options& options;
  CreateShape shape;
  config::ArrayName name;
  NewArray array;
  std::vector<std::string> paths;     // by position on the line, "missing" included
  std::vector<std::string> warnings;  // why to ask before anything is done
  bool quiet = false;                 // they have been told

  Job(Context& c, const Options& o, CreateShape s, config::ArrayName n)
      : context(c), options(o), shape(std::move(s)), name(std::move(n)) {}

  Result<> look_at_devices();
  Result<std::uint64_t> look_at(const std::string& path, model::SpaceRequest& request);
  Result<> check_copies() const;
  Result<> settle_size();
  void settle_raid0_layout();
  Result<> settle_bitmap();
  void number_members();
  void warn(std::string text);
  Result<> consent();
  Result<> look_again();
  Result<> check_superblocks();
  Result<> write_superblocks();
  void erase_written();
  Result<> start();
  void identify();

 private:
  struct Seen {
    kernel::DeviceNumber number;
    std::uint64_t sectors = 0;
    model::MemberSpace space;
    std::optional<bool> write_mostly, failfast;

    bool operator==(const Seen&) const = default;
  };
  std::vector<std::optional<Seen>> seen_;  // parallel to paths
  std::vector<std::string> written_;       // members with a superblock of ours
};

void Job::warn(std::string text) {
  if (!quiet) context.console.warn("{}", text);
  warnings.push_back(std::move(text));
}

Result<std::uint64_t> Job::look_at(const std::string& path, model::SpaceRequest& request) {
  MDCTL_TRY(auto device, open_member(context, path, kernel::Access::exclusive));
  if (!device->is_block()) return fail(Code::usage, "{} is not a block device.", path);
  if (!device->is_writable())
    return fail(Code::refused, "{} is read-only, it cannot take a superblock", path);
  auto space = model::member_space(request, device->sectors());
  if (!space) return fail(Error(space.error()).context(path));
  // The first member decides for all: they can then stand in for each other.
  if (request.version == MDX_SB_1_1 || request.version == MDX_SB_1_2)
    request.data_offset = request.data_offset.value_or(space->data_offset);
  MDCTL_TRY(auto content, content_of(*device));
  for (auto& found : content) warn(std::move(found));
  seen_.back() = Seen{device->number(), device->sectors(), *space, {}, {}};
  return space->data_size;
}

Result<> Job::look_at_devices() {
  model::SpaceRequest request{array.version, array.level, array.chunk_kib, shape.data_offset,
                              context.config.bad_block_log};
  std::set<kernel::DeviceNumber> numbers;
  bool refused = false;
  for (const auto& argument : options.devices) {
    if (&argument == &options.devices.front()) continue;
    paths.push_back(argument.path);
    seen_.emplace_back();
    if (argument.path == "missing") {
      if (!model::is_redundant(array.level))
        return fail(Code::refused, "This level does not support missing devices");
      continue;
    }
    auto looked = look_at(argument.path, request);
    if (!looked) {
      context.console.fail(looked.error());
      refused = true;
      continue;
    }
    seen_.back()->write_mostly = argument.write_mostly;
    seen_.back()->failfast = argument.failfast;
    if (!numbers.insert(seen_.back()->number).second)
      return fail(Code::usage, "{} is on the command line twice", argument.path);
  }
  if (refused) return fail(Code::refused, "create aborted");
  if (numbers.empty()) return fail(Code::refused, "Subdevs can't be all missing");
  return check_copies();
}

Result<> Job::check_copies() const {
  if (array.level != 10) return {};
  std::vector<bool> filled;
  for (unsigned slot = 0; slot < array.raid_disks; slot++)
    filled.push_back(seen_[slot].has_value());
  if (model::raid10_is_whole(array.layout, filled)) return {};
  return fail(Code::refused, "too many devices are missing: part of the data would have no copy");
}

Result<> Job::settle_size() {
  std::uint64_t least = ~0ULL, most = 0;
  std::string largest;
  bool small = false;
  const std::uint64_t wanted = options.size_kib.value_or(0) * 2;
  for (std::size_t i = 0; i < paths.size(); i++) {
    if (!seen_[i]) continue;
    const std::uint64_t have = seen_[i]->space.data_size;
    if (have > most) largest = paths[i];
    most = std::max(most, have);
    least = std::min(least, have);
    if (wanted && have < wanted) {
      context.console.fail("{} is smaller than given size. {}K < {}K + metadata", paths[i],
                           have / 2, wanted / 2);
      small = true;
    }
  }
  if (small) return fail(Code::refused, "create aborted");
  if (array.level == 0 && least < array.chunk_kib * 2ULL)
    return fail(Code::refused, "no room for a chunk of {}K: the smallest device has {}K",
                array.chunk_kib, least / 2);
  if (!model::has_equal_members(array.level)) return {};
  array.size = wanted ? wanted : model::used_size(array.level, array.chunk_kib, least);
  if (wanted && wanted < array.chunk_kib * 2ULL)
    return fail(Code::refused, "Size cannot be smaller than chunk.");
  if (wanted && array.chunk_kib)
    array.size = wanted / (array.chunk_kib * 2) * (array.chunk_kib * 2);
  if (!array.size)
    return fail(Code::refused, "no room for data: the smallest device has {}K", least / 2);
  if (array.version == MDX_SB_0_90 && array.size >= 1ULL << 33)
    return fail(Error(Code::refused, "0.90 metadata cannot use more than 4 TiB of a device")
                    .hint("use --metadata=1.2"));
  if (most > array.size / 100 * 101)
    warn(fmt::format("largest drive ({}) exceeds size ({}K) by more than 1%", largest,
                     array.size / 2));
  return {};
}

// Members of different size make zones; where a chunk of a later zone lies must be recorded.
void Job::settle_raid0_layout() {
  if (array.level != 0) return;
  std::set<std::uint64_t> sizes;
  const std::uint64_t chunk = array.chunk_kib * 2ULL;
  for (const auto& seen : seen_)
    if (seen) sizes.insert(seen->space.data_size / chunk);
  if (options.layout.empty() && sizes.size() > 1) array.layout = 1;
  array.layout_recorded = array.layout != 0;
}

Result<> Job::settle_bitmap() {
  bool wanted = shape.bitmap.value_or(false);
  if (!shape.bitmap && model::wants_bitmap(array.level, array.size)) {
    if (options.verbose > 0)
      context.console.note("automatically enabling write-intent bitmap on large array");
    wanted = true;
  }
  return wanted ? model::place_bitmap(shape.bitmap_request, array) : Result<>();
}

// Slots in the order of the line, spares behind them. A RAID5 begins as degraded with a spare:
// one sequential rebuild is quicker than a resync that reads everything.
void Job::number_members() {
  const bool insert = (array.level == 5 || array.level == 4) && !options.force &&
                      shape.spares == 0 && !array.clean && array.raid_disks > 1 &&
                      std::find(paths.begin(), paths.end(), "missing") == paths.end();
  std::uint32_t number = 0;
  auto put = [&](MemberKind kind, std::uint32_t slot, std::size_t index) {
    NewMember member;
    member.kind = kind;
    member.number = number++;
    member.slot = slot;
    if (kind != MemberKind::missing) {
      const Seen& seen = *seen_[index];
      member.major = seen.number.major;
      member.minor = seen.number.minor;
      member.dev_sectors = seen.sectors;
      member.space = seen.space;
      if (seen.write_mostly.value_or(false)) member.flags |= WriteMostly1;
      if (seen.failfast.value_or(false)) member.flags |= FailFast1;
      const Uuid uuid = random_uuid();
      std::copy(uuid.begin(), uuid.end(), member.uuid);
    }
    array.members.push_back(member);
  };
  for (std::size_t i = 0; i < paths.size(); i++) {
    const auto slot = static_cast<std::uint32_t>(i);
    const bool last = i + 1 == array.raid_disks;
    if (i >= array.raid_disks)
      put(MemberKind::spare, 0, i);
    else if (!seen_[i] || (insert && last))
      put(MemberKind::missing, slot, i);
    else
      put(MemberKind::active, slot, i);
    if (insert && last) put(MemberKind::spare, 0, i);
  }
}

Result<> Job::consent() {
  if (array.level == 1 && options.metadata.empty() &&
      (array.version == MDX_SB_1_1 || array.version == MDX_SB_1_2))
    warn(
        "Note: this array has metadata at the start and\n"
        "    may not be suitable as a boot device.  If you plan to\n"
        "    store '/boot' on this device please ensure that\n"
        "    your boot-loader understands md/v1.x metadata, or use\n"
        "    --metadata=0.90");
  if (warnings.empty() || options.run || options.dry_run) return {};
  MDCTL_TRY(const bool yes,
            ask(context, options, "Continue creating array?", "--run creates it unasked"));
  if (!yes) return fail(Code::refused, "create aborted.");
  return look_again();
}

// Consent was to what there was to see; others were free to work meanwhile.
Result<> Job::look_again() {
  MDCTL_CHECK(name_is_free(context, name));
  Job again(context, options, shape, name);
  again.array = array;
  again.quiet = true;
  MDCTL_CHECK(again.look_at_devices());
  const bool same = again.seen_ == seen_ && again.warnings.size() <= warnings.size() &&
                    std::equal(again.warnings.begin(), again.warnings.end(), warnings.begin());
  if (!same) return fail(Code::busy, "the devices changed meanwhile, create aborted.");
  return {};
}

void Job::identify() {
  const auto home = home_host(context, options);
  Uuid uuid = options.uuid.value_or(random_uuid());
  if (array.version == MDX_SB_0_90 && !options.uuid && !home.name.empty()) {
    // 0.90 has no room for a name; half the uuid tells the home.
    model::set_home_hash(uuid, home.name);
  }
  std::copy(uuid.begin(), uuid.end(), array.uuid);
  array.name = full_set_name(options.name.empty() ? short_name(name) : options.name, home.name);
  unsigned minor = 0;
  if (std::sscanf(name.kernel.c_str(), "md%u", &minor) == 1) array.minor = minor;
}

// All of them, so that none is written if one cannot be.
Result<> Job::check_superblocks() {
  for (const NewMember& member : array.members) {
    if (member.kind == MemberKind::missing) continue;
    const std::string path = context.blocks.path_of({member.major, member.minor});
    MDCTL_CHECK(
        system::check_superblock(model::new_superblock(array, member), member.dev_sectors, path));
  }
  return {};
}

Result<> Job::write_superblocks() {
  for (const NewMember& member : array.members) {
    if (member.kind == MemberKind::missing) continue;
    const std::string path = context.blocks.path_of({member.major, member.minor});
    MDCTL_TRY(auto device, open_member(context, path, kernel::Access::write));
    for (unsigned v = 0; v < MDX_SB_VERSIONS; v++) {
      // An older superblock elsewhere would claim the device for its own array.
      const auto version = static_cast<mdx_sb_version>(v);
      if (version != array.version && system::load_superblock(*device, version))
        MDCTL_CHECK(system::erase_superblock(*device, version));
    }
    // Before it is known to be complete: half of one is no use either.
    written_.push_back(path);
    const mdx_super super = model::new_superblock(array, member);
    if (array.bitmap) MDCTL_CHECK(system::store_bitmap(*device, super, *array.bitmap));
    MDCTL_CHECK(system::store_superblock(*device, super));
  }
  return {};
}

// An array that never ran must not turn up at the next scan.
void Job::erase_written() {
  for (const std::string& path : written_) {
    auto device = open_member(context, path, kernel::Access::write);
    auto erased =
        device ? system::erase_superblock(**device, array.version) : Result<>(fail(device.error()));
    if (!erased) context.console.fail(erased.error());
  }
}

Result<> Job::start() {
  MDCTL_TRY(auto node, open_new_array(context, name));
  mdu_array_info_t info{};
  info.major_version = array.version == MDX_SB_0_90 ? 0 : 1;
  info.minor_version = array.version == MDX_SB_0_90 ? 90 : array.version - MDX_SB_1_0;
  MDCTL_CHECK(node.device->set_info(info));
  auto undo = [&](Error error) -> Failure {
    if (auto stopped = node.device->stop(); !stopped) context.console.fail(stopped.error());
    erase_written();
    return fail(std::move(error));
  };
  if (auto written = write_superblocks(); !written) return undo(std::move(written).error());
  for (const NewMember& member : array.members) {
    if (member.kind == MemberKind::missing) continue;
    mdu_disk_info_t disk{};
    disk.number = static_cast<int>(member.number);
    disk.major = static_cast<int>(member.major);
    disk.minor = static_cast<int>(member.minor);
    disk.raid_disk = member.kind == MemberKind::active ? static_cast<int>(member.slot) : -1;
    if (member.kind == MemberKind::active) disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
    if (auto added = node.device->add_disk(disk); !added)
      return undo(
          std::move(added).error().context(context.blocks.path_of({member.major, member.minor})));
  }
  auto started = options.readonly ? context.kernel.write(name.kernel, "array_state", "readonly")
                                  : node.device->run();
  if (!started)
    return undo(std::move(started).error().hint("the kernel log says why: dmesg | tail"));
  // start_ro may have started it read-only; a new array is to be used.
  if (!options.readonly)
    if (auto writable = node.device->set_readwrite();
        !writable && writable.error().code() != Code::busy)
      context.console.fail(writable.error());
  return {};
}

Result<int> create(Context& context, const Options& options) {
  MDCTL_TRY(auto shape, check_create(context, options));
  MDCTL_TRY(auto name, given_name(context, options.devices.front().path));
  MDCTL_CHECK(name_is_free(context, name));
  Job job(context, options, shape, name);
  job.array.version = shape.version;
  job.array.level = *options.level;
  job.array.layout = shape.layout;
  job.array.raid_disks = *options.raid_devices;
  job.array.chunk_kib =
      options.chunk_kib.value_or(model::has_chunks(*options.level) ? kDefaultChunkKib : 0);
  if (*options.level == 1) job.array.chunk_kib = 0;
  job.array.clean = options.assume_clean || *options.level <= 0;
  job.array.ctime = static_cast<std::uint64_t>(context.now);
  MDCTL_CHECK(job.look_at_devices());
  MDCTL_CHECK(job.settle_size());
  job.settle_raid0_layout();
  if (shape.version == MDX_SB_0_90 && job.array.layout_recorded)
    return fail(Error(Code::refused, "0.90 metadata does not support layouts for RAID0")
                    .hint("members differ in size; use --metadata=1.2"));
  MDCTL_CHECK(context.kernel.load_level(*options.level));
  MDCTL_CHECK(job.consent());
  if (options.metadata.empty())
    context.console.note("Defaulting to version {} metadata", mdx_sb_version_text(shape.version));
  job.identify();
  job.number_members();
  MDCTL_CHECK(job.settle_bitmap());
  MDCTL_CHECK(job.check_superblocks());
  MDCTL_CHECK(job.start());
  Uuid uuid;
  std::copy_n(job.array.uuid, uuid.size(), uuid.begin());
  MDCTL_CHECK(
      publish_array(context, name, mdx_sb_version_text(shape.version), uuid, job.array.name));
  context.console.note("array {} started.", name.path());
  context.reports.push_back(
      std::make_unique<output::DoneReport>("created", name.kernel, name.path()));
  return 0;
}

const Registration registration({"create", Mode::create, Action::none, "create a new array",
                                 create});

}  // namespace
}  // namespace mdctl::cli
