/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tpm_attest.c - attestation by the backend tpm-direct on swtpm: a
 * credential made outside comes back for the key and the TPM that it was made
 * for, and for no other; nothing stays behind in the TPM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "crypto/backend/tpm_direct.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "support/credential.h"
#include "support/swtpm.h"

#define OK(call) assert_int_equal((call), BTZ_OK)

static const uint8_t value[] = { 's', 'e', 'c', 'r', 'e', 't', 0, 7 };

struct rig {
	struct btz_swtpm sw;
	char dir[64];
	struct btz_conf_tpm_direct conf;
	struct btz_backend_env env;
	struct btz_backend *be;
	struct btz_err err;
	struct btz_backend_attested got;
};

static int
begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char path[128];

	assert_non_null(r);
	*state = r;
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_true(btz_swtpm_start(&r->sw));
	if (r->sw.fd >= 0)
		(void)close(r->sw.fd); /* it serves one connection */
	r->sw.fd = -1;
	btz_swtpm_socket(&r->sw, path, sizeof(path));
	(void)snprintf(r->conf.tcti, sizeof(r->conf.tcti), "unix:%s", path);
	(void)snprintf(r->conf.srk, sizeof(r->conf.srk), "0x81000001");
	(void)snprintf(r->conf.exclusive, sizeof(r->conf.exclusive), "auto");
	r->env = (struct btz_backend_env){
		.dir = r->dir, .device_fd = -1, .tpm = &r->conf
	};
	OK(btz_backend_new(&btz_backend_tpm_direct, &r->env, &r->be, &r->err));
	return 0;
}

static int
end(void **state)
{
	static const char *const files[] = { "kek", "srk", "srk.new" };
	struct rig *r = *state;
	char path[128];

	btz_backend_free(r->be);
	btz_swtpm_end(&r->sw);
	for (size_t i = 0; i < BTZ_COUNT(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r->dir, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(r->dir);
	free(r);
	return 0;
}

static void
make(struct rig *r, uint8_t alg, uint32_t usage, struct btz_tpmd_key *k)
{
	const struct btz_generate g = {
		.alg = alg, .kind = BTZ_KIND_PLAIN, .usage = usage
	};
	struct btz_backend_key made;

	OK(r->be->ops->generate(r->be->st, &g, &made, &r->err));
	memset(k, 0, sizeof(*k));
	OK(r->be->ops->open_key(r->be->st, made.id,
	    btz_span_of(made.blob, made.blob_len), k, &r->err));
}

static enum btz_rc
attest(struct rig *r, struct btz_tpmd_key *k, struct btz_span blob,
    struct btz_span secret)
{
	memset(&r->got, 0, sizeof(r->got));
	return r->be->ops->attest(r->be->st, k, blob, secret, &r->got, &r->err);
}

static enum btz_rc
answer(struct rig *r, struct btz_tpmd_key *k, const struct btz_credential *c)
{
	return attest(r, k, btz_span_of(c->blob, c->blob_len),
	    btz_span_of(c->secret, c->secret_len));
}

/* What is public, and a credential for it. */
static void
challenge(struct rig *r, struct btz_tpmd_key *k, struct btz_credential *c)
{
	const struct btz_span none = btz_span_of(NULL, 0);

	OK(attest(r, k, none, none));
	assert_int_equal(r->got.is.credential.len, 0);
	assert_true(btz_credential_make(r->got.is.endorsement, r->got.is.name,
	    btz_span_of(value, sizeof(value)), c));
}

static void
close_key(struct rig *r, struct btz_tpmd_key *k)
{
	r->be->ops->close_key(r->be->st, k);
}

static const struct {
	uint8_t alg;
	uint32_t usage;
} keys[] = {
	{ BTZ_ALG_EC_P256, BTZ_USE_SIGN | BTZ_USE_VERIFY },
	{ BTZ_ALG_EC_P384, BTZ_USE_DERIVE },
	{ BTZ_ALG_RSA_2048, BTZ_USE_SIGN | BTZ_USE_VERIFY },
	{ BTZ_ALG_AES_256, BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT },
	{ BTZ_ALG_SECRET, BTZ_USE_SIGN | BTZ_USE_VERIFY },
};

/* All are open: each has to be loaded again, with room for the EK. */
static void
test_families(void **state)
{
	struct btz_tpmd_key k[BTZ_COUNT(keys)];
	struct rig *r = *state;
	struct btz_credential c;
	uint8_t digest[BTZ_DIGEST_MAX];

	assert_true((r->be->ops->caps & BTZ_CAP_ATTEST) != 0);
	for (size_t i = 0; i < BTZ_COUNT(keys); i++)
		make(r, keys[i].alg, keys[i].usage, &k[i]);
	for (size_t i = 0; i < BTZ_COUNT(keys); i++) {
		print_message("# case: %s\n", btz_alg_name(keys[i].alg));
		challenge(r, &k[i], &c);
		/* the Name is what is hashed: nameAlg SHA-256 */
		assert_int_equal(
		    btz_digest(BTZ_HASH_SHA256, r->got.is.area, digest), 32);
		assert_int_equal(r->got.is.name.len, 34);
		assert_memory_equal(r->got.is.name.p, "\x00\x0b", 2);
		assert_memory_equal(r->got.is.name.p + 2, digest, 32);
		OK(answer(r, &k[i], &c));
		assert_int_equal(r->got.is.credential.len, sizeof(value));
		assert_memory_equal(
		    r->got.is.credential.p, value, sizeof(value));
		assert_int_equal(r->got.is.area.len, 0);
	}
	for (size_t i = 0; i < BTZ_COUNT(keys); i++)
		close_key(r, &k[i]);
}

static void
flip(uint8_t *p)
{
	*p ^= 1;
}

/* One result and one text for all of them. */
static void
test_refused(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd_key k, other;
	struct btz_credential good, c;
	char text[sizeof(r->err.msg)];

	make(r, BTZ_ALG_EC_P256, BTZ_USE_SIGN, &k);
	make(r, BTZ_ALG_EC_P256, BTZ_USE_SIGN, &other);
	challenge(r, &k, &good);
	assert_int_equal(answer(r, &other, &good), BTZ_E_INVAL);
	(void)snprintf(text, sizeof(text), "%s", r->err.msg);
	for (int i = 0; i < 7; i++) {
		c = good;
		switch (i) {
		case 0:
			flip(c.blob + 5); /* integrity */
			break;
		case 1:
			flip(c.blob + c.blob_len - 1); /* identity */
			break;
		case 2:
			flip(c.secret + 100);
			break;
		case 3:
			c.blob_len--;
			break;
		case 4:
			c.secret_len--;
			break;
		case 5:
			flip(c.blob + 1); /* a length */
			break;
		case 6:
			c.blob_len = 1;
			break;
		}
		print_message("# case: %d\n", i);
		assert_int_equal(answer(r, &k, &c), BTZ_E_INVAL);
		assert_string_equal(r->err.msg, text);
		assert_int_equal(r->got.is.credential.len, 0);
	}
	OK(answer(r, &k, &good)); /* it is as it was */
	close_key(r, &k);
	close_key(r, &other);
}

/* Three objects and three sessions are all that swtpm has. */
static void
test_nothing_stays(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd *t = r->be->st;
	struct btz_tpmd_key k;
	struct btz_credential c, bad;
	unsigned sessions;

	make(r, BTZ_ALG_EC_P256, BTZ_USE_SIGN, &k);
	challenge(r, &k, &c);
	sessions = t->sessions;
	bad = c;
	flip(bad.blob + 5);
	for (int i = 0; i < 5; i++) {
		OK(answer(r, &k, &c));
		assert_int_equal(answer(r, &k, &bad), BTZ_E_INVAL);
	}
	assert_int_equal(t->sessions, sessions); /* none had to give way */
	assert_int_not_equal(k.handle, 0);
	assert_true(btz_swtpm_restart(&r->sw));
	if (r->sw.fd >= 0)
		(void)close(r->sw.fd);
	r->sw.fd = -1;
	OK(answer(r, &k, &c)); /* the same endorsement key */
	close_key(r, &k);
}

static void
test_endorsement_has_auth(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd *t = r->be->st;
	const struct btz_tpm_entity eh = btz_tpm_hierarchy(
	    BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
	const struct btz_span none = btz_span_of(NULL, 0);
	struct btz_tpmd_key k;

	make(r, BTZ_ALG_EC_P256, BTZ_USE_SIGN, &k);
	OK(btz_tpm_change_auth(&t->tpm, &eh, btz_span_str("owned")));
	assert_int_equal(attest(r, &k, none, none), BTZ_E_UNSUPPORTED);
	assert_non_null(strstr(r->err.msg, "endorsement hierarchy"));
	close_key(r, &k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_families, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_nothing_stays, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_endorsement_has_auth, begin, end),
	};

	if (!btz_swtpm_present()) {
		print_message("# skipped: no swtpm\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
