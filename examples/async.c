/* SPDX-License-Identifier: Apache-2.0 */
/*
 * async.c - many requests under way from one thread: signs the numbers 1 to N
 * with one key, 32 at a time, and says how many a second. The descriptor of
 * bartizan_fd() fits any event loop; here it is poll().
 *
 *	cc async.c $(pkg-config --cflags --libs bartizan) -o async
 *	./async mykey 1000
 */
#include <bartizan.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct run {
	struct bartizan *b;
	uint8_t id[BARTIZAN_ID_LEN];
	unsigned long next, last, done, failed;
};

static void
on_signature(const struct bartizan_result *r, void *arg)
{
	struct run *run = arg;

	run->done++;
	if (r->status != BARTIZAN_OK)
		run->failed++;
}

static int
fill(struct run *run)
{
	while (run->next < run->last && bartizan_pending(run->b) < 32) {
		struct bartizan_request rq = { .op = BARTIZAN_OP_SIGN,
			.alg = BARTIZAN_ECDSA_SHA256,
			.input = {
			    (const uint8_t *)&run->next, sizeof(run->next) } };
		int rc;

		memcpy(rq.id, run->id, sizeof(rq.id));
		rc = bartizan_submit(run->b, &rq, on_signature, run);
		if (rc == BARTIZAN_AGAIN)
			return BARTIZAN_OK;
		if (rc != BARTIZAN_OK)
			return rc;
		run->next++;
	}
	return BARTIZAN_OK;
}

static int
loop(struct run *run)
{
	int rc = BARTIZAN_OK;

	while (run->done < run->last && rc == BARTIZAN_OK) {
		struct pollfd p;

		rc = fill(run);
		p = (struct pollfd){ bartizan_fd(run->b), POLLIN, 0 };
		if (rc == BARTIZAN_OK && poll(&p, 1, 5000) > 0)
			rc = bartizan_process(run->b, 0);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct run run = { .last = argc == 3 ? strtoul(argv[2], NULL, 10) : 0 };
	struct timespec a, z;
	int rc;

	if (run.last == 0) {
		(void)fprintf(stderr, "usage: async LABEL N\n");
		return 2;
	}
	rc = bartizan_open(NULL, NULL, &run.b);
	if (rc == BARTIZAN_OK)
		rc = bartizan_find(run.b, argv[1], run.id);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	if (rc == BARTIZAN_OK)
		rc = loop(&run);
	(void)clock_gettime(CLOCK_MONOTONIC, &z);
	if (rc != BARTIZAN_OK)
		(void)fprintf(stderr, "async: %s\n",
		    run.b != NULL ? bartizan_error(run.b)
				  : bartizan_strerror(rc));
	else
		(void)printf("%lu signatures, %lu failed, %.0f/s\n", run.done,
		    run.failed,
		    (double)run.done /
			((double)(z.tv_sec - a.tv_sec) +
			    (double)(z.tv_nsec - a.tv_nsec) / 1e9));
	bartizan_close(run.b);
	return rc == BARTIZAN_OK && run.failed == 0 ? 0 : 1;
}
