// SPDX-License-Identifier: GPL-2.0-only
/*
 * First stage of a bio: the gate, the accounting, the level's submit; and the
 * ways a level sends it on.
 *
 * DOC: Sleeping here is safe although earlier bios of this task may still sit
 * on current->bio_list: the block layer submits bios to lower devices before
 * it calls us again for the next one. What must not happen is to sleep in one
 * call between the first leg and the last; so gates are passed before the
 * first leg, and the rest of a split bio passes them in a call of its own.
 */
#include "core.h"

static void io_leave(struct mdx_array *array, bool write)
{
	percpu_ref_put(write ? &array->write_gate : &array->read_gate);
}

/*
 * A bio that waited at a gate may find another array behind it: the block layer
 * compared its end with the size before.
 */
static int io_recheck(struct mdx_array *array, struct bio *bio, bool write)
{
	if (likely(bio_end_sector(bio) <= array->array_sectors))
		return 0;
	io_leave(array, write);
	return -EIO;
}

static noinline int gate_open(struct mdx_array *array, struct bio *bio, bool write)
{
	const bool nowait = bio->bi_opf & REQ_NOWAIT;
	int err;

	err = write ? mdx_write_gate_open(array, nowait) : mdx_read_gate_open(array, nowait);
	return err ? err : io_recheck(array, bio, write);
}

static __always_inline int gate_enter(struct mdx_array *array, struct bio *bio, bool write)
{
	if (likely(percpu_ref_tryget_live(write ? &array->write_gate : &array->read_gate)))
		return 0;
	return gate_open(array, bio, write);
}

/* A write to the range that is kept free of them; it changes with the gate, which @bio has passed, closed. */
static noinline int range_wait(struct mdx_array *array, struct bio *bio)
{
	int err;

	do {
		io_leave(array, true);
		if (bio->bi_opf & REQ_NOWAIT)
			return -EAGAIN;
		wait_event(array->gate_wait, !mdx_range_held(array, bio));
		err = gate_enter(array, bio, true);
	} while (!err && mdx_range_held(array, bio));
	return err;
}

/* Pass the gate; else nothing is held. */
static int io_enter(struct mdx_array *array, struct bio *bio, bool write)
{
	int err = gate_enter(array, bio, write);

	if (unlikely(write && !err && mdx_range_held(array, bio)))
		err = range_wait(array, bio);
	return err;
}

static noinline void io_refuse(struct bio *bio, blk_status_t status)
{
	bio->bi_status = status;
	bio_endio(bio);
}

static bool op_supported(struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return true;
	default:
		return false;
	}
}

static struct mdx_io *io_begin(struct mdx_array *array, struct bio *bio, bool write,
			       unsigned int unheard)
{
	struct mdx_io *io;

	io = mdx_io_alloc(array, bio);
	if (unlikely(!io))
		return NULL;
	io->array = array;
	io->bio = bio;
	io->bdev = mdx_bio_bdev(bio);
	io->iter = bio->bi_iter;
	io->opf = bio->bi_opf;
	io->flags = write ? MDX_IO_F_WRITE : 0;
	atomic_set(&io->pending, 0);
	io->status = BLK_STS_OK;
	io->failed = 0;
	io->refused = 0;
	io->unheard = unheard;
	io->began_ns = unlikely(READ_ONCE(array->sync)) ? mdx_sync_user_begins(array) : 0;
	return io;
}

void mdx_io_submit(struct mdx_array *array, struct bio *bio, unsigned int unheard)
{
	const unsigned int size = bio->bi_iter.bi_size;
	/* An empty flush changes nothing: it must not make the array active. */
	const bool write = op_is_write(bio_op(bio)) && size;
	struct mdx_io *io;
	int err;

	if (unlikely(!op_supported(bio))) {
		io_refuse(bio, BLK_STS_NOTSUPP);
		return;
	}
	err = io_enter(array, bio, write);
	if (unlikely(err)) {
		io_refuse(bio, errno_to_blk_status(err));
		return;
	}
	/* Who asks for them, the idle work, is not there where bios are let go. */
	if (write)
		this_cpu_inc(array->cpu->writes);
	io = io_begin(array, bio, write, unheard);
	if (unlikely(!io)) {
		io_leave(array, write);
		bio_wouldblock_error(bio);
		return;
	}
	if (unlikely(bio->bi_opf & REQ_PREFLUSH) &&
	    (!size || !array->pers->flush_in_write))
		mdx_io_flush(io);
	else
		array->pers->submit(io);
}

/* Start of the accounting: when the io's final extent is known. */
static __always_inline void io_account(struct mdx_io *io)
{
	if (io->flags & MDX_IO_F_ACCOUNTED)
		return;
	io->start = mdx_acct_start(io->bio);
	if (io->start)
		io->flags |= MDX_IO_F_ACCOUNTED;
}

/* The member has answered: see mdx_io_count(). */
static inline void io_uncount(struct mdx_io *io)
{
	if (!(io->flags & MDX_IO_F_COUNTED))
		return;
	io->flags &= ~MDX_IO_F_COUNTED;
	this_cpu_dec(*io->member->inflight);
}

static void in_place_end(struct bio *bio)
{
	struct mdx_io *io = bio->bi_private;
	const struct mdx_personality *pers = io->array->pers;
	blk_status_t status = bio->bi_status;

	bio->bi_end_io = io->end_io;
	bio->bi_private = io->private;
	bio->bi_opf = io->opf;
	mdx_bio_restore_bdev(bio, io->bdev, io->array->disk);
	mdx_bio_forget_queue(bio);
	bio->bi_iter = io->iter;
	bio->bi_status = BLK_STS_OK;
	io_uncount(io);

	if (io->flags & MDX_IO_F_COPIES) {
		mdx_io_copy_status(io, io->slot, status);
		mdx_io_put(io);
		return;
	}
	io->status = status;
	if (unlikely(status) && pers->end_in_place && pers->end_in_place(io))
		return;
	mdx_io_end(io);
}

/* The user's bio cannot go itself. With copies the caller has already taken this leg. */
static noinline void copy_in_place(struct mdx_io *io, struct mdx_member *member,
				   unsigned int slot, sector_t sector)
{
	bool counted = io->flags & MDX_IO_F_COPIES;

	mdx_io_copy(io, member, slot, sector, io->bio->bi_opf);
	if (counted)
		mdx_io_put(io);
}

void mdx_io_in_place(struct mdx_io *io, struct mdx_member *member,
		     unsigned int slot, sector_t sector)
{
	struct bio *bio = io->bio;

	io->member = member;
	io->slot = slot;
	if (unlikely(!mdx_io_may_go_in_place(io))) {
		copy_in_place(io, member, slot, sector);
		return;
	}
	io_account(io);
	io->end_io = bio->bi_end_io;
	io->private = bio->bi_private;
	bio->bi_end_io = in_place_end;
	bio->bi_private = io;
	bio_set_dev(bio, member->bdev.bdev);
	bio->bi_iter.bi_sector = member->data_offset + sector;
	submit_bio_noacct(bio);
}
MDX_EXPORT(mdx_io_in_place);

static void leg_release(struct mdx_leg *leg)
{
	if (leg == &leg->io->own)
		bio_uninit(&leg->bio);
	else
		bio_put(&leg->bio);
}

/* Sole copy of an in-place io: its end is the in-place end. */
static void single_copy_end(struct bio *bio)
{
	struct mdx_leg *leg = mdx_leg_of(bio);
	struct mdx_io *io = leg->io;
	const struct mdx_personality *pers = io->array->pers;

	io->status = bio->bi_status;
	leg_release(leg);
	io_uncount(io);
	if (unlikely(io->status) && pers->end_in_place && pers->end_in_place(io))
		return;
	mdx_io_end(io);
}

static void leg_end(struct bio *bio)
{
	struct mdx_leg *leg = mdx_leg_of(bio);
	struct mdx_io *io = leg->io;
	blk_status_t status = bio->bi_status;

	if (unlikely(status)) {
		if (io->flags & MDX_IO_F_COPIES)
			mdx_io_copy_status(io, leg->slot, status);
		else
			mdx_io_error(io, status);
	}
	leg_release(leg);
	mdx_io_put(io);
}

/* A bio that shares the pages of io's. */
static struct mdx_leg *copy_leg(struct mdx_io *io, struct block_device *bdev)
{
	struct mdx_leg *leg = &io->own;

	if (!(io->flags & MDX_IO_F_OWN_LEG) &&
	    likely(!bio_init_clone(bdev, &leg->bio, io->bio, GFP_NOIO)))
		io->flags |= MDX_IO_F_OWN_LEG;
	else
		leg = mdx_leg_of(bio_alloc_clone(bdev, io->bio, GFP_NOIO, &io->array->bios));
	leg->io = io;
	return leg;
}

void mdx_io_copy(struct mdx_io *io, struct mdx_member *member,
		 unsigned int slot, sector_t sector, blk_opf_t opf)
{
	struct mdx_leg *leg;
	struct bio *bio;

	io_account(io);
	leg = copy_leg(io, member->bdev.bdev);
	bio = &leg->bio;
	/* How the user's own bio is to be freed says nothing about the copy. */
	bio->bi_opf = opf & ~REQ_ALLOC_CACHE;
	leg->member = member;
	leg->slot = slot;
	bio->bi_iter.bi_sector = member->data_offset + sector;
	if (io->flags & MDX_IO_F_COPIES) {
		mdx_io_get(io);
		bio->bi_end_io = leg_end;
	} else {
		bio->bi_end_io = single_copy_end;
	}
	submit_bio_noacct(bio);
}
MDX_EXPORT(mdx_io_copy);

struct mdx_leg *mdx_leg_alloc(struct mdx_io *io, struct mdx_member *member,
			      unsigned int slot, sector_t sector,
			      unsigned int vecs, blk_opf_t opf, gfp_t gfp)
{
	struct mdx_leg *leg;
	struct bio *bio;

	bio = bio_alloc_bioset(member->bdev.bdev, vecs, opf, gfp, &io->array->bios);
	if (!bio)
		return NULL;
	bio_clone_blkg_association(bio, io->bio);
	bio->bi_ioprio = io->bio->bi_ioprio;
	leg = mdx_leg_of(bio);
	leg->io = io;
	leg->member = member;
	leg->slot = slot;
	bio->bi_end_io = leg_end;
	bio->bi_iter.bi_sector = member->data_offset + sector;
	mdx_io_get(io);
	return leg;
}
MDX_EXPORT(mdx_leg_alloc);

void mdx_leg_submit(struct mdx_leg *leg)
{
	io_account(leg->io);
	submit_bio_noacct(&leg->bio);
}
MDX_EXPORT(mdx_leg_submit);

void mdx_leg_free(struct mdx_leg *leg)
{
	struct mdx_io *io = leg->io;

	bio_put(&leg->bio);
	/* The caller still holds the io: this is never the last. */
	atomic_dec(&io->pending);
}
MDX_EXPORT(mdx_leg_free);

void mdx_io_trim(struct mdx_io *io, unsigned int sectors)
{
	struct mdx_array *array = io->array;
	struct bio *rest = io->bio, *front;
	unsigned long irq;

	if (bio_sectors(rest) <= sectors)
		return;
	front = mdx_bio_split(rest, sectors, GFP_NOIO, &array->split_bios);
	bio_chain(front, rest);
	io->bio = front;
	io->iter = front->bi_iter;
	io->opf = front->bi_opf;
	if (current->bio_list) {
		submit_bio_noacct(rest);
		return;
	}
	/*
	 * In a work item nothing is queued behind us: the rest would run into
	 * the gates before the front, which holds one, has gone out.
	 */
	spin_lock_irqsave(&array->io_lock, irq);
	bio_list_add(&array->punted, rest);
	spin_unlock_irqrestore(&array->io_lock, irq);
	queue_work(mdx_submit_wq, &array->submit_work);
}
MDX_EXPORT(mdx_io_trim);

/* Rests of split bios that could not be submitted where they were cut. */
void mdx_submit_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, submit_work);
	struct bio *bio;

	for (;;) {
		spin_lock_irq(&array->io_lock);
		bio = bio_list_pop(&array->punted);
		spin_unlock_irq(&array->io_lock);
		if (!bio)
			return;
		submit_bio_noacct(bio);
	}
}
