// SPDX-License-Identifier: GPL-2.0-only
/*
 * A level for tests: registers as its parameters say, starts no array, and
 * leaks memory when told to.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <mdx/personality.h>

/* As many: a stale copy of one pointer hides that one from kmemleak only. */
#define LEAKED_OBJECTS 16
#define LEAKED_SIZE 128

static unsigned int api = MDX_PERSONALITY_API;
module_param(api, uint, 0444);
MODULE_PARM_DESC(api, "the interface it says it was built for");

static int level = 99;
module_param(level, int, 0444);
MODULE_PARM_DESC(level, "its number");

static char *name = "test";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "its name");

static bool leak;
module_param(leak, bool, 0444);
MODULE_PARM_DESC(leak, "allocate memory and forget it");

static int test_start(struct mdx_array *array)
{
	pr_warn("mdx_test:%s: this level starts no array\n", array->name);
	return -EINVAL;
}

static void test_stop(struct mdx_array *array)
{
}

static void test_submit(struct mdx_io *io)
{
	mdx_io_error(io, BLK_STS_IOERR);
	mdx_io_end(io);
}

static void test_status(struct seq_file *seq, struct mdx_array *array)
{
}

static struct mdx_personality test_personality = {
	.owner = THIS_MODULE,
	.start = test_start,
	.stop = test_stop,
	.submit = test_submit,
	.status = test_status,
};

static int leak_objects(void)
{
	unsigned int i;

	for (i = 0; i < LEAKED_OBJECTS; i++) {
		if (!kzalloc(LEAKED_SIZE, GFP_KERNEL))
			return -ENOMEM;
	}
	return 0;
}

static int __init test_init(void)
{
	int err = leak ? leak_objects() : 0;

	if (err)
		return err;
	test_personality.api = api;
	test_personality.level = level;
	test_personality.name = name;
	return mdx_personality_register(&test_personality);
}

static void __exit test_exit(void)
{
	mdx_personality_unregister(&test_personality);
}

module_init(test_init);
module_exit(test_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a level for mdx's tests");
MDX_IMPORT;
