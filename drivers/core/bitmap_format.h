/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * md's write-intent bitmap on a member: its superblock, its bits, its place.
 *
 * PURE: shared by mdx.ko, mdctl, host tests and fuzzers. The area begins with
 * a superblock of 256 bytes; the bits follow, one for each chunk, lowest first
 * in each byte. A bit that is set says: members may differ in that chunk, or a
 * member that is away may have missed something there. The superblock is
 * little-endian in every version.
 *
 * Input is hostile (invariant I9): nothing of it is used before
 * mdx_bitmap_decode() and mdx_bitmap_check() have passed it.
 *
 * Units: sectors are 512 bytes, a chunk's size is in bytes.
 */
#ifndef _MDX_BITMAP_FORMAT_H
#define _MDX_BITMAP_FORMAT_H

#include <mdx/pure.h>

#include "super_format.h"

MDX_EXTERN_C_BEGIN

#define MDX_BITMAP_MAGIC 0x6d746962u
#define MDX_BITMAP_SB_BYTES 256u
#define MDX_BITMAP_PAGE_BYTES 4096u	/* the area is written in these */
#define MDX_BITMAP_CLUSTER_NAME 64u

#define MDX_BITMAP_HOST_ENDIAN 3u	/* bits lie in host-endian longs; like 4 on little-endian hosts */
#define MDX_BITMAP_VERSION 4u		/* what is written */
#define MDX_BITMAP_CLUSTERED 5u
#define MDX_BITMAP_LOCKLESS 6u

#define MDX_BITMAP_CHUNK_MIN 512u
#define MDX_BITMAP_CHUNK_DEFAULT (64u << 20)
#define MDX_BITMAP_CHUNK_MAX (1u << 31)	/* the field has 32 bits */
#define MDX_BITMAP_BEHIND_MAX 16383u	/* writes behind in flight; 14 bits, as md counts */
#define MDX_BITMAP_SLEEP_DEFAULT 5u	/* seconds */
#define MDX_BITMAP_SLEEP_MAX ((1u << 31) - 1)

/*
 * Of one array, so that what a disk says costs no more than 256 MiB of memory.
 * mdadm makes at most 2^20.
 */
#define MDX_BITMAP_CHUNKS_MAX (1u << 26)

/* Bits of mdx_bitmap_super.state. */
#define MDX_BITMAP_STALE 0x2u		/* its bits are not to be gone by: all count as set */
#define MDX_BITMAP_WRITE_ERROR 0x4u

struct mdx_bitmap_super {
	__u32 version;
	__u8 uuid[16];		/* see mdx_bitmap_uuid() */
	__u64 events;		/* of the array's superblock that was written next */
	__u64 events_cleared;	/* of the array when a bit was last cleared, all members present */
	__u64 sync_size;	/* sectors that the bits are about */
	__u32 state;		/* MDX_BITMAP_STALE ... */
	__u32 chunk_bytes;	/* a power of two */
	__u32 daemon_sleep;	/* seconds between two looks for bits to clear */
	__u32 write_behind;	/* most writes behind in flight; 0: none */
	__u32 sectors_reserved;	/* for superblock and bits; 0: not recorded */
	__u32 nodes;		/* clustered only, like the next */
	char cluster_name[MDX_BITMAP_CLUSTER_NAME + 1];	/* always terminated */
};

/* Why a bitmap was not accepted; 0 is success. Text: mdx_bitmap_error_text(). */
enum mdx_bitmap_error {
	MDX_BITMAP_OK,
	MDX_BITMAP_NO_MAGIC,
	MDX_BITMAP_BAD_VERSION,
	MDX_BITMAP_IS_CLUSTERED,
	MDX_BITMAP_IS_LOCKLESS,
	MDX_BITMAP_BAD_CHUNK,
	MDX_BITMAP_BAD_SLEEP,
	MDX_BITMAP_BAD_BEHIND,
	MDX_BITMAP_BAD_RESERVED,
	MDX_BITMAP_BAD_SIZE,	/* sync_size is not the array's */
	MDX_BITMAP_WRONG_UUID,
	MDX_BITMAP_NO_ROOM,	/* superblock and bits do not fit the area */
	MDX_BITMAP_TOO_MANY,	/* more than MDX_BITMAP_CHUNKS_MAX */
	MDX_BITMAP_ERRORS,
};

/*
 * Decode @buf (MDX_BITMAP_SB_BYTES) into @sb, with all checks that need nothing
 * else. For MDX_BITMAP_IS_CLUSTERED and MDX_BITMAP_IS_LOCKLESS @sb is filled as
 * well, to be shown; on any other error its content is unspecified.
 */
enum mdx_bitmap_error mdx_bitmap_decode(const void *buf, struct mdx_bitmap_super *sb);

/* Encode @sb into @buf (MDX_BITMAP_SB_BYTES); every byte is written. */
void mdx_bitmap_encode(const struct mdx_bitmap_super *sb, void *buf);

/* How a bitmap of a given chunk size is laid out. */
struct mdx_bitmap_shape {
	__u64 chunks;
	__u64 bytes;		/* superblock and bits */
	__u32 pages;		/* of MDX_BITMAP_PAGE_BYTES, the last one maybe not full */
	__u32 chunk_shift;	/* chunk of a sector: sector >> chunk_shift */
};

/*
 * The shape over @sync_size sectors (not 0) with chunks of @chunk_bytes (a power
 * of two in range). MDX_BITMAP_OK or MDX_BITMAP_TOO_MANY; then @shape holds
 * chunks and bytes only.
 */
enum mdx_bitmap_error mdx_bitmap_lay_out(__u64 sync_size, __u32 chunk_bytes,
					 struct mdx_bitmap_shape *shape);

/*
 * What a decoded bitmap must be to be that of an array: its identity @uuid (of
 * mdx_bitmap_uuid()), @sync_size sectors, an area of @space sectors. Fills @shape.
 */
enum mdx_bitmap_error mdx_bitmap_check(const struct mdx_bitmap_super *sb, const __u8 *uuid,
				       __u64 sync_size, __u64 space,
				       struct mdx_bitmap_shape *shape);

/* Where the bit of @chunk is: byte from the start of the area, and mask in it. */
__u64 mdx_bitmap_byte(__u32 version, __u64 chunk);
static inline __u8 mdx_bitmap_mask(__u64 chunk)
{
	return 1u << (chunk & 7);
}

/*
 * The array's identity as bitmaps carry it: the bytes of the member's superblock,
 * which for 0.90 are four words of the host.
 */
void mdx_bitmap_uuid(const struct mdx_super *sb, __u8 *uuid);

/*
 * ---- where it is ----
 *
 * bitmap_offset of the member's superblock (0.90: behind it) counts sectors from
 * that superblock, and mdx_sb_bitmap_space() says how many there are to the next
 * thing. The bitmap must start and end on whole logical blocks of the member.
 */

/* First sector of @sb's bitmap on the device; MDX_SECTOR_NONE: it has none. */
__u64 mdx_bitmap_sector(const struct mdx_super *sb);

/* What mdx_bitmap_plan() has decided. */
struct mdx_bitmap_place {
	__s32 offset;		/* sectors from the superblock, for bitmap_offset */
	__u32 chunk_bytes;
	__u64 space;		/* sectors from there to the next thing */
	struct mdx_bitmap_shape shape;
};

/*
 * Where mdadm puts a bitmap on a member like @sb that has none yet: 4 KiB behind
 * the superblock; with 1.0 before it and the bad-block log that lies between, as
 * close as whole pages allow. Chunks of @chunk_bytes; with 0 the default, doubled
 * until the bits fit. Fields used: version, super_offset, data_offset, data_size,
 * bblog_*. MDX_BITMAP_OK, MDX_BITMAP_BAD_CHUNK, MDX_BITMAP_BAD_SIZE (@sync_size is
 * 0), MDX_BITMAP_NO_ROOM or MDX_BITMAP_TOO_MANY.
 */
enum mdx_bitmap_error mdx_bitmap_plan(const struct mdx_super *sb, __u64 dev_sectors,
				      __u64 sync_size, __u32 chunk_bytes,
				      struct mdx_bitmap_place *place);

/* A bitmap superblock as mdadm makes it for a new bitmap; events are 0. */
void mdx_bitmap_init(struct mdx_bitmap_super *sb, const __u8 *uuid, __u64 sync_size,
		     __u32 chunk_bytes);

/* Sectors of the area that holds a bitmap of that shape, whole pages. */
static inline __u64 mdx_bitmap_area(const struct mdx_bitmap_shape *shape)
{
	return (__u64)shape->pages * (MDX_BITMAP_PAGE_BYTES / 512);
}

/* English for logs and --examine-bitmap; no newline. */
const char *mdx_bitmap_error_text(enum mdx_bitmap_error err);

MDX_EXTERN_C_END

#endif
