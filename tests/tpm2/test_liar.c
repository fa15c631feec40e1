/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_liar.c - answers whose HMAC is right and whose content is not: a broken
 * or malicious TPM. The test knows the session key, so it changes the answer
 * on the bus and makes the HMAC again. Also failures of the transport and
 * what a failed build leaves behind.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tpm2/box.h"
#include "tpm2/secret.h"

#define OK(call) assert_int_equal((call), BTZ_OK)
#define TAIL 69u /* nonce, attributes, hmac */

/* One lie: `edit` changes the answer, then it gets a true HMAC. */
struct lie {
	struct box *b;
	const uint8_t *auth; /* 32 octets or NULL */
	unsigned handles;    /* in the command */
	bool out_handle;
	void (*edit)(uint8_t *resp, size_t *len);
};

static int
setup(void **state)
{
	struct box *b = box_new();

	*state = b;
	if (b != NULL && box_provision(b) == BTZ_OK)
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

static int
fresh(void **state)
{
	struct box *b = *state;

	b->mangle = NULL;
	return box_reopen(b) == BTZ_OK ? 0 : -1;
}

static void
put_u32(uint8_t *p, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void
sign_lie(const struct lie *l, uint8_t *resp, size_t len)
{
	const struct btz_tpm_crypto *c = l->b->t.crypto;
	size_t params = l->out_handle ? 18 : 14;
	struct btz_tpm_session s = l->b->t.session;
	struct btz_tpm_call call = { .auth_len = 0 };
	struct btz_span parts[3];
	uint8_t hash[32];

	put_u32(resp + 2, len);
	put_u32(resp + params - 4, len - TAIL - params);
	if (l->auth != NULL) {
		call.auth_len = (uint8_t)btz_tpm_auth_len(
		    btz_span_of(l->auth, 32));
		memcpy(call.auth, l->auth, call.auth_len);
	}
	memcpy(call.nonce_caller, l->b->last_cmd + 20 + (size_t)4 * l->handles,
	    32);
	memcpy(s.nonce_tpm, resp + len - 67, 32);
	parts[0] = btz_span_of(resp + 6, 4);
	parts[1] = btz_span_of(l->b->last_cmd + 6, 4);
	parts[2] = btz_span_of(resp + params, len - TAIL - params);
	OK(c->hash(c->arg, BTZ_TPM_ALG_SHA256, parts, 3, hash));
	OK(btz_tpm_mac(&s, &call, BTZ_TPM_FROM_TPM, hash, resp[len - 35],
	    resp + len - 32));
}

static void
tell_lie(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	const struct lie *l = arg;

	assert_true(*len > 10 && *len + 8 < cap);
	if (l->edit != NULL)
		l->edit(resp, len);
	sign_lie(l, resp, *len);
}

/* The octet before the session area: the last one of the parameters. */
static void
last_octet(uint8_t *resp, size_t *len)
{
	resp[*len - TAIL - 1] ^= 1;
}

static void
one_more(uint8_t *resp, size_t *len)
{
	memmove(resp + *len - TAIL + 1, resp + *len - TAIL, TAIL);
	++*len;
}

static void
one_less(uint8_t *resp, size_t *len)
{
	memmove(resp + *len - TAIL - 1, resp + *len - TAIL, TAIL);
	--*len;
}

static void
session_ends(uint8_t *resp, size_t *len)
{
	resp[*len - 35] = (uint8_t)(resp[*len - 35] & ~BTZ_TPM_SA_CONTINUE);
}

/* A TPM2B of one octet more */
static void
longer_2b(uint8_t *resp, size_t *len)
{
	resp[15]++;
	one_more(resp, len);
}

/* A TPM2B of one octet less */
static void
shorter_2b(uint8_t *resp, size_t *len)
{
	resp[15]--;
	one_less(resp, len);
}

static void
other_property(uint8_t *resp, size_t *len)
{
	(void)len;
	resp[14 + 1 + 4 + 4 + 3] ^= 2;
}

static void
begin(struct box *b, struct lie *l)
{
	l->b = b;
	b->mangle = tell_lie;
	b->mangle_arg = l;
}

static const struct {
	const char *name;
	void (*edit)(uint8_t *resp, size_t *len);
	enum btz_rc rc;
} sign_rows[] = {
	{ "trailing octet", one_more, BTZ_E_TPM_FORMAT },
	{ "octet missing", one_less, BTZ_E_TPM_FORMAT },
	{ "session not continued", session_ends, BTZ_E_TPM_AUTH },
	{ "the truth", NULL, BTZ_OK },
};

static void
lies_about_signatures(void **state)
{
	static const struct btz_tpm_out_sign zero;
	struct box *b = *state;
	struct lie l = { .auth = b->key_auth, .handles = 1 };
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 3 };

	for (size_t i = 0; i < BTZ_COUNT(sign_rows); i++) {
		print_message("# case: %s\n", sign_rows[i].name);
		assert_int_equal(fresh(state), 0);
		l.edit = sign_rows[i].edit;
		begin(b, &l);
		memset(&sig, 0xee, sizeof(sig));
		assert_int_equal(btz_tpm_sign(&b->t, &b->key, digest, &sig),
		    sign_rows[i].rc);
		b->mangle = NULL;
		if (sign_rows[i].rc != BTZ_OK)
			assert_memory_equal(&sig, &zero, sizeof(sig));
	}
}

static void
lies_about_creation(void **state)
{
	struct box *b = *state;
	struct lie l = { .auth = b->owner_auth,
		.handles = 1,
		.out_handle = true,
		.edit = last_octet };
	struct btz_tpm_public tmpl, pub;
	struct btz_tpm_entity key;
	uint8_t unique[32] = { 5 };

	btz_tpm_tmpl_primary(&tmpl, unique);
	begin(b, &l);
	assert_int_equal(btz_tpm_create_primary(&b->t, &b->owner, &tmpl,
			     btz_span_of(NULL, 0), &key, &pub),
	    BTZ_E_TPM_TEMPLATE); /* another Name than the area's */
	l.edit = NULL;
	OK(btz_tpm_create_primary(
	    &b->t, &b->owner, &tmpl, btz_span_of(NULL, 0), &key, &pub));
}

static void
lies_about_loading(void **state)
{
	struct box *b = *state;
	struct lie l = { .auth = b->primary_auth,
		.handles = 1,
		.out_handle = true,
		.edit = last_octet };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpm_out_create out;
	struct btz_tpm_in_load load = { .pub = &out.pub };
	struct btz_tpm_entity key;

	btz_tpm_tmpl_sign(&tmpl);
	OK(btz_tpm_create(&b->t, &b->primary, &in, &out));
	assert_false(box_log_has(b, out.priv, 16)); /* it was encrypted */
	load.priv = btz_span_of(out.priv, out.priv_len);
	begin(b, &l);
	assert_int_equal(
	    btz_tpm_load(&b->t, &b->primary, &load, btz_span_of(NULL, 0), &key),
	    BTZ_E_TPM_TEMPLATE);
	assert_int_equal(key.handle, 0);
	b->mangle = NULL;
}

static void
flip_name(void *arg, uint8_t *resp, size_t *len, size_t cap)
{
	(void)cap;
	resp[*len - *(size_t *)arg] ^= 1;
}

static void
lies_about_areas(void **state)
{
	struct box *b = *state;
	struct btz_tpm_public pub;
	struct btz_tpm_nv nv;
	size_t name_at = 36 + 34; /* before the qualified Name */
	size_t nv_name_at = 34;

	b->mangle = flip_name;
	b->mangle_arg = &name_at;
	assert_int_equal(
	    btz_tpm_read_public(&b->t, BTZ_TPM_PLAIN, &b->key, &pub),
	    BTZ_E_TPM_TEMPLATE);
	b->mangle_arg = &nv_name_at;
	assert_int_equal(
	    btz_tpm_nv_read_public(&b->t, BTZ_TPM_PLAIN, &b->nv, &nv),
	    BTZ_E_TPM_TEMPLATE);
	b->mangle = NULL;
	OK(btz_tpm_read_public(&b->t, BTZ_TPM_PLAIN, &b->key, &pub));
	OK(btz_tpm_nv_read_public(&b->t, BTZ_TPM_PLAIN, &b->nv, &nv));
}

/* The area of another key, Name and HMAC right: not the pinned one. */
static struct btz_tpm_out_public other_area;

static void
other_key(uint8_t *resp, size_t *len)
{
	uint8_t *name = resp + *len - TAIL - 36 - 34;

	/* the parameters are: size, area, size, Name, size, qualified Name */
	memcpy(resp + 16 + 22, other_area.pub.x, 32);
	memcpy(resp + 16 + 22 + 34, other_area.pub.y, 32);
	memcpy(name, other_area.name.b, 34);
}

static void
lies_about_identity(void **state)
{
	struct box *b = *state;
	struct lie l = { .handles = 1, .edit = other_key };
	struct btz_tpm_public tmpl, pub;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpm_out_create out;

	btz_tpm_tmpl_sign(&tmpl);
	OK(btz_tpm_create(&b->t, &b->primary, &in, &out));
	other_area.pub = out.pub;
	other_area.name = out.name;
	begin(b, &l);
	assert_int_equal(
	    btz_tpm_read_public(&b->t, BTZ_TPM_HMAC, &b->key, &pub),
	    BTZ_E_TPM_TEMPLATE);
	assert_string_equal(b->t.why, "not the pinned Name");
	b->mangle = NULL;
}

static void
lies_about_data(void **state)
{
	struct box *b = *state;
	struct lie l = { .auth = b->nv_auth, .handles = 2, .edit = shorter_2b };
	struct lie cap = { .edit = other_property };
	struct lie rnd = { .edit = longer_2b };
	static const uint8_t zero[32];
	uint8_t data[32] = { 1 };
	uint32_t v;

	OK(btz_tpm_nv_write(&b->t, &b->nv, btz_span_of(data, 32)));
	OK(btz_tpm_name_nv(b->t.crypto, &b->nv_area, true, &b->nv.name));
	begin(b, &l);
	assert_int_equal(
	    btz_tpm_nv_read(&b->t, &b->nv, data, 32), BTZ_E_TPM_FORMAT);
	begin(b, &cap);
	assert_int_equal(btz_tpm_property(&b->t, BTZ_TPM_PT_STARTUP_CLEAR, &v),
	    BTZ_E_TPM_FORMAT);
	begin(b, &rnd);
	assert_int_equal(
	    btz_tpm_get_random(&b->t, data, sizeof(data)), BTZ_E_TPM_FORMAT);
	b->mangle = NULL;
	assert_memory_equal(data, zero, sizeof(data));
}

static enum btz_rc
broken_bus(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp,
    size_t cap, size_t *resp_len)
{
	(void)cmd;
	(void)cmd_len;
	(void)resp;
	*resp_len = *(bool *)arg ? cap + 1 : 0;
	return *(bool *)arg ? BTZ_OK : BTZ_E_TIMEOUT;
}

static void
transport_fails(void **state)
{
	struct box *b = *state;
	btz_tpm_transceive *good = b->t.transceive;
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 3 };
	bool too_long = false;

	for (int i = 0; i < 2; i++, too_long = true) {
		b->t.transceive = broken_bus;
		b->t.arg = &too_long;
		assert_int_equal(btz_tpm_sign(&b->t, &b->key, digest, &sig),
		    BTZ_E_TPM_UNAVAILABLE);
		assert_int_equal(b->t.tpm_rc, 0);
		assert_int_equal(b->t.session.state, BTZ_TPM_SESSION_LOST);
		b->t.transceive = good;
		b->t.arg = b;
		assert_int_equal(fresh(state), 0);
	}
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
}

/* A build that fails half-way leaves no authorization value in the buffer. */
static void
failed_build(void **state)
{
	struct box *b = *state;
	const struct btz_tpm_entity *ents[1] = { &b->owner };
	struct btz_tpm_in_nv_define in = { .auth = { b->nv_auth, 32 },
		.nv = &b->nv_area };
	static const uint8_t zero[512];
	uint8_t buf[512] = { 0 };
	struct btz_tpm_call call;
	struct btz_wr wr;
	size_t cap = 10 + 4 + 4 + 73 + 34 + 3; /* ends within the public area */

	btz_wr_init(&wr, buf, cap);
	assert_int_equal(btz_tpm_build(&b->t.session, BTZ_TPM_HMAC,
			     BTZ_TPM_NV_DEFINE_SPACE, ents, &in, &call, &wr),
	    BTZ_E_TOOBIG);
	assert_memory_equal(buf, zero, sizeof(buf));
	assert_false(btz_wr_ok(&wr));
}

static void
salt_key_and_startup(void **state)
{
	struct box *b = *state;

	assert_int_equal(btz_tpm_open(&b->t, b->key.handle, &b->key_pub),
	    BTZ_E_TPM_TEMPLATE);
	OK(btz_tpm_startup(&b->t)); /* it had one already */
	assert_int_equal(b->t.tpm_rc, BTZ_TPM_RC_INITIALIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lies_about_signatures, fresh),
		cmocka_unit_test_setup(lies_about_creation, fresh),
		cmocka_unit_test_setup(lies_about_loading, fresh),
		cmocka_unit_test_setup(lies_about_areas, fresh),
		cmocka_unit_test_setup(lies_about_identity, fresh),
		cmocka_unit_test_setup(lies_about_data, fresh),
		cmocka_unit_test_setup(transport_fails, fresh),
		cmocka_unit_test_setup(failed_build, fresh),
		cmocka_unit_test_setup(salt_key_and_startup, fresh),
	};

	if (!btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
