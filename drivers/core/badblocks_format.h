/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bad-block logs: which blocks of a member hold nothing, in memory and as md
 * writes it behind a 1.x superblock.
 *
 * PURE: shared by mdx.ko, host tests and a fuzzer. The caller owns the memory
 * and the exclusion. Every operation either does all of what it was asked or
 * changes nothing.
 *
 * Sectors are of the device, not of its data area. The log counts in blocks of
 * 1 << shift sectors: what is added is rounded outward to them, what is removed
 * inward, so a sector that is bad is never called good.
 *
 * On the medium: little-endian words, first block << 10 | blocks, the last one
 * followed by one of all ones where there is room for it. md keeps at most 512
 * blocks in one word, so no more are written into one; up to 1023 are read.
 */
#ifndef _MDX_BADBLOCKS_FORMAT_H
#define _MDX_BADBLOCKS_FORMAT_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_BAD_RANGES 512u		/* words of the largest log, and so ranges of any */
#define MDX_BAD_WORD_BLOCKS 512u	/* blocks one word is written for at most */
#define MDX_BAD_LOG_BYTES 4096u

/* Blocks that are bad. Acknowledged: whoever asks after a crash is told so. */
struct mdx_bad_range {
	__u64 start;
	__u64 blocks;
	bool acked;
};

struct mdx_bad_list {
	struct mdx_bad_range *range;	/* sorted, apart from each other or of another acked */
	struct mdx_bad_range *scratch;	/* both have room for MDX_BAD_RANGES */
	__u32 n;
	__u32 words;			/* what the log has room for */
	__u32 shift;			/* below 32 */
};

/* A part of what was asked about that is bad. */
struct mdx_bad_hit {
	__u64 sector;
	__u64 sectors;
	bool acked;
};

/*
 * Where in [@sector, @sector + @sectors), which is not empty and does not wrap,
 * is the first bad part? False: nowhere. @hit ends where that range or its being
 * acknowledged does.
 */
bool mdx_bad_list_find(const struct mdx_bad_list *list, __u64 sector, __u64 sectors,
		       struct mdx_bad_hit *hit);

/*
 * Call that range bad; what is acknowledged already stays so. False: the log has
 * no room. A range beyond 2^54 blocks has none either.
 */
bool mdx_bad_list_add(struct mdx_bad_list *list, __u64 sector, __u64 sectors, bool acked);

/* Call it good again. False: it would take more words than there are. */
bool mdx_bad_list_remove(struct mdx_bad_list *list, __u64 sector, __u64 sectors);

/* All that is in it is acknowledged. */
void mdx_bad_list_ack(struct mdx_bad_list *list);

/* Is something in it that is not? */
bool mdx_bad_list_unacked(const struct mdx_bad_list *list);

/*
 * Add what @buf, list->words words of a log, says of a device of @dev_sectors, as
 * acknowledged; what lies beyond the device is left out. False: more than fits.
 */
bool mdx_bad_log_decode(struct mdx_bad_list *list, const void *buf, __u64 dev_sectors);

/* The log of @list into @buf, list->words words. */
void mdx_bad_log_encode(const struct mdx_bad_list *list, void *buf);

MDX_EXTERN_C_END

#endif
