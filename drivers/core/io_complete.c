// SPDX-License-Identifier: GPL-2.0-only
/*
 * Last stage of a bio: legs come in, the level is asked about failures, the
 * user's bio ends. Runs in interrupt context.
 */
#include "core.h"

void mdx_io_error(struct mdx_io *io, blk_status_t status)
{
	/* Any bad status will do; the first is kept as far as it matters. */
	if (!READ_ONCE(io->status))
		WRITE_ONCE(io->status, status);
}
MDX_EXPORT(mdx_io_error);

void mdx_io_copy_status(struct mdx_io *io, unsigned int slot, blk_status_t status)
{
	if (likely(!status))
		return;
	/*
	 * A member that does not discard has lost nothing, whatever it says: disks
	 * behind bridges refuse the command with a target's error.
	 */
	if ((io->opf & REQ_OP_MASK) == REQ_OP_DISCARD)
		return;
	/* Of the bio, not of the member; the level looks at it. */
	if (status == MDX_STS_INVAL)
		set_bit(slot, &io->refused);
	set_bit(slot, &io->failed);
}

void mdx_io_put(struct mdx_io *io)
{
	const struct mdx_personality *pers;

	if (!atomic_dec_and_test(&io->pending))
		return;
	pers = io->array->pers;
	if (unlikely((io->failed || io->status) && pers->end_copies &&
		     (io->flags & MDX_IO_F_COPIES))) {
		if (pers->end_copies(io))
			return;
	}
	if (unlikely(io->flags & MDX_IO_F_FLUSHING)) {
		mdx_io_flush_done(io);
		return;
	}
	mdx_io_end(io);
}
MDX_EXPORT(mdx_io_put);

/* All that is ours of @io ends; its bio is left to be ended. */
static struct bio *io_finish(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct bio *bio = io->bio;
	struct percpu_ref *gate = io->flags & MDX_IO_F_WRITE ? &array->write_gate :
							       &array->read_gate;

	if (io->flags & MDX_IO_F_ACCOUNTED) {
		mdx_acct_end(bio, io->start);
		if (io->unheard)
			mdx_acct_time(bio, io->start, io->unheard);
	}
	if (unlikely(io->flags & MDX_IO_F_FENCED))
		mdx_fence_leave(io);
	/* The bio may be the parent of others, and one of those may have failed before. */
	if (unlikely(io->status))
		bio->bi_status = io->status;
	/* The pool lives as long as the gate is held. */
	mdx_io_free(array, io);
	percpu_ref_put(gate);
	return bio;
}

void mdx_io_end(struct mdx_io *io)
{
	bio_endio(io_finish(io));
}
MDX_EXPORT(mdx_io_end);

void mdx_io_end_answered(struct mdx_io *io)
{
	struct bio *bio = io_finish(io);

	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}
