// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblock 0.90: 1024 words in the byte order of the machine that wrote them.
 *
 * PURE, see super_format.h. mdp_super_t of md_p.h is the layout.
 */
#include "super_fields.h"

#define OFF(field) offsetof(mdp_super_t, field)
#define DISK_OFF(field) offsetof(mdp_disk_t, field)
#define DISK_ROW(i) (OFF(disks) + (i) * sizeof(mdp_disk_t))

#define MINOR_PLAIN 90u
#define MINOR_RESHAPING 91u

#define BIT_OF(bit) (1u << (bit))

/* Sectors from the superblock to the bitmap. */
#define BITMAP_OFFSET ((__s32)MD_SB_SECTORS)

/* The checkpoint has 32 bits; a lower one than the truth is always right. */
#define CHECKPOINT_MAX 0xfffffffeu
#define CHECKPOINT_NONE 0xffffffffu

static __u32 checksum(const void *buf)
{
	__u64 sum = 0;
	size_t off;

	for (off = 0; off < MD_SB_BYTES; off += 4) {
		if (off != OFF(sb_csum))
			sum += mdx_get_u32(buf, off);
	}
	return (__u32)sum + (__u32)(sum >> 32);
}

/* Some architectures stored the sum folded to 16 bits; folded, all agree. */
static __u32 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum + (sum >> 16)) & 0xffff;
}

static enum mdx_sb_error check_header(const void *buf)
{
	__u32 minor = mdx_get_u32(buf, OFF(minor_version));

	if (mdx_get_u32(buf, OFF(md_magic)) != MD_SB_MAGIC)
		return MDX_SB_NO_MAGIC;
	if (mdx_get_u32(buf, OFF(major_version)) != 0 ||
	    (minor != MINOR_PLAIN && minor != MINOR_RESHAPING))
		return MDX_SB_BAD_VERSION;
	if (fold(checksum(buf)) != fold(mdx_get_u32(buf, OFF(sb_csum))))
		return MDX_SB_BAD_CHECKSUM;
	/* Chunks are bytes here and sectors everywhere else. */
	if (mdx_get_u32(buf, OFF(chunk_size)) % 512)
		return MDX_SB_BAD_GEOMETRY;
	if (minor == MINOR_RESHAPING && mdx_get_u32(buf, OFF(new_chunk)) % 512)
		return MDX_SB_BAD_RESHAPE;
	return MDX_SB_OK;
}

/* Shown most significant byte first, word by word. */
static void decode_uuid_word(const void *buf, size_t off, __u8 *uuid)
{
	__u32 word = mdx_get_u32(buf, off);

	uuid[0] = word >> 24;
	uuid[1] = word >> 16;
	uuid[2] = word >> 8;
	uuid[3] = word;
}

static __u32 encode_uuid_word(const __u8 *uuid)
{
	return (__u32)uuid[0] << 24 | (__u32)uuid[1] << 16 | (__u32)uuid[2] << 8 | uuid[3];
}

static void decode_set(const void *buf, struct mdx_super *sb)
{
	decode_uuid_word(buf, OFF(set_uuid0), sb->set_uuid);
	decode_uuid_word(buf, OFF(set_uuid1), sb->set_uuid + 4);
	decode_uuid_word(buf, OFF(set_uuid2), sb->set_uuid + 8);
	decode_uuid_word(buf, OFF(set_uuid3), sb->set_uuid + 12);
	sb->ctime = mdx_get_u32(buf, OFF(ctime));
	sb->level = (__s32)mdx_get_u32(buf, OFF(level));
	/* A RAID0 layout was never recorded here. */
	if (sb->level != 0)
		sb->layout = mdx_get_u32(buf, OFF(layout));
	sb->chunk_sectors = mdx_get_u32(buf, OFF(chunk_size)) / 512;
	sb->raid_disks = mdx_get_u32(buf, OFF(raid_disks));
	sb->size = (__u64)mdx_get_u32(buf, OFF(size)) * 2;
	sb->sb0_patch = mdx_get_u32(buf, OFF(patch_version));
	sb->md_minor = mdx_get_u32(buf, OFF(md_minor));
	sb->not_persistent = mdx_get_u32(buf, OFF(not_persistent));

	if (mdx_get_u32(buf, OFF(minor_version)) == MINOR_RESHAPING) {
		sb->feature_map |= MD_FEATURE_RESHAPE_ACTIVE;
		sb->reshape_position = mdx_get_u64(buf, OFF(reshape_position));
		sb->new_level = (__s32)mdx_get_u32(buf, OFF(new_level));
		sb->delta_disks = (__s32)mdx_get_u32(buf, OFF(delta_disks));
		sb->new_layout = mdx_get_u32(buf, OFF(new_layout));
		sb->new_chunk_sectors = mdx_get_u32(buf, OFF(new_chunk)) / 512;
	} else {
		mdx_sb_clear_reshape(sb);
	}
}

static void decode_state(const void *buf, struct mdx_super *sb)
{
	__u32 state = mdx_get_u32(buf, OFF(state));
	__u32 checkpoint = mdx_get_u32(buf, OFF(recovery_cp));

	sb->utime = mdx_get_u32(buf, OFF(utime));
	sb->events = (__u64)mdx_get_u32(buf, OFF(events_hi)) << 32 |
		     mdx_get_u32(buf, OFF(events_lo));
	sb->cp_events = (__u64)mdx_get_u32(buf, OFF(cp_events_hi)) << 32 |
			mdx_get_u32(buf, OFF(cp_events_lo));
	sb->sb0_errors = (state & BIT_OF(MD_SB_ERRORS)) != 0;
	if (state & BIT_OF(MD_SB_BITMAP_PRESENT)) {
		sb->feature_map |= MD_FEATURE_BITMAP_OFFSET;
		sb->bitmap_offset = BITMAP_OFFSET;
	}

	/* A checkpoint counts only if nothing was written since it was made. */
	if (state & BIT_OF(MD_SB_CLEAN))
		sb->resync_offset = MDX_SECTOR_NONE;
	else if (sb->events == sb->cp_events && checkpoint != CHECKPOINT_NONE)
		sb->resync_offset = checkpoint;
	else
		sb->resync_offset = 0;
	if (sb->resync_offset)
		sb->cp_events = sb->events;
}

static void decode_disk(const void *buf, size_t off, struct mdx_sb0_disk *disk)
{
	disk->number = mdx_get_u32(buf, off + DISK_OFF(number));
	disk->major = mdx_get_u32(buf, off + DISK_OFF(major));
	disk->minor = mdx_get_u32(buf, off + DISK_OFF(minor));
	disk->raid_disk = mdx_get_u32(buf, off + DISK_OFF(raid_disk));
	disk->state = mdx_get_u32(buf, off + DISK_OFF(state));
}

/* What 1.x would write in dev_roles[] for this row. */
static __u16 role_of(const struct mdx_super *sb, const struct mdx_sb0_disk *disk)
{
	bool reshaping = (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE) != 0;

	if (disk->state & (BIT_OF(MD_DISK_FAULTY) | BIT_OF(MD_DISK_REMOVED)))
		return MDX_ROLE_FAULTY;
	/* Active but not in sync is a member that a reshape is filling. */
	if (!(disk->state & BIT_OF(MD_DISK_SYNC)) &&
	    !(reshaping && disk->state & BIT_OF(MD_DISK_ACTIVE)))
		return MDX_ROLE_SPARE;
	/* A slot beyond the table is refused or ignored like one beyond raid_disks. */
	return disk->raid_disk < MDX_ROLE_MAX ? disk->raid_disk : MDX_ROLE_MAX;
}

static void decode_members(const void *buf, struct mdx_super *sb)
{
	const struct mdx_sb0_disk *own;
	__u32 i;

	sb->max_dev = MDX_SB0_MAX_DEVS;
	for (i = 0; i < MDX_SB0_MAX_DEVS; i++) {
		decode_disk(buf, DISK_ROW(i), &sb->sb0_disks[i]);
		sb->roles[i] = role_of(sb, &sb->sb0_disks[i]);
	}
	decode_disk(buf, OFF(this_disk), &sb->sb0_this);

	sb->dev_number = sb->sb0_this.number;
	if (sb->dev_number >= MDX_SB0_MAX_DEVS) {
		sb->role = MDX_ROLE_SPARE;
		return;
	}
	own = &sb->sb0_disks[sb->dev_number];
	sb->role = sb->roles[sb->dev_number];
	if (own->state & BIT_OF(MD_DISK_WRITEMOSTLY))
		sb->devflags |= WriteMostly1;
	if (own->state & BIT_OF(MD_DISK_FAILFAST))
		sb->devflags |= FailFast1;
	if (sb->role < MDX_ROLE_MAX && !(own->state & BIT_OF(MD_DISK_SYNC)))
		sb->feature_map |= MD_FEATURE_RECOVERY_OFFSET;
}

static enum mdx_sb_error check_decoded(const struct mdx_super *sb)
{
	enum mdx_sb_error err = mdx_sb_check_geometry(sb);

	if (err)
		return err;
	if (sb->level != MDX_LEVEL_MULTIPATH &&
	    ((sb->dev_number >= MDX_SB0_MAX_DEVS) ||
	     (sb->role <= MDX_ROLE_MAX && !mdx_sb_slot_fits(sb))))
		return MDX_SB_BAD_ROLE;
	if (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE)
		return mdx_sb_check_reshape(sb);
	return MDX_SB_OK;
}

enum mdx_sb_error mdx_sb0_decode(const void *buf, struct mdx_super *sb)
{
	enum mdx_sb_error err = check_header(buf);

	if (err)
		return err;
	decode_set(buf, sb);
	decode_state(buf, sb);
	decode_members(buf, sb);
	sb->data_size = sb->super_offset;
	if (sb->level >= 1)
		sb->data_size = mdx_min_u64(sb->data_size, MDX_SB0_MAX_SECTORS);
	return check_decoded(sb);
}

static void encode_set(const struct mdx_super *sb, void *buf)
{
	bool reshaping = (sb->feature_map & MD_FEATURE_RESHAPE_ACTIVE) != 0;

	mdx_put_u32(buf, OFF(md_magic), MD_SB_MAGIC);
	mdx_put_u32(buf, OFF(minor_version), reshaping ? MINOR_RESHAPING : MINOR_PLAIN);
	mdx_put_u32(buf, OFF(patch_version), sb->sb0_patch);
	mdx_put_u32(buf, OFF(set_uuid0), encode_uuid_word(sb->set_uuid));
	mdx_put_u32(buf, OFF(set_uuid1), encode_uuid_word(sb->set_uuid + 4));
	mdx_put_u32(buf, OFF(set_uuid2), encode_uuid_word(sb->set_uuid + 8));
	mdx_put_u32(buf, OFF(set_uuid3), encode_uuid_word(sb->set_uuid + 12));
	mdx_put_u32(buf, OFF(ctime), sb->ctime);
	mdx_put_u32(buf, OFF(level), (__u32)sb->level);
	mdx_put_u32(buf, OFF(size), sb->size / 2);
	mdx_put_u32(buf, OFF(raid_disks), sb->raid_disks);
	mdx_put_u32(buf, OFF(md_minor), sb->md_minor);
	mdx_put_u32(buf, OFF(not_persistent), sb->not_persistent);
	mdx_put_u32(buf, OFF(layout), sb->layout);
	mdx_put_u32(buf, OFF(chunk_size), sb->chunk_sectors * 512);
	if (reshaping) {
		mdx_put_u64(buf, OFF(reshape_position), sb->reshape_position);
		mdx_put_u32(buf, OFF(new_level), (__u32)sb->new_level);
		mdx_put_u32(buf, OFF(delta_disks), (__u32)sb->delta_disks);
		mdx_put_u32(buf, OFF(new_layout), sb->new_layout);
		mdx_put_u32(buf, OFF(new_chunk), sb->new_chunk_sectors * 512);
	}
}

static void encode_state(const struct mdx_super *sb, void *buf)
{
	__u64 cp_events = sb->resync_offset ? sb->events : sb->cp_events;
	__u32 checkpoint = CHECKPOINT_NONE;
	__u32 state = 0;

	if (sb->resync_offset == MDX_SECTOR_NONE)
		state |= BIT_OF(MD_SB_CLEAN);
	else
		checkpoint = mdx_min_u64(sb->resync_offset, CHECKPOINT_MAX);
	if (sb->sb0_errors)
		state |= BIT_OF(MD_SB_ERRORS);
	if (sb->feature_map & MD_FEATURE_BITMAP_OFFSET)
		state |= BIT_OF(MD_SB_BITMAP_PRESENT);

	mdx_put_u32(buf, OFF(utime), sb->utime);
	mdx_put_u32(buf, OFF(state), state);
	mdx_put_u32(buf, OFF(events_hi), sb->events >> 32);
	mdx_put_u32(buf, OFF(events_lo), sb->events);
	mdx_put_u32(buf, OFF(cp_events_hi), cp_events >> 32);
	mdx_put_u32(buf, OFF(cp_events_lo), cp_events);
	mdx_put_u32(buf, OFF(recovery_cp), checkpoint);
}

static void encode_disk(const struct mdx_sb0_disk *disk, void *buf, size_t off)
{
	mdx_put_u32(buf, off + DISK_OFF(number), disk->number);
	mdx_put_u32(buf, off + DISK_OFF(major), disk->major);
	mdx_put_u32(buf, off + DISK_OFF(minor), disk->minor);
	mdx_put_u32(buf, off + DISK_OFF(raid_disk), disk->raid_disk);
	mdx_put_u32(buf, off + DISK_OFF(state), disk->state);
}

/*
 * The table, and the counts over it that old tools show. As md counts, failed
 * are the slots whose row says faulty and removed; a failed member that is
 * still there has a faulty row behind the slots and is only present.
 */
static void encode_members(const struct mdx_super *sb, void *buf)
{
	__u32 present = 0, active = 0, failed = 0, spare = 0;
	const struct mdx_sb0_disk *disk;
	__u32 i;

	for (i = 0; i < MDX_SB0_MAX_DEVS; i++) {
		disk = &sb->sb0_disks[i];
		encode_disk(disk, buf, DISK_ROW(i));
		if (disk->state & BIT_OF(MD_DISK_REMOVED)) {
			failed += (disk->state & BIT_OF(MD_DISK_FAULTY)) != 0;
			continue;
		}
		if (!disk->state && !disk->major && !disk->minor)
			continue;
		present++;
		if (disk->state & (BIT_OF(MD_DISK_ACTIVE) | BIT_OF(MD_DISK_SYNC)))
			active++;
		else if (!(disk->state & BIT_OF(MD_DISK_FAULTY)))
			spare++;
	}
	encode_disk(&sb->sb0_this, buf, OFF(this_disk));

	mdx_put_u32(buf, OFF(nr_disks), present);
	mdx_put_u32(buf, OFF(active_disks), active);
	mdx_put_u32(buf, OFF(working_disks), active + spare);
	mdx_put_u32(buf, OFF(failed_disks), failed);
	mdx_put_u32(buf, OFF(spare_disks), spare);
}

void mdx_sb0_encode(const struct mdx_super *sb, void *buf)
{
	encode_set(sb, buf);
	encode_state(sb, buf);
	encode_members(sb, buf);
	mdx_put_u32(buf, OFF(sb_csum), checksum(buf));
}
