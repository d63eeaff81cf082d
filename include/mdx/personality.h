/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a level is to the core: one table of operations.
 *
 * A personality is a module named mdx_<level>. It registers last in its init
 * and unregisters first in its exit. The core finds it by level number
 * (request_module("mdx-level-%d")) or by name ("mdx-%s") and holds its module
 * while an array uses it.
 */
#ifndef _MDX_PERSONALITY_H
#define _MDX_PERSONALITY_H

#include <linux/list.h>
#include <linux/module.h>
#include <mdx/array.h>
#include <mdx/io.h>
#include <mdx/sync.h>
#include "limits.h"

/* Grows with every incompatible change of what include/mdx/ describes. */
#define MDX_PERSONALITY_API 5u

struct seq_file;

/* A sector of a member's data area; by value, because two words stay in registers. */
struct mdx_aim {
	struct mdx_member *member;
	sector_t sector;
};

struct mdx_personality {
	unsigned int api;		/* MDX_PERSONALITY_API */
	const char *name;		/* "raid1", the word in mdstat and sysfs level */
	int level;			/* the number in superblocks */
	struct module *owner;
	struct list_head link;		/* registry's own */

	/*
	 * Bits: the array records active/clean and can be degraded (redundant);
	 * the level copies PREFLUSH to every member of a data write itself; it asks
	 * mdx_bitmap_write_start() before every write (bitmaps). Without the last no array
	 * of the level has a bitmap.
	 */
	bool redundant;
	bool flush_in_write;
	bool bitmaps;
	unsigned int max_members;	/* 0: no limit of its own */

	/*
	 * Check geometry and members, allocate array->pers_data, set
	 * array->array_sectors. array->lock held, not running yet. Refuse with an
	 * errno and one log line. On failure nothing is left behind.
	 */
	int (*start)(struct mdx_array *array);
	/* Undo start; no I/O is in flight but what ->pass has let go of. */
	void (*stop)(struct mdx_array *array);

	/* Chunk, io_min, io_opt, limits the core cannot know. May be NULL. */
	void (*limits)(struct mdx_array *array, struct mdx_limits *lim);

	/*
	 * Map io->bio and send it on. io->bio has data, or is a discard or
	 * write-zeroes. The gate is held; runs in the submitter's context and may
	 * sleep in bioset allocation only, unless REQ_NOWAIT.
	 */
	void (*submit)(struct mdx_io *io);

	/*
	 * For levels that do nothing when a member answers: where the whole of @bio, a
	 * read or a write, goes; no member when it has to be cut. Preemption is off.
	 * May be NULL.
	 */
	struct mdx_aim (*pass)(const struct mdx_array *array, const struct bio *bio);

	/* An in-place bio failed with io->status: true if the level took it over. Interrupt context. May be NULL. */
	bool (*end_in_place)(struct mdx_io *io);
	/* All copies of a multi-leg io are in and io->failed or io->status is set: true if the level took it over. Interrupt context. May be NULL. */
	bool (*end_copies)(struct mdx_io *io);
	/* Thread context, from mdx_io_retry(). Ends the io or sends it on. */
	void (*retry)(struct mdx_io *io);

	/*
	 * Take @next in behind the last member, where array->slot[] gets it after this,
	 * and set array->array_sectors. Suspended; memory without I/O. Refuse with an
	 * errno and one log line, changing nothing. For levels without redundancy; NULL:
	 * the level does not grow.
	 */
	int (*grow)(struct mdx_array *array, struct mdx_member *next);

	/* ---- redundant levels ---- */

	/* May @member fail without losing the array? state_lock held. */
	bool (*can_fail)(struct mdx_array *array, struct mdx_member *member);
	/* Has all of the data a member in sync? Gate held. NULL: where there is one, yes. */
	bool (*whole)(const struct mdx_array *array);
	/*
	 * Is @slot free for @member? Array suspended. 0, or an errno. The core then
	 * puts it into array->slot[].
	 */
	int (*slot_fits)(struct mdx_array *array, struct mdx_member *member, unsigned int slot);
	/* Does the level count positions (array.h), of this many members at most? 0: it replaces nobody. */
	unsigned int max_replaced;
	/*
	 * Does it keep to its members' bad blocks (badblocks.h)? If not, and it is redundant,
	 * none are put down on them and none of them may have any.
	 */
	bool bad_blocks;
	/* Sectors of a sync of this kind, see sync.h. */
	sector_t (*sync_sectors)(struct mdx_array *array, enum mdx_sync_action action);
	/*
	 * What a write-intent bitmap is about; all NULL where the array's addresses are those of the members' data
	 * areas. Else: how many sectors there are; whether @action, a recovery of @targets for one, has to look at any of
	 * @sectors at @sector of the data areas, inside one window (ask mdx_bitmap_wants(); members may not be
	 * looked at); and below which of the array's sectors all is in line when
	 * a resync is through up to @sector of the data areas.
	 */
	sector_t (*bitmap_sectors)(const struct mdx_array *array);
	bool (*sync_wanted)(struct mdx_array *array, enum mdx_sync_action action,
			    unsigned long targets, sector_t sector, unsigned int sectors);
	sector_t (*bitmap_through)(const struct mdx_array *array, sector_t sector);
	/* How many buffers a window needs. */
	unsigned int (*sync_bufs)(struct mdx_array *array, enum mdx_sync_action action);
	/* How many bios; NULL: one per slot. */
	unsigned int (*sync_bios)(struct mdx_array *array, enum mdx_sync_action action);
	/*
	 * The @n-th of the ranges of the array's sectors that @w is about, none of them
	 * empty; false: there are no more. Writes are kept out of all of them. It goes by
	 * nothing that may change while the window is in flight. Any context. NULL:
	 * the window's own sectors.
	 */
	bool (*sync_range)(const struct mdx_sync_window *w, unsigned int n, sector_t *first,
			   sector_t *end);
	/* Start @w; ends in mdx_sync_window_done(w), maybe from in here. May sleep. */
	void (*sync_window)(struct mdx_array *array, struct mdx_sync_window *w);

	/*
	 * Another number of slots. slots_prepare gets what the level needs for @raid_disks of them while
	 * I/O goes on: memory, or ERR_PTR with one log line. slots_take, suspended and without a sync, puts
	 * it in the place of what is there; the members then go to slots 0, 1... in the order they have in
	 * array->slot[], which the core sees to behind it. slots_free gets what is not used (any more).
	 * All three or none.
	 */
	void *(*slots_prepare)(struct mdx_array *array, unsigned int raid_disks);
	void (*slots_take)(struct mdx_array *array, unsigned int raid_disks, void *memory);
	void (*slots_free)(void *memory);
	/*
	 * Another size of the members: what the array holds with *@dev_sectors of each, which may be
	 * rounded down; 0 with one log line where that cannot be. NULL: the level's members stay as they
	 * are. resized, suspended and without a sync: array->dev_sectors and ->array_sectors are others. May be NULL.
	 */
	sector_t (*sectors_with)(const struct mdx_array *array, sector_t *dev_sectors);
	void (*resized)(struct mdx_array *array);

	/* ---- text ---- */

	/*
	 * The part of mdstat's line behind "super 1.2", leading blank included.
	 * state_lock held, between start and stop.
	 */
	void (*status)(struct seq_file *seq, struct mdx_array *array);
};

/*
 * Add @p to the registry. -EINVAL: other API version or an op missing;
 * -EEXIST: level or name taken. Sleeps.
 */
int mdx_personality_register(struct mdx_personality *p);
void mdx_personality_unregister(struct mdx_personality *p);

#endif
