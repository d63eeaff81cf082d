// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/dev/raid: system-wide sync speed limits. */
#include <linux/errno.h>
#include <linux/sysctl.h>
#include "../drivers/core/core.h"

int mdx_speed_limit_min = 1000;
int mdx_speed_limit_max = 200000;

static struct ctl_table_header *header;

static int speed_limit(mdx_ctl_table *table, int write, void *buffer, size_t *len, loff_t *pos)
{
	int err = proc_dointvec(table, write, buffer, len, pos);

	if (write && !err)
		mdx_sync_limits_changed();
	return err;
}

static struct ctl_table raid_table[] = {
	{
		.procname	= "speed_limit_min",
		.data		= &mdx_speed_limit_min,
		.maxlen		= sizeof(mdx_speed_limit_min),
		.mode		= 0644,
		.proc_handler	= speed_limit,
	},
	{
		.procname	= "speed_limit_max",
		.data		= &mdx_speed_limit_max,
		.maxlen		= sizeof(mdx_speed_limit_max),
		.mode		= 0644,
		.proc_handler	= speed_limit,
	},
	MDX_CTL_TABLE_END
};

int mdx_sysctl_init(void)
{
	header = register_sysctl("dev/raid", raid_table);
	return header ? 0 : -ENOMEM;
}

void mdx_sysctl_exit(void)
{
	unregister_sysctl_table(header);
	header = NULL;
}
