// SPDX-License-Identifier: GPL-2.0-only
/*
 * FLUSH for levels that do not copy a write to every member: a flush to all
 * of them first, then the data (invariant I3). Empty flushes of every level
 * come here too.
 *
 * A redundant level sees a flush that failed on a member as it sees a write
 * that failed there: what that member acknowledged may be lost. The same goes
 * for a member that failed before and is not recorded so yet (invariant I4):
 * after a power cut it would be taken for one that was flushed.
 */
#include "core.h"

/* Does @member get the flush? Without redundancy all do, and the device answers. */
static bool flushes(struct mdx_io *io, struct mdx_member *member, unsigned int slot)
{
	if (!member)
		return false;
	if (!io->array->pers->redundant || mdx_member_writable(member))
		return true;
	if (mdx_member_failure_unrecorded(io->array, member))
		set_bit(slot, &io->failed);
	return false;
}

void mdx_io_flush(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	bool kept = !array->pers->redundant;
	unsigned int slot;

	io->flags |= MDX_IO_F_FLUSHING;
	if (array->pers->redundant)
		io->flags |= MDX_IO_F_COPIES;
	mdx_io_get(io);
	for (slot = 0; slot < mdx_array_positions(array); slot++) {
		struct mdx_member *member = mdx_array_at(array, slot);
		struct mdx_leg *leg;

		kept |= slot < array->raid_disks && mdx_member_readable(member);
		if (!flushes(io, member, slot))
			continue;
		leg = mdx_leg_alloc(io, member, slot, 0, 0,
				    REQ_OP_WRITE | REQ_PREFLUSH, GFP_NOIO);
		leg->bio.bi_iter.bi_sector = 0;
		submit_bio_noacct(&leg->bio);
	}
	/* All mirrors of something are lost, and with them what they were to keep. */
	if (unlikely(!kept || (array->pers->whole && !array->pers->whole(array))))
		mdx_io_error(io, BLK_STS_IOERR);
	mdx_io_put(io);
}

void mdx_io_flush_done(struct mdx_io *io)
{
	io->flags &= ~(MDX_IO_F_FLUSHING | MDX_IO_F_COPIES);
	io->failed = 0;
	if (io->status || !io->iter.bi_size) {
		mdx_io_end(io);
		return;
	}
	io->bio->bi_opf &= ~REQ_PREFLUSH;
	io->opf = io->bio->bi_opf;
	mdx_io_punt(io);
}
MDX_EXPORT(mdx_io_flush_done);
