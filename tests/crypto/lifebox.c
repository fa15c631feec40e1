/* SPDX-License-Identifier: Apache-2.0 */
/* lifebox.c - contract in lifebox.h. */
#include "crypto/lifebox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

struct life life;

void
life_start(const char *more)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\ndestroy_grace_min = 1\n[app one]\nuid = %u\n%s",
	    getuid(), more);
	life.box = btz_box_new(conf);
	btz_box_start(life.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(life.box, BTZ_PROG_BROKER, NULL);
	life.audit = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	life.audit_broker = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	life.broker.fd = life.app.fd = life.admin.fd = -1;
}

static enum btz_rc
open_lease(const char *sock, struct btz_conn *c)
{
	struct btz_open_ok ok;
	enum btz_rc rc;

	btz_conn_close(c);
	btz_conn_adopt(&life.broker, btz_box_connect(life.box, sock));
	rc = btz_kms_open(&life.broker, "soft", 0, c, &ok, &life.err);
	btz_conn_close(&life.broker);
	return rc;
}

void
life_open(void)
{
	assert_int_equal(open_lease("kms.sock", &life.app), BTZ_OK);
	assert_int_equal(open_lease("admin/broker.sock", &life.admin), BTZ_OK);
}

int
life_setup(void **state)
{
	(void)state;
	life_start("");
	life_open();
	return 0;
}

int
life_teardown(void **state)
{
	(void)state;
	btz_conn_close(&life.app);
	btz_conn_close(&life.admin);
	btz_auditor_free(life.audit);
	btz_auditor_free(life.audit_broker);
	assert_int_equal(btz_box_free(life.box), 0);
	return 0;
}

struct btz_generate
life_plain(const char *label)
{
	return (struct btz_generate){ .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.label = btz_span_str(label) };
}

void
life_generate(struct btz_conn *c, const char *label, uint8_t id[BTZ_ID_LEN])
{
	struct btz_generate g = life_plain(label);

	assert_int_equal(btz_kms_generate(c, &g, &life.key, &life.err), BTZ_OK);
	memcpy(id, life.key.id, BTZ_ID_LEN);
}

enum btz_rc
life_sign(struct btz_conn *c, const uint8_t *id, struct life_sig *out)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("hello") };
	struct btz_span s;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_sign(c, &rq, &s, &life.err);
	if (rc == BTZ_OK && out != NULL)
		memcpy(out->bytes, s.p, out->len = s.len);
	return rc;
}

enum btz_rc
life_verify(struct btz_conn *c, const uint8_t *id, const struct life_sig *sig)
{
	struct btz_verify rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("hello"),
		.signature = btz_span_of(sig->bytes, sig->len) };

	memcpy(rq.id, id, BTZ_ID_LEN);
	return btz_kms_verify(c, &rq, &life.err);
}

enum btz_rc
life_change(struct btz_conn *c, const uint8_t *id, enum btz_key_change what,
    uint64_t value, const char *text)
{
	struct btz_key_set rq = { .what = (uint8_t)what,
		.value = value,
		.text = btz_span_str(text) };

	memcpy(rq.id, id, BTZ_ID_LEN);
	return btz_kms_change(c, &rq, &life.key, &life.err);
}

void
life_restart(void)
{
	(void)btz_box_kill(life.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	btz_box_start(life.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(life.audit);
	life.audit = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	life_open();
}

struct btz_span
life_encode(const struct btz_generate *g, uint8_t *buf, size_t cap)
{
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_msg_write(&btz_def_generate, g, &wr);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

enum btz_rc
life_import(const struct btz_generate *g, struct btz_span secret,
    const uint8_t *wrapped_by)
{
	uint8_t buf[4096];
	struct btz_import rq = { .key = life_encode(g, buf, sizeof(buf)),
		.secret = secret };

	if (wrapped_by != NULL)
		memcpy(rq.wrapped_by, wrapped_by, BTZ_ID_LEN);
	return btz_kms_import(&life.app, &rq, &life.key, &life.err);
}
