// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which members of a would-be array can be trusted?
 *
 * PURE, see assemble_plan.h.
 */
#include <linux/raid/md_p.h>

#include "assemble_plan.h"

/* A crash between two superblock writes leaves members one event apart. */
static bool too_old(const struct mdx_super *sb, const struct mdx_super *fresh)
{
	return sb->events < fresh->events && fresh->events - sb->events > 1;
}

/* By its own account: part of the array, or waiting beside it? */
static bool claims_part(const struct mdx_super *sb)
{
	return sb->role < MDX_ROLE_MAX || sb->role == MDX_ROLE_JOURNAL;
}

/*
 * The first member says which set this is. Its freshest superblock rules; a
 * spare's or a failed member's rules only where there is no other.
 */
static __s32 find_freshest(const struct mdx_super *const *members, __u32 n)
{
	const struct mdx_super *first = NULL;
	const struct mdx_super *best = NULL;
	const struct mdx_super *sb;
	__s32 freshest = -1;
	__u32 i;

	for (i = 0; i < n; i++) {
		sb = members[i];
		if (!sb)
			continue;
		if (!first)
			first = sb;
		if (!mdx_sb_same_set(first, sb))
			continue;
		if (best && claims_part(sb) == claims_part(best) && sb->events <= best->events)
			continue;
		if (best && !claims_part(sb) && claims_part(best))
			continue;
		best = sb;
		freshest = (__s32)i;
	}
	return freshest;
}

/* Does @sb tell of another array than @fresh, though both carry its identity? */
static bool contradicts(const struct mdx_super *sb, const struct mdx_super *fresh)
{
	if (sb->version != fresh->version || sb->level != fresh->level ||
	    sb->layout != fresh->layout || sb->chunk_sectors != fresh->chunk_sectors)
		return true;
	/* One event behind may be the other side of a crash while growing. */
	return sb->raid_disks != fresh->raid_disks && sb->events == fresh->events;
}

/* What the freshest superblock has in its table for the member that wrote @sb. */
static __u32 role_by_table(const struct mdx_super *sb, const struct mdx_super *fresh)
{
	if (sb->dev_number >= fresh->max_dev || sb->dev_number >= MDX_SB1_MAX_DEVS)
		return MDX_ROLE_SPARE;
	return fresh->roles[sb->dev_number];
}

/* Without redundancy there are none: it was to make the array larger when power went. */
static enum mdx_member_verdict spare(const struct mdx_super *fresh)
{
	const bool none = fresh->level == 0 || fresh->level == MDX_LEVEL_LINEAR;

	return none ? MDX_MEMBER_MISMATCH : MDX_MEMBER_SPARE;
}

static enum mdx_member_verdict judge_slot(const struct mdx_super *sb,
					  const struct mdx_super *fresh, __u32 role)
{
	/* It knows of no slot: a spare that was to become a member when power went. */
	if (!claims_part(sb))
		return spare(fresh);
	if (role >= fresh->raid_disks)
		return MDX_MEMBER_MISMATCH;
	/* With redundancy a member must hold what the array uses of each. */
	if (fresh->level >= 1 && sb->data_size < fresh->size)
		return MDX_MEMBER_MISMATCH;
	if (sb->feature_map & MD_FEATURE_RECOVERY_OFFSET)
		return MDX_MEMBER_RECOVERING;
	return MDX_MEMBER_ACTIVE;
}

/* @sb alone against the freshest; *@slot is its raid slot or -1. */
static enum mdx_member_verdict judge(const struct mdx_super *sb,
				     const struct mdx_super *fresh, __s32 *slot)
{
	__u32 role = role_by_table(sb, fresh);
	enum mdx_member_verdict verdict;

	*slot = -1;
	if (!mdx_sb_same_set(sb, fresh))
		return MDX_MEMBER_FOREIGN;
	/* A spare taken out has no word of its own for it, and nothing on it is trusted. */
	if (role == MDX_ROLE_FAULTY && sb->role == MDX_ROLE_SPARE)
		role = MDX_ROLE_SPARE;
	if (role == MDX_ROLE_FAULTY)
		return MDX_MEMBER_FAULTY;
	/* A spare needs no event count: nothing on it is trusted. */
	if (claims_part(sb) && too_old(sb, fresh))
		return MDX_MEMBER_STALE;
	if (contradicts(sb, fresh))
		return MDX_MEMBER_MISMATCH;
	if (role == MDX_ROLE_SPARE)
		return spare(fresh);
	if (role == MDX_ROLE_JOURNAL)
		return MDX_MEMBER_JOURNAL;
	verdict = judge_slot(sb, fresh, role);
	if (verdict == MDX_MEMBER_ACTIVE || verdict == MDX_MEMBER_RECOVERING)
		*slot = (__s32)role;
	return verdict;
}

static bool takes_place(enum mdx_member_verdict verdict)
{
	return verdict == MDX_MEMBER_ACTIVE || verdict == MDX_MEMBER_RECOVERING ||
	       verdict == MDX_MEMBER_SPARE || verdict == MDX_MEMBER_JOURNAL;
}

static bool is_replacement(const struct mdx_super *sb)
{
	return (sb->feature_map & MD_FEATURE_REPLACEMENT) != 0;
}

/* Do two members that each could serve stand in one place? */
static bool collide(const struct mdx_super *a, __s32 slot_a,
		    const struct mdx_super *b, __s32 slot_b)
{
	if (a->dev_number == b->dev_number && a->dev_number < MDX_SB1_MAX_DEVS)
		return true;
	/* A replacement shares the slot of the member it takes over from. */
	return slot_a >= 0 && slot_a == slot_b && is_replacement(a) == is_replacement(b);
}

static void drop_duplicates(const struct mdx_super *const *members, __u32 n,
			    enum mdx_member_verdict *verdict, __s32 *slot)
{
	__u32 i, j, loser;

	for (i = 0; i < n; i++) {
		for (j = i + 1; j < n && takes_place(verdict[i]); j++) {
			if (!takes_place(verdict[j]) ||
			    !collide(members[i], slot[i], members[j], slot[j]))
				continue;
			loser = members[j]->events > members[i]->events ? i : j;
			verdict[loser] = MDX_MEMBER_DUPLICATE;
			slot[loser] = -1;
		}
	}
}

static bool slot_held(__u32 wanted, __u32 n, const enum mdx_member_verdict *verdict,
		      const __s32 *slot)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		if (slot[i] != (__s32)wanted)
			continue;
		if (verdict[i] == MDX_MEMBER_ACTIVE)
			return true;
	}
	return false;
}

/* Nobody else is to be waited for: a replacement has the slot only if the other one is lost. */
static bool slot_filled(const struct mdx_super *const *members, __u32 wanted, __u32 n,
			const enum mdx_member_verdict *verdict, const __s32 *slot)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		if (slot[i] == (__s32)wanted && verdict[i] == MDX_MEMBER_RECOVERING &&
		    !is_replacement(members[i]))
			return true;
	}
	return slot_held(wanted, n, verdict, slot);
}

static bool slot_in_table(const struct mdx_super *fresh, __u32 slot)
{
	__u32 i;

	for (i = 0; i < fresh->max_dev; i++) {
		if (fresh->roles[i] == slot)
			return true;
	}
	return false;
}

/*
 * Every chunk has near * far copies on as many members, so fewer missing than
 * that is always enough. With near copies alone they sit side by side, each
 * chunk's first one behind the last one's of the chunk before.
 */
static bool raid10_enough(const struct mdx_super *fresh, __u32 active, __u32 n,
			  const enum mdx_member_verdict *verdict, const __s32 *slot)
{
	__u32 near = fresh->layout & 0xff;
	__u32 far = (fresh->layout >> 8) & 0xff;
	__u32 first = 0;
	__u32 i;

	if (fresh->raid_disks - active < near * far)
		return true;
	if (far != 1)
		return false;
	do {
		for (i = 0; i < near; i++) {
			if (slot_held((first + i) % fresh->raid_disks, n, verdict, slot))
				break;
		}
		if (i == near)
			return false;
		first = (first + near) % fresh->raid_disks;
	} while (first);
	return true;
}

static bool is_enough(const struct mdx_super *fresh, __u32 active, __u32 n,
		      const enum mdx_member_verdict *verdict, const __s32 *slot)
{
	__u32 missing = fresh->raid_disks - active;

	switch (fresh->level) {
	case 1:
	case MDX_LEVEL_MULTIPATH:
		return active >= 1;
	case 4:
	case 5:
		return missing <= 1;
	case 6:
		return missing <= 2;
	case 10:
		return raid10_enough(fresh, active, n, verdict, slot);
	default:
		return missing == 0;
	}
}

static void sum_up(const struct mdx_super *const *members, const struct mdx_super *fresh, __u32 n,
		   const enum mdx_member_verdict *verdict, const __s32 *slot,
		   struct mdx_assembly *out)
{
	bool parity = fresh->level >= 4 && fresh->level <= 6;
	__u32 filled = 0;
	__u32 i;

	for (i = 0; i < fresh->raid_disks; i++) {
		out->active += slot_held(i, n, verdict, slot);
		out->expected += slot_in_table(fresh, i);
		filled += slot_filled(members, i, n, verdict, slot);
	}
	out->raid_disks = fresh->raid_disks;
	out->dirty = fresh->level >= 1 && fresh->resync_offset != MDX_SECTOR_NONE;
	out->enough = is_enough(fresh, out->active, n, verdict, slot);
	out->complete = filled >= out->expected;
	/* A partial parity log tells what was in flight, so nothing needs guessing. */
	out->needs_force = parity && out->dirty && out->active < out->raid_disks &&
			   !(fresh->feature_map & (MD_FEATURE_PPL | MD_FEATURE_MULTIPLE_PPLS));
}

void mdx_assemble_plan(const struct mdx_super *const *members, __u32 n,
		       enum mdx_member_verdict *verdict, __s32 *slot,
		       struct mdx_assembly *out)
{
	const struct mdx_super *fresh;
	__u32 i;

	memset(out, 0, sizeof(*out));
	out->freshest = find_freshest(members, n);
	for (i = 0; i < n; i++) {
		verdict[i] = MDX_MEMBER_FOREIGN;
		slot[i] = -1;
	}
	if (out->freshest < 0)
		return;

	fresh = members[out->freshest];
	for (i = 0; i < n; i++) {
		if (members[i])
			verdict[i] = judge(members[i], fresh, &slot[i]);
	}
	drop_duplicates(members, n, verdict, slot);
	sum_up(members, fresh, n, verdict, slot, out);
}

const char *mdx_member_verdict_text(enum mdx_member_verdict v)
{
	switch (v) {
	case MDX_MEMBER_ACTIVE:
		return "active";
	case MDX_MEMBER_RECOVERING:
		return "recovering";
	case MDX_MEMBER_SPARE:
		return "spare";
	case MDX_MEMBER_JOURNAL:
		return "journal";
	case MDX_MEMBER_FAULTY:
		return "failed";
	case MDX_MEMBER_STALE:
		return "stale";
	case MDX_MEMBER_FOREIGN:
		return "member of another array";
	case MDX_MEMBER_MISMATCH:
		return "contradicts the freshest superblock";
	case MDX_MEMBER_DUPLICATE:
		return "duplicate";
	}
	return "unknown";
}
