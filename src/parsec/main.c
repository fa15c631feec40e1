/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-parsec: serves clients of Parsec (wire protocol 1.0) with
 * the keys of this box. It has no key and opens no file: what it may ask is
 * what a lease for one client allows. Read parsec.h next.
 */
#include "parsec/kms.h"
#include "prim/prim.h"

static struct btz_parsec parsec;

static const enum btz_prog progs[] = { BTZ_PROG_PARSEC, BTZ_PROG_NONE };

/* libcrypto looks for its hashes before files are out of reach. */
static void
warm_up(void)
{
	uint8_t out[BTZ_DIGEST_MAX];

	for (uint8_t alg = 1; alg <= BTZ_HASH_SHA512_256; alg++)
		(void)btz_digest(alg, btz_span_of(NULL, 0), out);
}

static enum btz_rc
start(struct btz_host *h, struct btz_err *err)
{
	enum btz_rc rc;

	parsec.host = h;
	btz_host_set_data(h, &parsec);
	warm_up();
	if ((rc = btz_pproviders_init(&parsec, err)) != BTZ_OK)
		return rc;
	return btz_pserve_new(&parsec, err);
}

static void
stop(struct btz_host *h)
{
	btz_pserve_free(parsec.serve);
	parsec.serve = NULL;
	btz_please_end_all(&parsec);
	btz_host_exit(h, 0);
}

/* Nothing: every descriptor comes from the supervisor or over an edge. */
static enum btz_rc
confine(struct btz_host *h, struct btz_confine *c, struct btz_err *err)
{
	(void)h;
	(void)err;
	c->flags = 0;
	return BTZ_OK;
}

int
main(int argc, char **argv)
{
	static const struct btz_conf_target conf[] = {
		{ &btz_conf_parsec, &parsec.conf, NULL, NULL },
	};
	const struct btz_daemon d = { .name = "bartizan-parsec",
		.progs = progs,
		.conf = conf,
		.n_conf = BTZ_COUNT(conf),
		.start = start,
		.stop = stop,
		.raw_listen = btz_pserve_listen,
		.confine = confine };

	return btz_daemon_main(argc, argv, &d);
}
