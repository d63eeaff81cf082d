// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios of levels without redundancy, which go to one member and are not heard
 * of again.
 *
 * DOC: Such a level has nothing to do when the member answers, so the user's
 * bio is aimed at the member and let go: no struct mdx_io, no hooked end.
 *
 * Closing a gate waits for a grace period, so while the map is looked at an RCU
 * read side that found the gate open is as good as a reference. It is one without
 * preemption, which costs a tenth of rcu_read_lock() where kernels can be preempted
 * in that, and grace periods wait for it just as well. That nothing is
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

/*
 * How many others does this one stand for? HEARD_LATER: none, it is one of them. With
 * preemption off; bios of an interrupt that comes between may be stood for twice, less than HEAR_EVERY.
 */
#define HEARD_LATER UINT_MAX

static inline unsigned int hear(struct mdx_array *array)
{
	struct mdx_cpu *cpu = this_cpu_ptr(array->cpu);
	const unsigned long now = jiffies;
	const unsigned int unheard = cpu->unheard;

	if (likely(unheard < HEAR_EVERY - 1 && time_before(now, cpu->heard + HEAR_PAUSE))) {
		cpu->unheard = unheard + 1;
		return HEARD_LATER;
	}
	cpu->unheard = 0;
	cpu->heard = now;
	return unheard;
}

void mdx_io_pass(struct mdx_array *array, struct bio *bio)
{
	const bool write = op_is_write(bio_op(bio));
	struct block_device *bdev;
	unsigned int unheard = 0;
	struct mdx_aim aim;

	if (unlikely(bio_op(bio) > REQ_OP_WRITE || bio->bi_opf & REQ_PREFLUSH))
		goto long_way;
	rcu_read_lock_sched();
	/* The caller's look at .passes may be of another run of the array; from here on that of the open gate holds. */
	if (unlikely(percpu_ref_is_dying(write ? &array->write_gate : &array->read_gate) ||
		     !READ_ONCE(array->passes)))
		goto unlock;
	aim = array->pers->pass(array, bio);
	if (unlikely(!aim.member))
		goto unlock;
	if (likely(blk_queue_io_stat(mdx_bio_disk(bio)->queue))) {
		unheard = hear(array);
		if (unlikely(unheard != HEARD_LATER))
			goto unlock;
		mdx_acct_count(bio, write ? STAT_WRITE : STAT_READ);
	}
	bdev = aim.member->bdev.bdev;
	bio->bi_iter.bi_sector = aim.member->data_offset + aim.sector;
	rcu_read_unlock_sched();
	/* May allocate, and take a lock that sleeps where the kernel is a real-time one. */
	bio_set_dev(bio, bdev);
	submit_bio_noacct(bio);
	return;

unlock:
	rcu_read_unlock_sched();
long_way:
	mdx_io_submit(array, bio, unheard);
}
