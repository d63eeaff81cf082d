// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdx.ko: loading and unloading.
 *
 * The table below is the whole of it. What users can see comes last, and the
 * last step is the one that lets arrays come into being, so a step that fails
 * never has to take an array away again.
 */
#include <linux/ctype.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/module.h>
#include "core.h"
#include "region.h"

#define MDX_VERSION "0.1.0"

unsigned int mdx_start_ro;
MDX_EXPORT(mdx_start_ro);
module_param_named(start_ro, mdx_start_ro, uint, 0600);
MODULE_PARM_DESC(start_ro, "start arrays read-only until the first write (0 or 1)");

int mdx_start_dirty_degraded;
MDX_EXPORT(mdx_start_dirty_degraded);
module_param_named(start_dirty_degraded, mdx_start_dirty_degraded, int, 0644);
MODULE_PARM_DESC(start_dirty_degraded, "start parity arrays that are dirty and degraded (0 or 1)");

bool mdx_create_on_open = true;
MDX_EXPORT(mdx_create_on_open);
module_param_named(create_on_open, mdx_create_on_open, bool, 0600);
MODULE_PARM_DESC(create_on_open, "opening a device node makes its array (Y or N)");

static unsigned int fail_init_step;
module_param(fail_init_step, uint, 0444);
MODULE_PARM_DESC(fail_init_step, "for tests: let this step of loading fail, counted from 1");

/*
 * Parameters can be written before the first step of loading and until after
 * the last of unloading; the lock keeps those outside.
 */
static DEFINE_MUTEX(names_lock);
static bool names_taken;

static void take_names(bool take)
{
	mutex_lock(&names_lock);
	names_taken = take;
	mutex_unlock(&names_lock);
}

static int mdx_names_open(void)
{
	take_names(true);
	return 0;
}

static void mdx_names_close(void)
{
	take_names(false);
}

static int new_array(const char *name)
{
	char buf[DISK_NAME_LEN];
	size_t len = strlen(name);
	unsigned int minor;

	while (len && name[len - 1] == '\n')
		len--;
	if (len >= sizeof(buf))
		return -E2BIG;
	strscpy(buf, name, len + 1);

	if (!strncmp(buf, "md_", 3))
		return mdx_array_create(0, buf, true);
	if (!strncmp(buf, "md", 2) && isdigit(buf[2]) &&
	    !kstrtouint(buf + 2, 10, &minor) && minor <= MINORMASK)
		return mdx_array_create(MKDEV(MD_MAJOR, minor), NULL, true);
	return -EINVAL;
}

/* Makes the array a name of md's asks for; see mdx/params.h. */
int mdx_new_array(const char *name)
{
	int err = -ENODEV;

	mutex_lock(&names_lock);
	if (names_taken)
		err = new_array(name);
	else
		pr_warn("mdx: new_array: not while mdx is loaded or unloaded; write the name to /sys/module/mdx/parameters/new_array\n");
	mutex_unlock(&names_lock);
	return err;
}
MDX_EXPORT(mdx_new_array);

static int new_array_set(const char *val, const struct kernel_param *kp)
{
	return mdx_new_array(val);
}

module_param_call(new_array, new_array_set, NULL, NULL, 0200);
MODULE_PARM_DESC(new_array, "write \"mdN\" or \"md_NAME\": makes that array");

static const struct mdx_init_step {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
} steps[] = {
	{ "work queues",	mdx_queues_init,	mdx_queues_exit },
	{ "arrays",		mdx_arrays_init,	mdx_arrays_exit },
	/* Before sysctl and mdstat: in-tree md, if loaded, has those names too. */
	{ "block majors",	mdx_region_claim,	mdx_region_release },
	{ "reboot notifier",	mdx_reboot_init,	mdx_reboot_exit },
	{ "sysctl",		mdx_sysctl_init,	mdx_sysctl_exit },
	{ "/proc/mdstat",	mdx_mdstat_init,	mdx_mdstat_exit },
	{ "device regions",	mdx_region_open,	mdx_region_close },
	{ "new arrays",		mdx_names_open,		mdx_names_close },
};

static void undo_steps(unsigned int done)
{
	while (done)
		steps[--done].exit();
}

static int __init mdx_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		err = fail_init_step == i + 1 ? -ENOMEM : steps[i].init();
		if (err) {
			/* It has said itself whose they are. */
			if (err != -EBUSY || steps[i].init != mdx_region_claim)
				pr_warn("mdx: not loaded: %s (%d)\n", steps[i].name, err);
			undo_steps(i);
			return err;
		}
	}
	pr_info("mdx: version " MDX_VERSION " loaded, block majors %u and %u\n",
		MD_MAJOR, mdx_mdp_major);
	return 0;
}

static void __exit mdx_exit(void)
{
	undo_steps(ARRAY_SIZE(steps));
	pr_info("mdx: unloaded\n");
}

module_init(mdx_init);
module_exit(mdx_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mdx authors");
MODULE_DESCRIPTION("mdx software RAID: md's interfaces and formats");
MODULE_VERSION(MDX_VERSION);
