// SPDX-License-Identifier: GPL-2.0-only
/*
 * md-mod.ko: md's name, parameters and aliases in front of mdx.
 *
 * Tools look for /sys/module/md_mod/parameters and load "md_mod", "md-level-5"
 * or "block-major-9-0". With this module installed they find mdx; without it
 * they find the kernel's own md again. It has no code of its own.
 */
#include <linux/major.h>
#include <linux/module.h>
#include <mdx/params.h>

module_param_named(start_ro, mdx_start_ro, uint, 0600);
MODULE_PARM_DESC(start_ro, "as mdx's start_ro");
module_param_named(start_dirty_degraded, mdx_start_dirty_degraded, int, 0644);
MODULE_PARM_DESC(start_dirty_degraded, "as mdx's start_dirty_degraded");
module_param_named(create_on_open, mdx_create_on_open, bool, 0600);
MODULE_PARM_DESC(create_on_open, "as mdx's create_on_open");

static int new_array_set(const char *val, const struct kernel_param *kp)
{
	return mdx_new_array(val);
}

module_param_call(new_array, new_array_set, NULL, NULL, 0200);
MODULE_PARM_DESC(new_array, "as mdx's new_array");

#if MDX_FACE_ASYNC_DELETE
/* mdadm turns it off and refuses to work where it cannot. mdx needs no such choice. */
static bool legacy_async_del_gendisk = true;
module_param(legacy_async_del_gendisk, bool, 0600);
MODULE_PARM_DESC(legacy_async_del_gendisk, "accepted for mdadm, without effect");
#endif

#if MDX_FACE_CHECK_FEATURE
/* Superblocks with and without a block size are both taken, whatever it says. */
static bool check_new_feature = true;
module_param(check_new_feature, bool, 0600);
MODULE_PARM_DESC(check_new_feature, "accepted for mdadm, without effect");
#endif

static int __init md_face_init(void)
{
	pr_info("mdx: answering to md's name\n");
	return 0;
}

static void __exit md_face_exit(void)
{
}

module_init(md_face_init);
module_exit(md_face_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mdx authors");
MODULE_DESCRIPTION("md's module name and parameters, provided by mdx");
MODULE_VERSION("0.1.0");
MDX_IMPORT;
MODULE_ALIAS("md");
MODULE_ALIAS_BLOCKDEV_MAJOR(MD_MAJOR);
