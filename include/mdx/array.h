/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array: what every part of the driver shares about one /dev/mdN.
 *
 * DOC: locks, outermost first
 *
 *  array->lock (mutex)   configuration: every ioctl and sysfs store that
 *                        changes something, the control work, start and stop.
 *  suspend               mdx_array_suspend()/resume() under array->lock: both
 *                        I/O gates are closed and drained. Slots and geometry
 *                        change only here.
 *  array->sb_mutex       one superblock write at a time; guards the member
 *                        list together with array->lock. The superblock writer
 *                        takes only this one, so whoever waits for a superblock
 *                        may hold array->lock and may have I/O in flight.
 *                        Never suspend while holding it.
 *  array->state_lock     spinlock, irq-safe: state, member flags, counters of
 *                        failures, superblock request numbers. Never sleeps.
 *                        The member list, array->pers and the slot table also
 *                        change under it (on top of the above), so mdstat and
 *                        sysfs may read them under this lock alone.
 *
 * DOC: positions
 *
 *  A slot may have a second member, its replacement: it is written to like the
 *  first, recovers meanwhile, and takes over once it holds everything. It is never
 *  read before. What goes to all who are written to counts positions: the slots,
 *  then, while array->replacement is there, a position for the replacement of each.
 *  While nobody is being replaced there are no more of them than slots, and a write
 *  pays for one look at a pointer.
 *
 * DOC: the gates
 *
 *  read_gate   live while I/O may run at all. Every bio that only reads holds
 *              one reference from submit to completion. So does every sync
 *              window.
 *  write_gate  live while writes may run: the array is writable, not
 *              suspended, and (redundant levels) recorded as active on every
 *              member (invariant I2). A write that finds it closed goes to
 *              mdx_write_gate_open(), the only slow path.
 *
 *  Both are per-CPU references: one per-CPU add and one subtract per bio.
 */
#ifndef _MDX_ARRAY_H
#define _MDX_ARRAY_H

#include <linux/blkdev.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <mdx/member.h>
#include <mdx/pure.h>
#include <mdx/sync.h>

struct mdx_bitmap;
struct mdx_personality;
struct mdx_sync;

/* The words of sysfs array_state; properties in drivers/core/array_state.c. */
enum mdx_state {
	MDX_STATE_CLEAR,		/* nothing configured */
	MDX_STATE_INACTIVE,		/* members or geometry, not running */
	MDX_STATE_READONLY,
	MDX_STATE_READ_AUTO,		/* read-only until the first write */
	MDX_STATE_CLEAN,		/* running, no write since it was recorded clean */
	MDX_STATE_WRITE_PENDING,	/* a write waits for "active" to be recorded */
	MDX_STATE_ACTIVE,
	MDX_STATE_ACTIVE_IDLE,		/* active, no write for a while */
	MDX_STATE_BROKEN,		/* running, but members are missing that it cannot do without */
	MDX_STATES,
};

/* Bits of mdx_array.flags; atomic bit operations, no lock needed. */
enum mdx_array_flag {
	MDX_ARRAY_F_HOLD,		/* created by name: stays until stopped */
	MDX_ARRAY_F_DOOMED,		/* goes away with its last opener */
	MDX_ARRAY_F_DEAD,		/* its disk is being taken away: nobody finds it */
	MDX_ARRAY_F_STOPPING,		/* no new openers or starts */
	MDX_ARRAY_F_SHUTDOWN,		/* the machine goes down: clean as soon as idle */
	MDX_ARRAY_F_RECORDED,		/* ... and that is on its members, which go one by one now */
	MDX_ARRAY_F_MEDIA_CHANGED,	/* partitions must be read again */
	MDX_ARRAY_F_HAS_SUPER,		/* persistent: superblocks are kept */
	MDX_ARRAY_F_BARE,		/* ... but none has been written yet */
	MDX_ARRAY_F_EXTERNAL,		/* metadata is somebody else's (refused when run) */
	MDX_ARRAY_F_BROKEN,		/* more members failed than the level survives */
	MDX_ARRAY_F_SYNC_FROZEN,	/* sync_action = frozen */
	MDX_ARRAY_F_RUN_READONLY,	/* the next run starts read-only (sysfs array_state) */
	MDX_ARRAY_F_RUN_READ_AUTO,	/* ... read-only until the first write */
	MDX_ARRAY_F_LEAVE_AUTO,		/* a write that could not wait found it read-auto */
};

/* Why a gate is closed; it is live when no bit is left. */
enum mdx_gate_reason {
	MDX_GATE_STOPPED = 1u << 0,
	MDX_GATE_SUSPENDED = 1u << 1,
	MDX_GATE_READONLY = 1u << 2,	/* write gate only */
	MDX_GATE_CLEAN = 1u << 3,	/* write gate only: recorded clean, or about to be */
	MDX_GATE_BROKEN = 1u << 4,	/* write gate only: what is written would have holes */
	MDX_GATE_BLOCKED = 1u << 5,	/* write gate only: a member is blocked by hand */
};

/* What each CPU has of an array. */
struct mdx_cpu {
	unsigned long writes;		/* counted for idle detection */
	struct mdx_io *ios;		/* stock of io_pool.c, interrupts off */
	unsigned int stocked;
	unsigned int unheard;		/* bios passed on by io_pass.c since .heard, in jiffies */
	unsigned long heard;
	u64 timed, timed_ended, timed_ns;	/* user bios begun and ended beside a sync, how long they took */
};

struct mdx_array {
	/* hot: what submit looks at */
	const struct mdx_personality *pers;
	void *pers_data;		/* the personality's own */
	bool passes;			/* it lets go of bios; a hint, pers may be gone */
	struct mdx_member **slot;	/* raid_disks (and room for growth) entries */
	struct mdx_member **replacement; /* as many, of .slot; NULL: there are none at all */
	unsigned int raid_disks;
	sector_t array_sectors;
	struct percpu_ref read_gate;
	struct percpu_ref write_gate;
	struct mdx_cpu __percpu *cpu;
	struct mdx_sync *sync;		/* NULL: no sync runs; changes while suspended */
	struct mdx_fence *fence;	/* range exclusion while a sync runs, see sync.h */
	struct mdx_bitmap *bitmap;	/* write-intent, or NULL; changes while suspended, under sb_mutex and state_lock */
	mempool_t io_pool;		/* struct mdx_io, behind the stocks of cpu */
	struct bio_set bios;		/* member bios, front pad struct mdx_leg */
	struct bio_set split_bios;	/* splits of user bios */
	struct gendisk *disk;
	sector_t held_lo, held_hi;	/* writes between wait, unless it is empty; changes while suspended */

	/* identity; fixed from creation */
	dev_t unit;			/* what /dev/mdN's first minor is */
	char name[DISK_NAME_LEN];
	struct list_head link;		/* all arrays, newest first; arrays_lock of arrays.c */
	u64 born;			/* grows from array to array */
	struct kobject kobj;		/* "md" below the disk; its references are the array's */
	unsigned long flags;		/* enum mdx_array_flag */
	atomic_t openers;
	struct work_struct delete_work;
	bool marked;			/* the table's, in mdx_disk_stands_on() */

	/* configuration; array->lock */
	struct mutex lock;
	struct list_head members;
	int major_version, minor_version, patch_version;	/* 0.90, 1.0 .. 1.2 */
	int level;			/* MDX_LEVEL_NONE when not set */
	char level_name[16];		/* as asked for by name, or empty */
	int layout;
	unsigned int chunk_sectors;
	sector_t dev_sectors;		/* used of each member; 0: they differ */
	sector_t external_size;		/* sysfs array_size; 0: default */
	u8 uuid[16];
	char set_name[33];
	u64 ctime, utime;		/* seconds */
	u32 ctime_us;
	int max_disks;			/* superblock's limit for member numbers */
	u32 feature_map;		/* bits kept from the superblock that are not derived */
	u32 logical_block_size;		/* byte 224 of the superblock, 0: not recorded */
	u32 preferred_minor;
	int suspended;			/* depth; array->lock */
	s32 bitmap_offset;		/* sectors from each superblock to the bitmap, 0: none */
	struct {			/* ... and its attributes, of the last one, too */
		u32 chunk_bytes;
		u32 sleep_ms;
		u32 write_behind;
		u32 space;		/* sectors */
		bool hold;		/* no bit is to be cleared */
	} bitmap_info;
	bool bitmap_leaving;		/* superblocks are to say that there is none */
	u8 bitmap_uuid[16];		/* uuid as bitmaps have it */
	bool limits_due;		/* of the disk: I/O did not end when a member came */
	unsigned long patience;		/* jiffies that the next suspend_soon waits; 0: as ever */
	unsigned long suspend_again;	/* ... and when, jiffies */

	/* state; state_lock */
	struct mutex gate_mutex;	/* leaf: opening and closing of the gates */
	unsigned int read_closed, write_closed;	/* gate_mutex: enum mdx_gate_reason */
	spinlock_t state_lock;
	enum mdx_state state;
	unsigned int degraded;		/* slots without an in-sync member */
	u64 events;
	sector_t resync_offset;		/* in sync below; MDX_SECTOR_NONE: clean */
	sector_t differ_from;		/* lowest that came to differ since a sync began, MDX_SECTOR_NONE: none */
	wait_queue_head_t gate_wait;	/* a gate opened, or the state changed */

	/* superblock writer */
	struct mutex sb_mutex;
	struct work_struct sb_work;
	u64 sb_wanted, sb_done;		/* state_lock: request numbers */
	int sb_result;			/* state_lock: of the write that finished sb_done */
	bool sb_skipped;		/* a write was due while the array was read-only */
	wait_queue_head_t sb_wait;

	/* clean after idle */
	struct delayed_work idle_work;
	unsigned long idle_delay;	/* jiffies; safe_mode_delay, 0: never */
	unsigned long idle_seen;	/* sum of cpu->writes at the last look */

	/* control work: start and reap syncs, place spares, read-auto to active */
	struct delayed_work control_work;

	/* bios that cannot go on where they are: resubmit or retry in a thread */
	struct work_struct submit_work;	/* .punted: may wait at the gates */
	struct work_struct io_work;	/* .retries: hold a gate, so never wait at one */
	spinlock_t io_lock;
	struct bio_list punted;		/* rests of user bios, to be submitted again */
	struct list_head retries;	/* struct mdx_io.link */

	/* sync; see sync.h */
	enum mdx_sync_action last_action;
	enum mdx_sync_action wanted_action;	/* check or repair asked for */
	sector_t sync_min, sync_max;	/* array->lock; sectors, MDX_SECTOR_NONE: max */
	unsigned int speed_min, speed_max; /* KiB/s; 0: system */
	atomic64_t mismatches;		/* sectors found to differ by the last check */
	int recovery_blocked;		/* a recovery failed; waits for a new member */
	sector_t resync_failed;		/* where the last resync found nobody who could read, or MDX_SECTOR_NONE */
	unsigned long resync_again;	/* ... and when it is tried again, jiffies */
	bool sync_parallel;		/* do not wait for syncs of other arrays on the same disks */

	/* sysfs nodes that change by themselves */
	struct kernfs_node *kn_state, *kn_action, *kn_completed, *kn_degraded, *kn_level;

	int max_read_errors;
	bool fail_last_dev;
};

#define MDX_LEVEL_NONE (-1000000)

/* How many positions there are, see DOC above. */
static inline unsigned int mdx_array_positions(const struct mdx_array *a)
{
	return unlikely(a->replacement) ? 2 * a->raid_disks : a->raid_disks;
}

/* Who is at @pos, or NULL; as for slots. */
static inline struct mdx_member *mdx_array_at(const struct mdx_array *a, unsigned int pos)
{
	if (likely(pos < a->raid_disks))
		return a->slot[pos];
	return a->replacement ? a->replacement[pos - a->raid_disks] : NULL;
}

/* "clean", "active" ... for sysfs and logs. */
const char *mdx_state_name(enum mdx_state state);

/* In the middle of RUN .. STOP: a personality is bound. */
static inline bool mdx_array_running(const struct mdx_array *a)
{
	return a->pers != NULL;
}

/*
 * Has @member failed without the others' superblocks saying so yet? Then nobody
 * may be told of a write or flush that passed it by (invariant I4). Any context;
 * takes state_lock, under which a member's flags change together.
 */
static inline bool mdx_member_failure_unrecorded(struct mdx_array *array,
						 const struct mdx_member *member)
{
	unsigned long irq;
	bool blocked;

	spin_lock_irqsave(&array->state_lock, irq);
	blocked = mdx_member_test(member, MDX_MEMBER_F_BLOCKED);
	spin_unlock_irqrestore(&array->state_lock, irq);
	return blocked;
}

/*
 * Close both gates and wait until every bio and sync window is done.
 * Sleeps; array->lock held, sb_mutex not. Nests. I/O submitted meanwhile
 * waits (NOWAIT: -EAGAIN).
 */
void mdx_array_suspend(struct mdx_array *array);
/*
 * The same for what can be put off: -EBUSY when I/O does not end in a while, which a member that does
 * not answer may keep from it; then I/O goes on, and the control work looks again later.
 */
int mdx_array_suspend_soon(struct mdx_array *array);
void mdx_array_resume(struct mdx_array *array);

/*
 * Ask for the superblocks to be written with the state of now and wait until
 * they are. Returns 0 when every member that is not failed has it, -EIO when
 * no member could be written. Sleeps; may hold array->lock, not sb_mutex.
 */
int mdx_super_wait(struct mdx_array *array);

/* Ask for the superblocks to be written; any context. */
void mdx_super_request(struct mdx_array *array);

/* Let the control work look at the array again; any context. */
void mdx_array_kick(struct mdx_array *array);

#endif
