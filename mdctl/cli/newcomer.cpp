// SPDX-License-Identifier: GPL-2.0-only
#include "cli/newcomer.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>

#include "model/create_plan.hpp"
#include "system/bitmap.hpp"

namespace mdctl::cli {
namespace {

mdx_sb0_disk row_of(kernel::DeviceNumber device, const Newcomer& newcomer) {
  const auto number = static_cast<__u32>(newcomer.number);
  const bool spare = newcomer.role == MDX_ROLE_SPARE;
  mdx_sb0_disk row{number, device.major, device.minor, spare ? number : newcomer.role,
                   newcomer.flags};
  if (!spare) row.state |= 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC;
  return row;
}

mdx_super super_like(const mdx_super& like, const model::MemberSpace& space,
                     kernel::DeviceNumber device, const Newcomer& newcomer) {
  mdx_super sb = like;
  const Uuid uuid = random_uuid();
  std::copy(uuid.begin(), uuid.end(), sb.device_uuid);
  sb.super_offset = space.super_offset;
  sb.data_offset = space.data_offset;
  sb.data_size = space.data_size;
  sb.bblog_offset = space.bblog_offset;
  sb.bblog_size = space.bblog_size;
  sb.bblog_shift = 0;
  sb.dev_number = static_cast<__u32>(newcomer.number);
  sb.role = newcomer.role;
  sb.recovery_offset = 0;
  sb.cnt_corrected = 0;
  sb.feature_map &= ~static_cast<__u32>(MD_FEATURE_RECOVERY_OFFSET | MD_FEATURE_BAD_BLOCKS |
                                        MD_FEATURE_REPLACEMENT);
  sb.devflags = 0;
  if (newcomer.flags & 1u << MD_DISK_WRITEMOSTLY) sb.devflags |= WriteMostly1;
  if (newcomer.flags & 1u << MD_DISK_FAILFAST) sb.devflags |= FailFast1;
  enter_newcomer(sb, device, newcomer);
  if (sb.version == MDX_SB_0_90) sb.sb0_this = row_of(device, newcomer);
  return sb;
}

// Where data may be: the array's bitmap has its place at the same distance on each member, however
// large that is.
Result<model::MemberSpace> space_for(kernel::BlockDevice& device, const Likeness& like) {
  const mdx_super& super = *like.super;
  const auto version = static_cast<mdx_sb_version>(super.version);
  const bool in_front = version == MDX_SB_1_1 || version == MDX_SB_1_2;
  model::SpaceRequest request;
  request.version = version;
  request.level = super.level;
  request.chunk_kib = super.chunk_sectors / 2;
  if (in_front) request.data_offset = super.data_offset;
  request.bad_block_log = super.bblog_size != 0;
  MDCTL_TRY(auto space, model::member_space(request, device.sectors()));
  if (super.bblog_size && super.bblog_offset) {
    space.bblog_offset = super.bblog_offset;
    space.bblog_size = super.bblog_size;
  }
  if (like.bitmap && version == MDX_SB_1_0 && super.bitmap_offset < 0) {
    const auto taken = static_cast<std::uint64_t>(-std::int64_t{super.bitmap_offset});
    const std::uint64_t end = space.super_offset > taken ? space.super_offset - taken : 0;
    space.data_size = std::min(space.data_size, end);
  }
  return space;
}

}  // namespace

void enter_newcomer(mdx_super& sb, kernel::DeviceNumber device, const Newcomer& newcomer) {
  const auto number = static_cast<__u32>(newcomer.number);
  if (sb.version == MDX_SB_0_90 && number < MDX_SB0_MAX_DEVS)
    sb.sb0_disks[number] = row_of(device, newcomer);
  if (sb.max_dev <= number && number < MDX_SB1_MAX_DEVS) {
    std::fill(sb.roles + sb.max_dev, sb.roles + number + 1, static_cast<__u16>(MDX_ROLE_SPARE));
    sb.max_dev = number + 1;
  }
  if (number < sb.max_dev) sb.roles[number] = static_cast<__u16>(newcomer.role);
}

Result<Likeness> likeness_of(Managed& array, const std::string& version) {
  kernel::BlockDevices& blocks = array.context.blocks;
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  for (const auto& member : members) {
    auto state = array.context.kernel.read(array.array, member.entry + "/state");
    if (!state || state->find("faulty") != std::string::npos) continue;
    auto device = blocks.open(blocks.path_of(member.number), kernel::Access::read);
    if (!device) continue;
    auto super = system::load_superblock(**device, system::parse_version(version));
    if (!super) continue;
    Likeness out{std::move(*super), std::nullopt};
    if (auto bitmap = system::load_bitmap_super(**device, *out.super);
        bitmap && bitmap->error == MDX_BITMAP_OK)
      out.bitmap = bitmap->super;
    return out;
  }
  return fail(Code::corrupt, "no member of {} has a readable superblock", array.shown);
}

Result<> write_newcomer(kernel::BlockDevice& device, const Likeness& like,
                        const Newcomer& newcomer) {
  const mdx_super& super = *like.super;
  const auto version = static_cast<mdx_sb_version>(super.version);
  const auto space = space_for(device, like);
  // A linear array, whose members have no common size, takes what there is.
  const std::uint64_t needed =
      newcomer.role == MDX_ROLE_SPARE && !super.size ? super.data_size : super.size;
  if (!space || space->data_size < needed)
    return fail(Code::refused, "{} not large enough to join array", device.path());
  const mdx_super sb = super_like(super, *space, device.number(), newcomer);
  for (unsigned v = 0; v < MDX_SB_VERSIONS; v++) {
    const auto other = static_cast<mdx_sb_version>(v);
    if (other != version && system::load_superblock(device, other))
      MDCTL_CHECK(system::erase_superblock(device, other));
  }
  if (like.bitmap) MDCTL_CHECK(system::store_bitmap(device, sb, *like.bitmap));
  return system::store_superblock(device, sb);
}

}  // namespace mdctl::cli
