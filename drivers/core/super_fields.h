/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between super_format.c and the two formats: field access and shared checks.
 *
 * PURE, internal. Fields are read and written through memcpy, so a buffer may
 * have any alignment; offsets come from the structures of md_p.h.
 */
#ifndef _MDX_SUPER_FIELDS_H
#define _MDX_SUPER_FIELDS_H

#include <linux/raid/md_p.h>

#include "super_format.h"

#define MDX_SB1_HEADER_BYTES 256u	/* dev_roles[] starts here */

/* 0.90: words in host byte order. */
static inline __u32 mdx_get_u32(const void *buf, size_t off)
{
	__u32 v;

	memcpy(&v, (const __u8 *)buf + off, sizeof(v));
	return v;
}

static inline void mdx_put_u32(void *buf, size_t off, __u32 v)
{
	memcpy((__u8 *)buf + off, &v, sizeof(v));
}

static inline __u64 mdx_get_u64(const void *buf, size_t off)
{
	__u64 v;

	memcpy(&v, (const __u8 *)buf + off, sizeof(v));
	return v;
}

static inline void mdx_put_u64(void *buf, size_t off, __u64 v)
{
	memcpy((__u8 *)buf + off, &v, sizeof(v));
}

/* 1.x: little-endian whatever the host. */
static inline __u16 mdx_get_le16(const void *buf, size_t off)
{
	__le16 v;

	memcpy(&v, (const __u8 *)buf + off, sizeof(v));
	return __le16_to_cpu(v);
}

static inline __u32 mdx_get_le32(const void *buf, size_t off)
{
	__le32 v;

	memcpy(&v, (const __u8 *)buf + off, sizeof(v));
	return __le32_to_cpu(v);
}

static inline __u64 mdx_get_le64(const void *buf, size_t off)
{
	__le64 v;

	memcpy(&v, (const __u8 *)buf + off, sizeof(v));
	return __le64_to_cpu(v);
}

static inline void mdx_put_le16(void *buf, size_t off, __u16 v)
{
	__le16 le = __cpu_to_le16(v);

	memcpy((__u8 *)buf + off, &le, sizeof(le));
}

static inline void mdx_put_le32(void *buf, size_t off, __u32 v)
{
	__le32 le = __cpu_to_le32(v);

	memcpy((__u8 *)buf + off, &le, sizeof(le));
}

static inline void mdx_put_le64(void *buf, size_t off, __u64 v)
{
	__le64 le = __cpu_to_le64(v);

	memcpy((__u8 *)buf + off, &le, sizeof(le));
}

/*
 * Do the areas [@a, @a + @a_len) and [@b, @b + @b_len) share a sector? Their
 * ends must not overflow.
 */
static inline bool mdx_areas_overlap(__u64 a, __u64 a_len, __u64 b, __u64 b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* Could md's level code run this shape? MDX_SB_BAD_GEOMETRY where it could not. */
enum mdx_sb_error mdx_sb_check_shape(__s32 level, __u32 layout,
				     __u32 chunk_sectors, __u32 raid_disks);

/*
 * Is the slot one of the array's? A linear array has two more. mdadm writes the next one to the member the
 * array is about to grow by, in a copy of another's superblock, which counts the others only, or one less:
 * power may have gone before the last growth was written to the one it has copied.
 */
bool mdx_sb_slot_fits(const struct mdx_super *sb);

/* Level, layout, chunk, member count and used size of a decoded superblock. */
enum mdx_sb_error mdx_sb_check_geometry(const struct mdx_super *sb);

/* The reshape fields; only meaningful with MD_FEATURE_RESHAPE_ACTIVE. */
enum mdx_sb_error mdx_sb_check_reshape(const struct mdx_super *sb);

/* No reshape: the "new" shape is the present one. */
void mdx_sb_clear_reshape(struct mdx_super *sb);

/* Behind mdx_sb_decode: version and super_offset are set, the rest of @sb is zero. */
enum mdx_sb_error mdx_sb0_decode(const void *buf, struct mdx_super *sb);
/* Behind mdx_sb_encode: @buf is zero. */
void mdx_sb0_encode(const struct mdx_super *sb, void *buf);

enum mdx_sb_error mdx_sb1_decode(const void *buf, __u64 dev_sectors, struct mdx_super *sb);
void mdx_sb1_encode(const struct mdx_super *sb, void *buf);

#endif
