/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms.h - leases of the front end: for each (client, backend) one leased
 * socket to the crypto service, opened by the broker when first needed, asked
 * by many jobs at a time. Each answer finds its job again; none blocks.
 *
 *   idle --btz_please_need--> opening --lease--> open
 *   opening --refused--> idle; those who wait are told, and whoever comes in
 *                        the next BTZ_PARSEC_RETRY_MS
 *   open --socket closed, lease over--> idle
 *
 * A lease reaches the name space of one client and nothing else (broker,
 * policy.c): what this program gets wrong stays within it.
 */
#ifndef BTZ_PARSEC_KMS_H
#define BTZ_PARSEC_KMS_H

#include "parsec/parsec.h"

#define BTZ_PARSEC_RETRY_MS 100u
#define BTZ_PKEYS_KEPT 16u /* keys remembered per lease */

struct btz_pkept {
	uint8_t name_len; /* 0: free */
	uint8_t name[BTZ_PARSEC_NAME_MAX];
	struct btz_pkey key;
};

struct btz_please {
	struct btz_please *next;
	struct btz_parsec *d;
	const struct btz_pprovider *provider;
	enum btz_open_whose whose;
	uint32_t uid;
	struct btz_chan *chan; /* NULL: not open */
	bool opening;
	enum btz_rc why; /* of the last failure to open, until: */
	uint64_t retry_at;
	size_t asks; /* without an answer yet */
	uint64_t used;
	struct btz_pjob *waiting, **tail;
	struct btz_pjob *creating; /* that make a key now */
	struct btz_pkept kept[BTZ_PKEYS_KEPT];
	size_t next_kept;
};

/* Calls step with j->lease when that lease is open. When it cannot be had, j
 * is answered, or (j->tolerant) step is called with NULL and j->rc. */
void btz_please_need(struct btz_pjob *j, enum btz_open_whose whose,
    uint32_t uid, const struct btz_pprovider *provider,
    void (*step)(struct btz_pjob *j));
/* Asks over j->lease; fn gets the answer and must end the job or ask again.
 * A lease that is over is no answer: j->step is called once more over a new
 * one. The body is borrowed until fn returns. */
void btz_please_ask(struct btz_pjob *j, uint16_t op,
    const struct btz_msgdef *def, const void *msg,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body));
void btz_please_end_all(struct btz_parsec *d);

#endif
