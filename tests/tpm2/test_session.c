/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_session.c - what the engine keeps and wipes, without a TPM: answers
 * are written by hand.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "support/tpm_crypto_ossl.h"
#include "tpm2/tpm.h"

#define OK(call) assert_int_equal((call), BTZ_OK)

static const uint8_t zero[BTZ_TPM_FRAME_MAX];
static const uint8_t failure[10] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x85 };

/* A P-256 point: the generator (SEC 2, 2.4.2). */
static const uint8_t gx[32] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47,
	0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81,
	0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
	0x96 };
static const uint8_t gy[32] = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
	0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
	0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
	0xf5 };

static void
salt_key(struct btz_tpm_public *p)
{
	btz_tpm_tmpl_primary(p, gx);
	p->y_len = 32;
	memcpy(p->y, gy, 32);
}

static void
open_session(struct btz_tpm_session *s)
{
	uint8_t resp[48] = { 0x80, 1, 0, 0, 0, 48, 0, 0, 0, 0, 2, 0, 0, 1, 0,
		32, 0x99 };
	struct btz_tpm_public key;
	struct btz_tpm_start st;
	uint8_t cmd[256];
	struct btz_wr wr;

	salt_key(&key);
	btz_tpm_session_init(s, &btz_tpm_crypto_ossl);
	assert_true(btz_tpm_session_stale(s));
	btz_wr_init(&wr, cmd, sizeof(cmd));
	OK(btz_tpm_start_build(s, &st, 0x81008000, &key, &wr));
	assert_int_equal(st.salt_len, 32);
	assert_memory_not_equal(st.salt, zero, 32);
	OK(btz_tpm_start_parse(s, &st, resp, sizeof(resp)));
	assert_memory_equal(st.salt, zero, sizeof(st.salt));
	assert_int_equal(s->state, BTZ_TPM_SESSION_OPEN);
	assert_int_equal(s->handle, 0x02000001);
	assert_int_equal(s->nonce_tpm[0], 0x99);
	/* the same answer again opens nothing */
	assert_int_equal(
	    btz_tpm_start_parse(s, &st, resp, sizeof(resp)), BTZ_E_STATE);
}

static void
starts(void **state)
{
	struct btz_tpm_session s;
	struct btz_tpm_public key;
	struct btz_tpm_start st;
	uint8_t cmd[256], resp[10];
	struct btz_wr wr;

	(void)state;
	open_session(&s);
	salt_key(&key);
	btz_wr_init(&wr, cmd, sizeof(cmd));
	assert_int_equal(
	    btz_tpm_start_build(&s, &st, 1, &key, &wr), BTZ_E_STATE);
	btz_tpm_session_end(&s);
	assert_memory_equal(s.key, zero, sizeof(s.key));
	assert_int_equal(s.state, BTZ_TPM_SESSION_CLOSED);
	key.y[0] ^= 1;
	assert_int_equal(
	    btz_tpm_start_build(&s, &st, 1, &key, &wr), BTZ_E_INVAL);
	assert_memory_equal(st.salt, zero, sizeof(st.salt));
	key.y[0] ^= 1;
	OK(btz_tpm_start_build(&s, &st, 1, &key, &wr));
	memcpy(resp, failure, sizeof(resp));
	assert_int_equal(btz_tpm_start_parse(&s, &st, resp, sizeof(resp)),
	    BTZ_E_TPM_UNAVAILABLE);
	assert_int_equal(st.call.tpm_rc, 0x185);
	assert_memory_equal(st.salt, zero, sizeof(st.salt));
	assert_int_equal(s.state, BTZ_TPM_SESSION_CLOSED);
}

static void
authorizations(void **state)
{
	static const uint8_t auth[33] = { 1, 2, 3, [31] = 4, [32] = 5 };
	struct btz_tpm_session s;
	struct btz_tpm_entity h = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, btz_span_of(auth, 33));
	const struct btz_tpm_entity *ents[1] = { &h };
	struct btz_tpm_in_clear_control in = { true };
	struct btz_tpm_in_auth change = { { auth, 33 } };
	struct btz_tpm_call call;
	uint8_t cmd[256] = { 0 }, resp[10];
	struct btz_wr wr;

	(void)state;
	open_session(&s);
	btz_wr_init(&wr, cmd, sizeof(cmd));
	assert_int_equal(btz_tpm_build(&s, BTZ_TPM_HMAC, BTZ_TPM_CLEAR_CONTROL,
			     ents, &in, &call, &wr),
	    BTZ_E_TOOBIG);
	assert_int_equal(s.uses, 0);
	h.auth.len = 32;
	btz_wr_init(&wr, cmd, sizeof(cmd));
	OK(btz_tpm_build(
	    &s, BTZ_TPM_HMAC, BTZ_TPM_CLEAR_CONTROL, ents, &in, &call, &wr));
	assert_int_equal(s.uses, 1);
	assert_int_equal(call.auth_len, 32);
	assert_memory_equal(call.auth, auth, 32);
	memcpy(resp, failure, sizeof(resp));
	assert_int_equal(btz_tpm_parse(&s, &call, resp, sizeof(resp), NULL),
	    BTZ_E_TPM_UNAVAILABLE);
	assert_memory_equal(call.auth, zero, sizeof(call.auth));
	assert_int_equal(call.tpm_rc, 0x185);
	assert_int_equal(s.state, BTZ_TPM_SESSION_OPEN);
	/* a new value that is too long is found after sealing: all is undone */
	btz_wr_init(&wr, cmd, sizeof(cmd));
	assert_int_equal(
	    btz_tpm_build(&s, BTZ_TPM_HMAC, BTZ_TPM_HIERARCHY_CHANGE_AUTH, ents,
		&change, &call, &wr),
	    BTZ_E_TOOBIG);
	assert_memory_equal(cmd, zero, sizeof(cmd));
	assert_memory_equal(call.auth, zero, sizeof(call.auth));
}

static enum btz_rc
fails(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp, size_t cap,
    size_t *resp_len)
{
	(void)cmd;
	(void)cmd_len;
	assert_true(cap >= sizeof(failure));
	memcpy(resp, failure, sizeof(failure));
	*resp_len = sizeof(failure);
	++*(unsigned *)arg;
	return BTZ_OK;
}

static void
wipes(void **state)
{
	static struct btz_tpm t;
	unsigned sent = 0;
	uint32_t v = 7;

	(void)state;
	btz_tpm_init(&t, &btz_tpm_crypto_ossl, fails, &sent);
	open_session(&t.session);
	assert_int_equal(btz_tpm_property(&t, BTZ_TPM_PT_PERMANENT, &v),
	    BTZ_E_TPM_UNAVAILABLE);
	assert_int_equal(v, 0);
	assert_int_equal(t.tpm_rc, 0x185);
	assert_memory_equal(t.resp, zero, sizeof(t.resp));
	btz_tpm_close(&t); /* flushes, whatever the TPM says */
	assert_int_equal(sent, 2);
	btz_tpm_close(&t); /* nothing to flush */
	assert_int_equal(sent, 2);
	open_session(&t.session);
	memset(t.resp, 0xaa, sizeof(t.resp));
	memset(t.cmd, 0xaa, sizeof(t.cmd));
	btz_tpm_end(&t);
	assert_memory_equal(t.resp, zero, sizeof(t.resp));
	assert_memory_equal(t.cmd, zero, sizeof(t.cmd));
	assert_memory_equal(t.session.key, zero, sizeof(t.session.key));
	assert_int_equal(sent, 2);
}

static const struct {
	const char *name;
	uint32_t rc;
	bool session;
} codes[] = {
	{ "no such handle", BTZ_TPM_RC_HANDLE_1, false },
	{ "hierarchy is off", BTZ_TPM_RC_HIERARCHY_1, false },
	{ "lockout", BTZ_TPM_RC_LOCKOUT, false },
	{ "no session slot", BTZ_TPM_RC_SESSION_MEMORY, false },
	{ "warning after the last reference", 0x91f, false },
	{ "success", 0, false },
	{ "session not loaded", BTZ_TPM_RC_REFERENCE_S0, true },
	{ "HMAC refused", BTZ_TPM_RC_AUTH_FAIL_S1, true },
	{ "HMAC refused, no lockout", BTZ_TPM_RC_BAD_AUTH_S1, true },
	{ "handle of no session", BTZ_TPM_RC_VALUE_S1, true },
};

static void
session_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(codes); i++) {
		print_message("# case: %s\n", codes[i].name);
		assert_int_equal(
		    btz_tpm_rc_session(codes[i].rc), codes[i].session);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(authorizations),
		cmocka_unit_test(wipes),
		cmocka_unit_test(session_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
