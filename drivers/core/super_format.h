/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * md's superblocks, 0.90 and 1.x, as one CPU-order structure.
 *
 * PURE: shared by mdx.ko, mdctl, host tests and fuzzers. The on-disk layouts
 * are those of <linux/raid/md_p.h>; nothing here restates them. Every decoder
 * treats its input as hostile: a decoded structure has passed all checks that
 * can be made without the other members (invariant I9).
 *
 * Units: sectors are 512 bytes. Positions are from the start of the device
 * unless a comment says otherwise.
 */
#ifndef _MDX_SUPER_FORMAT_H
#define _MDX_SUPER_FORMAT_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_SB_BYTES 4096u	/* what is read and written for a superblock */
#define MDX_SB_SECTORS 8u
#define MDX_SB1_MAX_DEVS 1920u	/* roles that fit behind the 256-byte header */
#define MDX_SB0_MAX_DEVS 27u
/* Of a member: 0.90 counts in KiB, with 32 bits. */
#define MDX_SB_BBLOG_ROOM 8u	/* sectors that 1.0 keeps free for a log of bad blocks */
#define MDX_SB0_MAX_SECTORS (((__u64)2 << 32) - 2)

#define MDX_ROLE_SPARE 0xffffu
#define MDX_ROLE_FAULTY 0xfffeu
#define MDX_ROLE_JOURNAL 0xfffdu
#define MDX_ROLE_MAX 0xff00u	/* real slots are below */

#define MDX_LEVEL_LINEAR (-1)
#define MDX_LEVEL_MULTIPATH (-4)
#define MDX_LEVEL_FAULTY (-5)

/* The four places a superblock can be in. */
enum mdx_sb_version {
	MDX_SB_0_90,
	MDX_SB_1_0,
	MDX_SB_1_1,
	MDX_SB_1_2,
	MDX_SB_VERSIONS,
};

/* One row of 0.90's member table (MD_DISK_* bits in @state). */
struct mdx_sb0_disk {
	__u32 number;
	__u32 major;
	__u32 minor;
	__u32 raid_disk;
	__u32 state;
};

struct mdx_super {
	__u8 version;		/* enum mdx_sb_version */

	/* the set */
	__u8 set_uuid[16];	/* in the byte order mdadm shows and compares */
	char set_name[33];	/* 1.x, always terminated */
	__u64 ctime;		/* seconds */
	__u32 ctime_us;
	__s32 level;
	__u32 layout;		/* raid0: 0 where unset, as md takes it (no feature bit, 0.90) */
	__u32 chunk_sectors;
	__u32 raid_disks;
	__u64 size;		/* used sectors of each member; 0 where sizes differ */
	__u32 feature_map;	/* MD_FEATURE_*, 1.x; 0.90 has the bitmap bit mapped to MD_FEATURE_BITMAP_OFFSET */
	__s32 bitmap_offset;	/* sectors from the superblock, signed; raw word for PPL arrays; else 0 */

	/*
	 * Reshape in progress, with MD_FEATURE_RESHAPE_ACTIVE (0.90: minor 91).
	 * Without it decoders fill in "no reshape": position MDX_SECTOR_NONE,
	 * delta 0, the new shape equal to the present one.
	 */
	__u64 reshape_position;
	__s32 new_level;
	__s32 delta_disks;
	__u32 new_layout;
	__u32 new_chunk_sectors;
	__s32 new_offset;	/* sectors, relative to data_offset; valid with MD_FEATURE_NEW_OFFSET */

	/* state of the set */
	__u64 utime;		/* seconds */
	__u32 utime_us;
	__u64 events;
	__u64 resync_offset;	/* MDX_SECTOR_NONE: in sync (clean) */
	bool sb0_errors;	/* 0.90 MD_SB_ERRORS */

	/* this member */
	__u64 super_offset;	/* sectors */
	__u64 data_offset;
	__u64 data_size;
	__u64 recovery_offset;	/* or journal tail; valid with MD_FEATURE_RECOVERY_OFFSET / JOURNAL; may exceed size */
	__u32 dev_number;	/* any value: not below max_dev means spare */
	__u32 cnt_corrected;
	__u8 device_uuid[16];
	__u8 devflags;		/* WriteMostly1, FailFast1 of md_p.h */
	__u8 bblog_shift;
	__u16 bblog_size;	/* sectors; 0: no bad-block log */
	__s32 bblog_offset;	/* sectors from the superblock */
	__u32 logical_block_size; /* byte 224 as newer kernels write it; 0: not recorded */
	__u32 role;		/* slot (< raid_disks), or MDX_ROLE_*; by this member's own table */

	/* the member table */
	__u32 max_dev;		/* valid entries of roles[] */
	__u16 roles[MDX_SB1_MAX_DEVS];	/* by dev_number; raw, a slot may be >= raid_disks */

	/* 0.90 only; 0.90's recovery checkpoint and clean bit are in resync_offset */
	__u32 md_minor;
	__u32 not_persistent;
	__u32 sb0_patch;	/* kept; 0 in new superblocks */
	__u64 cp_events;	/* written as events whenever resync_offset is not 0 */
	/*
	 * Rows as md writes them. A slot i nobody has: { i, 0, 0, i, REMOVED |
	 * FAULTY }, for slot 0 REMOVED alone. A failed member still attached,
	 * and spares: rows from raid_disks on, state FAULTY or 0. The encoder
	 * derives nr_disks, active, working, failed and spare from these rows.
	 */
	struct mdx_sb0_disk sb0_disks[MDX_SB0_MAX_DEVS];
	struct mdx_sb0_disk sb0_this;
};

/* Why a superblock was not accepted; 0 is success. Text: mdx_sb_error_text. */
enum mdx_sb_error {
	MDX_SB_OK,
	MDX_SB_TOO_SMALL,	/* the device has no room for this version */
	MDX_SB_NO_MAGIC,	/* nothing there */
	MDX_SB_BAD_VERSION,
	MDX_SB_BAD_CHECKSUM,
	MDX_SB_BAD_OFFSET,	/* super_offset does not name the place it was read from */
	MDX_SB_BAD_FEATURE,	/* feature_map has a bit we do not know */
	MDX_SB_BAD_PAD,		/* reserved bytes that must be zero are not */
	MDX_SB_BAD_DATA,	/* data area outside the device or over the superblock */
	MDX_SB_BAD_BITMAP,	/* bitmap area impossible */
	MDX_SB_BAD_BBLOG,	/* bad-block log area impossible */
	MDX_SB_BAD_GEOMETRY,	/* level, chunk, layout, raid_disks or size impossible */
	MDX_SB_BAD_ROLE,	/* max_dev, dev_number or roles[] impossible */
	MDX_SB_BAD_RESHAPE,
	MDX_SB_ERRORS,
};

/*
 * Sector of the superblock of @version on a device of @dev_sectors, or
 * MDX_SECTOR_NONE where the device is too small for it.
 */
__u64 mdx_sb_sector(enum mdx_sb_version version, __u64 dev_sectors);

/*
 * How many sectors of data there may be from @data_offset on where a member is to take
 * all its device has: in 1.0 a bitmap and a log of bad blocks keep their place behind it. 0: none.
 */
__u64 mdx_sb_room(enum mdx_sb_version version, __u64 dev_sectors, __u64 data_offset);

/*
 * Decode @buf (MDX_SB_BYTES, read at mdx_sb_sector(@version, @dev_sectors))
 * into @sb. On anything but MDX_SB_OK the content of @sb is unspecified.
 * Never reads beyond the buffer, whatever it holds.
 */
enum mdx_sb_error mdx_sb_decode(enum mdx_sb_version version, const void *buf,
				__u64 dev_sectors, struct mdx_super *sb);

/*
 * Encode @sb into @buf (MDX_SB_BYTES), checksum included. All bytes are
 * written; what @sb does not carry becomes zero. 1.x roles beyond max_dev
 * are not stored; the checksum covers 256 + 2 * max_dev bytes.
 */
void mdx_sb_encode(const struct mdx_super *sb, void *buf);

/*
 * Bytes the superblock occupies on the medium. Write no more than this,
 * rounded up to the logical block: behind a 1.x superblock that md hot-added
 * a bitmap to, the bitmap starts in the very same 4 KiB.
 */
__u32 mdx_sb_used_bytes(const struct mdx_super *sb);

/*
 * Sectors between the start of the bitmap and the next thing in its way
 * (superblock, data, bad-block log, end of device). 0 without a bitmap. A
 * bitmap whose own superblock claims more does not fit and must be refused.
 */
__u64 mdx_sb_bitmap_space(const struct mdx_super *sb, __u64 dev_sectors);

/*
 * Same array: equal set_uuid in the same family of formats (0.90 or 1.x),
 * whatever level or shape either claims.
 */
bool mdx_sb_same_set(const struct mdx_super *a, const struct mdx_super *b);

/* English for logs and --examine, e.g. "checksum does not match". No newline. */
const char *mdx_sb_error_text(enum mdx_sb_error err);

/* "0.90", "1.0", "1.1", "1.2". */
const char *mdx_sb_version_text(enum mdx_sb_version version);

MDX_EXTERN_C_END

#endif
