// SPDX-License-Identifier: GPL-2.0-only
/* The registry of levels. */
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include "core.h"

static DEFINE_MUTEX(personalities_lock);
static LIST_HEAD(personalities);	/* newest first, as mdstat shows them */

/* By name if there is one, else by level. personalities_lock held. */
static struct mdx_personality *personality_find(int level, const char *name)
{
	struct mdx_personality *p;

	list_for_each_entry(p, &personalities, link) {
		if (name && *name ? !strcmp(p->name, name) : p->level == level)
			return p;
	}
	return NULL;
}

static bool personality_complete(const struct mdx_personality *p)
{
	if (!p->name || !p->owner || !p->start || !p->stop || !p->submit || !p->status)
		return false;
	return !p->redundant || (p->retry && p->can_fail && p->slot_fits &&
				 p->sync_sectors && p->sync_bufs && p->sync_window);
}

int mdx_personality_register(struct mdx_personality *p)
{
	int err = 0;

	if (p->api != MDX_PERSONALITY_API) {
		pr_warn("mdx: level %s was built for interface %u of mdx, this is %u: build both from one source\n",
			p->name ?: "?", p->api, MDX_PERSONALITY_API);
		return -EINVAL;
	}
	if (!personality_complete(p)) {
		pr_warn("mdx: level %s lacks an operation every level must have\n", p->name ?: "?");
		return -EINVAL;
	}

	mutex_lock(&personalities_lock);
	if (personality_find(p->level, NULL) || personality_find(0, p->name))
		err = -EEXIST;
	else
		list_add(&p->link, &personalities);
	mutex_unlock(&personalities_lock);

	if (err)
		pr_warn("mdx: level %s (%d) is registered already\n", p->name, p->level);
	else
		pr_info("mdx: level %s registered\n", p->name);
	return err;
}
MDX_EXPORT(mdx_personality_register);

void mdx_personality_unregister(struct mdx_personality *p)
{
	mutex_lock(&personalities_lock);
	list_del(&p->link);
	mutex_unlock(&personalities_lock);
	pr_info("mdx: level %s unregistered\n", p->name);
}
MDX_EXPORT(mdx_personality_unregister);

static const struct mdx_personality *personality_hold(int level, const char *name)
{
	struct mdx_personality *p;

	mutex_lock(&personalities_lock);
	p = personality_find(level, name);
	if (p && !try_module_get(p->owner))
		p = NULL;
	mutex_unlock(&personalities_lock);
	return p;
}

const struct mdx_personality *mdx_personality_get(int level, const char *name)
{
	const struct mdx_personality *p = personality_hold(level, name);
	bool named = name && *name;

	if (p)
		return p;
	/* Whether it worked shows in the registry. */
	if (named)
		request_module("mdx-%s", name);
	else
		request_module("mdx-level-%d", level);
	p = personality_hold(level, name);
	if (p)
		return p;

	if (named)
		pr_warn("mdx: level %s is not available: no module mdx-%s could be loaded\n",
			name, name);
	else
		pr_warn("mdx: level %d is not available: no module mdx-level-%d could be loaded\n",
			level, level);
	return ERR_PTR(-EINVAL);
}

void mdx_personality_put(const struct mdx_personality *p)
{
	if (p)
		module_put(p->owner);
}

void mdx_personality_show(struct seq_file *seq)
{
	const struct mdx_personality *p;

	mutex_lock(&personalities_lock);
	list_for_each_entry(p, &personalities, link)
		seq_printf(seq, "[%s] ", p->name);
	mutex_unlock(&personalities_lock);
}
