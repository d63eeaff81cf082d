/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID1 inside: what its files offer each other.
 *
 *   raid1.c          the level: start, stop, who may fail, status
 *   raid1_read.c     reads, and reads that failed
 *   raid1_write.c    writes to every mirror, and writes that failed
 *   raid1_sync.c     resync, recovery, check and repair of one window
 *
 * Addresses are the same on the array and on every member's data area.
 */
#ifndef _MDX_RAID1_H
#define _MDX_RAID1_H

#include <mdx/badblocks.h>
#include <mdx/mirror.h>
#include <mdx/personality.h>

/* Positions, at most twice as many, are bits of mdx_io.failed and of the window's sets. */
#define RAID1_MAX_MEMBERS BITS_PER_LONG

struct raid1 {
	struct mdx_balance balance;
	struct mdx_repair repair;
	struct page *io_page;		/* of the io work: between a member and the user's pages */
};

/*
 * Is an error of @member rather to come soon than to be the last of many tries? Not of
 * one that nobody can stand in for. What such a request fails on fails the member.
 */
static inline bool raid1_fails_fast(const struct mdx_array *array, const struct mdx_member *member)
{
	return mdx_member_test(member, MDX_MEMBER_F_FAILFAST) &&
	       array->raid_disks - READ_ONCE(array->degraded) > 1;
}

#define RAID1_FAILFAST (REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT)

/* ---- raid1_read.c ---- */
void raid1_read(struct mdx_io *io);
/* Thread context: a member has failed to deliver io; see pers->retry. */
void raid1_read_retry(struct mdx_io *io);
/* Repair work: see struct mdx_repair. */
void raid1_mend(struct mdx_array *array, unsigned int slot, sector_t sector, unsigned int len,
		struct page *page);

/* ---- raid1_write.c ---- */
void raid1_write(struct mdx_io *io);
/* Thread context: not every member took the write, or one had failed before. */
void raid1_write_retry(struct mdx_io *io);

/* ---- raid1_sync.c ---- */
sector_t raid1_sync_sectors(struct mdx_array *array, enum mdx_sync_action action);
unsigned int raid1_sync_bufs(struct mdx_array *array, enum mdx_sync_action action);
void raid1_sync_window(struct mdx_array *array, struct mdx_sync_window *w);

#endif
