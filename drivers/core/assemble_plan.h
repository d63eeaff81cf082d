/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which members of a would-be array can be trusted?
 *
 * PURE; used by mdx.ko when an array starts and by mdctl and its daemon
 * before it asks the kernel. Input: decoded superblocks. Rules are md's:
 * - the first superblock says which set this is, the freshest one of that set
 *   that claims a slot rules (of equals the first; a spare's or failed
 *   member's only if there is nothing else);
 * - a member that claims a slot and is more than one event behind is stale, a
 *   spare needs no event count;
 * - roles come from the freshest superblock's table, by dev_number;
 * - level, layout, chunk and version must agree with the freshest, raid_disks
 *   too unless the member is one event behind (a crash while growing);
 * - two members with one dev_number or one slot: the fresher wins, of equals
 *   the first. A replacement may share a slot with the member it replaces.
 */
#ifndef _MDX_ASSEMBLE_PLAN_H
#define _MDX_ASSEMBLE_PLAN_H

#include "super_format.h"

MDX_EXTERN_C_BEGIN

enum mdx_member_verdict {
	MDX_MEMBER_ACTIVE,	/* in sync, in slot */
	MDX_MEMBER_RECOVERING,	/* has a slot, synced up to recovery_offset only */
	MDX_MEMBER_SPARE,
	MDX_MEMBER_JOURNAL,
	MDX_MEMBER_FAULTY,	/* the freshest superblock says it failed */
	MDX_MEMBER_STALE,	/* claims a slot, events too old */
	MDX_MEMBER_FOREIGN,	/* other set_uuid */
	MDX_MEMBER_MISMATCH,	/* same set, but version, level or raid_disks contradict the freshest */
	MDX_MEMBER_DUPLICATE,	/* slot or dev_number already taken by a fresher one */
};

struct mdx_assembly {
	__s32 freshest;		/* index into members, -1: none */
	__u32 active;		/* in-sync members found */
	__u32 expected;		/* slots the freshest superblock calls active */
	__u32 raid_disks;
	bool dirty;		/* freshest says resync needed; never for linear and raid0 */
	bool enough;		/* can run: raid1 one, raid4/5 all but one, raid6 all but two, raid10 a copy of all (with far copies: fewer missing than copies), else all */
	bool complete;		/* every slot the freshest calls active is here: nothing to wait for */
	bool needs_force;	/* dirty and degraded parity array without a PPL (I7) */
};

/*
 * Judge @n superblocks (NULL entries are skipped and get FOREIGN);
 * @verdict and @slot have room for n. @slot: raid slot or -1.
 */
void mdx_assemble_plan(const struct mdx_super *const *members, __u32 n,
		       enum mdx_member_verdict *verdict, __s32 *slot,
		       struct mdx_assembly *out);

const char *mdx_member_verdict_text(enum mdx_member_verdict v);

MDX_EXTERN_C_END

#endif
