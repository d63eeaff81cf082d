// SPDX-License-Identifier: GPL-2.0-only
/*
 * The superblock writer.
 *
 * DOC: State changes raise array->sb_wanted under state_lock and queue the
 * work; the work takes a snapshot of everything under state_lock, writes it to
 * every member with PREFLUSH and FUA, and sets sb_done to the number it saw.
 * A member that cannot be written fails, which raises sb_wanted again, so the
 * loop ends with superblocks that agree on who is left.
 *
 * DOC: One member's superblock speaks for all: power may go between the writes,
 * and the freshest rules. What it says of the data of others ("clean", synced up
 * to here) must be true on their medium, so every member is flushed before the
 * first superblock is written. 1.x says "recovered" on the member itself, 0.90 in
 * everybody's table.
 *
 * DOC: Bad-block logs that have changed go out before the superblocks that say
 * they are to be read, and behind the flush: what is good again is on the medium.
 *
 * It takes only sb_mutex, allocates nothing, and waits for members only: it is
 * what everything else may wait for.
 */
#include <linux/raid/md_p.h>
#include "core.h"

void mdx_super_request(struct mdx_array *array)
{
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	array->sb_wanted++;
	spin_unlock_irqrestore(&array->state_lock, irq);
	queue_work(mdx_sb_wq, &array->sb_work);
}
MDX_EXPORT(mdx_super_request);

static bool sb_reached(struct mdx_array *array, u64 want, int *result)
{
	unsigned long irq;
	bool reached;

	spin_lock_irqsave(&array->state_lock, irq);
	reached = array->sb_done >= want;
	*result = array->sb_result;
	spin_unlock_irqrestore(&array->state_lock, irq);
	return reached;
}

static int sb_wait_for(struct mdx_array *array, bool another)
{
	unsigned long irq;
	int result = 0;
	u64 want;

	spin_lock_irqsave(&array->state_lock, irq);
	if (another)
		array->sb_wanted++;
	want = array->sb_wanted;
	spin_unlock_irqrestore(&array->state_lock, irq);
	queue_work(mdx_sb_wq, &array->sb_work);
	wait_event(array->sb_wait, sb_reached(array, want, &result));
	return result;
}

int mdx_super_wait(struct mdx_array *array)
{
	return sb_wait_for(array, true);
}
MDX_EXPORT(mdx_super_wait);

int mdx_super_settle(struct mdx_array *array)
{
	return sb_wait_for(array, false);
}

/* What the superblocks say of @m's role. state_lock held. */
static u32 role_of(const struct mdx_member *m)
{
	if (test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
		return MDX_ROLE_FAULTY;
	return m->slot >= 0 ? m->slot : MDX_ROLE_SPARE;
}

static void fill_roles(struct mdx_array *array, struct mdx_super *sb)
{
	struct mdx_member *m;
	unsigned int i;

	list_for_each_entry(m, &array->members, link)
		if (m->number >= 0 && m->number < MDX_SB1_MAX_DEVS &&
		    (u32)m->number >= sb->max_dev)
			sb->max_dev = m->number + 1;
	for (i = 0; i < sb->max_dev; i++)
		sb->roles[i] = MDX_ROLE_FAULTY;
	list_for_each_entry(m, &array->members, link)
		if (m->number >= 0 && (u32)m->number < sb->max_dev)
			sb->roles[m->number] = role_of(m);
}

/* 0.90 keeps a table of members with their device numbers and states. */
static void fill_sb0_disk(struct mdx_sb0_disk *d, const struct mdx_member *m, int number)
{
	d->number = number;
	d->major = MAJOR(m->dev);
	d->minor = MINOR(m->dev);
	d->raid_disk = m->slot >= 0 ? m->slot : number;
	if (test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
		d->state = 1u << MD_DISK_FAULTY;
	else if (test_bit(MDX_MEMBER_F_IN_SYNC, &m->flags) && m->slot >= 0)
		d->state = (1u << MD_DISK_ACTIVE) | (1u << MD_DISK_SYNC);
	else
		d->state = 0;
	if (test_bit(MDX_MEMBER_F_WRITE_MOSTLY, &m->flags))
		d->state |= 1u << MD_DISK_WRITEMOSTLY;
	if (test_bit(MDX_MEMBER_F_FAILFAST, &m->flags))
		d->state |= 1u << MD_DISK_FAILFAST;
}

static void fill_sb0(struct mdx_array *array, struct mdx_member *member,
		     struct mdx_super *sb)
{
	struct mdx_member *m;
	unsigned int i, next = array->raid_disks;

	memset(sb->sb0_disks, 0, sizeof(sb->sb0_disks));
	memset(&sb->sb0_this, 0, sizeof(sb->sb0_this));
	/* Not on the disk; a start after "inactive" judges by what is in memory. */
	sb->max_dev = MDX_SB0_MAX_DEVS;
	for (i = 0; i < MDX_SB0_MAX_DEVS; i++)
		sb->roles[i] = MDX_ROLE_FAULTY;
	for (i = 0; i < array->raid_disks && i < MDX_SB0_MAX_DEVS; i++) {
		sb->sb0_disks[i].number = i;
		sb->sb0_disks[i].raid_disk = i;
		/* As md writes it: of slot 0 only that it is gone. */
		sb->sb0_disks[i].state = 1u << MD_DISK_REMOVED;
		if (i)
			sb->sb0_disks[i].state |= 1u << MD_DISK_FAULTY;
	}
	list_for_each_entry(m, &array->members, link) {
		bool in_slot = m->slot >= 0 && test_bit(MDX_MEMBER_F_IN_SYNC, &m->flags) &&
			       !test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags) &&
			       !test_bit(MDX_MEMBER_F_FAULTY, &m->flags);
		unsigned int number = in_slot ? m->slot : next++;

		if (number >= MDX_SB0_MAX_DEVS)
			continue;
		/* The table has no room for gaps: who is not in a slot moves up. */
		m->number = number;
		fill_sb0_disk(&sb->sb0_disks[number], m, number);
		if (in_slot)
			sb->roles[number] = m->slot;
		else if (!test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
			sb->roles[number] = MDX_ROLE_SPARE;
		if (m != member)
			continue;
		sb->sb0_this = sb->sb0_disks[number];
		sb->dev_number = number;
		sb->role = sb->roles[number];
	}
}

static void fill_set(struct mdx_array *array, struct mdx_super *sb)
{
	const bool clean = mdx_state_info(array->state)->clean;

	memcpy(sb->set_uuid, array->uuid, sizeof(sb->set_uuid));
	strscpy(sb->set_name, array->set_name, sizeof(sb->set_name));
	sb->ctime = array->ctime;
	sb->ctime_us = array->ctime_us;
	sb->level = array->level;
	sb->layout = array->layout;
	sb->chunk_sectors = array->chunk_sectors;
	sb->raid_disks = array->raid_disks;
	sb->size = array->dev_sectors;
	sb->feature_map = array->feature_map;
	sb->bitmap_offset = 0;
	if (array->bitmap && !array->bitmap_leaving) {
		sb->feature_map |= MD_FEATURE_BITMAP_OFFSET;
		sb->bitmap_offset = array->bitmap_offset;
	}
	sb->utime = array->utime;
	sb->utime_us = 0;
	sb->events = array->events;
	sb->resync_offset = clean ? array->resync_offset : 0;
	sb->logical_block_size = array->logical_block_size;
	sb->md_minor = array->preferred_minor;
}

static void fill_member(struct mdx_member *m, struct mdx_super *sb)
{
	sb->super_offset = m->sb_start;
	sb->data_offset = m->data_offset;
	sb->data_size = m->sectors;
	sb->dev_number = m->number;
	sb->cnt_corrected = atomic_read(&m->corrected_errors);
	sb->devflags = 0;
	if (test_bit(MDX_MEMBER_F_WRITE_MOSTLY, &m->flags))
		sb->devflags |= WriteMostly1;
	if (test_bit(MDX_MEMBER_F_FAILFAST, &m->flags))
		sb->devflags |= FailFast1;
	sb->role = role_of(m);
	sb->recovery_offset = 0;
	if (m->slot >= 0 && !test_bit(MDX_MEMBER_F_IN_SYNC, &m->flags)) {
		sb->feature_map |= MD_FEATURE_RECOVERY_OFFSET;
		sb->recovery_offset = m->recovery_offset;
		if (test_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags))
			sb->feature_map |= MD_FEATURE_RECOVERY_BITMAP;
	}
	if (test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags))
		sb->feature_map |= MD_FEATURE_REPLACEMENT;
	if (mdx_member_has_bad(m))
		sb->feature_map |= MD_FEATURE_BAD_BLOCKS;
}

void mdx_super_fill(struct mdx_array *array, struct mdx_member *member,
		    struct mdx_super *sb)
{
	lockdep_assert_held(&array->sb_mutex);

	/* member->super carries what only the disk knows (uuid, bad-block area). */
	fill_set(array, sb);
	fill_member(member, sb);
	if (sb->version == MDX_SB_0_90)
		fill_sb0(array, member, sb);
	else
		fill_roles(array, sb);
}

static bool sb_writable(const struct mdx_member *m)
{
	return m->super && m->sb_page && !test_bit(MDX_MEMBER_F_FAULTY, &m->flags);
}

/* sb_result of who gets none, and of who is only not asked just now: no errnos a device returns */
#define SB_NOT_ASKED 1
#define SB_NOT_NOW 2

struct sb_pass {
	atomic_t pending;
	struct completion done;
};

static void sb_bio_end(struct bio *bio)
{
	struct mdx_member *m = container_of(bio, struct mdx_member, sb_bio);
	struct sb_pass *pass = bio->bi_private;

	m->sb_result = blk_status_to_errno(bio->bi_status);
	bio_uninit(bio);
	if (atomic_dec_and_test(&pass->pending))
		complete(&pass->done);
}

/* Not more than it is: what lies behind it on the medium may be in use. */
static unsigned int sb_bytes(const struct mdx_member *m)
{
	const unsigned int block = bdev_logical_block_size(m->bdev.bdev);

	return min(round_up(mdx_sb_used_bytes(m->super), block), MDX_SB_BYTES);
}

static void sb_aim_flush(struct mdx_member *m)
{
	bio_init(&m->sb_bio, m->bdev.bdev, NULL, 0, REQ_OP_WRITE | REQ_SYNC | REQ_PREFLUSH);
}

static void sb_aim_write(struct mdx_member *m)
{
	bio_init(&m->sb_bio, m->bdev.bdev, &m->sb_vec, 1,
		 REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_PREFLUSH | REQ_FUA);
	m->sb_bio.bi_iter.bi_sector = m->sb_start;
	__bio_add_page(&m->sb_bio, m->sb_page, sb_bytes(m), 0);
}

int mdx_super_rewrite(struct mdx_member *m)
{
	int err;

	sb_aim_write(m);
	err = submit_bio_wait(&m->sb_bio);
	bio_uninit(&m->sb_bio);
	return err;
}

/* To everybody who is asked, and wait: -EINPROGRESS becomes the result. */
static void sb_send(struct mdx_array *array, void (*aim)(struct mdx_member *m))
{
	struct mdx_member *m;
	struct sb_pass pass;

	atomic_set(&pass.pending, 1);
	init_completion(&pass.done);
	list_for_each_entry(m, &array->members, link) {
		if (m->sb_result != -EINPROGRESS)
			continue;
		aim(m);
		m->sb_bio.bi_private = &pass;
		m->sb_bio.bi_end_io = sb_bio_end;
		atomic_inc(&pass.pending);
		submit_bio(&m->sb_bio);
	}
	if (!atomic_dec_and_test(&pass.pending))
		wait_for_completion(&pass.done);
}

/*
 * Something has been done to those who get superblocks; whom it failed on gets none.
 * True: one of those the images call in sync has failed since, so they are not to
 * be written.
 */
static bool sb_prepared(struct mdx_array *array, const char *why)
{
	struct mdx_member *m;
	bool failed = false;

	list_for_each_entry(m, &array->members, link) {
		if (m->sb_result == SB_NOT_ASKED)
			continue;
		if (!m->sb_result || m->sb_result == SB_NOT_NOW)
			m->sb_result = -EINPROGRESS;
		else if (sb_writable(m))
			mdx_member_fail(m, why);
		failed |= !sb_writable(m);
	}
	return failed;
}

static bool sb_flush(struct mdx_array *array)
{
	sb_send(array, sb_aim_flush);
	return sb_prepared(array, "flush before the superblock failed");
}

/* As sb_flush(). */
static bool sb_write_logs(struct mdx_array *array)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->sb_result == -EINPROGRESS && !mdx_bad_log_due(m))
			m->sb_result = SB_NOT_NOW;
	sb_send(array, mdx_bad_log_aim);
	return sb_prepared(array, "write of the bad-block log failed");
}

static bool logs_due(const struct mdx_array *array)
{
	const struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->sb_result == -EINPROGRESS && mdx_bad_log_due(m))
			return true;
	return false;
}

/*
 * Take the snapshot: number, state and images are of one moment. Marks who is
 * to be written with -EINPROGRESS.
 */
static u64 sb_snapshot(struct mdx_array *array, enum mdx_state *state)
{
	struct mdx_member *m;
	u64 target;

	spin_lock_irq(&array->state_lock);
	target = array->sb_wanted;
	*state = array->state;
	/*
	 * Without redundancy all members are needed, whatever their age, and one that
	 * a few rounds have failed to reach must not be left behind: only another
	 * shape makes superblocks newer, see mdx_member_append().
	 */
	if (array->pers->redundant || test_bit(MDX_ARRAY_F_BARE, &array->flags))
		array->events++;
	array->utime = ktime_get_real_seconds();
	list_for_each_entry(m, &array->members, link) {
		m->sb_result = SB_NOT_ASKED;
		if (!sb_writable(m))
			continue;
		mdx_bad_log_snapshot(m);
		mdx_super_fill(array, m, m->super);
		m->sb_result = -EINPROGRESS;
	}
	spin_unlock_irq(&array->state_lock);

	list_for_each_entry(m, &array->members, link)
		if (m->sb_result == -EINPROGRESS)
			mdx_sb_encode(m->super, page_address(m->sb_page));
	return target;
}

struct sb_verdict {
	bool asked;		/* somebody was to get one */
	bool good;		/* somebody took it */
	bool kept;		/* ... who is in sync */
	bool failed;		/* somebody has been failed for it */
	bool hollow;		/* one that the array cannot do without did not take it */
};

static void sb_collect(struct mdx_array *array, struct sb_verdict *v)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link) {
		if (m->sb_result == SB_NOT_ASKED || !sb_writable(m))
			continue;
		v->asked = true;
		if (!m->sb_result) {
			v->good = true;
			v->kept |= mdx_member_readable(m);
			mdx_bad_log_recorded(m);
		} else if (!mdx_member_fail(m, "superblock write failed")) {
			v->failed = true;
		} else {
			v->hollow = true;
			/* What it lost in its flush, maybe, other mirrors have. */
			if (array->pers->redundant)
				mdx_array_may_differ(array, 0);
		}
	}
}

/* One round. True: another is needed before anybody may be told. */
static bool sb_round(struct mdx_array *array)
{
	struct sb_verdict v = { };
	struct mdx_member *m;
	enum mdx_state state;
	bool activated = false, logs;
	int result;
	u64 target;

	target = sb_snapshot(array, &state);
	/* No older than the superblocks, or all of it would count as set. */
	if (unlikely(array->bitmap) && !mdx_bitmap_record(array))
		return true;
	logs = logs_due(array);
	/* "Active" says nothing good of the data, and writes wait for it. */
	if ((state != MDX_STATE_WRITE_PENDING || !array->major_version || logs) &&
	    sb_flush(array))
		return true;
	if (logs && sb_write_logs(array))
		return true;
	sb_send(array, sb_aim_write);
	sb_collect(array, &v);
	if (v.good)
		clear_bit(MDX_ARRAY_F_BARE, &array->flags);
	/* Members failed: they must be recorded before anyone goes on. */
	if (v.failed && v.good && !v.hollow)
		return true;
	spin_lock_irq(&array->state_lock);
	/*
	 * A spare's word alone is none: after a crash a member with data rules,
	 * and the one that was to be recorded as failed has as good a superblock
	 * as the one that could not be written. Where no mirror is left nobody is
	 * told of anything, and what has failed may be removed.
	 */
	result = v.hollow || (v.asked && !v.kept && array->degraded < array->raid_disks) ? -EIO : 0;
	array->sb_result = result;
	if (state == MDX_STATE_WRITE_PENDING && array->state == MDX_STATE_WRITE_PENDING) {
		activated = !result;
		mdx_state_set(array, activated ? MDX_STATE_ACTIVE : MDX_STATE_CLEAN);
	}
	array->sb_done = target;
	/* The others' superblocks call them failed now. */
	if (!result && array->sb_wanted == target)
		list_for_each_entry(m, &array->members, link)
			clear_bit(MDX_MEMBER_F_BLOCKED, &m->flags);
	spin_unlock_irq(&array->state_lock);

	if (activated)
		mdx_state_activated(array);
	wake_up_all(&array->sb_wait);
	wake_up_all(&array->gate_wait);
	return false;
}

/* Nothing may be written now, or ever; state_lock held. */
static bool sb_forbidden(const struct mdx_array *array)
{
	return !test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags) ||
	       !mdx_state_info(array->state)->running ||
	       array->state == MDX_STATE_READONLY || array->state == MDX_STATE_READ_AUTO;
}

/*
 * Where nothing may be written the requests are done all the same. With
 * superblocks the write is remembered, and failed members stay blocked until
 * it has been made up for; without, the states move as if they had been
 * written. In one go with the test: a write may take the array out of
 * read-auto at any moment.
 */
static bool sb_skip(struct mdx_array *array)
{
	struct mdx_member *m;
	bool activated = false;

	spin_lock_irq(&array->state_lock);
	if (!sb_forbidden(array)) {
		array->sb_skipped = false;
		spin_unlock_irq(&array->state_lock);
		return false;
	}
	array->sb_result = 0;
	array->sb_done = array->sb_wanted;
	if (test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags)) {
		array->sb_skipped = true;
	} else {
		list_for_each_entry(m, &array->members, link)
			clear_bit(MDX_MEMBER_F_BLOCKED, &m->flags);
		activated = array->state == MDX_STATE_WRITE_PENDING;
		if (activated)
			mdx_state_set(array, MDX_STATE_ACTIVE);
	}
	spin_unlock_irq(&array->state_lock);
	if (activated)
		mdx_state_activated(array);
	wake_up_all(&array->sb_wait);
	wake_up_all(&array->gate_wait);
	return true;
}

bool mdx_super_due(struct mdx_array *array)
{
	bool due;

	spin_lock_irq(&array->state_lock);
	due = array->sb_done < array->sb_wanted;
	spin_unlock_irq(&array->state_lock);
	return due;
}

void mdx_super_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, sb_work);

	mutex_lock(&array->sb_mutex);
	while (mdx_super_due(array)) {
		if (sb_skip(array))
			continue;
		while (sb_round(array))
			;
	}
	mutex_unlock(&array->sb_mutex);
	mdx_array_kick(array);
}
