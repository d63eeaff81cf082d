/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mdx.ko inside: what each file of the core offers the others, file by file.
 * Personalities must not include this; they see include/mdx/ only.
 *
 * "needs lock" means array->lock. Errors are negative errnos. Everything
 * sleeps unless it says otherwise.
 */
#ifndef _MDX_CORE_H
#define _MDX_CORE_H

#include <mdx/badblocks.h>
#include <mdx/params.h>		/* main.c */
#include <mdx/personality.h>
#include "badblocks_format.h"
#include "super_format.h"
#include "sync_speed.h"

struct seq_file;
struct mdx_limits;

/* ---- sysctl (proc/sysctl.c) and mdstat (proc/mdstat.c) ---- */
extern int mdx_speed_limit_min, mdx_speed_limit_max;	/* KiB/s per device */
int mdx_sysctl_init(void);
void mdx_sysctl_exit(void);
int mdx_mdstat_init(void);
void mdx_mdstat_exit(void);
/* Something mdstat shows has changed: wake its pollers. Any context. */
void mdx_event(void);

/* ---- region.c (compat): who owns major 9 ---- */
extern unsigned int mdx_mdp_major;	/* dynamic, for md_dN */

/* ---- reboot.c ---- */
int mdx_reboot_init(void);
void mdx_reboot_exit(void);

/* ---- personality.c ---- */
/*
 * Find level @level (or @name if it is not empty), loading its module if need
 * be, and hold the module. ERR_PTR(-EINVAL) with a log line if there is none.
 */
const struct mdx_personality *mdx_personality_get(int level, const char *name);
void mdx_personality_put(const struct mdx_personality *p);	/* NULL is fine */
/* "[raid1] [raid0] " */
void mdx_personality_show(struct seq_file *seq);

/* ---- arrays.c: the table of arrays ---- */
int mdx_arrays_init(void);
void mdx_arrays_exit(void);		/* every array must be gone; waits for deletions */
/*
 * A new array of @unit; -EEXIST if there is one. @name: disk name, NULL for the
 * usual one. @hold: it stays until it is stopped, whoever opens and closes it
 * meanwhile; then one that would go with its last close will do as well.
 * May sleep, until one that leaves is gone.
 */
int mdx_array_create(dev_t unit, const char *name, bool hold);
/* Called by the probe of the majors: create on open. */
void mdx_array_probe(dev_t dev);
/* References are the kobject's. Put may sleep. */
static inline void mdx_array_get(struct mdx_array *array)
{
	kobject_get(&array->kobj);
}

static inline void mdx_array_put(struct mdx_array *array)
{
	kobject_put(&array->kobj);
}

/* release of mdx_array_ktype and mdx_member_ktype */
void mdx_array_kobj_release(struct kobject *kobj);
void mdx_member_kobj_release(struct kobject *kobj);
/* The array behind @disk with a reference, or NULL when it is being deleted. */
struct mdx_array *mdx_array_of_disk(struct gendisk *disk);
/* One more opener; false: the array's disk is being taken away. */
bool mdx_array_enter(struct mdx_array *array);
/* Is @disk that of @array, or of an array with such a member, at any depth? */
bool mdx_disk_stands_on(const struct gendisk *disk, const struct mdx_array *array);
/* The array of @unit with a reference, or NULL. */
struct mdx_array *mdx_array_find(dev_t unit);
/* Next array in mdstat's order (newest first) with a reference; drops @prev's. NULL: end. */
struct mdx_array *mdx_array_next(struct mdx_array *prev);
/* If nothing is configured and nobody has it open: delete it (by a work item). */
void mdx_array_delete_if_idle(struct mdx_array *array);
/* array->lock, interruptible: 0 or -EINTR; -ENODEV when it is being deleted. */
int mdx_array_lock(struct mdx_array *array);
void mdx_array_unlock(struct mdx_array *array);

/* ---- gates.c: the two per-CPU references every bio goes through ---- */
int mdx_gates_init(struct mdx_array *array);	/* closed: MDX_GATE_STOPPED */
void mdx_gates_exit(struct mdx_array *array);
/* Close for one more reason (enum mdx_gate_reason); does not wait. */
void mdx_read_gate_close(struct mdx_array *array, unsigned int reason);
void mdx_write_gate_close(struct mdx_array *array, unsigned int reason);
/*
 * The same, but whether somebody is inside can be told at once, not only after
 * an RCU grace period; it waits for that while writes still go on.
 */
void mdx_write_gate_close_exact(struct mdx_array *array, unsigned int reason);
/* Take a reason away; opens when it was the last. */
void mdx_read_gate_reopen(struct mdx_array *array, unsigned int reason);
void mdx_write_gate_reopen(struct mdx_array *array, unsigned int reason);
/* Take away those of @reasons (READONLY, CLEAN) that the state has no need of. */
void mdx_write_gate_settle(struct mdx_array *array, unsigned int reasons);
/* Does @bio write where sysfs suspend_lo and suspend_hi say that nobody may? Gates apart. */
static inline bool mdx_range_held(const struct mdx_array *array, const struct bio *bio)
{
	const sector_t hi = READ_ONCE(array->held_hi);

	return unlikely(hi) && bio->bi_iter.bi_sector < hi &&
	       bio_end_sector(bio) > READ_ONCE(array->held_lo) && READ_ONCE(array->held_lo) < hi;
}
/* Closed gates: wait until nobody is inside; false after @timeout jiffies. */
bool mdx_write_gate_drain(struct mdx_array *array, unsigned long timeout);
bool mdx_read_gate_drain(struct mdx_array *array, unsigned long timeout);

/* ---- array_state.c ---- */
struct mdx_state_info {
	const char *name;
	bool running;		/* a personality is bound */
	bool writable;		/* writes are let in (maybe after a superblock) */
	bool open;		/* the write gate is live unless suspended */
	bool clean;		/* the superblocks say clean */
};
const struct mdx_state_info *mdx_state_info(enum mdx_state state);
/* The one transition function: checks it, wakes waiters, notifies sysfs. state_lock held. */
void mdx_state_set(struct mdx_array *array, enum mdx_state state);
/* State for showing: array->state, with broken folded in. Any context. */
enum mdx_state mdx_state_now(struct mdx_array *array);
/*
 * A write found the write gate closed. Waits until the array may be written
 * (recorded active, resumed), then holds the gate. 0; -EROFS; -EIO (broken or
 * superblock not writable); -EAGAIN with @nowait.
 */
int mdx_write_gate_open(struct mdx_array *array, bool nowait);
/* A write that could not wait has left read-auto: do the rest. Needs lock, running. */
void mdx_state_settle(struct mdx_array *array);
/* The same for the read gate (suspended). 0, -EAGAIN, -ENODEV when stopped. */
int mdx_read_gate_open(struct mdx_array *array, bool nowait);
/* Record clean if no write is in flight; waits at most @wait jiffies for them. */
int mdx_array_make_clean(struct mdx_array *array, unsigned long wait);
void mdx_idle_work(struct work_struct *work);
#define MDX_IDLE_DELAY_MS 204	/* safe_mode_delay as md starts out */
#define MDX_MAX_READ_ERRORS 20	/* max_read_errors likewise */
/* The superblock writer has recorded the array active. */
void mdx_state_activated(struct mdx_array *array);
/* Needs lock. RUNNING -> readonly (-EBUSY while opened by others than the caller), and back. */
int mdx_array_set_readonly(struct mdx_array *array, int openers_allowed);
/* Needs lock. From readonly or read-auto; -EBUSY if it is in neither, -ENXIO if it does not run. */
int mdx_array_set_readwrite(struct mdx_array *array);
/* Needs lock. The same where it is in neither: 0. */
int mdx_array_make_writable(struct mdx_array *array);
/* Needs lock. From readonly, or from a writable state that nobody has open (else -EBUSY). */
int mdx_array_set_read_auto(struct mdx_array *array);

/* ---- array_run.c: needs lock ---- */
/* Judge members, bind the personality, set limits and capacity, start. */
int mdx_array_run(struct mdx_array *array);
/* Superblocks made for a described array that have never been written: the next start must not go by them. */
void mdx_array_drop_bare(struct mdx_array *array);
/* The gendisk's capacity from array_sectors/external_size. */
void mdx_array_update_capacity(struct mdx_array *array);
/*
 * Stacked limits of members and level onto the disk; suspends an array that is @running: where that is
 * not to be had soon, -EBUSY, and the control work sees to it.
 */
int mdx_array_update_limits(struct mdx_array *array, bool running);
/* Slots without an in-sync member. state_lock held. */
unsigned int mdx_array_count_degraded(struct mdx_array *array);

/* ---- array_shape.c: needs lock, running; with md's errnos ---- */
/*
 * @disks slots from now on; members move down to fill those that are empty. -EBUSY: more members
 * than that are in slots, or a sync runs; -EROFS; -EINVAL: not this level, not this many.
 */
int mdx_array_set_disks(struct mdx_array *array, unsigned int disks);
/*
 * Use @sectors of each member (0: what all have room for). What is new is synced, unless
 * resync_start says otherwise. -ENOSPC: a member has less; -EBUSY, -EROFS, -EINVAL as above.
 */
int mdx_array_set_size(struct mdx_array *array, sector_t sectors);
/*
 * So many sectors of @member may be used (0: all its device has by now), also while the array does not run.
 * -EBUSY, -EINVAL: fewer than the array uses.
 */
int mdx_member_set_size(struct mdx_member *member, sector_t sectors);

/* ---- array_stop.c ---- */
/*
 * Stop: -EBUSY while more than @openers_allowed have it open. Superblocks end
 * clean (or correctly marked); members are released; array->state is CLEAR.
 * @keep_inactive: release nothing, state INACTIVE (sysfs "inactive").
 */
int mdx_array_stop(struct mdx_array *array, int openers_allowed, bool keep_inactive);
/* Forget every trace of a configuration: state CLEAR. Needs lock, no members. */
void mdx_array_reset(struct mdx_array *array);
/* Let go of all members. Needs lock, not running. */
void mdx_array_unbind_all(struct mdx_array *array);

/* ---- members.c: candidates ---- */
/* A device that was opened for an array, for a call that may make it a member. */
struct mdx_candidate {
	dev_t dev;
	struct mdx_member *member;	/* ERR_PTR: could not be opened; NULL: taken */
};

/*
 * Claim and open @dev for @array; nothing is read or logged. *Without* the lock:
 * for a device that is not there the block layer asks the drivers, mdx among
 * them, and makes whoever opens a missing array wait meanwhile. End with
 * mdx_candidate_close(), also without the lock.
 */
void mdx_candidate_open(struct mdx_candidate *c, struct mdx_array *array, dev_t dev);
void mdx_candidate_close(struct mdx_candidate *c);

/* ---- members.c: needs lock ---- */
/*
 * The candidate as a member that is not bound yet, its superblock read and
 * checked (@version: enum mdx_sb_version, or -1: none). ERR_PTR with a log line.
 */
struct mdx_member *mdx_candidate_take(struct mdx_candidate *c, struct mdx_array *array,
				      int version);
/* Into array->members and sysfs; takes mdx_member's slot and number as set. */
int mdx_member_bind(struct mdx_array *array, struct mdx_member *member);
/* Out of the list and sysfs, device closed. It must hold no slot. */
void mdx_member_unbind(struct mdx_member *member);
void mdx_member_free(struct mdx_member *member);	/* taken, never bound */
struct mdx_member *mdx_member_find(struct mdx_array *array, dev_t dev);
struct mdx_member *mdx_member_by_number(struct mdx_array *array, int number);
/* First unused number below max_disks, or -ENOSPC. */
int mdx_member_free_number(struct mdx_array *array);

/* ---- member_bad.c: bad blocks; more in <mdx/badblocks.h> ---- */
/* May the members of @array have bad blocks? If it runs, @array->pers is that of what runs. */
static inline bool mdx_bad_may_be(const struct mdx_array *array)
{
	return !array->pers || !array->pers->redundant || array->pers->bad_blocks;
}

/* The log that member->super tells of. 0, -ENOMEM, -EIO or -EINVAL with a log line. */
int mdx_bad_log_load(struct mdx_member *member);
void mdx_bad_log_free(struct mdx_member *member);
/* A range of the device, for sysfs. 0 or -ENOSPC; asks for nothing. Any context. */
int mdx_bad_log_add(struct mdx_member *member, sector_t on_dev, sector_t sectors);
/* Lines of "sector count"; @unrecorded: of those alone that are not on the member yet. */
ssize_t mdx_bad_log_show(const struct mdx_member *member, char *page, bool unrecorded);
/* Are there such? Any context. */
bool mdx_bad_unrecorded(const struct mdx_member *member);
/* The superblock writer's, sb_mutex held: image of what has changed (state_lock held, too)... */
void mdx_bad_log_snapshot(struct mdx_member *member);
/* ... is it to be written, with this bio; and it is on the member, with its superblock. */
bool mdx_bad_log_due(const struct mdx_member *member);
void mdx_bad_log_aim(struct mdx_member *member);
void mdx_bad_log_recorded(struct mdx_member *member);

/* ---- member_change.c: hot changes of a running array; needs lock ---- */
/* Add as spare (or into its old slot if its superblock fits @info). */
int mdx_member_hot_add(struct mdx_array *array, struct mdx_member *member, bool want_in_sync);
/* A failed member without a slot into the array again; -EBUSY: it is none, or that is not recorded. */
int mdx_member_re_add(struct mdx_array *array, struct mdx_member *member);
/*
 * Make the array larger by @member, whose superblock says that it is the next one; for levels that can grow.
 * It is usable once that is recorded. Takes @member over, whatever comes of it.
 */
int mdx_member_append(struct mdx_array *array, struct mdx_member *member);
/* Remove a faulty or spare member; -EBUSY if it is in use. */
int mdx_member_hot_remove(struct mdx_array *array, struct mdx_member *member);
/* That @member failed is on the others' superblocks; waits until it is, false where it cannot be. */
bool mdx_member_failure_recorded(struct mdx_member *member);
/*
 * Take @member into / out of a slot: suspends, or -EBUSY, see mdx_array_suspend_soon().
 * @record: no I/O goes on before the superblocks say that it is out.
 */
int mdx_slot_assign(struct mdx_array *array, struct mdx_member *member, unsigned int slot);
int mdx_slot_clear(struct mdx_array *array, struct mdx_member *member, bool record);

/* ---- member_replace.c: needs lock ---- */
/* Is a spare to replace who is in @slot? */
bool mdx_replace_due(const struct mdx_array *array, unsigned int slot);
/* Make @member, a spare, the replacement of who is in @slot. -EEXIST: that is not due. Suspends, or -EBUSY. */
int mdx_replace_assign(struct mdx_array *array, struct mdx_member *member, unsigned int slot);
/* Take @member, a replacement, out again; see mdx_slot_clear(). */
int mdx_replace_clear(struct mdx_array *array, struct mdx_member *member, bool record);
/* Those who are ready take over, those whose slot is free get it; now, or when I/O ends. Suspends. */
void mdx_replace_settle(struct mdx_array *array);
/* At the start: @member beside who is in its slot of the new table @slot, or there. False: no memory. */
bool mdx_replace_seat(struct mdx_array *array, struct mdx_member **slot, struct mdx_member *member);
void mdx_replace_drop(struct mdx_array *array);	/* not running */

/* ---- super_write.c ---- */
void mdx_super_work(struct work_struct *work);
/* Wait for what has been requested so far; as mdx_super_wait(). */
int mdx_super_settle(struct mdx_array *array);
/* Is something requested that is not done yet? Whoever ends it kicks the control work. */
bool mdx_super_due(struct mdx_array *array);
/*
 * Write the page of a member that is not bound yet to where its superblock is, through to the medium: can it be?
 * Sleeps; no locks but array->lock.
 */
int mdx_super_rewrite(struct mdx_member *member);
/* CPU-order superblock of @member as of now; sb_mutex held. */
void mdx_super_fill(struct mdx_array *array, struct mdx_member *member, struct mdx_super *sb);

/* ---- bitmap*.c: the write-intent bitmap; inside see bitmap.h ---- */
/* Needs lock. The bitmap the members are to have, if any, into memory; nothing is written. */
int mdx_bitmap_load(struct mdx_array *array);
/* Needs lock. Nobody uses it any more: forget it. */
void mdx_bitmap_drop(struct mdx_array *array);
/*
 * Needs lock, running. Take over the bitmap that is on the members, @offset sectors from their superblocks; or keep
 * none any more. Waits for superblocks. -EINVAL, -EBUSY (there is one, or a sync runs), -ENOENT (there is none), -EIO.
 */
int mdx_bitmap_add(struct mdx_array *array, s32 offset);
int mdx_bitmap_remove(struct mdx_array *array);
/* sb_mutex held. Events and needs of now, onto all members. False: some member failed for it. */
bool mdx_bitmap_record(struct mdx_array *array);
/* Sectors a bitmap of @array is about. Running. */
sector_t mdx_bitmap_sectors(const struct mdx_array *array);
/* Is there room for the array's bitmap on @m? If not, a log line says so. */
bool mdx_bitmap_fits_member(struct mdx_array *array, struct mdx_member *m);
/*
 * Needs lock, suspended. While it is held superblocks add nothing to the bitmap. -EBUSY: they are about to; when they
 * have, the array's control looks again.
 */
int mdx_bitmap_hold(struct mdx_array *array);
void mdx_bitmap_let_go(struct mdx_array *array);
/* Held. The bitmap onto @m, which has room for it and is about to get a slot. */
int mdx_bitmap_copy_to(struct mdx_array *array, struct mdx_member *m);
/* No write is in flight and none comes: clear what can be cleared. Needs lock. */
void mdx_bitmap_idle(struct mdx_array *array);
/* Of the array's write @io: it is over. Any context. */
void mdx_bitmap_write_end(struct mdx_io *io);
/* Members may differ from @sector on: a resync has to look there. Any context. */
void mdx_bitmap_need_from(struct mdx_array *array, sector_t sector);
/*
 * With array->bitmap: the first sector from @pos on, below @end, that @action (resync, or recovery by bitmap of
 * @targets) has to look at, and how far from there (*@until); @end: nothing is left. After a long way through nothing
 * it may be one that has not to be looked at.
 */
sector_t mdx_bitmap_sync_next(struct mdx_array *array, enum mdx_sync_action action,
			      unsigned long targets, sector_t pos, sector_t end, sector_t *until);
/* A resync has been through from @from to @to. */
void mdx_bitmap_synced(struct mdx_array *array, sector_t from, sector_t to);
/* May a member with superblocks of @events be brought up to date by the bitmap? Needs lock. */
bool mdx_bitmap_covers(struct mdx_array *array, u64 events);
/* Chunks @first to @last of a running array have to be looked at, by a resync. Needs lock. Waits for the members. */
int mdx_bitmap_set_chunks(struct mdx_array *array, u64 first, u64 last);
/* array->bitmap_info has changed in what may change while there is a bitmap. Needs lock. */
void mdx_bitmap_retune(struct mdx_array *array);
/* What mdstat shows of it; state_lock held. False: there is none. */
struct mdx_bitmap_view {
	u32 used, pages;	/* as md counts memory */
	u32 chunk_bytes;
};
bool mdx_bitmap_view(struct mdx_array *array, struct mdx_bitmap_view *v);

/* ---- control.c: one look at the array, needs lock ---- */
void mdx_control_work(struct work_struct *work);
/* One look, now: starts what is due before it returns. array->lock held; waits for I/O in flight. */
void mdx_control_look(struct mdx_array *array);
/* Members whose failure is on record leave their slots, or do so later. Waits for I/O in flight. */
void mdx_control_clear_slots(struct mdx_array *array);
/* Writes wait while somebody has blocked a member; needs lock. */
void mdx_control_held(struct mdx_array *array);

/* ---- sync_thread.c ---- */
struct mdx_sync_status {
	enum mdx_sync_action action;	/* MDX_SYNC_IDLE: nothing runs */
	bool pending;			/* needed, but the array is read-auto */
	bool delayed;			/* waits for another array on the same disks */
	sector_t done, total;		/* sectors */
	sector_t checkpoint;
	u64 speed_kib;			/* average */
};
/* What runs and how far; any context that may sleep. */
void mdx_sync_status(struct mdx_array *array, struct mdx_sync_status *st);
/* Needs lock, not suspended. Start @action; the control work reaps it. */
int mdx_sync_start(struct mdx_array *array, enum mdx_sync_action action);
/* Needs lock. Interrupt a running sync, wait for it, take its result. */
void mdx_sync_stop(struct mdx_array *array);
/*
 * On the way down: stop it, wait at most @timeout jiffies for windows in flight
 * and take what has been done. It stays, to be reaped: that waits for all I/O.
 * True: superblocks have something new to say.
 */
bool mdx_sync_halt(struct mdx_array *array, unsigned long timeout);
/* Needs lock. If the thread has finished: take its result. True if it had. */
bool mdx_sync_reap(struct mdx_array *array);
/* Words: "idle", "resync", "recover", "check", "repair", "reshape", "frozen". */
const char *mdx_sync_action_name(enum mdx_sync_action action);
/* @member has failed: a sync that uses it must end. Any context. */
void mdx_sync_member_failed(struct mdx_array *array, struct mdx_member *member);
/* Limits or sync_max changed: look again. Any context. */
void mdx_sync_wake(struct mdx_array *array);
/* KiB/s in force for @array. */
unsigned int mdx_speed_min(const struct mdx_array *array);
unsigned int mdx_speed_max(const struct mdx_array *array);
void mdx_sync_limits_changed(void);	/* sysctl: wake every sync */

/*
 * A user's bio beside a sync, for its pace: gives the time now, which its end gives back. Any
 * context; the gate is held.
 */
static inline u64 mdx_sync_user_begins(struct mdx_array *array)
{
	this_cpu_inc(array->cpu->timed);
	return ktime_get_ns();
}

static inline void mdx_sync_user_ends(struct mdx_array *array, u64 began_ns)
{
	this_cpu_add(array->cpu->timed_ns, ktime_get_ns() - began_ns);
	this_cpu_inc(array->cpu->timed_ended);
}

/* ---- fence.c ---- */
struct mdx_fence *mdx_fence_alloc(void);
void mdx_fence_free(struct mdx_fence *fence);
/* Sync side: wait until no write is in @unit and keep new ones out. */
void mdx_fence_close(struct mdx_array *array, unsigned int unit);
void mdx_fence_open(struct mdx_array *array, unsigned int unit);
void mdx_fence_leave(struct mdx_io *io);

/* ---- io_submit.c, io_flush.c, io_retry.c ---- */
/* Send @bio on as a struct mdx_io, which stands for the time of @unheard others. */
void mdx_io_submit(struct mdx_array *array, struct bio *bio, unsigned int unheard);
/* io_pass.c: send @bio on for good, with pers->pass, or where that cannot be by mdx_io_submit(). */
void mdx_io_pass(struct mdx_array *array, struct bio *bio);

/* Entry from the block layer. Sleeps unless the bio is REQ_NOWAIT. */
static inline void mdx_submit_bio(struct mdx_array *array, struct bio *bio)
{
	if (READ_ONCE(array->passes))
		mdx_io_pass(array, bio);
	else
		mdx_io_submit(array, bio, 0);
}

/* PREFLUSH for a level that does not do it itself: to every member, then the data. */
void mdx_io_flush(struct mdx_io *io);
void mdx_io_work(struct work_struct *work);
void mdx_submit_work(struct work_struct *work);
/* Give io->bio to pers->submit again from the io work. Any context. */
void mdx_io_punt(struct mdx_io *io);
/* io_pool.c */
int mdx_io_cache_init(void);
void mdx_io_cache_exit(void);
int mdx_io_pool_init(struct mdx_array *array);
void mdx_io_pool_exit(struct mdx_array *array);	/* nothing is out any more */
/* Each CPU, each array. KASAN only sees objects that are really freed. */
#define MDX_IO_STOCK_MAX (IS_ENABLED(CONFIG_KASAN) ? 0 : 64)

/* For @bio; NULL only where it is REQ_NOWAIT, else it may sleep. */
static inline struct mdx_io *mdx_io_alloc(struct mdx_array *array, const struct bio *bio)
{
	struct mdx_cpu *stock;
	struct mdx_io *io;
	unsigned long irq;

	local_irq_save(irq);
	stock = this_cpu_ptr(array->cpu);
	io = stock->ios;
	if (likely(io)) {
		stock->ios = io->next;
		stock->stocked--;
	}
	local_irq_restore(irq);
	if (likely(io))
		return io;
	return mempool_alloc(&array->io_pool, bio->bi_opf & REQ_NOWAIT ? GFP_NOWAIT : GFP_NOIO);
}

static inline bool mdx_io_reserve_is_full(mempool_t *pool)
{
	/* Whoever took this object from the reserve is seen to have: as in mempool_free(). */
	smp_rmb();
	return READ_ONCE(pool->curr_nr) >= pool->min_nr;
}

/* Any context. */
static inline void mdx_io_free(struct mdx_array *array, struct mdx_io *io)
{
	struct mdx_cpu *stock;
	unsigned long irq;

	if (likely(mdx_io_reserve_is_full(&array->io_pool))) {
		local_irq_save(irq);
		stock = this_cpu_ptr(array->cpu);
		if (likely(stock->stocked < MDX_IO_STOCK_MAX)) {
			io->next = stock->ios;
			stock->ios = io;
			stock->stocked++;
			io = NULL;
		}
		local_irq_restore(irq);
		if (likely(!io))
			return;
	}
	mempool_free(io, &array->io_pool);
}

int mdx_io_init(struct mdx_array *array);	/* pools */
void mdx_io_exit(struct mdx_array *array);
/* WQ_MEM_RECLAIM queues, one per dependency level: bitmap < sb < io < sync < control < submit. */
extern struct workqueue_struct *mdx_bitmap_wq, *mdx_sb_wq, *mdx_io_wq, *mdx_sync_wq;
extern struct workqueue_struct *mdx_control_wq, *mdx_submit_wq, *mdx_delete_wq;
int mdx_queues_init(void);
void mdx_queues_exit(void);

/* ---- ioctl.c ---- */
int mdx_ioctl(struct mdx_array *array, struct block_device *bdev, bool writable,
	      unsigned int cmd, unsigned long arg);

/* ---- ioctl_info.c ---- */
/* The layout as it is shown: -1 for a raid0 that does not record one. */
int mdx_info_layout(const struct mdx_array *array);

/* ---- ioctl_setup.c: configuring an array, for ioctl and sysfs; needs lock ---- */
/* enum mdx_sb_version of a version pair, or -1. */
int mdx_version_of(int major, int minor);
/* Members or geometry have been set: CLEAR becomes INACTIVE, and back. */
void mdx_array_configured(struct mdx_array *array);
/* Bind a device to an array that does not run, or add it to one that does. */
int mdx_setup_new_dev(struct mdx_array *array, struct mdx_candidate *c);

/* ---- disk_ops.c: called by compat/disk.c ---- */
int mdx_disk_open(struct mdx_array *array, bool write);
void mdx_disk_release(struct mdx_array *array);
bool mdx_disk_media_changed(struct mdx_array *array);	/* and forget it */
int mdx_disk_set_read_only(struct mdx_array *array, bool ro);

/* ---- sysfs_array.c, sysfs_sync.c, sysfs_member.c ---- */
/*
 * No task waits for array->lock inside an attribute: stores step out of it
 * first, shows do not take it. So directories and attributes may be removed
 * under array->lock.
 */
extern const struct kobj_type mdx_array_ktype;	/* release: mdx_array_kobj_release */
extern const struct kobj_type mdx_member_ktype;	/* release: mdx_member_kobj_release */
/*
 * Show array->kobj, initialised by its owner with the type above, as "md"
 * below the live disk; and take it away (kobject_del: no reference moves).
 * Sets kn_state and kn_level.
 */
int mdx_sysfs_add_array(struct mdx_array *array);
void mdx_sysfs_remove_array(struct mdx_array *array);
/* The same for member->kobj: dev-NAME below the array's, with its "block" link. */
int mdx_sysfs_add_member(struct mdx_member *member);
void mdx_sysfs_remove_member(struct mdx_member *member);
/* Attributes that exist only while a redundant level runs. */
int mdx_sysfs_add_sync(struct mdx_array *array);
void mdx_sysfs_remove_sync(struct mdx_array *array);
/* rdN links. */
int mdx_sysfs_link_slot(struct mdx_array *array, struct mdx_member *member);
void mdx_sysfs_unlink_slot(struct mdx_array *array, struct mdx_member *member);
void mdx_sysfs_notify_state(struct mdx_array *array);	/* array_state; any context */
void mdx_sysfs_notify_sync(struct mdx_array *array);	/* sync_action, sync_completed, degraded */
void mdx_sysfs_notify_member(struct mdx_member *member);
void mdx_sysfs_notify_bad(struct mdx_member *member);	/* bad_blocks, unacknowledged_bad_blocks, state */

#endif
