/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a pure file may use, in the kernel and on the host alike.
 *
 * Pure files (*_map.c, *_format.c, *_plan.c) are compiled into the modules,
 * into host tests, into mdctl and into fuzzers. They include this header and
 * nothing else of the kernel's: fixed-width __u* types, byte order, errno,
 * memcpy and friends, and 64-bit division. They never sleep, lock, allocate
 * or log, and may be called in any context.
 */
#ifndef _MDX_PURE_H
#define _MDX_PURE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#endif

#ifdef __cplusplus
#define MDX_EXTERN_C_BEGIN extern "C" {
#define MDX_EXTERN_C_END }
#else
#define MDX_EXTERN_C_BEGIN
#define MDX_EXTERN_C_END
#endif

/* All ones in a sector field: "no such position", as md writes MaxSector. */
#define MDX_SECTOR_NONE (~(__u64)0)

/* Where something is: a sector of the data area of a slot's member. */
struct mdx_place {
	__u64 sector;
	__u32 slot;
};

/* Quotient of @n by @d; the remainder goes to *@rem. @d must not be 0. */
static inline __u64 mdx_div_rem(__u64 n, __u64 d, __u64 *rem)
{
#ifdef __KERNEL__
	return div64_u64_rem(n, d, rem);
#else
	*rem = n % d;
	return n / d;
#endif
}

static inline __u64 mdx_div(__u64 n, __u64 d)
{
#ifdef __KERNEL__
	return div64_u64(n, d);
#else
	return n / d;
#endif
}

static inline __u64 mdx_min_u64(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static inline bool mdx_is_pow2(__u64 n)
{
	return n && !(n & (n - 1));
}

#endif
