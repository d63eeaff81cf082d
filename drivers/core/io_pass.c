// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios of levels without redundancy, which go to one member and are not heard
 * of again.
 *
 * DOC: Such a level has nothing to do when the member answers, so the user's
 * bio is aimed at the member and let go: no struct mdx_io, no hooked end. The
 * gate is held while the map is looked at. That nothing is in flight when the
 * map and the members go away is the openers' business: a bio keeps its opener,
 * and an array with openers does not stop.
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

	*unheard = this_cpu_inc_return(array->cpu->unheard) - 1;
	if (likely(*unheard < HEAR_EVERY - 1 &&
		   time_before(now, this_cpu_read(array->cpu->heard) + HEAR_PAUSE)))
		return false;
	this_cpu_write(array->cpu->unheard, 0);
	this_cpu_write(array->cpu->heard, now);
	return true;
}

bool mdx_io_pass(struct mdx_array *array, struct bio *bio, unsigned int *unheard)
{
	struct mdx_member *member;
	sector_t sector;

	*unheard = 0;
	member = array->pers->pass(array, bio, &sector);
	if (unlikely(!member))
		return false;
	if (likely(blk_queue_io_stat(mdx_bio_disk(bio)->queue))) {
		if (hear(array, unheard))
			return false;
		mdx_acct_count(bio);
	}
	bio_set_dev(bio, member->bdev.bdev);
	bio->bi_iter.bi_sector = member->data_offset + sector;
	submit_bio_noacct(bio);
	return true;
}
