// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad blocks of a member: the list in memory, its log on the member.
 *
 * DOC: order on the medium (invariant I4)
 *
 *  The list changes at once, so no read goes there any more. The superblock
 *  writer writes the log of each member whose list has changed before the
 *  superblocks, and those say whether there is one to be read. A range is
 *  acknowledged when both are on the member; one that has been added while they
 *  were on their way waits for the next round, which has been asked for.
 *
 *  What is taken off the list is off the log with the next round, behind the
 *  flush of the data that was written there. Until then a crash brings it back:
 *  that loses nothing.
 *
 * The log has a lock of its own, inside state_lock: reads ask in any context.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/raid/md_p.h>
#include "core.h"

struct mdx_bad_log {
	spinlock_t lock;		/* the three below */
	struct mdx_bad_list list;
	bool changed;			/* since .page was made */
	bool due;			/* .page is to be written */
	sector_t start;			/* of the device */
	unsigned int bytes;
	struct page *page;		/* the superblock writer's */
};

static sector_t on_device(const struct mdx_member *m, sector_t sector)
{
	return m->data_offset + sector;
}

bool mdx_bad_find(const struct mdx_member *m, sector_t sector, sector_t sectors,
		  struct mdx_bad_part *part)
{
	struct mdx_bad_log *log = m->bad;
	struct mdx_bad_hit hit;
	unsigned long irq;
	bool found;

	if (!log)
		return false;
	spin_lock_irqsave(&log->lock, irq);
	found = mdx_bad_list_find(&log->list, on_device(m, sector), sectors, &hit);
	spin_unlock_irqrestore(&log->lock, irq);
	if (!found)
		return false;
	part->sector = hit.sector - m->data_offset;
	part->sectors = hit.sectors;
	part->recorded = hit.acked;
	return true;
}
MDX_EXPORT(mdx_bad_find);

/* The flag is what others look at first. state_lock and log->lock held. */
static void show_in_flags(struct mdx_member *m)
{
	if (m->bad->list.n)
		set_bit(MDX_MEMBER_F_BAD_BLOCKS, &m->flags);
	else
		clear_bit(MDX_MEMBER_F_BAD_BLOCKS, &m->flags);
}

int mdx_bad_log_add(struct mdx_member *m, sector_t on_dev, sector_t sectors)
{
	struct mdx_array *array = m->array;
	struct mdx_bad_log *log = m->bad;
	unsigned long irq;
	bool done;

	if (!log || !mdx_bad_may_be(array))
		return -ENOSPC;
	spin_lock_irqsave(&array->state_lock, irq);
	spin_lock(&log->lock);
	done = mdx_bad_list_add(&log->list, on_dev, sectors, false);
	log->changed |= done;
	show_in_flags(m);
	spin_unlock(&log->lock);
	spin_unlock_irqrestore(&array->state_lock, irq);
	return done ? 0 : -ENOSPC;
}

int mdx_bad_set(struct mdx_member *m, sector_t sector, sector_t sectors)
{
	int err = mdx_bad_log_add(m, on_device(m, sector), sectors);

	if (err)
		return err;
	pr_notice_ratelimited("md/%s: %s: %llu sectors at %llu recorded as bad blocks\n",
			      m->array->name, m->name, (unsigned long long)sectors,
			      (unsigned long long)on_device(m, sector));
	mdx_super_request(m->array);
	mdx_sysfs_notify_bad(m);
	return 0;
}
MDX_EXPORT(mdx_bad_set);

int mdx_bad_write_failed(struct mdx_member *m, sector_t sector, sector_t sectors)
{
	struct mdx_array *array = m->array;
	bool replaces;
	unsigned long irq;

	if (!mdx_bad_may_be(array))
		return -ENOSPC;
	spin_lock_irqsave(&array->state_lock, irq);
	set_bit(MDX_MEMBER_F_WRITE_ERROR, &m->flags);
	replaces = test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags);
	if (m->slot >= 0 && !replaces)
		set_bit(MDX_MEMBER_F_WANT_REPLACEMENT, &m->flags);
	spin_unlock_irqrestore(&array->state_lock, irq);
	/* Who is to be replaced has what it cannot take. */
	return replaces ? -ENOSPC : mdx_bad_set(m, sector, sectors);
}
MDX_EXPORT(mdx_bad_write_failed);

void mdx_bad_clear(struct mdx_member *m, sector_t sector, sector_t sectors)
{
	struct mdx_array *array = m->array;
	struct mdx_bad_log *log = m->bad;
	unsigned long irq;
	bool done;

	if (!log)
		return;
	spin_lock_irqsave(&array->state_lock, irq);
	spin_lock(&log->lock);
	/* Where there is no room to say so it stays bad: nothing is lost by that. */
	done = mdx_bad_list_remove(&log->list, on_device(m, sector), sectors);
	log->changed |= done;
	show_in_flags(m);
	spin_unlock(&log->lock);
	spin_unlock_irqrestore(&array->state_lock, irq);
	if (!done)
		return;
	mdx_super_request(array);
	mdx_sysfs_notify_bad(m);
}
MDX_EXPORT(mdx_bad_clear);

bool mdx_bad_unrecorded(const struct mdx_member *m)
{
	struct mdx_bad_log *log = m->bad;
	unsigned long irq;
	bool any;

	if (!log || !mdx_member_has_bad(m))
		return false;
	spin_lock_irqsave(&log->lock, irq);
	any = mdx_bad_list_unacked(&log->list);
	spin_unlock_irqrestore(&log->lock, irq);
	return any;
}

/* ---- for the superblock writer; sb_mutex held ---- */

void mdx_bad_log_snapshot(struct mdx_member *m)
{
	struct mdx_bad_log *log = m->bad;

	if (!log)
		return;
	spin_lock(&log->lock);
	if (log->changed) {
		log->changed = false;
		log->due = true;
		mdx_bad_log_encode(&log->list, page_address(log->page));
	}
	spin_unlock(&log->lock);
}

bool mdx_bad_log_due(const struct mdx_member *m)
{
	return m->bad && m->bad->due;
}

void mdx_bad_log_aim(struct mdx_member *m)
{
	const struct mdx_bad_log *log = m->bad;

	bio_init(&m->sb_bio, m->bdev.bdev, &m->sb_vec, 1,
		 REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_PREFLUSH | REQ_FUA);
	m->sb_bio.bi_iter.bi_sector = log->start;
	__bio_add_page(&m->sb_bio, log->page, log->bytes, 0);
}

void mdx_bad_log_recorded(struct mdx_member *m)
{
	struct mdx_bad_log *log = m->bad;
	bool news;

	if (!log)
		return;
	spin_lock_irq(&log->lock);
	log->due = false;
	news = !log->changed && mdx_bad_list_unacked(&log->list);
	if (news)
		mdx_bad_list_ack(&log->list);
	spin_unlock_irq(&log->lock);
	if (news)
		mdx_sysfs_notify_bad(m);
}

/* ---- coming and going of a member ---- */

static struct mdx_bad_log *log_alloc(const struct mdx_super *sb)
{
	struct mdx_bad_log *log = kzalloc(sizeof(*log), GFP_KERNEL);

	if (!log)
		return NULL;
	spin_lock_init(&log->lock);
	log->list.shift = sb->bblog_shift;
	log->bytes = sb->bblog_size << SECTOR_SHIFT;
	log->list.words = log->bytes / sizeof(u64);
	log->start = sb->super_offset + sb->bblog_offset;
	log->list.range = kvcalloc(MDX_BAD_RANGES, sizeof(*log->list.range), GFP_KERNEL);
	log->list.scratch = kvcalloc(MDX_BAD_RANGES, sizeof(*log->list.scratch), GFP_KERNEL);
	log->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return log;
}

void mdx_bad_log_free(struct mdx_member *m)
{
	struct mdx_bad_log *log = m->bad;

	if (!log)
		return;
	if (log->page)
		__free_page(log->page);
	kvfree(log->list.range);
	kvfree(log->list.scratch);
	kfree(log);
	m->bad = NULL;
}

static int read_log(struct mdx_member *m)
{
	struct mdx_bad_log *log = m->bad;
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, m->bdev.bdev, &vec, 1, REQ_OP_READ);
	bio.bi_iter.bi_sector = log->start;
	__bio_add_page(&bio, log->page, log->bytes, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	if (err) {
		pr_warn("md: %s: bad-block log could not be read (%d)\n", m->name, err);
		return err;
	}
	if (mdx_bad_log_decode(&log->list, page_address(log->page), m->dev_sectors))
		return 0;
	pr_warn("md: %s: its bad-block log tells of more than a log has room for, not importing\n",
		m->name);
	return -EINVAL;
}

int mdx_bad_log_load(struct mdx_member *m)
{
	const struct mdx_super *sb = m->super;
	struct mdx_bad_log *log;

	if (sb->version == MDX_SB_0_90 || !sb->bblog_size)
		return 0;
	if (!IS_ALIGNED(sb->bblog_size << SECTOR_SHIFT, bdev_logical_block_size(m->bdev.bdev)) ||
	    !IS_ALIGNED((sb->super_offset + sb->bblog_offset) << SECTOR_SHIFT,
			bdev_logical_block_size(m->bdev.bdev))) {
		pr_warn("md: %s: its bad-block log is no whole blocks of the device\n", m->name);
		return sb->feature_map & MD_FEATURE_BAD_BLOCKS ? -EINVAL : 0;
	}
	log = log_alloc(sb);
	m->bad = log;
	/* Freed with the member. */
	if (!log || !log->list.range || !log->list.scratch || !log->page)
		return -ENOMEM;
	if (!(sb->feature_map & MD_FEATURE_BAD_BLOCKS))
		return 0;
	if (read_log(m))
		return -EINVAL;
	if (log->list.n)
		set_bit(MDX_MEMBER_F_BAD_BLOCKS, &m->flags);
	return 0;
}

/* ---- sysfs ---- */

/* One line for each word of the log, as md has them in memory. */
static int show_range(const struct mdx_bad_log *log, const struct mdx_bad_range *r, char *page,
		      int n)
{
	u64 start = r->start, left = r->blocks;

	while (left && n < PAGE_SIZE - 1) {
		const u64 blocks = min_t(u64, left, MDX_BAD_WORD_BLOCKS);

		n += scnprintf(page + n, PAGE_SIZE - n, "%llu %llu\n",
			       (unsigned long long)(start << log->list.shift),
			       (unsigned long long)(blocks << log->list.shift));
		start += blocks;
		left -= blocks;
	}
	return n;
}

ssize_t mdx_bad_log_show(const struct mdx_member *m, char *page, bool unrecorded)
{
	struct mdx_bad_log *log = m->bad;
	int n = 0;
	u32 i;

	if (!log)
		return 0;
	spin_lock_irq(&log->lock);
	for (i = 0; i < log->list.n; i++)
		if (!unrecorded || !log->list.range[i].acked)
			n = show_range(log, &log->list.range[i], page, n);
	spin_unlock_irq(&log->lock);
	return n;
}
