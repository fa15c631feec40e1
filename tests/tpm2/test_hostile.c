/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hostile.c - a bus that lies: flipped, cut, grown, replayed and forged
 * answers, exchanged objects and sessions. Nothing of it is ever accepted.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tpm2/box.h"

/* A command and the true answer to it, so that parse can be tried often. */
struct shot {
	struct btz_tpm_session session;
	struct btz_tpm_call call;
	uint8_t cmd[1024], resp[2048];
	size_t cmd_len, len;
	size_t free_at; /* the 3 octets of a handle that no HMAC covers */
	size_t out_size;
};

union any_out {
	struct btz_tpm_out_create create;
	struct btz_tpm_out_load load;
	struct btz_tpm_out_public pub;
	struct btz_tpm_out_sign sign;
	struct btz_tpm_out_data data;
	struct btz_tpm_out_nv_public nv;
	struct btz_tpm_out_clock clock;
	struct btz_tpm_out_capability cap;
};

static union any_out out, zero_out;

#define OK(call) assert_int_equal((call), BTZ_OK)

static int
setup(void **state)
{
	struct box *b = box_new();
	uint8_t data[32] = { 0x77 };

	*state = b;
	if (b != NULL && box_provision(b) == BTZ_OK &&
	    btz_tpm_nv_write(&b->t, &b->nv, btz_span_of(data, 32)) == BTZ_OK &&
	    btz_tpm_name_nv(b->t.crypto, &b->nv_area, true, &b->nv.name) ==
		BTZ_OK)
		return 0;
	box_free(b);
	return -1;
}

static int
teardown(void **state)
{
	box_free(*state);
	return 0;
}

/* A session that earlier tests have not lost. */
static int
fresh(void **state)
{
	struct box *b = *state;

	b->mangle = NULL;
	return box_reopen(b) == BTZ_OK ? 0 : -1;
}

static void
shoot(struct box *b, enum btz_tpm_cmd_id id,
    const struct btz_tpm_entity *const *ents, const void *in, struct shot *s)
{
	struct btz_tpm_session *live = &b->t.session;
	const struct btz_tpm_cmd *cmd = btz_tpm_cmd_of(id);
	struct btz_tpm_call call;
	struct btz_wr wr;

	btz_wr_init(&wr, s->cmd, sizeof(s->cmd));
	OK(btz_tpm_build(live, BTZ_TPM_HMAC, id, ents, in, &call, &wr));
	s->cmd_len = wr.len;
	s->call = call;
	s->session = *live;
	s->free_at = cmd->out_handle != 0 ? 11 : 0;
	s->out_size = cmd->out_size;
	OK(btz_swtpm_transceive(
	    &b->sw, s->cmd, s->cmd_len, s->resp, sizeof(s->resp), &s->len));
}

/* Parses a copy; whatever is refused leaves nothing behind. */
static enum btz_rc
try_parse(const struct shot *s, const uint8_t *resp, size_t len,
    struct btz_tpm_session *after)
{
	static uint8_t buf[8192];
	struct btz_tpm_call call = s->call;
	enum btz_rc rc;

	assert_true(len <= sizeof(buf));
	*after = s->session;
	memcpy(buf, resp, len);
	memset(&out, 0xee, sizeof(out));
	rc = btz_tpm_parse(after, &call, buf, len, &out);
	if (rc != BTZ_OK)
		assert_memory_equal(&out, &zero_out, s->out_size);
	if (rc != BTZ_OK && rc != BTZ_E_TPM_UNAVAILABLE)
		assert_int_equal(after->state, BTZ_TPM_SESSION_LOST);
	assert_non_null(call.why);
	return rc;
}

static bool
is_free(const struct shot *s, size_t i)
{
	return s->free_at > 0 && i >= s->free_at && i < s->free_at + 3;
}

static void
refuse_flips(const struct shot *s)
{
	struct btz_tpm_session after;
	uint8_t buf[2048];
	enum btz_rc rc;

	for (size_t i = 0; i < s->len * 8; i++) {
		if (is_free(s, i / 8))
			continue;
		memcpy(buf, s->resp, s->len);
		buf[i / 8] ^= (uint8_t)(1u << i % 8);
		rc = try_parse(s, buf, s->len, &after);
		if (rc != BTZ_E_TPM_AUTH && rc != BTZ_E_TPM_FORMAT)
			print_message("# octet %zu bit %zu: %s\n", i / 8, i % 8,
			    btz_rc_name(rc));
		assert_true(rc == BTZ_E_TPM_AUTH || rc == BTZ_E_TPM_FORMAT);
	}
}

static void
patch_len(uint8_t *buf, size_t len)
{
	buf[2] = buf[3] = 0;
	buf[4] = (uint8_t)(len >> 8);
	buf[5] = (uint8_t)len;
}

static void
refuse_lengths(const struct shot *s)
{
	static uint8_t buf[8192];
	struct btz_tpm_session after;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, s->resp, s->len);
	for (size_t n = 0; n < sizeof(buf); n += n < s->len + 80 ? 1 : 777) {
		if (n == s->len)
			continue;
		assert_int_equal(
		    try_parse(s, buf, n, &after), BTZ_E_TPM_FORMAT);
		patch_len(buf, n); /* and the header agrees */
		assert_int_equal(
		    try_parse(s, buf, n, &after), BTZ_E_TPM_FORMAT);
		memcpy(buf, s->resp, 10);
	}
}

static void
attack(struct shot *s)
{
	struct btz_tpm_session after;

	print_message("# case: %s, %zu octets\n", s->call.cmd->name, s->len);
	refuse_flips(s);
	refuse_lengths(s);
	OK(try_parse(s, s->resp, s->len, &after)); /* the true one is good */
	assert_int_equal(after.state, BTZ_TPM_SESSION_OPEN);
}

static void
attack_and_go_on(struct box *b, enum btz_tpm_cmd_id id,
    const struct btz_tpm_entity *const *ents, const void *in)
{
	struct shot s;

	shoot(b, id, ents, in, &s);
	attack(&s);
	OK(try_parse(&s, s.resp, s.len, &b->t.session));
}

static void
changed_answers(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *key[1] = { &b->key };
	const struct btz_tpm_entity *nv[2] = { &b->nv, &b->nv };
	const struct btz_tpm_entity *parent[1] = { &b->primary };
	struct btz_tpm_in_sign sign = { { 1, 2, 3 } };
	struct btz_tpm_in_random rnd = { 32 };
	struct btz_tpm_in_nv_read rd = { .len = 32 };
	struct btz_tpm_in_capability cap = { BTZ_TPM_CAP_PROPERTIES,
		BTZ_TPM_PT_STARTUP_CLEAR, 1 };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create cr = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, 32 } };
	struct btz_tpm_out_create made;
	struct btz_tpm_in_load load = { .pub = &made.pub };

	attack_and_go_on(b, BTZ_TPM_SIGN, key, &sign);
	attack_and_go_on(b, BTZ_TPM_GET_RANDOM, NULL, &rnd);
	attack_and_go_on(b, BTZ_TPM_NV_READ, nv, &rd);
	attack_and_go_on(b, BTZ_TPM_READ_CLOCK, NULL, NULL);
	attack_and_go_on(b, BTZ_TPM_GET_CAPABILITY, NULL, &cap);
	attack_and_go_on(b, BTZ_TPM_READ_PUBLIC, key, NULL);
	attack_and_go_on(b, BTZ_TPM_NV_READ_PUBLIC, nv, NULL);
	btz_tpm_tmpl_sign(&tmpl);
	attack_and_go_on(b, BTZ_TPM_CREATE, parent, &cr);
	made = out.create;
	load.priv = btz_span_of(made.priv, made.priv_len);
	attack_and_go_on(b, BTZ_TPM_LOAD, parent, &load);
	OK(btz_tpm_flush(&b->t, out.load.handle));
}

static void
unseal_changed(void **state)
{
	struct box *b = *state;
	uint8_t data[32] = { 0x5e, 0xa1 };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->seal_auth, 32 },
		.data = { data, 32 } };
	struct btz_tpm_out_create made;
	struct btz_tpm_in_load load = { .pub = &made.pub };
	struct btz_tpm_entity obj;
	const struct btz_tpm_entity *ents[1] = { &obj };

	btz_tpm_tmpl_sealed(&tmpl);
	OK(btz_tpm_create(&b->t, &b->primary, &in, &made));
	load.priv = btz_span_of(made.priv, made.priv_len);
	OK(btz_tpm_load(&b->t, &b->primary, &load, in.user_auth, &obj));
	attack_and_go_on(b, BTZ_TPM_UNSEAL, ents, NULL);
	assert_memory_equal(out.data.b, data, 32);
	OK(btz_tpm_flush(&b->t, obj.handle));
}

/* The answer to one signature given for the next, and to another command. */
static void
replayed_answers(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *key[1] = { &b->key };
	struct btz_tpm_in_sign sign = { { 9 } };
	struct btz_tpm_session after;
	struct shot one, two;

	shoot(b, BTZ_TPM_SIGN, key, &sign, &one);
	OK(try_parse(&one, one.resp, one.len, &b->t.session));
	shoot(b, BTZ_TPM_SIGN, key, &sign, &two);
	assert_int_equal(
	    try_parse(&two, one.resp, one.len, &after), BTZ_E_TPM_AUTH);
	OK(try_parse(&two, two.resp, two.len, &b->t.session));
	shoot(b, BTZ_TPM_READ_CLOCK, NULL, NULL, &one);
	assert_int_not_equal(
	    try_parse(&one, two.resp, two.len, &after), BTZ_OK);
	/* an old nonceTPM with all else right */
	memcpy(two.resp, one.resp, one.len);
	memcpy(two.resp + one.len - 67, after.nonce_tpm, 32);
	assert_int_equal(
	    try_parse(&one, two.resp, one.len, &after), BTZ_E_TPM_AUTH);
	OK(try_parse(&one, one.resp, one.len, &b->t.session));
}

/* What the TPM makes of a command that is replayed or altered on its way. */
static uint32_t
send_raw(struct box *b, const uint8_t *cmd, size_t len)
{
	uint8_t resp[2048];
	size_t n;

	OK(btz_swtpm_transceive(&b->sw, cmd, len, resp, sizeof(resp), &n));
	return (uint32_t)resp[6] << 24 | (uint32_t)resp[7] << 16 |
	       (uint32_t)resp[8] << 8 | resp[9];
}

static void
changed_commands(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *key[1] = { &b->key };
	struct btz_tpm_in_sign sign = { { 9 } };
	struct shot s;
	uint8_t cmd[1024], buf[1024], resp[2048];
	struct btz_tpm_call call;
	struct btz_wr wr;
	size_t n, refused = 0;

	shoot(b, BTZ_TPM_SIGN, key, &sign, &s);
	OK(try_parse(&s, s.resp, s.len, &b->t.session));
	assert_int_equal(
	    send_raw(b, s.cmd, s.cmd_len), BTZ_TPM_RC_BAD_AUTH_S1); /* replay */
	/* every octet of the next one, before the true one */
	btz_wr_init(&wr, buf, sizeof(buf));
	OK(btz_tpm_build(
	    &b->t.session, BTZ_TPM_HMAC, BTZ_TPM_SIGN, key, &sign, &call, &wr));
	for (size_t i = 6; i < wr.len; i++) {
		memcpy(cmd, wr.buf, wr.len);
		cmd[i] ^= 0x01;
		refused += send_raw(b, cmd, wr.len) != 0;
	}
	assert_int_equal(refused, wr.len - 6);
	OK(btz_swtpm_transceive(&b->sw, buf, wr.len, resp, sizeof(resp), &n));
	OK(btz_tpm_parse(&b->t.session, &call, resp, n, &out));
}

struct forgery {
	const char *name;
	const uint8_t *resp;
	size_t len;
	enum btz_rc rc;
};

#define BYTES(...)                                                             \
	(const uint8_t[]){ __VA_ARGS__ },                                      \
	    sizeof((const uint8_t[]){ __VA_ARGS__ })
#define ZERO32                                                                 \
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
	    0, 0, 0, 0, 0, 0, 0, 0, 0

/* Answers to HierarchyChangeAuth, which has no parameters in its answer. */
static const struct forgery forgeries[] = {
	{ "empty", NULL, 0, BTZ_E_TPM_FORMAT },
	{ "success without session", BYTES(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0),
	    BTZ_E_TPM_AUTH },
	{ "success, session tag, no session",
	    BYTES(0x80, 2, 0, 0, 0, 10, 0, 0, 0, 0), BTZ_E_TPM_FORMAT },
	{ "success, password session",
	    BYTES(0x80, 2, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0),
	    BTZ_E_TPM_FORMAT },
	{ "success, HMAC of zeros",
	    BYTES(0x80, 2, 0, 0, 0, 83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, ZERO32,
		0x21, 0, 32, ZERO32),
	    BTZ_E_TPM_AUTH },
	{ "parameter size beyond the end",
	    BYTES(0x80, 2, 0, 0, 0, 14, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
	    BTZ_E_TPM_FORMAT },
	{ "failure with a body", BYTES(0x80, 1, 0, 0, 0, 11, 0, 0, 1, 0, 0),
	    BTZ_E_TPM_FORMAT },
	{ "failure with session tag", BYTES(0x80, 2, 0, 0, 0, 10, 0, 0, 1, 0),
	    BTZ_E_TPM_FORMAT },
	{ "unknown tag", BYTES(0, 0xc4, 0, 0, 0, 10, 0, 0, 0, 0x1e),
	    BTZ_E_TPM_FORMAT },
	{ "failure", BYTES(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x85),
	    BTZ_E_TPM_UNAVAILABLE },
};

static void
forged_answers(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *owner[1] = { &b->owner };
	struct btz_tpm_in_auth in = { { b->owner_auth, 32 } };
	struct btz_tpm_session after;
	struct shot s;

	shoot(b, BTZ_TPM_HIERARCHY_CHANGE_AUTH, owner, &in, &s);
	for (size_t i = 0; i < BTZ_COUNT(forgeries); i++) {
		print_message("# case: %s\n", forgeries[i].name);
		static const uint8_t none[1];
		const uint8_t *p = forgeries[i].resp;

		assert_int_equal(try_parse(&s, p != NULL ? p : none,
				     forgeries[i].len, &after),
		    forgeries[i].rc);
	}
	attack(&s);
}

/* nonceTPM of StartAuthSession exchanged: the keys differ, nothing works. */
static void
put_nonce(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	(void)arg;
	(void)cap;
	if (*len == 48)
		resp[20] ^= 1;
}

static void
forge_success(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	const struct forgery *f = arg;

	(void)cap;
	memcpy(resp, f->resp, f->len);
	*len = f->len;
}

static void
false_session(void **state)
{
	struct box *b = *state;
	struct btz_tpm_public other = b->primary_pub;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 0 };

	b->mangle = put_nonce;
	OK(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub));
	b->mangle = NULL;
	assert_int_equal(
	    btz_tpm_sign(&b->t, &b->key, digest, &sig), BTZ_E_TPM_UNAVAILABLE);
	/* salted to another key than the TPM's */
	memcpy(other.x, b->key_pub.x, 32);
	memcpy(other.y, b->key_pub.y, 32);
	OK(btz_tpm_open(&b->t, b->primary.handle, &other));
	assert_int_equal(
	    btz_tpm_sign(&b->t, &b->key, digest, &sig), BTZ_E_TPM_UNAVAILABLE);
	/* a point that is not on the curve never gets a salt */
	other.y[31] ^= 1;
	assert_int_equal(
	    btz_tpm_open(&b->t, b->primary.handle, &other), BTZ_E_INVAL);
	OK(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub));
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
}

/* After a false answer the session is lost, and a new one works. */
static void
lost_session(void **state)
{
	struct box *b = *state;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 0 };
	struct forgery f = forgeries[4];

	b->mangle = forge_success;
	b->mangle_arg = &f;
	assert_int_equal(btz_tpm_change_auth(
			     &b->t, &b->owner, btz_span_of(b->owner_auth, 32)),
	    BTZ_E_TPM_AUTH);
	b->mangle = NULL;
	assert_true(btz_tpm_session_stale(&b->t.session));
	assert_int_equal(
	    btz_tpm_sign(&b->t, &b->key, digest, &sig), BTZ_E_STATE);
	OK(btz_tpm_open(&b->t, b->primary.handle, &b->primary_pub));
	assert_false(btz_tpm_session_stale(&b->t.session));
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
	b->t.session.uses = BTZ_TPM_SESSION_USES;
	assert_true(btz_tpm_session_stale(&b->t.session));
}

/* A loaded object's handle is not authenticated: its use is. */
static void
swap_handle(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	(void)cap;
	if (*len > 14)
		resp[13] = *(uint8_t *)arg;
}

static void
false_handle(void **state)
{
	struct box *b = *state;
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, 32 } };
	struct btz_tpm_out_create made;
	struct btz_tpm_in_load load = { .pub = &made.pub };
	struct btz_tpm_entity first, second;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 0 }, low = 0;

	btz_tpm_tmpl_sign(&tmpl);
	for (int i = 0; i < 2; i++) {
		OK(btz_tpm_create(&b->t, &b->primary, &in, &made));
		load.priv = btz_span_of(made.priv, made.priv_len);
		b->mangle = i == 1 ? swap_handle : NULL;
		b->mangle_arg = &low;
		OK(btz_tpm_load(&b->t, &b->primary, &load, in.user_auth,
		    i == 0 ? &first : &second));
		b->mangle = NULL;
		low = (uint8_t)first.handle;
	}
	assert_int_equal(second.handle, first.handle);
	assert_int_equal(
	    btz_tpm_sign(&b->t, &second, digest, &sig), BTZ_E_TPM_UNAVAILABLE);
	OK(btz_tpm_sign(&b->t, &first, digest, &sig));
}

/* Rules of the engine that no answer is needed for. */
static void
misuse(void **state)
{
	struct box *b = *state;
	struct btz_tpm_session *s = &b->t.session;
	const struct btz_tpm_entity *key[1] = { &b->key };
	struct btz_tpm_entity nameless = b->key;
	const struct btz_tpm_entity *none[1] = { &nameless };
	struct btz_tpm_in_sign sign = { { 9 } };
	struct btz_tpm_in_handle h = { 1 };
	struct btz_tpm_call call, second;
	uint8_t buf[512], resp[10] = { 0 }, small[80];
	struct btz_wr wr;

	nameless.name.len = 0;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_PLAIN, BTZ_TPM_SIGN, key,
			     &sign, &call, &wr),
	    BTZ_E_INVAL);
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_PASSWORD, BTZ_TPM_SIGN, key,
			     &sign, &call, &wr),
	    BTZ_E_INVAL);
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_FLUSH_CONTEXT,
			     NULL, &h, &call, &wr),
	    BTZ_E_INVAL);
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_CMD_COUNT, NULL,
			     &h, &call, &wr),
	    BTZ_E_INVAL);
	assert_int_equal(
	    btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_SIGN, key, NULL, &call, &wr),
	    BTZ_E_INVAL);
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_SIGN, none,
			     &sign, &call, &wr),
	    BTZ_E_INVAL);
	btz_wr_init(&wr, small, sizeof(small));
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_SIGN, key,
			     &sign, &call, &wr),
	    BTZ_E_TOOBIG);
	assert_int_equal(wr.len, 0);
	assert_int_equal(s->state, BTZ_TPM_SESSION_OPEN);
	assert_int_equal(
	    btz_tpm_parse(s, &call, resp, sizeof(resp), &out), BTZ_E_STATE);
	btz_wr_init(&wr, buf, sizeof(buf));
	OK(btz_tpm_build(
	    s, BTZ_TPM_HMAC, BTZ_TPM_SIGN, key, &sign, &call, &wr));
	assert_int_equal(s->state, BTZ_TPM_SESSION_WAIT);
	btz_wr_init(&wr, small, sizeof(small));
	assert_int_equal(btz_tpm_build(s, BTZ_TPM_HMAC, BTZ_TPM_SIGN, key,
			     &sign, &second, &wr),
	    BTZ_E_STATE);
	btz_tpm_drop(s, &call);
	assert_int_equal(s->state, BTZ_TPM_SESSION_LOST);
	btz_tpm_drop(s, &call); /* twice is harmless */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(changed_answers, fresh),
		cmocka_unit_test_setup(unseal_changed, fresh),
		cmocka_unit_test_setup(replayed_answers, fresh),
		cmocka_unit_test_setup(changed_commands, fresh),
		cmocka_unit_test_setup(forged_answers, fresh),
		cmocka_unit_test_setup(false_session, fresh),
		cmocka_unit_test_setup(lost_session, fresh),
		cmocka_unit_test_setup(false_handle, fresh),
		cmocka_unit_test_setup(misuse, fresh),
	};

	if (!btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
