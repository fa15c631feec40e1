/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkpolicy.c - publishes a policy for tests and benchmarks of the module:
 *	mkpolicy DIR GENERATION TRUST-DOMAIN < lines
 * with the lines
 *	tenant NAME | share TENANT NAME | role TENANT NAME ACTIONS
 *	user TENANT NAME | cred TENANT USER SPKI-HASH-HEX on|off
 *	bind TENANT USER SHARE ROLE [WAYS]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "policy/build.h"
#include "prim/prim.h"
#include "wire/condition.h"

#define MAX 4096
#define WORDS 6

struct made {
	char kind[8], tenant[64], name[64];
	uint32_t index;
};
static struct made made[MAX];
static size_t n_made;

static void
fail(const char *what)
{
	fprintf(stderr, "mkpolicy: %s\n", what);
	exit(1);
}

static uint32_t
find(const char *kind, const char *tenant, const char *name)
{
	for (size_t i = 0; i < n_made; i++)
		if (strcmp(made[i].kind, kind) == 0 &&
		    strcmp(made[i].tenant, tenant) == 0 &&
		    strcmp(made[i].name, name) == 0)
			return made[i].index;
	fail(name);
	return 0;
}

static void
keep(const char *kind, const char *tenant, const char *name, uint32_t index)
{
	struct made *m = &made[n_made];

	if (index == BTZ_POLICY_NONE || n_made++ == MAX)
		fail("too much");
	(void)snprintf(m->kind, sizeof(m->kind), "%s", kind);
	(void)snprintf(m->tenant, sizeof(m->tenant), "%s", tenant);
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	m->index = index;
}

static struct btz_span
str(const char *s)
{
	return btz_span_str(s);
}

static void
add_cred(struct btz_policy_build *b, uint32_t user, const char *hex, bool on)
{
	uint8_t hash[BTZ_SHA256_LEN];

	if (!btz_unhex(str(hex), hash, sizeof(hash)) ||
	    btz_policy_add_credential(b, hash, hash, user,
		(uint64_t)time(NULL) + 86400, on) == BTZ_POLICY_NONE)
		fail(hex);
}

static void
add(struct btz_policy_build *b, char w[WORDS][128])
{
	static uint8_t id[BTZ_ID_LEN];
	uint32_t actions;
	uint8_t via = 0;

	if (strcmp(w[0], "tenant") == 0) {
		id[0]++;
		keep("tenant", "", w[1],
		    btz_policy_add_tenant(b, str(w[1]), id));
	} else if (strcmp(w[0], "share") == 0) {
		keep("share", w[1], w[2],
		    btz_policy_add_share(
			b, find("tenant", "", w[1]), str(w[2])));
	} else if (strcmp(w[0], "role") == 0) {
		if (!btz_actions_parse(str(w[3]), &actions))
			fail(w[3]);
		keep("role", w[1], w[2],
		    btz_policy_add_role(
			b, find("tenant", "", w[1]), str(w[2]), actions));
	} else if (strcmp(w[0], "user") == 0) {
		keep("user", w[1], w[2],
		    btz_policy_add_principal(b, find("tenant", "", w[1]),
			str("user"), str(w[2]), true));
	} else if (strcmp(w[0], "cred") == 0) {
		add_cred(
		    b, find("user", w[1], w[2]), w[3], strcmp(w[4], "on") == 0);
	} else if (strcmp(w[0], "bind") == 0) {
		if (w[5][0] != '\0' && !btz_via_parse(str(w[5]), &via))
			fail(w[5]);
		(void)btz_policy_add_binding(b, find("user", w[1], w[2]),
		    find("share", w[1], w[3]), find("role", w[1], w[4]), 0, via,
		    BTZ_POLICY_NONE);
	} else {
		fail(w[0]);
	}
}

int
main(int argc, char **argv)
{
	struct btz_policy_build *b;
	struct btz_err err;
	uint64_t generation;
	char line[600];
	uint8_t *image;
	size_t len;
	int dir;

	if (argc != 4 || (dir = open(argv[1], O_RDONLY | O_DIRECTORY)) < 0)
		fail("mkpolicy DIR GENERATION TRUST-DOMAIN");
	generation = strtoull(argv[2], NULL, 10);
	if (btz_policy_build_new(str(argv[3]), &b, &err) != BTZ_OK)
		fail(err.msg);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char w[WORDS][128] = { { 0 } };

		if (sscanf(line, "%127s %127s %127s %127s %127s %127s", w[0],
			w[1], w[2], w[3], w[4], w[5]) > 1)
			add(b, w);
	}
	if (btz_policy_build_finish(b, generation, (uint64_t)time(NULL), &image,
		&len, &err) != BTZ_OK ||
	    btz_policy_publish(
		dir, generation, btz_span_of(image, len), &err) != BTZ_OK)
		fail(err.msg);
	free(image);
	btz_policy_build_free(b);
	(void)close(dir);
	return 0;
}
