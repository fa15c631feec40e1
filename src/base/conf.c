/* SPDX-License-Identifier: Apache-2.0 */
/* conf.c - reads a configuration text into structs by table; see conf.h. */
#include "base/conf.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 32

struct parse {
	const char *name;
	const struct btz_conf_target *targets;
	size_t n;
	struct btz_err *err;
	enum btz_rc rc;
	uint64_t seen[16]; /* per target: bit per key */
	/* the repeated section being collected */
	const struct btz_conf_target *open;
	char label[64];
	void *scratch;
	uint64_t scratch_seen;
};

static enum btz_rc
set_text(
    const struct btz_conf_key *k, const char *v, void *at, struct btz_err *err)
{
	size_t len = strlen(v);

	if (len >= BTZ_CONF_TEXT || (int64_t)len < k->min ||
	    (k->max != 0 && (int64_t)len > k->max))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "'%s' has a length out of range", k->name);
	memcpy(at, v, len + 1);
	return BTZ_OK;
}

static enum btz_rc
set_int(
    const struct btz_conf_key *k, const char *v, void *at, struct btz_err *err)
{
	char *end;
	long long n = strtoll(v, &end, 10);

	if (end == v || *end != '\0' || n < k->min || n > k->max)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "'%s' must be a whole number from %lld to %lld", k->name,
		    (long long)k->min, (long long)k->max);
	*(int64_t *)at = n;
	return BTZ_OK;
}

static enum btz_rc
set_bool(
    const struct btz_conf_key *k, const char *v, void *at, struct btz_err *err)
{
	if (strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
		return BTZ_FAIL(
		    err, BTZ_E_CONFIG, "'%s' must be yes or no", k->name);
	*(bool *)at = v[0] == 'y';
	return BTZ_OK;
}

static enum btz_rc
set_key(const struct btz_conf_key *k, const char *v, void *into,
    struct btz_err *err)
{
	char *at = into;

	if (at == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "nowhere to put '%s'",
		    k->name);
	at += k->offset;
	switch (k->type) {
	case BTZ_CT_TEXT:
		return set_text(k, v, at, err);
	case BTZ_CT_INT:
		return set_int(k, v, at, err);
	case BTZ_CT_BOOL:
		return set_bool(k, v, at, err);
	}
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "key type of '%s'", k->name);
}

static enum btz_rc
set_defaults(const struct btz_conf_section *s, void *into, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	memset(into, 0, s->size);
	for (size_t i = 0; i < s->n && rc == BTZ_OK; i++)
		if (s->keys[i].def != NULL)
			rc = set_key(&s->keys[i], s->keys[i].def, into, err);
	return rc;
}

static enum btz_rc
check_mandatory(
    const struct btz_conf_section *s, uint64_t seen, struct btz_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].def == NULL && (seen & 1ull << i) == 0)
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[%s] lacks the mandatory key '%s'", s->name,
			    s->keys[i].name);
	return BTZ_OK;
}

static enum btz_rc
set_named(const struct btz_conf_section *s, const char *name, const char *v,
    void *into, uint64_t *seen, struct btz_err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->keys[i].name, name) != 0)
			continue;
		if ((*seen & 1ull << i) != 0)
			return BTZ_FAIL(
			    err, BTZ_E_CONFIG, "'%s' is given twice", name);
		*seen |= 1ull << i;
		return set_key(&s->keys[i], v, into, err);
	}
	return BTZ_FAIL(
	    err, BTZ_E_CONFIG, "[%s] has no key '%s'", s->name, name);
}

static enum btz_rc
close_repeat(struct parse *p)
{
	enum btz_rc rc = BTZ_OK;

	if (p->open != NULL) {
		rc = check_mandatory(p->open->section, p->scratch_seen, p->err);
		if (rc == BTZ_OK)
			rc = p->open->on_repeat(
			    p->label, p->scratch, p->open->arg, p->err);
	}
	free(p->scratch);
	p->scratch = NULL;
	p->open = NULL;
	return rc;
}

static enum btz_rc
open_repeat(struct parse *p, const struct btz_conf_target *t, const char *label)
{
	if (p->open == t && strcmp(p->label, label) == 0)
		return BTZ_OK;
	if (close_repeat(p) != BTZ_OK)
		return p->err == NULL ? BTZ_E_CONFIG : p->err->rc;
	if (strlen(label) >= sizeof(p->label))
		return BTZ_FAIL(p->err, BTZ_E_CONFIG, "section label too long");
	p->scratch = malloc(t->section->size);
	if (p->scratch == NULL)
		return BTZ_FAIL(p->err, BTZ_E_NOMEM, "configuration");
	p->scratch_seen = 0;
	p->open = t;
	memcpy(p->label, label, strlen(label) + 1);
	return set_defaults(t->section, p->scratch, p->err);
}

static enum btz_rc
take(struct parse *p, const char *section, const char *key, const char *value)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct btz_conf_target *t = &p->targets[i];
		size_t len = strlen(t->section->name);
		enum btz_rc rc;

		if (t->on_repeat == NULL &&
		    strcmp(section, t->section->name) == 0)
			return set_named(t->section, key, value, t->into,
			    &p->seen[i], p->err);
		if (t->on_repeat == NULL ||
		    strncmp(section, t->section->name, len) != 0 ||
		    section[len] != ' ')
			continue;
		rc = open_repeat(p, t, section + len + 1);
		return rc != BTZ_OK ? rc
				    : set_named(t->section, key, value,
					  p->scratch, &p->scratch_seen, p->err);
	}
	return BTZ_FAIL(p->err, BTZ_E_CONFIG, "unknown section [%s]", section);
}

static int
on_line(void *arg, const char *section, const char *key, const char *value)
{
	struct parse *p = arg;

	if (p->rc == BTZ_OK)
		p->rc = take(p, section, key, value);
	return p->rc == BTZ_OK;
}

enum btz_rc
btz_conf_parse(const char *name, const char *text,
    const struct btz_conf_target *targets, size_t n, struct btz_err *err)
{
	struct parse p = { .name = name,
		.targets = targets,
		.n = n,
		.err = err,
		.rc = BTZ_OK };
	int line;

	if (n > BTZ_COUNT(p.seen))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "too many sections");
	for (size_t i = 0; i < n && p.rc == BTZ_OK; i++)
		if (targets[i].on_repeat == NULL)
			p.rc = set_defaults(
			    targets[i].section, targets[i].into, err);
	if (p.rc != BTZ_OK)
		return p.rc;
	line = ini_parse_string(text, on_line, &p);
	if (p.rc == BTZ_OK && line != 0)
		p.rc = BTZ_FAIL(
		    err, BTZ_E_CONFIG, "not of the form 'key = value'");
	if (p.rc == BTZ_OK)
		p.rc = close_repeat(&p);
	free(p.scratch);
	if (p.rc != BTZ_OK)
		return btz_err_wrap(err, "%s:%d", name, line);
	for (size_t i = 0; i < n && p.rc == BTZ_OK; i++)
		if (targets[i].on_repeat == NULL)
			p.rc = check_mandatory(
			    targets[i].section, p.seen[i], err);
	return p.rc;
}
