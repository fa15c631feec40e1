/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attest.c - PrepareKeyAttestation and AttestKey over the real daemons and
 * a swtpm: what comes out has the bytes that Parsec's clients read.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parsec/parsec.h"
#include "parsec/wire.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/credential.h"
#include "support/swtpm.h"

/* KeyAttributes: P-256, signs, ECDSA with SHA-256 */
#define P256                                                                   \
	"0a045a020802 108002 1a14 0a083001380140014801 1208320622040a021007"

static struct btz_swtpm tpm;
static struct btz_box *box;
static struct btz_auditor *broker_log, *crypto_log;
static struct pw_answer a;

static int
setup(void **state)
{
	char path[128], conf[512];

	(void)state;
	assert_true(btz_swtpm_start(&tpm));
	if (tpm.fd >= 0)
		(void)close(tpm.fd); /* it serves one connection */
	tpm.fd = -1;
	btz_swtpm_socket(&tpm, path, sizeof(path));
	(void)snprintf(conf, sizeof(conf),
	    "[parsec]\nenabled = yes\nproviders = tpm-direct\n"
	    "[tpm-direct]\ntcti = unix:%s\n",
	    path);
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_TPM, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	broker_log = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	crypto_log = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TPM, BTZ_PROG_AUDIT));
	btz_box_start(box, BTZ_PROG_PARSEC, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_auditor_free(broker_log);
	btz_auditor_free(crypto_log);
	assert_int_equal(btz_box_free(box), 0);
	btz_swtpm_end(&tpm);
	return 0;
}

static int
ask(uint8_t provider, uint32_t op, const void *body, size_t len)
{
	struct pw p;

	pw_make(&p, provider, op, BTZ_PAUTH_PEER, getuid(), body, len);
	return pw_ask(box, &p, &a);
}

static int
ask_hex(uint8_t provider, uint32_t op, const char *hex)
{
	uint8_t body[512];

	return ask(provider, op, body, pw_hex(hex, body));
}

/* Takes a field of bytes off *s; every length here has one octet or two. */
static struct btz_span
field(struct btz_span *s, uint8_t number)
{
	size_t n, at = 2;
	struct btz_span out;

	assert_true(s->len > 2);
	assert_int_equal(s->p[0], number << 3 | 2);
	n = s->p[1];
	if (n > 127) {
		n = (n & 0x7f) | (size_t)s->p[2] << 7;
		at = 3;
	}
	assert_true(s->len - at >= n);
	out = btz_span_of(s->p + at, n);
	*s = btz_span_of(s->p + at + n, s->len - at - n);
	return out;
}

static size_t
put(uint8_t *out, uint8_t number, const void *p, size_t len)
{
	size_t n = 0;

	out[n++] = (uint8_t)(number << 3 | 2);
	if (len > 127)
		out[n++] = (uint8_t)(0x80 | (len & 0x7f));
	out[n++] = (uint8_t)(len > 127 ? len >> 7 : len);
	memcpy(out + n, p, len);
	return n + len;
}

static int
attest(const char key[3], const struct btz_credential *c)
{
	uint8_t params[512], activate[512], body[600];
	size_t n = put(activate, 1, c->blob, c->blob_len);

	n += put(activate + n, 2, c->secret, c->secret_len);
	n = put(params, 1, activate, n);
	memmove(activate, params, n);
	n = put(params, 2, activate, n);
	memcpy(body, "\x0a\x02", 2);
	memcpy(body + 2, key, 2);
	memcpy(body + 4, params, n);
	return ask(BTZ_PP_TPM, 0x1e, body, 4 + n);
}

static void
test_opcodes(void **state)
{
	static const uint8_t last[] = { 0x1e, 0x1f, 0x20 };

	(void)state;
	assert_int_equal(ask_hex(0, 9, "0803"), 0);
	assert_true(a.len > sizeof(last));
	assert_memory_equal(a.body + a.len - sizeof(last), last, sizeof(last));
}

static void
test_attest(void **state)
{
	static const uint8_t value[16] = { 0x11, 0x11, 0x11, 1, 2, 3 };
	uint8_t want[32];
	struct btz_span s, name, area, ek;
	struct btz_credential c;
	size_t n;

	(void)state;
	assert_int_equal(ask_hex(3, 2, "0a026b31 121f" P256), 0);
	assert_int_equal(ask_hex(3, 2, "0a026b32 121f" P256), 0);
	/* output {1: {1: {name, public, attesting_key_pub}}} */
	assert_int_equal(ask_hex(3, 0x1f, "0a06 0a04 0a026b31"), 0);
	s = btz_span_of(a.body, a.len);
	s = field(&s, 1);
	s = field(&s, 1);
	name = field(&s, 1);
	area = field(&s, 2);
	ek = field(&s, 3);
	assert_int_equal(s.len, 0);
	assert_int_equal(name.len, 34);
	assert_memory_equal(name.p, "\x00\x0b", 2);
	/* TPMT_PUBLIC, not TPM2B: TPM_ALG_ECC, TPM_ALG_SHA256 */
	assert_memory_equal(area.p, "\x00\x23\x00\x0b", 4);
	/* RSAPublicKey of 2048 bits and 65537 */
	assert_int_equal(ek.len, 270);
	assert_memory_equal(ek.p, "\x30\x82\x01\x0a\x02\x82\x01\x01\x00", 9);
	assert_memory_equal(ek.p + 265, "\x02\x03\x01\x00\x01", 5);
	assert_true(btz_credential_make(
	    ek, name, btz_span_of(value, sizeof(value)), &c));

	assert_int_equal(attest("k2", &c), 1135);
	assert_int_equal(a.len, 0);
	assert_int_equal(attest("k1", &c), 0);
	n = pw_hex("0a14 0a12 0a10", want);
	assert_int_equal(a.len, n + sizeof(value));
	assert_memory_equal(a.body, want, n);
	assert_memory_equal(a.body + n, value, sizeof(value));
	c.blob[8] ^= 1;
	assert_int_equal(attest("k1", &c), 1135);
	/* another key of the client as the attesting one */
	assert_int_equal(ask_hex(3, 0x1f, "0a0a 0a08 0a026b31 12026b32"), 1134);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_attest),
	};

	if (!btz_swtpm_present()) {
		print_message("# skipped: no swtpm\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
