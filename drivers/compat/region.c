// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owning the majors on every kernel: 5.10 has regions of device numbers, from
 * 5.11 on the major itself has a probe.
 */
#include <linux/blkdev.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include "../core/core.h"
#include "region.h"

unsigned int mdx_mdp_major;

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)

static int mdx_region_register(unsigned int major, const char *name)
{
	return register_blkdev(major, name);
}

/*
 * No kobject is returned: the block layer then looks again, past this region,
 * and finds the disk that has been made.
 */
static struct kobject *mdx_region_probe(dev_t dev, int *part, void *data)
{
	mdx_array_probe(dev);
	return NULL;
}

int mdx_region_open(void)
{
	blk_register_region(MKDEV(MD_MAJOR, 0), 1UL << MINORBITS, THIS_MODULE,
			    mdx_region_probe, NULL, NULL);
	blk_register_region(MKDEV(mdx_mdp_major, 0), 1UL << MINORBITS, THIS_MODULE,
			    mdx_region_probe, NULL, NULL);
	return 0;
}

void mdx_region_close(void)
{
	blk_unregister_region(MKDEV(MD_MAJOR, 0), 1UL << MINORBITS);
	blk_unregister_region(MKDEV(mdx_mdp_major, 0), 1UL << MINORBITS);
}

#else

/* Guards mdx_region_heard against probes under way. */
static DEFINE_MUTEX(mdx_region_lock);
static bool mdx_region_heard;

static void mdx_region_probe(dev_t dev)
{
	mutex_lock(&mdx_region_lock);
	if (mdx_region_heard)
		mdx_array_probe(dev);
	mutex_unlock(&mdx_region_lock);
}

static int mdx_region_register(unsigned int major, const char *name)
{
	return __register_blkdev(major, name, mdx_region_probe);
}

static void mdx_region_hear(bool heard)
{
	mutex_lock(&mdx_region_lock);
	mdx_region_heard = heard;
	mutex_unlock(&mdx_region_lock);
}

int mdx_region_open(void)
{
	mdx_region_hear(true);
	return 0;
}

void mdx_region_close(void)
{
	mdx_region_hear(false);
}

#endif

int mdx_region_claim(void)
{
	int major, err = mdx_region_register(MD_MAJOR, "md");

	if (err) {
		pr_err("mdx: not loaded: block major %d belongs to another driver, most likely the kernel's md: stop its arrays and unload md_mod (modprobe -r raid0 raid1 raid10 raid456 linear md_mod), then load mdx again\n",
		       MD_MAJOR);
		return err;
	}
	major = mdx_region_register(0, "mdp");
	if (major < 0) {
		pr_err("mdx: no free block major for mdp (%d)\n", major);
		unregister_blkdev(MD_MAJOR, "md");
		return major;
	}
	mdx_mdp_major = major;
	return 0;
}

void mdx_region_release(void)
{
	unregister_blkdev(mdx_mdp_major, "mdp");
	unregister_blkdev(MD_MAJOR, "md");
}
