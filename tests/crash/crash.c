/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - injections into a box that eight clients use: kill -9 at any
 * moment or at a storage call, storage calls that fail, disks that are full.
 * After each: nothing acknowledged is lost, nothing is there by halves, no
 * nonce comes twice, the log verifies.
 *
 *	SEED=7 N=1000 crash [--tee]	(LOG=file: what the daemons say)
 *
 * An injection that hit nothing is not counted, and another one is made. What
 * is injected is the table `kinds`; start at inject().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crash/check.h"
#include "crash/site.h"
#include "support/swtpm.h"

#define A_BOX 50u	  /* injections */
#define ON_DISK 4u	  /* one box of so many; the others are in memory, */
#define A_BOX_ON_DISK 10u /* where kills do the same, sooner */
#define HIT_US 60000
#define C (1u << FAULT_CRYPTO)
#define B (1u << FAULT_BROKER)
#define A (1u << FAULT_AUDIT)
#define T (1u << FAULT_TA)

enum when { AT_ANY_TIME, AT_A_CALL, AT_START, AT_FIRST_START };

struct kind {
	const char *name;
	unsigned often, often_tee;
	unsigned progs; /* AT_A_CALL, AT_START: one */
	enum when when;
	int mode, calls;
	/* Out */
	unsigned made, hit, open;
};

#define NEW_BOX "new box: crypto killed while it starts for the first time"

static struct kind kinds[] = {
	{ "crypto killed at any time", 6, 4, C, AT_ANY_TIME, 0, 0 },
	{ "crypto killed before a storage call", 5, 2, C, AT_A_CALL,
	    FAULT_KILL_BEFORE, FAULT_ANY },
	{ "crypto killed after a storage call", 5, 2, C, AT_A_CALL,
	    FAULT_KILL_AFTER, FAULT_ANY },
	{ "crypto killed while it starts", 2, 1, C, AT_START, FAULT_KILL_BEFORE,
	    FAULT_ANY },
	{ "broker killed", 2, 1, B, AT_ANY_TIME, 0, 0 },
	{ "broker and crypto killed", 2, 1, B | C, AT_ANY_TIME, 0, 0 },
	{ "audit killed", 2, 1, A, AT_ANY_TIME, 0, 0 },
	{ "audit killed at a storage call", 1, 0, A, AT_A_CALL,
	    FAULT_KILL_BEFORE, FAULT_ANY },
	{ "all killed", 1, 1, A | B | C, AT_ANY_TIME, 0, 0 },
	{ "crypto: a write fails", 4, 1, C, AT_A_CALL, FAULT_EIO, FAULT_WRITE },
	{ "crypto: a write is cut short", 3, 1, C, AT_A_CALL, FAULT_SHORT,
	    FAULT_WRITE },
	{ "crypto: a sync fails", 4, 1, C, AT_A_CALL, FAULT_EIO, FAULT_SYNC },
	{ "crypto: a call fails while it starts", 2, 0, C, AT_START, FAULT_EIO,
	    FAULT_ANY },
	{ "crypto: no space for any write", 3, 1, C, AT_A_CALL, FAULT_FULL,
	    FAULT_WRITE },
	{ "crypto: no space for longer files", 3, 1, C, AT_A_CALL,
	    FAULT_FULL_GROWTH, FAULT_WRITE },
	{ "audit: a write fails", 1, 1, A, AT_A_CALL, FAULT_EIO, FAULT_WRITE },
	{ "audit: a sync fails", 1, 0, A, AT_A_CALL, FAULT_EIO, FAULT_SYNC },
	{ "audit: a rename or truncation fails", 1, 0, A, AT_A_CALL, FAULT_EIO,
	    FAULT_NAME | FAULT_TRUNCATE },
	{ "audit: no space", 2, 0, A, AT_A_CALL, FAULT_FULL, FAULT_WRITE },
	{ NEW_BOX, 0, 0, C, AT_FIRST_START, FAULT_KILL_BEFORE, FAULT_ANY },
	{ "TA killed", 0, 6, T, AT_ANY_TIME, 0, 0 },
	{ "TA and crypto killed", 0, 3, T | C, AT_ANY_TIME, 0, 0 },
	{ "TA killed before a storage call", 0, 3, T, AT_A_CALL,
	    FAULT_KILL_BEFORE, FAULT_ANY },
	{ "TA killed after a storage call", 0, 3, T, AT_A_CALL,
	    FAULT_KILL_AFTER, FAULT_ANY },
	{ "TA: a storage call fails", 0, 3, T, AT_A_CALL, FAULT_EIO,
	    FAULT_ANY },
	{ "TA: no space", 0, 2, T, AT_A_CALL, FAULT_FULL, FAULT_WRITE },
};

static struct {
	struct site site;
	struct rig *rig;
	struct client clients[CLIENTS];
	_Atomic unsigned doubts[64], dones[64];
	struct client dice; /* only its random numbers */
	uint64_t seed, records, nonces;
	unsigned n;
	bool tee, failed;
} run;

static uint64_t
draw(uint64_t below)
{
	return client_draw(&run.dice, below);
}

static unsigned
weight(const struct kind *k)
{
	return run.tee ? k->often_tee : k->often;
}

static struct kind *
draw_kind(void)
{
	uint64_t sum = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < BTZ_COUNT(kinds); k++)
		sum += weight(&kinds[k]);
	for (at = draw(sum); at >= weight(&kinds[i]); i++)
		at -= weight(&kinds[i]);
	return &kinds[i];
}

static struct kind *
kind_of(enum when when)
{
	size_t i = 0;

	while (kinds[i].when != when)
		i++;
	return &kinds[i];
}

static enum fault_prog
only(unsigned progs)
{
	int p = 0;

	while ((progs >> p & 1u) == 0)
		p++;
	return (enum fault_prog)p;
}

static void
start_clients(const struct kind *k)
{
	atomic_store(&run.site.stop, false);
	/* A broker is asked for leases only. */
	run.site.theme = k->progs == B	? (int)client_ops - 1
			 : draw(2) == 0 ? -1
					: (int)draw(client_ops);
	for (size_t i = 0; i < CLIENTS; i++) {
		run.clients[i].random = draw(UINT64_MAX);
		client_start(&run.clients[i]);
	}
}

/* Returns how many requests were not answered. */
static unsigned
join_clients(void)
{
	unsigned open = 0;

	atomic_store(&run.site.stop, true);
	for (size_t i = 0; i < CLIENTS; i++) {
		(void)pthread_join(run.clients[i].thread, NULL);
		open += run.clients[i].in_doubt;
	}
	return open;
}

static void
order(const struct kind *k, unsigned calls)
{
	const struct fault f = { .mode = k->mode,
		.calls = k->calls,
		.countdown = (int)draw(calls),
		.room = (long)draw(30000) };

	rig_order(run.rig, only(k->progs), &f);
}

static bool
wait_for_hit(const struct kind *k)
{
	for (int us = 0; us < HIT_US; us += 200) {
		if (rig_hits(run.rig, only(k->progs)) > 0)
			return true;
		(void)usleep(200);
	}
	return false;
}

static bool
is_kill(const struct kind *k)
{
	return k->when == AT_ANY_TIME || k->mode == FAULT_KILL_BEFORE ||
	       k->mode == FAULT_KILL_AFTER;
}

/* It goes on by itself, without a new start. */
static void
goes_on(const struct kind *k)
{
	static const struct fault none = { .mode = FAULT_NONE };
	struct client *c = &run.clients[0];

	rig_order(run.rig, only(k->progs), &none);
	for (int p = 0; p < FAULT_PROGS; p++)
		if ((run.tee || p != FAULT_TA) && rig_dead(run.rig, p))
			return;
	for (int i = 0; i < 200; i++) {
		if (client_makes_one(c))
			return;
		(void)usleep(5000);
	}
	client_complain(c, "it does not go on: %s", c->err.msg);
}

/* About as many such calls as there are while clients are at work. */
static unsigned
calls_of(const struct kind *k)
{
	if ((k->calls & (FAULT_WRITE | FAULT_SYNC)) == 0)
		return 1;
	return k->progs == A ? 8 : 40;
}

static void
while_running(struct kind *k)
{
	bool hit = true;

	start_clients(k);
	if (k->when == AT_ANY_TIME) {
		(void)usleep((useconds_t)(1000 + draw(12000)));
		rig_kill(run.rig, k->progs);
	} else {
		(void)usleep((useconds_t)draw(2000));
		order(k, calls_of(k));
		hit = wait_for_hit(k);
		if (!is_kill(k) && hit) {
			(void)usleep((useconds_t)draw(4000));
			if (draw(2) == 0)
				rig_kill(run.rig, k->progs);
		}
	}
	if (is_kill(k))
		(void)usleep(300); /* what comes after it */
	k->made++;
	k->open += join_clients();
	if (hit && (!is_kill(k) || k->open > 0))
		k->hit++;
	if (!is_kill(k))
		goes_on(k);
}

static void
while_starting(struct kind *k)
{
	enum fault_prog p = only(k->progs);

	rig_kill(run.rig, k->progs);
	order(k, 12);
	k->made++;
	if (!rig_start(run.rig, p))
		rig_kill(run.rig, k->progs);
	k->hit += rig_hits(run.rig, p) > 0;
}

static bool
complaints(const char *of)
{
	bool any = false;

	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &run.clients[i];

		if (c->wrong[0] == '\0')
			continue;
		printf("# %s: client %zu: %s\n", of, i, c->wrong);
		any = true;
	}
	run.failed = run.failed || any;
	return any;
}

static void
inject(struct kind *k)
{
	unsigned were;

	atomic_store(&run.site.fault, true);
	if (k->when == AT_START)
		while_starting(k);
	else
		while_running(k);
	were = rig_mend(run.rig);
	atomic_store(&run.site.fault, false);
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &run.clients[i];

		if ((k->progs & (C | T)) != 0 || were != 0 || c->app.fd < 0 ||
		    c->admin.fd < 0)
			(void)client_connect(c);
	}
	check_keys(run.clients, CLIENTS);
	check_store(&run.clients[0], rig_store(run.rig));
}

/* How many injections it is for. */
static unsigned
begin_box(unsigned number)
{
	const bool disk = number % ON_DISK == ON_DISK - 1 ||
			  access("/dev/shm", W_OK) != 0;
	struct fault first;
	struct kind *k;

	(void)setenv("BTZ_TEST_TMP", disk ? "/tmp" : "/dev/shm", 1);
	k = kind_of(AT_FIRST_START);
	first = (struct fault){ .mode = draw(2) == 0 ? FAULT_KILL_BEFORE
						     : FAULT_KILL_AFTER,
		.calls = FAULT_ANY,
		.countdown = (int)draw(30) };
	run.rig = rig_new(&run.site, run.tee, &first);
	k->made++;
	k->hit += rig_new_hit(run.rig);
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &run.clients[i];

		c->site = &run.site;
		c->number = (unsigned)i;
		c->app.fd = c->admin.fd = c->ca.fd = c->broker.fd = -1;
		c->doubts = run.doubts;
		c->dones = run.dones;
		(void)client_connect(c);
	}
	return disk ? A_BOX_ON_DISK : A_BOX;
}

static void
end_box(void)
{
	char dir[256], wrong[256];

	for (size_t i = 0; i < CLIENTS; i++)
		run.nonces += run.clients[i].n_nonces;
	check_nonces(run.clients, CLIENTS);
	(void)snprintf(dir, sizeof(dir), "%s/audit", rig_home(run.rig));
	for (size_t i = 0; i < CLIENTS; i++)
		client_hang_up(&run.clients[i]);
	run.records += check_log(dir, wrong, sizeof(wrong));
	if (wrong[0] != '\0')
		client_complain(&run.clients[0], "%s", wrong);
	(void)complaints("at the end of a box");
	if (!rig_free(run.rig)) {
		printf("# a program did not end well\n");
		run.failed = true;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		client_end(&run.clients[i]);
}

static unsigned
hits(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < BTZ_COUNT(kinds); i++)
		n += kinds[i].hit;
	return n;
}

/* How many were made. */
static unsigned
in_a_box(unsigned number, unsigned made)
{
	unsigned left = begin_box(number), most = 4 * run.n;

	for (; left > 0 && hits() < run.n && made < most && !run.failed;
	     left--) {
		struct kind *k = draw_kind();
		char name[96];

		inject(k);
		(void)snprintf(
		    name, sizeof(name), "injection %u, %s", made++, k->name);
		(void)complaints(name);
	}
	end_box();
	return made;
}

static void
injections(void)
{
	unsigned made = 0;

	for (unsigned i = 0; hits() < run.n && made < 4 * run.n && !run.failed;
	     i++)
		made = in_a_box(i, made);
}

static void
tell(void)
{
	unsigned row = 0, n = 0;

	for (size_t i = 0; i < BTZ_COUNT(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (k->made == 0)
			continue;
		printf("# %u of %u hit, %u requests open: %s\n", k->hit,
		    k->made, k->open, k->name);
	}
	for (unsigned i = 0; i < client_ops; i++)
		printf("# %u answered, %u open: %s\n", run.dones[i],
		    run.doubts[i], client_op_name(i));
	n = hits();
	printf("%sok %u - %u injections hit, %llu nonces, %llu records of the "
	       "log\n",
	    run.failed || n < run.n ? "not " : "", ++row, n,
	    (unsigned long long)run.nonces, (unsigned long long)run.records);
	printf("1..%u\n", row);
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? otherwise
					     : strtoull(text, NULL, 0);
}

/* What the daemons say goes to LOG. */
static void
quiet(void)
{
	const char *path = getenv("LOG");

	if (freopen(path != NULL ? path : "/dev/null", "a", stderr) == NULL)
		abort();
}

int
main(int argc, char **argv)
{
	run.tee = argc > 1 && strcmp(argv[1], "--tee") == 0;
	if (run.tee && !btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	run.seed = number(
	    "SEED", (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid());
	run.n = (unsigned)number("N", run.tee ? 50 : 200);
	run.dice.random = run.seed;
	printf("# SEED=%llu N=%u\n", (unsigned long long)run.seed, run.n);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	quiet();
	injections();
	tell();
	return run.failed;
}
