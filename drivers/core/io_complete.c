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

/*
 * A disk tells of what it lost once: no other flush of it is to succeed after this
 * one, so it fails before the other legs are in.
 */
static void flush_failed(struct mdx_io *io, unsigned int slot)
{
	struct mdx_member *member = mdx_array_at(io->array, slot);

	if (mdx_member_writable(member))
		mdx_member_fail(member, "flush failed");
}

/* A flush that a member did, which has failed since: it may have lost what this one is about. */
static void look_for_failures(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct mdx_member *member;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array) && slot < BITS_PER_LONG; slot++) {
		member = mdx_array_at(array, slot);
		if (member && test_bit(MDX_MEMBER_F_FAULTY, &member->flags) &&
		    mdx_member_failure_unrecorded(array, member))
			set_bit(slot, &io->failed);
	}
}

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
	/* Of the bio's memory, not of the member; the level looks at it. */
	if (status == MDX_STS_INVAL && (io->opf & REQ_OP_MASK) == REQ_OP_WRITE &&
	    !(io->flags & MDX_IO_F_FLUSHING))
		set_bit(slot, &io->refused);
	else if (io->flags & MDX_IO_F_FLUSHING || io->opf & REQ_PREFLUSH)
		flush_failed(io, slot);
	set_bit(slot, &io->failed);
}

void mdx_io_put(struct mdx_io *io)
{
	const struct mdx_personality *pers;

	if (!atomic_dec_and_test(&io->pending))
		return;
	pers = io->array->pers;
	if (unlikely(io->flags & MDX_IO_F_COPIES &&
		     (io->flags & MDX_IO_F_FLUSHING || io->opf & REQ_PREFLUSH)))
		look_for_failures(io);
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

/* What few bios have. */
static noinline void end_seldom(struct mdx_io *io)
{
	struct mdx_array *array = io->array;

	if (io->began_ns)
		mdx_sync_user_ends(array, io->began_ns);
	if (io->flags & MDX_IO_F_FENCED)
		mdx_fence_leave(io);
	if (io->flags & MDX_IO_F_BITMAP)
		mdx_bitmap_write_end(io);
}

static noinline void account_unheard(struct mdx_io *io)
{
	mdx_acct_time(io->bio, io->start, io->unheard);
}

/*
 * bio_endio() also where the member has called it for this very bio: what the
 * bio's end is, a chain for one, only the block layer knows. Parents of others,
 * which it would count twice, do not go in place.
 */
void mdx_io_end(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct bio *bio = io->bio;
	struct percpu_ref *gate = io->flags & MDX_IO_F_WRITE ? &array->write_gate :
							       &array->read_gate;

	if (io->flags & MDX_IO_F_ACCOUNTED) {
		mdx_acct_end(bio, io->start);
		if (unlikely(io->unheard))
			account_unheard(io);
	}
	if (unlikely(io->began_ns || io->flags & (MDX_IO_F_FENCED | MDX_IO_F_BITMAP)))
		end_seldom(io);
	/* The bio may be the parent of others, and one of those may have failed before. */
	if (unlikely(io->status))
		bio->bi_status = io->status;
	/* The pool lives as long as the gate is held. */
	mdx_io_free(array, io);
	percpu_ref_put(gate);
	bio_endio(bio);
}
MDX_EXPORT(mdx_io_end);
