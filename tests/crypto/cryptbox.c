/* SPDX-License-Identifier: Apache-2.0 */
/* cryptbox.c - contract in cryptbox.h. */
#include "crypto/cryptbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

struct crypt_box crypto;

static void
start_service(void)
{
	btz_box_start(crypto.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	crypto.audit = btz_auditor_new(
	    btz_box_take(crypto.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
}

static void
open_lease(void)
{
	struct btz_open_ok ok;

	btz_conn_close(&crypto.broker);
	btz_conn_close(&crypto.c);
	btz_conn_adopt(&crypto.broker, btz_box_connect(crypto.box, "kms.sock"));
	assert_int_equal(
	    btz_kms_open(&crypto.broker, NULL, 0, &crypto.c, &ok, &crypto.err),
	    BTZ_OK);
}

void
crypt_kill(void)
{
	btz_auditor_free(crypto.audit);
	assert_int_equal(
	    btz_box_kill(crypto.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL), SIGKILL);
	start_service();
	open_lease();
}

static int
start_with(const char *more)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\n%s\n[broker]\nmax_leases_per_uid = 8\n[app one]\n"
	    "uid = %u\n",
	    more, getuid());
	crypto.box = btz_box_new(conf);
	crypto.broker.fd = crypto.c.fd = -1;
	start_service();
	btz_box_start(crypto.box, BTZ_PROG_BROKER, NULL);
	open_lease();
	return 0;
}

int
crypt_setup(void **state)
{
	(void)state;
	return start_with("");
}

int
crypt_setup_small(void **state)
{
	(void)state;
	return start_with("nonce_limit = 64\nhot_keys = 1");
}

int
crypt_teardown(void **state)
{
	(void)state;
	btz_conn_close(&crypto.broker);
	btz_conn_close(&crypto.c);
	btz_auditor_free(crypto.audit);
	assert_int_equal(btz_box_free(crypto.box), 0);
	return 0;
}

void
crypt_make(struct btz_generate g, uint8_t id[BTZ_ID_LEN])
{
	struct btz_key_info key;

	g.kind = BTZ_KIND_PLAIN;
	assert_int_equal(
	    btz_kms_generate(&crypto.c, &g, &key, &crypto.err), BTZ_OK);
	memcpy(id, key.id, BTZ_ID_LEN);
}

void
crypt_key(uint8_t alg, uint32_t usage, uint8_t id[BTZ_ID_LEN])
{
	crypt_make((struct btz_generate){ .alg = alg, .usage = usage }, id);
}

enum btz_rc
crypt_seal(const uint8_t *id, uint16_t alg, const char *aad, const char *text,
    struct crypt_sealed *out)
{
	struct btz_crypt rq = { .alg = alg,
		.aad = btz_span_str(aad),
		.input = btz_span_str(text) };
	struct btz_crypt_ok ok;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_encrypt(&crypto.c, &rq, &ok, &crypto.err);
	if (rc != BTZ_OK)
		return rc;
	assert_true(ok.output.len <= sizeof(out->bytes));
	*out = (struct crypt_sealed){ .version = ok.version,
		.nonce_len = ok.nonce.len,
		.len = ok.output.len };
	if (ok.nonce.len > 0)
		memcpy(out->nonce, ok.nonce.p, ok.nonce.len);
	memcpy(out->bytes, ok.output.p, ok.output.len);
	return BTZ_OK;
}

/* Version 0, or the one that it was. */
enum btz_rc
crypt_open(const uint8_t *id, uint16_t alg, const char *aad,
    const struct crypt_sealed *in, uint32_t version, const char *want)
{
	struct btz_crypt rq = { .version = version,
		.alg = alg,
		.nonce = { in->nonce, in->nonce_len },
		.aad = btz_span_str(aad),
		.input = { in->bytes, in->len } };
	struct btz_crypt_ok ok;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_decrypt(&crypto.c, &rq, &ok, &crypto.err);
	if (rc == BTZ_OK) {
		assert_true(btz_span_eq(ok.output, btz_span_str(want)));
		assert_int_equal(ok.version, in->version);
	}
	return rc;
}
