/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a member has not got: its bad blocks.
 *
 * A write that a member did not take, and that another member has, may be put
 * down as bad on it instead of failing the member. From then on it is not read
 * there. Whoever is about to tell a user of such a write first waits with
 * mdx_super_wait() until that is on record (invariant I4).
 *
 * Sectors are of the member's data area; ranges are not empty.
 */
#ifndef _MDX_BADBLOCKS_H
#define _MDX_BADBLOCKS_H

#include <mdx/member.h>

/* The first bad part of a range that was asked about. */
struct mdx_bad_part {
	sector_t sector;
	sector_t sectors;
	bool recorded;			/* its superblock and log say so */
};

/* Has @member bad blocks anywhere? The one test on the way of a bio. Any context. */
static inline bool mdx_member_has_bad(const struct mdx_member *member)
{
	return test_bit(MDX_MEMBER_F_BAD_BLOCKS, &member->flags);
}

/* Where in the range does @member hold nothing? False: nowhere. Any context. */
bool mdx_bad_find(const struct mdx_member *member, sector_t sector, sector_t sectors,
		  struct mdx_bad_part *part);

/* Is any of it bad on @member? Any context. */
static inline bool mdx_bad_overlaps(const struct mdx_member *member, sector_t sector,
				    sector_t sectors)
{
	struct mdx_bad_part part;

	return unlikely(mdx_member_has_bad(member)) &&
	       mdx_bad_find(member, sector, sectors, &part);
}

/*
 * May bad blocks be put down on @member: does it keep a log? It may be full all
 * the same. Any context.
 */
static inline bool mdx_bad_kept(const struct mdx_member *member)
{
	return member->bad;
}

/*
 * @member has not got that range, or has it no longer: put it down and ask for the
 * superblocks to be written. 0, or -ENOSPC where it keeps no log or the log is full:
 * then it has to be failed. Any context.
 */
int mdx_bad_set(struct mdx_member *member, sector_t sector, sector_t sectors);

/*
 * The same for a write that failed there: it is not tried there again until
 * somebody says -write_error, and a spare may replace the member. -ENOSPC of a
 * replacement, too. Any context.
 */
int mdx_bad_write_failed(struct mdx_member *member, sector_t sector, sector_t sectors);

/* That range has been written, all of it. Any context. */
void mdx_bad_clear(struct mdx_member *member, sector_t sector, sector_t sectors);

/* Is a write to what is bad on @member worth the try? Any context. */
static inline bool mdx_bad_worth_writing(const struct mdx_member *member)
{
	return !test_bit(MDX_MEMBER_F_WRITE_ERROR, &member->flags);
}

#endif
