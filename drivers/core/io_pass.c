// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios of levels without redundancy, which go to one member and are not heard
 * of again.
 *
 * DOC: Such a level has nothing to do when the member answers, so the user's
 * bio is aimed at the member and let go: no struct mdx_io, no hooked end.
 *
 * Closing a gate waits for a grace period, so while the map is looked at an RCU
 * read side that found the gate open is as good as a reference. That nothing is
 * in flight when map and members go away is the openers' business: an array
 * others have open does not stop. Whoever stops it by the very descriptor his
 * own direct I/O is in flight on is not waited for.
 *
 * Only the time that bios take would be missing in /proc/diskstats. So one of
 * HEAR_EVERY, and any after HEAR_PAUSE without one, goes the long way and stands
 * for the time of those before it. Counts and sectors are always exact; under
 * 50 bios a second and CPU so is the time.
 */
#include <linux/jiffies.h>
#include "core.h"

#define HEAR_EVERY 32u
#define HEAR_PAUSE (HZ / 50)

/* Is this one to be heard of, and how many others does it stand for? */
static bool hear(struct mdx_array *array, unsigned int *unheard)
{
	const unsigned long now = jiffies;

	*unheard = this_cpu_read(array->cpu->unheard);
	if (likely(*unheard < HEAR_EVERY - 1 &&
		   time_before(now, this_cpu_read(array->cpu->heard) + HEAR_PAUSE))) {
		this_cpu_inc(array->cpu->unheard);
		return false;
	}
	this_cpu_write(array->cpu->unheard, 0);
	this_cpu_write(array->cpu->heard, now);
	return true;
}

/* The member @bio goes to whole, and where; NULL: it goes the long way. */
static struct mdx_member *pass_to(struct mdx_array *array, struct bio *bio, bool write,
				  sector_t *sector)
{
	if (unlikely(percpu_ref_is_dying(write ? &array->write_gate : &array->read_gate)))
		return NULL;
	return array->pers->pass(array, bio, sector);
}

bool mdx_io_pass(struct mdx_array *array, struct bio *bio, bool write, unsigned int *unheard)
{
	struct mdx_member *member;
	sector_t sector;

	*unheard = 0;
	if (unlikely(bio->bi_opf & REQ_PREFLUSH))
		return false;
	rcu_read_lock();
	member = pass_to(array, bio, write, &sector);
	if (!member)
		goto long_way;
	if (likely(blk_queue_io_stat(mdx_bio_disk(bio)->queue))) {
		if (hear(array, unheard))
			goto long_way;
		mdx_acct_count(bio);
	}
	bio_set_dev(bio, member->bdev.bdev);
	bio->bi_iter.bi_sector = member->data_offset + sector;
	rcu_read_unlock();
	submit_bio_noacct(bio);
	return true;

long_way:
	rcu_read_unlock();
	return false;
}
