/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend_client.c - the backend "tee" of the service `crypto`
 * (src/crypto/backend/tee.c) with OP-TEE's client library, on a box that
 * ta_client has provisioned. Speaks TAP.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/backend/backend.h"
#include "ta_call.h"
#include "wire/alg.h"
#include "wire/table.h"

#define NOW 1790000120u

/* the array of this program (backend.h) */
const struct btz_backend_ops *const btz_backends[] = { &btz_backend_tee, NULL };

static struct btz_backend *be;

/* Is there a row of this status? */
static bool
says(const char *item, const char *value, const char *level)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	static uint8_t buf[8192];
	struct btz_table_wr w;
	struct btz_table_rd r;
	struct btz_table msg;
	struct btz_span cell[3];

	btz_table_begin(&w, columns, BTZ_COUNT(columns), buf, sizeof(buf));
	be->ops->status(be->st, &w);
	msg = btz_table_done(&w, btz_span_of(NULL, 0));
	if (!btz_table_read(&r, &msg))
		return false;
	while (btz_table_row(&r, cell) == 1)
		if (btz_span_eq(cell[0], btz_span_str(item)) &&
		    btz_span_eq(cell[1], btz_span_str(value)) &&
		    btz_span_eq(cell[2], btz_span_str(level)))
			return true;
	return false;
}

static bool
sign(void *key, struct btz_span spki)
{
	struct btz_backend_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("by the service"),
		.now = NOW };
	struct btz_backend_sig sig;
	struct btz_err err;

	sha256_tlog.sha256(NULL, &rq.input, 1, rq.digest);
	return be->ops->sign(be->st, key, &rq, &sig, &err) == BTZ_OK &&
	       ecdsa_verify(spki, rq.input, btz_span_of(sig.bytes, sig.len));
}

static void
keys(void)
{
	static struct btz_backend_key k;
	const struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	uint8_t key[64] = { 0 };
	struct btz_err err;
	struct btz_span blob;

	if (!tap(be->ops->generate(be->st, &g, &k, &err) == BTZ_OK, "generate"))
		return;
	blob = btz_span_of(k.blob, k.blob_len);
	tap(be->ops->key_size <= sizeof(key) &&
		be->ops->open_key(be->st, k.id, blob, key, &err) == BTZ_OK,
	    "open");
	tap(sign(key, btz_span_of(k.spki, k.spki_len)), "sign verifies");
	be->ops->close_key(be->st, key);
	tap(be->ops->destroy(be->st, blob, &err) == BTZ_OK, "destroy");
	tap(be->ops->open_key(be->st, k.id, blob, key, &err) ==
		BTZ_E_KEY_GENERATION,
	    "a destroyed key does not open");
}

int
main(void)
{
	const struct btz_backend_env env = { .dir = "/tmp", .device_fd = -1 };
	struct btz_err err;
	uint8_t random[64];

	if (!tap(btz_backend_new(&btz_backend_tee, &env, &be, &err) == BTZ_OK,
		"backend tee opens"))
		return tap_end();
	tap(strcmp(be->ops->label(be->st), "tee") == 0, "shown as tee");
	tap(says("trusted application", "ready", "ok"), "status: ready");
	tap(says("hardening", "test-huk,test-ta-key", "weak"),
	    "status: hardening: test-huk,test-ta-key");
	tap(be->ops->random(be->st, random, sizeof(random), &err) == BTZ_OK,
	    "random");
	keys();
	be->ops->stop(be->st);
	btz_backend_free(be);
	return tap_end();
}
