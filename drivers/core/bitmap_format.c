// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write-intent bitmap's format.
 *
 * PURE, see bitmap_format.h.
 */
#include "bitmap_format.h"

#include "super_fields.h"

#define OFF_MAGIC 0u
#define OFF_VERSION 4u
#define OFF_UUID 8u
#define OFF_EVENTS 24u
#define OFF_EVENTS_CLEARED 32u
#define OFF_SYNC_SIZE 40u
#define OFF_STATE 48u
#define OFF_CHUNK 52u
#define OFF_SLEEP 56u
#define OFF_BEHIND 60u
#define OFF_RESERVED 64u
#define OFF_NODES 68u
#define OFF_CLUSTER 72u

#define SECTOR_BITS 9u
#define BITS_PER_BYTE_ 8u

#define HOST_IS_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

#define PLACE_BEHIND 8u		/* sectors from superblock to bitmap, except with 1.0 */
#define AREA_PAGE (MDX_BITMAP_PAGE_BYTES / 512)	/* sectors */

static __u32 log2_of(__u32 n)
{
	__u32 bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

static enum mdx_bitmap_error check_version(__u32 version)
{
	switch (version) {
	case MDX_BITMAP_HOST_ENDIAN:
	case MDX_BITMAP_VERSION:
		return MDX_BITMAP_OK;
	case MDX_BITMAP_CLUSTERED:
		return MDX_BITMAP_IS_CLUSTERED;
	case MDX_BITMAP_LOCKLESS:
		return MDX_BITMAP_IS_LOCKLESS;
	default:
		return MDX_BITMAP_BAD_VERSION;
	}
}

static enum mdx_bitmap_error check_decoded(const struct mdx_bitmap_super *sb)
{
	if (sb->chunk_bytes < MDX_BITMAP_CHUNK_MIN || !mdx_is_pow2(sb->chunk_bytes))
		return MDX_BITMAP_BAD_CHUNK;
	if (!sb->daemon_sleep || sb->daemon_sleep > MDX_BITMAP_SLEEP_MAX)
		return MDX_BITMAP_BAD_SLEEP;
	if (sb->write_behind > MDX_BITMAP_BEHIND_MAX)
		return MDX_BITMAP_BAD_BEHIND;
	return MDX_BITMAP_OK;
}

enum mdx_bitmap_error mdx_bitmap_decode(const void *buf, struct mdx_bitmap_super *sb)
{
	enum mdx_bitmap_error err;

	if (mdx_get_le32(buf, OFF_MAGIC) != MDX_BITMAP_MAGIC)
		return MDX_BITMAP_NO_MAGIC;
	memset(sb, 0, sizeof(*sb));
	sb->version = mdx_get_le32(buf, OFF_VERSION);
	memcpy(sb->uuid, (const __u8 *)buf + OFF_UUID, sizeof(sb->uuid));
	sb->events = mdx_get_le64(buf, OFF_EVENTS);
	sb->events_cleared = mdx_get_le64(buf, OFF_EVENTS_CLEARED);
	sb->sync_size = mdx_get_le64(buf, OFF_SYNC_SIZE);
	sb->state = mdx_get_le32(buf, OFF_STATE);
	sb->chunk_bytes = mdx_get_le32(buf, OFF_CHUNK);
	sb->daemon_sleep = mdx_get_le32(buf, OFF_SLEEP);
	sb->write_behind = mdx_get_le32(buf, OFF_BEHIND);
	sb->sectors_reserved = mdx_get_le32(buf, OFF_RESERVED);
	sb->nodes = mdx_get_le32(buf, OFF_NODES);
	memcpy(sb->cluster_name, (const __u8 *)buf + OFF_CLUSTER, MDX_BITMAP_CLUSTER_NAME);
	err = check_version(sb->version);
	return err ? err : check_decoded(sb);
}

void mdx_bitmap_encode(const struct mdx_bitmap_super *sb, void *buf)
{
	memset(buf, 0, MDX_BITMAP_SB_BYTES);
	mdx_put_le32(buf, OFF_MAGIC, MDX_BITMAP_MAGIC);
	mdx_put_le32(buf, OFF_VERSION, sb->version);
	memcpy((__u8 *)buf + OFF_UUID, sb->uuid, sizeof(sb->uuid));
	mdx_put_le64(buf, OFF_EVENTS, sb->events);
	mdx_put_le64(buf, OFF_EVENTS_CLEARED, sb->events_cleared);
	mdx_put_le64(buf, OFF_SYNC_SIZE, sb->sync_size);
	mdx_put_le32(buf, OFF_STATE, sb->state);
	mdx_put_le32(buf, OFF_CHUNK, sb->chunk_bytes);
	mdx_put_le32(buf, OFF_SLEEP, sb->daemon_sleep);
	mdx_put_le32(buf, OFF_BEHIND, sb->write_behind);
	mdx_put_le32(buf, OFF_RESERVED, sb->sectors_reserved);
	mdx_put_le32(buf, OFF_NODES, sb->nodes);
	memcpy((__u8 *)buf + OFF_CLUSTER, sb->cluster_name, MDX_BITMAP_CLUSTER_NAME);
}

enum mdx_bitmap_error mdx_bitmap_lay_out(__u64 sync_size, __u32 chunk_bytes,
					 struct mdx_bitmap_shape *shape)
{
	memset(shape, 0, sizeof(*shape));
	shape->chunk_shift = log2_of(chunk_bytes) - SECTOR_BITS;
	shape->chunks = ((sync_size - 1) >> shape->chunk_shift) + 1;
	shape->bytes = MDX_BITMAP_SB_BYTES + shape->chunks / BITS_PER_BYTE_ +
		       (shape->chunks % BITS_PER_BYTE_ != 0);
	if (shape->chunks > MDX_BITMAP_CHUNKS_MAX)
		return MDX_BITMAP_TOO_MANY;
	shape->pages = (shape->bytes + MDX_BITMAP_PAGE_BYTES - 1) / MDX_BITMAP_PAGE_BYTES;
	return MDX_BITMAP_OK;
}

/* Its last sector may be shared with nobody, its last page's rest may. */
static bool fits(const struct mdx_bitmap_shape *shape, __u64 space)
{
	return (shape->bytes + 511) / 512 <= space;
}

enum mdx_bitmap_error mdx_bitmap_check(const struct mdx_bitmap_super *sb, const __u8 *uuid,
				       __u64 sync_size, __u64 space,
				       struct mdx_bitmap_shape *shape)
{
	enum mdx_bitmap_error err;

	if (memcmp(sb->uuid, uuid, sizeof(sb->uuid)) != 0)
		return MDX_BITMAP_WRONG_UUID;
	if (!sync_size || sb->sync_size != sync_size)
		return MDX_BITMAP_BAD_SIZE;
	if (sb->sectors_reserved > space)
		return MDX_BITMAP_BAD_RESERVED;
	err = mdx_bitmap_lay_out(sync_size, sb->chunk_bytes, shape);
	/* What does not fit is that before it is too much. */
	if (!fits(shape, sb->sectors_reserved ? sb->sectors_reserved : space))
		return MDX_BITMAP_NO_ROOM;
	return err;
}

__u64 mdx_bitmap_byte(__u32 version, __u64 chunk)
{
	__u64 byte = chunk / BITS_PER_BYTE_;

	if (HOST_IS_BIG_ENDIAN && version == MDX_BITMAP_HOST_ENDIAN)
		byte ^= sizeof(long) - 1;
	return MDX_BITMAP_SB_BYTES + byte;
}

void mdx_bitmap_uuid(const struct mdx_super *sb, __u8 *uuid)
{
	__u32 i, word;

	if (sb->version != MDX_SB_0_90) {
		memcpy(uuid, sb->set_uuid, sizeof(sb->set_uuid));
		return;
	}
	for (i = 0; i < sizeof(sb->set_uuid); i += 4) {
		word = (__u32)sb->set_uuid[i] << 24 | (__u32)sb->set_uuid[i + 1] << 16 |
		       (__u32)sb->set_uuid[i + 2] << 8 | sb->set_uuid[i + 3];
		mdx_put_u32(uuid, i, word);
	}
}

__u64 mdx_bitmap_sector(const struct mdx_super *sb)
{
	if (!(sb->feature_map & MD_FEATURE_BITMAP_OFFSET))
		return MDX_SECTOR_NONE;
	return sb->super_offset + (__s64)sb->bitmap_offset;
}

/* Sectors up to @end that the bad-block log leaves to what begins at @start. */
static __u64 until_bblog(const struct mdx_super *sb, __u64 start, __u64 end)
{
	__u64 log = sb->super_offset + (__s64)sb->bblog_offset;

	if (sb->bblog_size && log >= start)
		end = mdx_min_u64(end, log);
	return end > start ? end - start : 0;
}

static __u64 room_behind(const struct mdx_super *sb, __u64 dev_sectors)
{
	__u64 start = sb->super_offset + PLACE_BEHIND;
	__u64 end = sb->data_offset;

	if (sb->version == MDX_SB_0_90)
		end = sb->super_offset + MD_RESERVED_SECTORS;
	return until_bblog(sb, start, mdx_min_u64(end, dev_sectors));
}

/* Where what lies before a superblock 1.0 must end; sectors before it. */
static __u64 taken_before(const struct mdx_super *sb)
{
	return sb->bblog_size && sb->bblog_offset < 0 ? -(__s64)sb->bblog_offset : 0;
}

static __u64 room_before(const struct mdx_super *sb)
{
	__u64 start = sb->data_offset + sb->data_size;
	__u64 end = sb->super_offset - taken_before(sb);

	return end > start ? (end - start) / AREA_PAGE * AREA_PAGE : 0;
}

static enum mdx_bitmap_error choose_chunk(__u64 sync_size, bool given,
					  struct mdx_bitmap_place *place)
{
	enum mdx_bitmap_error err;

	for (;;) {
		err = mdx_bitmap_lay_out(sync_size, place->chunk_bytes, &place->shape);
		if (!fits(&place->shape, place->space))
			err = MDX_BITMAP_NO_ROOM;
		if (!err || given || place->chunk_bytes == MDX_BITMAP_CHUNK_MAX)
			return err;
		place->chunk_bytes *= 2;
	}
}

enum mdx_bitmap_error mdx_bitmap_plan(const struct mdx_super *sb, __u64 dev_sectors,
				      __u64 sync_size, __u32 chunk_bytes,
				      struct mdx_bitmap_place *place)
{
	const bool before = sb->version == MDX_SB_1_0;
	enum mdx_bitmap_error err;

	memset(place, 0, sizeof(*place));
	if (!sync_size)
		return MDX_BITMAP_BAD_SIZE;
	if (chunk_bytes && (chunk_bytes < MDX_BITMAP_CHUNK_MIN || !mdx_is_pow2(chunk_bytes)))
		return MDX_BITMAP_BAD_CHUNK;
	place->chunk_bytes = chunk_bytes ? chunk_bytes : MDX_BITMAP_CHUNK_DEFAULT;
	place->space = before ? room_before(sb) : room_behind(sb, dev_sectors);
	place->offset = PLACE_BEHIND;
	err = choose_chunk(sync_size, chunk_bytes != 0, place);
	if (!err && before) {
		place->space = mdx_bitmap_area(&place->shape);
		place->offset = -(__s32)(place->space + taken_before(sb));
	}
	return err;
}

void mdx_bitmap_init(struct mdx_bitmap_super *sb, const __u8 *uuid, __u64 sync_size,
		     __u32 chunk_bytes)
{
	memset(sb, 0, sizeof(*sb));
	sb->version = MDX_BITMAP_VERSION;
	memcpy(sb->uuid, uuid, sizeof(sb->uuid));
	sb->sync_size = sync_size;
	sb->chunk_bytes = chunk_bytes;
	sb->daemon_sleep = MDX_BITMAP_SLEEP_DEFAULT;
}

const char *mdx_bitmap_error_text(enum mdx_bitmap_error err)
{
	static const char * const text[MDX_BITMAP_ERRORS] = {
		[MDX_BITMAP_OK] = "bitmap is good",
		[MDX_BITMAP_NO_MAGIC] = "no bitmap found",
		[MDX_BITMAP_BAD_VERSION] = "bitmap version is not known",
		[MDX_BITMAP_IS_CLUSTERED] = "clustered bitmaps are not supported",
		[MDX_BITMAP_IS_LOCKLESS] = "lockless bitmaps are not supported",
		[MDX_BITMAP_BAD_CHUNK] = "chunk size of the bitmap is impossible",
		[MDX_BITMAP_BAD_SLEEP] = "delay of the bitmap is impossible",
		[MDX_BITMAP_BAD_BEHIND] = "write-behind of the bitmap is impossible",
		[MDX_BITMAP_BAD_RESERVED] = "bitmap claims more room than there is",
		[MDX_BITMAP_BAD_SIZE] = "bitmap is about another size than the array's",
		[MDX_BITMAP_WRONG_UUID] = "bitmap belongs to another array",
		[MDX_BITMAP_NO_ROOM] = "bitmap does not fit its area",
		[MDX_BITMAP_TOO_MANY] = "bitmap has more chunks than are supported",
	};

	if ((__u32)err >= MDX_BITMAP_ERRORS)
		return "unknown verdict";
	return text[err];
}
