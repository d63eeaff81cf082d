// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblocks: what both formats share, and the choice between them.
 *
 * PURE, see super_format.h.
 */
#include "super_fields.h"

#define MDX_SB1_MIN_DEV_SECTORS 24u	/* below this mdadm offers no 1.x superblock */

/* GET_ARRAY_INFO tells the chunk as a signed number of bytes. */
#define MDX_CHUNK_SECTORS_MAX 0x3fffffu

__u64 mdx_sb_sector(enum mdx_sb_version version, __u64 dev_sectors)
{
	if (version == MDX_SB_0_90) {
		if (dev_sectors < 2 * MD_RESERVED_SECTORS)
			return MDX_SECTOR_NONE;
		return (dev_sectors & ~(__u64)(MD_RESERVED_SECTORS - 1)) - MD_RESERVED_SECTORS;
	}

	if (dev_sectors < MDX_SB1_MIN_DEV_SECTORS)
		return MDX_SECTOR_NONE;
	switch (version) {
	case MDX_SB_1_0:
		return (dev_sectors - 16) & ~(__u64)7;
	case MDX_SB_1_1:
		return 0;
	case MDX_SB_1_2:
		return 8;
	default:
		return MDX_SECTOR_NONE;
	}
}

/* What md keeps free behind the data of 1.0 for a bitmap: more on larger devices. */
static __u64 bitmap_room(__u64 dev_sectors)
{
	const __u64 gib = (__u64)2 << 20;

	if (dev_sectors < 128)
		return 0;
	if (dev_sectors - 128 >= 200 * gib)
		return 256;
	return dev_sectors - 8 > 8 * gib ? 128 : 8;
}

__u64 mdx_sb_room(enum mdx_sb_version version, __u64 dev_sectors, __u64 data_offset)
{
	__u64 end = dev_sectors;

	if (version == MDX_SB_0_90 || version == MDX_SB_1_0)
		end = mdx_sb_sector(version, dev_sectors);
	if (end == MDX_SECTOR_NONE)
		return 0;
	if (version == MDX_SB_1_0)
		end -= mdx_min_u64(end, bitmap_room(dev_sectors) + MDX_SB_BBLOG_ROOM);
	return end > data_offset ? end - data_offset : 0;
}

static bool raid5_layout_ok(__u32 layout)
{
	return layout <= 5;
}

static bool raid6_layout_ok(__u32 layout)
{
	return layout <= 5 || (layout >= 8 && layout <= 10) || (layout >= 16 && layout <= 20);
}

/* Bits 0-7 near copies, 8-15 far copies, 16 offset, 17-18 far rotation (3 is none). */
static bool raid10_layout_ok(__u32 layout, __u32 raid_disks)
{
	__u32 near = layout & 0xff;
	__u32 far = (layout >> 8) & 0xff;

	return near && far && near * far <= raid_disks && layout >> 19 == 0 && layout >> 17 != 3;
}

enum mdx_sb_error mdx_sb_check_shape(__s32 level, __u32 layout,
				     __u32 chunk_sectors, __u32 raid_disks)
{
	bool ok;

	if (!raid_disks || chunk_sectors > MDX_CHUNK_SECTORS_MAX)
		return MDX_SB_BAD_GEOMETRY;

	switch (level) {
	case MDX_LEVEL_FAULTY:
	case MDX_LEVEL_MULTIPATH:
	case MDX_LEVEL_LINEAR:
	case 1:
		ok = true;
		break;
	case 0:
		ok = chunk_sectors != 0;
		break;
	case 4:
		/* Its one layout is implied; md does not read the word. */
		ok = mdx_is_pow2(chunk_sectors);
		break;
	case 5:
		ok = mdx_is_pow2(chunk_sectors) && raid5_layout_ok(layout);
		break;
	case 6:
		ok = mdx_is_pow2(chunk_sectors) && raid6_layout_ok(layout);
		break;
	case 10:
		ok = mdx_is_pow2(chunk_sectors) && raid10_layout_ok(layout, raid_disks);
		break;
	default:
		ok = false;
		break;
	}
	return ok ? MDX_SB_OK : MDX_SB_BAD_GEOMETRY;
}

bool mdx_sb_slot_fits(const struct mdx_super *sb)
{
	return sb->role < sb->raid_disks ||
	       (sb->level == MDX_LEVEL_LINEAR && sb->role <= sb->raid_disks + 1);
}

enum mdx_sb_error mdx_sb_check_geometry(const struct mdx_super *sb)
{
	__u32 max = sb->version == MDX_SB_0_90 ? MDX_SB0_MAX_DEVS : MDX_SB1_MAX_DEVS;

	if (sb->raid_disks > max)
		return MDX_SB_BAD_GEOMETRY;

	/* A journal device holds no data area of the array's size. */
	if (sb->level >= 1 && sb->role != MDX_ROLE_JOURNAL &&
	    (!sb->size || sb->size > sb->data_size))
		return MDX_SB_BAD_GEOMETRY;

	return mdx_sb_check_shape(sb->level, sb->layout, sb->chunk_sectors, sb->raid_disks);
}

enum mdx_sb_error mdx_sb_check_reshape(const struct mdx_super *sb)
{
	__u32 disks = sb->raid_disks;
	__u64 rem;

	/* raid_disks is the larger count; the smaller one must still be an array. */
	if (sb->delta_disks <= -(__s32)disks || sb->delta_disks >= (__s32)disks)
		return MDX_SB_BAD_RESHAPE;
	if (sb->delta_disks < 0)
		disks += sb->delta_disks;
	if (mdx_sb_check_shape(sb->new_level, sb->new_layout, sb->new_chunk_sectors, disks))
		return MDX_SB_BAD_RESHAPE;

	/* No array of this set is larger than all members together. */
	if (sb->level >= 1 && mdx_div_rem(sb->reshape_position, sb->raid_disks, &rem) > sb->size)
		return MDX_SB_BAD_RESHAPE;
	return MDX_SB_OK;
}

void mdx_sb_clear_reshape(struct mdx_super *sb)
{
	sb->reshape_position = MDX_SECTOR_NONE;
	sb->new_level = sb->level;
	sb->delta_disks = 0;
	sb->new_layout = sb->layout;
	sb->new_chunk_sectors = sb->chunk_sectors;
}

enum mdx_sb_error mdx_sb_decode(enum mdx_sb_version version, const void *buf,
				__u64 dev_sectors, struct mdx_super *sb)
{
	__u64 sector = mdx_sb_sector(version, dev_sectors);

	if (sector == MDX_SECTOR_NONE)
		return MDX_SB_TOO_SMALL;

	memset(sb, 0, sizeof(*sb));
	sb->version = version;
	sb->super_offset = sector;
	if (version == MDX_SB_0_90)
		return mdx_sb0_decode(buf, sb);
	return mdx_sb1_decode(buf, dev_sectors, sb);
}

void mdx_sb_encode(const struct mdx_super *sb, void *buf)
{
	memset(buf, 0, MDX_SB_BYTES);
	if (sb->version == MDX_SB_0_90)
		mdx_sb0_encode(sb, buf);
	else
		mdx_sb1_encode(sb, buf);
}

__u32 mdx_sb_used_bytes(const struct mdx_super *sb)
{
	__u32 devs = sb->max_dev;

	if (sb->version == MDX_SB_0_90)
		return MDX_SB_BYTES;
	if (devs > MDX_SB1_MAX_DEVS)
		devs = MDX_SB1_MAX_DEVS;
	return MDX_SB1_HEADER_BYTES + 2 * devs;
}

__u64 mdx_sb_bitmap_space(const struct mdx_super *sb, __u64 dev_sectors)
{
	__u64 start = sb->super_offset + (__s64)sb->bitmap_offset;
	__u64 end = dev_sectors;

	if (!(sb->feature_map & MD_FEATURE_BITMAP_OFFSET))
		return 0;
	if (sb->version == MDX_SB_0_90)
		end = mdx_min_u64(end, sb->super_offset + MD_RESERVED_SECTORS);
	if (start < sb->super_offset)
		end = mdx_min_u64(end, sb->super_offset);
	if (start < sb->data_offset)
		end = mdx_min_u64(end, sb->data_offset);
	if (sb->bblog_size && start < sb->super_offset + (__s64)sb->bblog_offset)
		end = mdx_min_u64(end, sb->super_offset + (__s64)sb->bblog_offset);
	return start < end ? end - start : 0;
}

bool mdx_sb_same_set(const struct mdx_super *a, const struct mdx_super *b)
{
	/* The two formats draw their identities apart; equal bytes would be chance. */
	if ((a->version == MDX_SB_0_90) != (b->version == MDX_SB_0_90))
		return false;
	return memcmp(a->set_uuid, b->set_uuid, sizeof(a->set_uuid)) == 0;
}

const char *mdx_sb_error_text(enum mdx_sb_error err)
{
	static const char * const text[MDX_SB_ERRORS] = {
		[MDX_SB_OK] = "superblock is good",
		[MDX_SB_TOO_SMALL] = "device is too small for this superblock version",
		[MDX_SB_NO_MAGIC] = "no superblock found",
		[MDX_SB_BAD_VERSION] = "superblock version is not supported",
		[MDX_SB_BAD_CHECKSUM] = "checksum does not match",
		[MDX_SB_BAD_OFFSET] = "superblock names another place than the one it was read from",
		[MDX_SB_BAD_FEATURE] = "superblock needs a feature that is not known",
		[MDX_SB_BAD_PAD] = "reserved bytes are not zero, perhaps a newer format",
		[MDX_SB_BAD_DATA] = "data area does not fit the device",
		[MDX_SB_BAD_BITMAP] = "bitmap or partial parity log area does not fit the device",
		[MDX_SB_BAD_BBLOG] = "bad block log area does not fit the device",
		[MDX_SB_BAD_GEOMETRY] = "level, layout, chunk, number of members or size is impossible",
		[MDX_SB_BAD_ROLE] = "member number or role is impossible",
		[MDX_SB_BAD_RESHAPE] = "reshape state is impossible",
	};

	if ((__u32)err >= MDX_SB_ERRORS)
		return "unknown verdict";
	return text[err];
}

const char *mdx_sb_version_text(enum mdx_sb_version version)
{
	static const char * const text[MDX_SB_VERSIONS] = {
		[MDX_SB_0_90] = "0.90",
		[MDX_SB_1_0] = "1.0",
		[MDX_SB_1_1] = "1.1",
		[MDX_SB_1_2] = "1.2",
	};

	if ((__u32)version >= MDX_SB_VERSIONS)
		return "unknown";
	return text[version];
}
