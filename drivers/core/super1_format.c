// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblock 1.0, 1.1 and 1.2: one layout in three places, little-endian.
 *
 * PURE, see super_format.h. struct mdp_superblock_1 of md_p.h is the layout;
 * a field that headers of some supported kernels lack is named by offset.
 */
#include "super_fields.h"

#define OFF(field) offsetof(struct mdp_superblock_1, field)

/*
 * First of the trailing pad bytes. Linux 6.19 and later keep the array's
 * logical block size in the first four, earlier headers call all of them pad.
 */
#define OFF_LBS 224u
#define OFF_PAD 228u

#define LBS_MIN 512u
#define LBS_MAX 65536u

#define DATA_MIN_SECTORS 10u	/* md takes no smaller data area */
#define BBLOG_MAX_SECTORS 8u	/* one page; what mdadm reserves */
#define BBLOG_MAX_SHIFT 31u

/* Every bit this code understands; a header may know more than we do. */
#define FEATURES_KNOWN (MD_FEATURE_BITMAP_OFFSET | MD_FEATURE_RECOVERY_OFFSET | \
			MD_FEATURE_RESHAPE_ACTIVE | MD_FEATURE_BAD_BLOCKS | \
			MD_FEATURE_REPLACEMENT | MD_FEATURE_RESHAPE_BACKWARDS | \
			MD_FEATURE_NEW_OFFSET | MD_FEATURE_RECOVERY_BITMAP | \
			MD_FEATURE_CLUSTERED | MD_FEATURE_JOURNAL | MD_FEATURE_PPL | \
			MD_FEATURE_MULTIPLE_PPLS | MD_FEATURE_RAID0_LAYOUT)
#define FEATURES_PPL (MD_FEATURE_PPL | MD_FEATURE_MULTIPLE_PPLS)

/* Times: seconds in the low 40 bits, microseconds above. */
#define TIME_SECONDS_BITS 40
#define TIME_SECONDS_MASK (((__u64)1 << TIME_SECONDS_BITS) - 1)

static __u32 checksum(const void *buf, __u32 bytes)
{
	__u64 sum = 0;
	__u32 off;

	for (off = 0; off + 4 <= bytes; off += 4) {
		if (off != OFF(sb_csum))
			sum += mdx_get_le32(buf, off);
	}
	if (off < bytes)
		sum += mdx_get_le16(buf, off);
	return (__u32)sum + (__u32)(sum >> 32);
}

/* Is this a superblock at all, whole, and of a kind we know? */
static enum mdx_sb_error check_header(const __u8 *buf, __u64 sector)
{
	__u32 max_dev = mdx_get_le32(buf, OFF(max_dev));
	__u32 lbs = mdx_get_le32(buf, OFF_LBS);
	__u32 i;

	if (mdx_get_le32(buf, OFF(magic)) != MD_SB_MAGIC)
		return MDX_SB_NO_MAGIC;
	if (mdx_get_le32(buf, OFF(major_version)) != 1)
		return MDX_SB_BAD_VERSION;
	if (max_dev > MDX_SB1_MAX_DEVS)
		return MDX_SB_BAD_ROLE;
	if (mdx_get_le64(buf, OFF(super_offset)) != sector)
		return MDX_SB_BAD_OFFSET;
	if (checksum(buf, MDX_SB1_HEADER_BYTES + 2 * max_dev) != mdx_get_le32(buf, OFF(sb_csum)))
		return MDX_SB_BAD_CHECKSUM;
	if (mdx_get_le32(buf, OFF(feature_map)) & ~FEATURES_KNOWN)
		return MDX_SB_BAD_FEATURE;

	if (mdx_get_le32(buf, OFF(pad0)))
		return MDX_SB_BAD_PAD;
	if (lbs && (!mdx_is_pow2(lbs) || lbs < LBS_MIN || lbs > LBS_MAX))
		return MDX_SB_BAD_PAD;
	for (i = OFF_PAD; i < MDX_SB1_HEADER_BYTES; i++) {
		if (buf[i])
			return MDX_SB_BAD_PAD;
	}
	return MDX_SB_OK;
}

static void decode_set(const __u8 *buf, struct mdx_super *sb)
{
	__u64 ctime = mdx_get_le64(buf, OFF(ctime));

	memcpy(sb->set_uuid, buf + OFF(set_uuid), sizeof(sb->set_uuid));
	memcpy(sb->set_name, buf + OFF(set_name), sizeof(sb->set_name) - 1);
	sb->ctime = ctime & TIME_SECONDS_MASK;
	sb->ctime_us = ctime >> TIME_SECONDS_BITS;
	sb->level = (__s32)mdx_get_le32(buf, OFF(level));
	sb->layout = mdx_get_le32(buf, OFF(layout));
	sb->chunk_sectors = mdx_get_le32(buf, OFF(chunksize));
	sb->raid_disks = mdx_get_le32(buf, OFF(raid_disks));
	sb->size = mdx_get_le64(buf, OFF(size));
	sb->feature_map = mdx_get_le32(buf, OFF(feature_map));
	sb->logical_block_size = mdx_get_le32(buf, OFF_LBS);

	/* md takes the word for unset without its bit, and values it never gave a meaning. */
	if (sb->level == 0 &&
	    (!(sb->feature_map & MD_FEATURE_RAID0_LAYOUT) || sb->layout > 2))
		sb->layout = 0;

	if (sb->feature_map & (MD_FEATURE_BITMAP_OFFSET | FEATURES_PPL))
		sb->bitmap_offset = (__s32)mdx_get_le32(buf, OFF(bitmap_offset));

	if (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE) {
		sb->reshape_position = mdx_get_le64(buf, OFF(reshape_position));
		sb->new_level = (__s32)mdx_get_le32(buf, OFF(new_level));
		sb->delta_disks = (__s32)mdx_get_le32(buf, OFF(delta_disks));
		sb->new_layout = mdx_get_le32(buf, OFF(new_layout));
		sb->new_chunk_sectors = mdx_get_le32(buf, OFF(new_chunk));
	} else {
		mdx_sb_clear_reshape(sb);
	}
	if (sb->feature_map & MD_FEATURE_NEW_OFFSET)
		sb->new_offset = (__s32)mdx_get_le32(buf, OFF(new_offset));
}

static void decode_state(const __u8 *buf, struct mdx_super *sb)
{
	__u64 utime = mdx_get_le64(buf, OFF(utime));

	sb->utime = utime & TIME_SECONDS_MASK;
	sb->utime_us = utime >> TIME_SECONDS_BITS;
	sb->events = mdx_get_le64(buf, OFF(events));
	sb->resync_offset = mdx_get_le64(buf, OFF(resync_offset));
}

static void decode_member(const __u8 *buf, struct mdx_super *sb)
{
	__u32 i;

	sb->data_offset = mdx_get_le64(buf, OFF(data_offset));
	sb->data_size = mdx_get_le64(buf, OFF(data_size));
	if (sb->feature_map & (MD_FEATURE_RECOVERY_OFFSET | MD_FEATURE_JOURNAL))
		sb->recovery_offset = mdx_get_le64(buf, OFF(recovery_offset));
	sb->dev_number = mdx_get_le32(buf, OFF(dev_number));
	sb->cnt_corrected = mdx_get_le32(buf, OFF(cnt_corrected_read));
	memcpy(sb->device_uuid, buf + OFF(device_uuid), sizeof(sb->device_uuid));
	sb->devflags = buf[OFF(devflags)];
	sb->bblog_shift = buf[OFF(bblog_shift)];
	sb->bblog_size = mdx_get_le16(buf, OFF(bblog_size));
	sb->bblog_offset = (__s32)mdx_get_le32(buf, OFF(bblog_offset));
	/* Half a description reserves nothing. */
	if (!sb->bblog_size || !sb->bblog_offset) {
		sb->bblog_size = 0;
		sb->bblog_offset = 0;
	}

	sb->max_dev = mdx_get_le32(buf, OFF(max_dev));
	for (i = 0; i < sb->max_dev; i++)
		sb->roles[i] = mdx_get_le16(buf, MDX_SB1_HEADER_BYTES + 2 * i);

	/* md: a member whose number is not in the table is a spare. */
	sb->role = sb->dev_number < sb->max_dev ? sb->roles[sb->dev_number] : MDX_ROLE_SPARE;
}

/* Sectors the superblock takes, for what lies directly behind it. */
static __u64 super_sectors(const struct mdx_super *sb)
{
	return (mdx_sb_used_bytes(sb) + 511) / 512;
}

/* Is [@start, @start + @len) a place for data: on the device, off the superblock? */
static bool data_area_ok(const struct mdx_super *sb, __u64 dev_sectors, __u64 start, __u64 len)
{
	__u64 limit = sb->version == MDX_SB_1_0 ? sb->super_offset : dev_sectors;

	if (start > limit || len > limit - start)
		return false;
	return sb->version == MDX_SB_1_0 || start >= sb->super_offset + super_sectors(sb);
}

static enum mdx_sb_error check_data(const struct mdx_super *sb, __u64 dev_sectors)
{
	__u64 moved;

	if (sb->data_size < DATA_MIN_SECTORS ||
	    !data_area_ok(sb, dev_sectors, sb->data_offset, sb->data_size))
		return MDX_SB_BAD_DATA;

	if ((sb->feature_map & MD_FEATURE_NEW_OFFSET) &&
	    (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE)) {
		moved = sb->data_offset + (__s64)sb->new_offset;
		if (!data_area_ok(sb, dev_sectors, moved, sb->level >= 1 ? sb->size : 0))
			return MDX_SB_BAD_RESHAPE;
	}
	return MDX_SB_OK;
}

/*
 * May @len sectors at @offset from the superblock hold metadata of ours? On
 * the device, and neither over the superblock nor over the data area.
 */
static bool side_area_ok(const struct mdx_super *sb, __u64 dev_sectors, __s64 offset, __u64 len)
{
	__u64 start = sb->super_offset + offset;

	if (offset < 0 && (__u64)-offset > sb->super_offset)
		return false;
	if (start > dev_sectors || len > dev_sectors - start)
		return false;
	return !mdx_areas_overlap(start, len, sb->super_offset, super_sectors(sb)) &&
	       !mdx_areas_overlap(start, len, sb->data_offset, sb->data_size);
}

static enum mdx_sb_error check_bitmap(const struct mdx_super *sb, __u64 dev_sectors)
{
	__u32 ppl = sb->feature_map & FEATURES_PPL;
	__s32 offset = sb->bitmap_offset;
	__u32 sectors = 1;	/* a bitmap's own superblock tells how much more it is */

	if (!ppl && !(sb->feature_map & MD_FEATURE_BITMAP_OFFSET))
		return MDX_SB_OK;
	if (ppl) {
		/* They share one field. */
		if (sb->feature_map & MD_FEATURE_BITMAP_OFFSET)
			return MDX_SB_BAD_FEATURE;
		sectors = (__u32)sb->bitmap_offset >> 16;
		offset = (__s16)(sb->bitmap_offset & 0xffff);
	}
	if (!side_area_ok(sb, dev_sectors, offset, sectors))
		return MDX_SB_BAD_BITMAP;
	return MDX_SB_OK;
}

static enum mdx_sb_error check_bblog(const struct mdx_super *sb, __u64 dev_sectors)
{
	if (!sb->bblog_size)
		return sb->feature_map & MD_FEATURE_BAD_BLOCKS ? MDX_SB_BAD_BBLOG : MDX_SB_OK;
	if (sb->bblog_size > BBLOG_MAX_SECTORS || sb->bblog_shift > BBLOG_MAX_SHIFT ||
	    !side_area_ok(sb, dev_sectors, sb->bblog_offset, sb->bblog_size))
		return MDX_SB_BAD_BBLOG;
	return MDX_SB_OK;
}

/*
 * Without redundancy nobody keeps a log, and mdadm does not make sure that there
 * is room for it when a linear array grows: one that cannot be is none.
 */
static void drop_useless_bblog(struct mdx_super *sb, __u64 dev_sectors)
{
	if (sb->level > 0 || (sb->feature_map & MD_FEATURE_BAD_BLOCKS) ||
	    !check_bblog(sb, dev_sectors))
		return;
	sb->bblog_offset = 0;
	sb->bblog_size = 0;
	sb->bblog_shift = 0;
}

static enum mdx_sb_error check_role(const struct mdx_super *sb)
{
	if (sb->level == MDX_LEVEL_MULTIPATH || mdx_sb_slot_fits(sb))
		return MDX_SB_OK;
	if (sb->role == MDX_ROLE_SPARE || sb->role == MDX_ROLE_FAULTY ||
	    sb->role == MDX_ROLE_JOURNAL)
		return MDX_SB_OK;
	return MDX_SB_BAD_ROLE;
}

static enum mdx_sb_error check_decoded(const struct mdx_super *sb, __u64 dev_sectors)
{
	enum mdx_sb_error err;

	err = check_data(sb, dev_sectors);
	if (!err)
		err = mdx_sb_check_geometry(sb);
	if (!err)
		err = check_role(sb);
	if (!err)
		err = check_bitmap(sb, dev_sectors);
	if (!err)
		err = check_bblog(sb, dev_sectors);
	if (!err && (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE))
		err = mdx_sb_check_reshape(sb);
	return err;
}

enum mdx_sb_error mdx_sb1_decode(const void *buf, __u64 dev_sectors, struct mdx_super *sb)
{
	enum mdx_sb_error err = check_header(buf, sb->super_offset);

	if (err)
		return err;
	decode_set(buf, sb);
	decode_state(buf, sb);
	decode_member(buf, sb);
	drop_useless_bblog(sb, dev_sectors);
	return check_decoded(sb, dev_sectors);
}

static __u64 encode_time(__u64 seconds, __u32 us)
{
	return (seconds & TIME_SECONDS_MASK) | (__u64)us << TIME_SECONDS_BITS;
}

static void encode_set(const struct mdx_super *sb, __u8 *buf)
{
	mdx_put_le32(buf, OFF(magic), MD_SB_MAGIC);
	mdx_put_le32(buf, OFF(major_version), 1);
	mdx_put_le32(buf, OFF(feature_map), sb->feature_map);
	memcpy(buf + OFF(set_uuid), sb->set_uuid, sizeof(sb->set_uuid));
	memcpy(buf + OFF(set_name), sb->set_name, sizeof(sb->set_name) - 1);
	mdx_put_le64(buf, OFF(ctime), encode_time(sb->ctime, sb->ctime_us));
	mdx_put_le32(buf, OFF(level), (__u32)sb->level);
	mdx_put_le32(buf, OFF(layout), sb->layout);
	mdx_put_le64(buf, OFF(size), sb->size);
	mdx_put_le32(buf, OFF(chunksize), sb->chunk_sectors);
	mdx_put_le32(buf, OFF(raid_disks), sb->raid_disks);
	if (sb->feature_map & (MD_FEATURE_BITMAP_OFFSET | FEATURES_PPL))
		mdx_put_le32(buf, OFF(bitmap_offset), (__u32)sb->bitmap_offset);
	if (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE) {
		mdx_put_le64(buf, OFF(reshape_position), sb->reshape_position);
		mdx_put_le32(buf, OFF(new_level), (__u32)sb->new_level);
		mdx_put_le32(buf, OFF(delta_disks), (__u32)sb->delta_disks);
		mdx_put_le32(buf, OFF(new_layout), sb->new_layout);
		mdx_put_le32(buf, OFF(new_chunk), sb->new_chunk_sectors);
	}
	if (sb->feature_map & MD_FEATURE_NEW_OFFSET)
		mdx_put_le32(buf, OFF(new_offset), (__u32)sb->new_offset);
	mdx_put_le32(buf, OFF_LBS, sb->logical_block_size);
}

static void encode_member(const struct mdx_super *sb, __u8 *buf)
{
	mdx_put_le64(buf, OFF(data_offset), sb->data_offset);
	mdx_put_le64(buf, OFF(data_size), sb->data_size);
	mdx_put_le64(buf, OFF(super_offset), sb->super_offset);
	if (sb->feature_map & (MD_FEATURE_RECOVERY_OFFSET | MD_FEATURE_JOURNAL))
		mdx_put_le64(buf, OFF(recovery_offset), sb->recovery_offset);
	mdx_put_le32(buf, OFF(dev_number), sb->dev_number);
	mdx_put_le32(buf, OFF(cnt_corrected_read), sb->cnt_corrected);
	memcpy(buf + OFF(device_uuid), sb->device_uuid, sizeof(sb->device_uuid));
	buf[OFF(devflags)] = sb->devflags;
	buf[OFF(bblog_shift)] = sb->bblog_shift;
	mdx_put_le16(buf, OFF(bblog_size), sb->bblog_size);
	mdx_put_le32(buf, OFF(bblog_offset), (__u32)sb->bblog_offset);
}

void mdx_sb1_encode(const struct mdx_super *sb, void *buf)
{
	__u32 bytes = mdx_sb_used_bytes(sb);
	__u32 max_dev = (bytes - MDX_SB1_HEADER_BYTES) / 2;
	__u32 i;

	encode_set(sb, buf);
	encode_member(sb, buf);
	mdx_put_le64(buf, OFF(utime), encode_time(sb->utime, sb->utime_us));
	mdx_put_le64(buf, OFF(events), sb->events);
	mdx_put_le64(buf, OFF(resync_offset), sb->resync_offset);
	mdx_put_le32(buf, OFF(max_dev), max_dev);
	for (i = 0; i < max_dev; i++)
		mdx_put_le16(buf, MDX_SB1_HEADER_BYTES + 2 * i, sb->roles[i]);
	mdx_put_le32(buf, OFF(sb_csum), checksum(buf, bytes));
}
