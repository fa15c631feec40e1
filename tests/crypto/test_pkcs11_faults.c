/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pkcs11_faults.c - what the backend pkcs11 makes of a token that fails:
 * a module between (p11shim.h) answers what a test wants, the rest is
 * SoftHSM2's. Skipped without it.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/backend/pkcs11.h"
#include "crypto/p11shim.h"
#include "crypto/softhsm.h"
#include "support/cmocka_all.h"

static const struct btz_backend_ops *const ops = &btz_backend_pkcs11;

static struct fixture {
	struct btz_softhsm hsm;
	struct btz_token token;
	const struct btz_shim *shim;
	char dir[80];
	struct btz_backend_env env;
	struct btz_backend *be;
	struct btz_backend_key key;
	struct btz_p11_key hot;
	struct btz_err err;
} f;

static const struct btz_shim *
find_shim(const char *path)
{
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct btz_shim *shim = so == NULL ? NULL
						 : dlsym(so, BTZ_SHIM_SYMBOL);

	assert_non_null(shim);
	return shim;
}

static int
setup(void **state)
{
	const char *build = getenv("BTZ_BUILD");

	(void)state;
	if (btz_softhsm_module() == NULL)
		return 0;
	memset(&f, 0, sizeof(f));
	btz_softhsm_begin(&f.hsm);
	assert_int_equal(setenv("BTZ_SHIM_MODULE", btz_softhsm_module(), 1), 0);
	f.token = f.hsm.b.token[0];
	(void)snprintf(f.token.conf.module, sizeof(f.token.conf.module),
	    "%s/tests/crypto/libp11shim.so", build == NULL ? "." : build);
	f.shim = find_shim(f.token.conf.module);
	f.shim->clear();
	(void)snprintf(f.dir, sizeof(f.dir), "%s/store", f.hsm.dir);
	assert_int_equal(mkdir(f.dir, 0700), 0);
	f.env = (struct btz_backend_env){
		.dir = f.dir, .device_fd = -1, .token = &f.token
	};
	assert_int_equal(btz_backend_new(ops, &f.env, &f.be, &f.err), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (btz_softhsm_module() == NULL)
		return 0;
	f.shim->hold(false);
	ops->close_key(f.be == NULL ? NULL : f.be->st, &f.hot);
	btz_backend_free(f.be);
	btz_softhsm_end(&f.hsm);
	return 0;
}

static void
reopen(void)
{
	btz_backend_free(f.be);
	assert_int_equal(btz_backend_new(ops, &f.env, &f.be, &f.err), BTZ_OK);
}

static struct btz_generate
wanted(uint8_t alg, uint32_t usage)
{
	return (struct btz_generate){ .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = usage,
		.label = btz_span_str("label") };
}

static enum btz_rc
open_key(void)
{
	ops->close_key(f.be->st, &f.hot);
	return ops->open_key(f.be->st, f.key.id,
	    btz_span_of(f.key.blob, f.key.blob_len), &f.hot, &f.err);
}

static enum btz_rc
make(uint8_t alg)
{
	const struct btz_generate g = wanted(alg, BTZ_USE_SIGN);

	return ops->generate(f.be->st, &g, &f.key, &f.err);
}

static enum btz_rc
sign(void)
{
	struct btz_backend_sign rq = { .alg = btz_family(f.hot.alg) ==
						      BTZ_FAMILY_RSA
						  ? BTZ_SIG_RSA_PSS_SHA256
						  : BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_DIGEST };
	struct btz_backend_sig sig;

	return ops->sign(f.be->st, &f.hot, &rq, &sig, &f.err);
}

/* As the service does: opened again and repeated once. */
static enum btz_rc
sign_again(void)
{
	enum btz_rc rc = sign();

	if (rc != BTZ_E_NOENT)
		return rc;
	rc = open_key();
	return rc == BTZ_OK ? sign() : rc;
}

#define NEEDS_HSM()                                                            \
	do {                                                                   \
		(void)state;                                                   \
		if (btz_softhsm_module() == NULL) {                            \
			print_message("# skipped: no SoftHSM2\n");             \
			skip();                                                \
		}                                                              \
	} while (0)

static const struct answer {
	CK_RV rv;
	enum btz_rc rc; /* of sign_again */
	bool lost;
	unsigned logins; /* sessions opened and logged in anew */
} answers[] = {
	{ CKR_SESSION_HANDLE_INVALID, BTZ_OK, false, 1 },
	{ CKR_SESSION_CLOSED, BTZ_OK, false, 1 },
	{ CKR_USER_NOT_LOGGED_IN, BTZ_OK, false, 1 },
	{ CKR_OPERATION_ACTIVE, BTZ_OK, false, 1 },
	{ CKR_DEVICE_REMOVED, BTZ_OK, false, 1 },
	{ CKR_TOKEN_NOT_PRESENT, BTZ_OK, false, 1 },
	{ CKR_KEY_HANDLE_INVALID, BTZ_OK, false, 0 },
	{ CKR_OBJECT_HANDLE_INVALID, BTZ_OK, false, 0 },
	{ CKR_DEVICE_ERROR, BTZ_E_TEE_DOWN, true, 0 },
	{ CKR_SLOT_ID_INVALID, BTZ_E_TEE_DOWN, true, 0 },
	{ CKR_GENERAL_ERROR, BTZ_E_INTERNAL, false, 0 },
	{ CKR_FUNCTION_FAILED, BTZ_E_INTERNAL, false, 0 },
	{ CKR_DEVICE_MEMORY, BTZ_E_FULL, false, 0 },
	{ CKR_SESSION_COUNT, BTZ_E_AGAIN, false, 0 },
	{ CKR_MECHANISM_INVALID, BTZ_E_UNSUPPORTED, false, 0 },
	{ CKR_FUNCTION_REJECTED, BTZ_E_TOKEN_REFUSED, false, 0 },
	{ CKR_VENDOR_DEFINED | 7, BTZ_E_INTERNAL, false, 0 },
};

static void
test_answers(void **state)
{
	NEEDS_HSM();
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(answers); i++) {
		const struct answer *a = &answers[i];

		print_message("# case: %s\n", btz_p11_name(a->rv));
		assert_int_equal(open_key(), BTZ_OK);
		f.shim->clear();
		(void)f.shim->calls("C_OpenSession");
		(void)f.shim->calls("C_Login");
		f.shim->plan("C_SignInit", a->rv, 0, 1);
		assert_int_equal(sign_again(), a->rc);
		if (a->rc != BTZ_OK)
			assert_non_null(strstr(f.err.msg, btz_p11_name(a->rv)));
		assert_int_equal(f.shim->calls("C_OpenSession"), a->logins);
		assert_int_equal(f.shim->calls("C_Login"), a->logins);
		assert_int_equal(
		    ((const struct btz_p11 *)f.be->st)->lost, a->lost);
		if (a->lost)
			reopen();
	}
}

/* It says that it is gone, and it is: no PIN is told to what is there now. */
static void
test_other_token_in_the_slot(void **state)
{
	NEEDS_HSM();
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	((struct btz_p11 *)f.be->st)->serial[0] ^= 1;
	f.shim->clear();
	(void)f.shim->calls("C_Login");
	f.shim->plan("C_SignInit", CKR_DEVICE_REMOVED, 0, 1);
	assert_int_equal(sign_again(), BTZ_E_TEE_DOWN);
	assert_true(ops->lost(f.be->st));
	assert_int_equal(f.shim->calls("C_Login"), 0);
	reopen();
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(), BTZ_OK);
}

/* Again and again: once is tried, then it is lost or said. */
static void
test_login_does_not_help(void **state)
{
	NEEDS_HSM();
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	f.shim->plan("C_SignInit", CKR_USER_NOT_LOGGED_IN, 0, 100);
	(void)f.shim->calls("C_Login");
	assert_int_equal(sign_again(), BTZ_E_NOENT);
	assert_int_equal(f.shim->calls("C_Login"), 2);
	f.shim->plan("C_SignInit", CKR_SESSION_CLOSED, 0, 1);
	f.shim->plan("C_OpenSession", CKR_SESSION_COUNT, 0, 1);
	assert_int_equal(sign_again(), BTZ_E_TEE_DOWN);
	assert_non_null(strstr(f.err.msg, "CKR_SESSION_CLOSED"));
	assert_true(ops->lost(f.be->st));
}

static enum btz_rc
import(uint8_t alg, const uint8_t *secret, size_t len)
{
	const struct btz_generate g = wanted(alg,
	    btz_family(alg) == BTZ_FAMILY_EC ? BTZ_USE_SIGN : BTZ_USE_ENCRYPT);

	return ops->import(
	    f.be->st, &g, btz_span_of(secret, len), &f.key, &f.err);
}

static CK_ULONG
objects(void)
{
	const struct btz_p11 *t = f.be->st;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE at = { CKA_TOKEN, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;

	assert_int_equal(t->f->C_FindObjectsInit(t->session, &at, 1), CKR_OK);
	assert_int_equal(t->f->C_FindObjects(t->session, found, 8, &n), CKR_OK);
	assert_int_equal(t->f->C_FindObjectsFinal(t->session), CKR_OK);
	return n;
}

static const uint8_t secret[32] = { 1, 2, 3 };

/* A token that wants nothing in the clear: C_UnwrapKey. */
static void
test_import_wrapped(void **state)
{
	CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
	CK_ATTRIBUTE at[] = { { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 } };
	const struct btz_p11 *t;

	NEEDS_HSM();
	f.shim->plan("C_CreateObject", CKR_TEMPLATE_INCONSISTENT, 0, 100);
	reopen();
	t = f.be->st;
	assert_int_equal(t->import, BTZ_P11_UNWRAPS);
	assert_true((f.be->ops->caps & BTZ_CAP_IMPORT) != 0);
	assert_int_equal(import(BTZ_ALG_AES_256, secret, 32), BTZ_OK);
	assert_int_equal(objects(), 1); /* the wrapping key is gone */
	assert_int_equal(import(BTZ_ALG_EC_P256, secret, 32), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(), BTZ_OK);
	assert_int_equal(
	    t->f->C_GetAttributeValue(t->session, f.hot.object, at, 2), CKR_OK);
	assert_int_equal(sensitive, CK_TRUE);
	assert_int_equal(extractable, CK_FALSE);
	assert_int_equal(f.shim->calls("C_CreateObject"), 1);
	/* It changes its mind: neither way. */
	f.shim->plan("C_UnwrapKey", CKR_FUNCTION_REJECTED, 0, 1);
	assert_int_equal(
	    import(BTZ_ALG_AES_256, secret, 32), BTZ_E_TOKEN_REFUSED);
	assert_non_null(strstr(f.err.msg, "CKR_FUNCTION_REJECTED"));
	assert_int_equal(objects(), 2);
}

/* Of one kind of key only: the other goes in as it is. */
static void
test_import_refused(void **state)
{
	NEEDS_HSM();
	f.shim->plan("C_CreateObject", CKR_ATTRIBUTE_VALUE_INVALID, 0, 1);
	f.shim->plan("C_UnwrapKey", CKR_TEMPLATE_INCONSISTENT, 0, 1);
	assert_int_equal(
	    import(BTZ_ALG_EC_P256, secret, 32), BTZ_E_TOKEN_REFUSED);
	assert_non_null(strstr(f.err.msg, "ec-p256"));
	assert_non_null(strstr(f.err.msg, "CKR_TEMPLATE_INCONSISTENT"));
	assert_int_equal(objects(), 0);
	assert_int_equal(import(BTZ_ALG_AES_256, secret, 32), BTZ_OK);
	/* The login lost half-way is not a refusal. */
	f.shim->plan("C_CreateObject", CKR_USER_NOT_LOGGED_IN, 0, 1);
	assert_int_equal(import(BTZ_ALG_AES_256, secret, 32), BTZ_OK);
	f.shim->plan("C_CreateObject", CKR_DEVICE_MEMORY, 0, 1);
	assert_int_equal(import(BTZ_ALG_AES_256, secret, 32), BTZ_E_FULL);
	assert_false(ops->lost(f.be->st));
}

static bool
over(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static enum btz_rc
begin(int *fd)
{
	const struct btz_generate g = wanted(BTZ_ALG_RSA_2048, BTZ_USE_SIGN);

	return ops->generate_begin(f.be->st, &g, fd, &f.err);
}

static enum btz_rc
end(int fd, struct btz_backend_key *out)
{
	return ops->generate_end(f.be->st, fd, out, &f.err);
}

/* While it makes RSA keys, others sign. */
static void
test_beside(void **state)
{
	int fd[3];

	NEEDS_HSM();
	assert_true((f.be->ops->slow_algs & 1u << BTZ_ALG_RSA_2048) != 0);
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	f.shim->hold(true);
	assert_int_equal(begin(&fd[0]), BTZ_OK);
	assert_int_equal(begin(&fd[1]), BTZ_OK);
	assert_int_equal(begin(&fd[2]), BTZ_E_AGAIN);
	while (f.shim->inside() < 2)
		(void)usleep(1000);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sign(), BTZ_OK);
	assert_false(over(fd[0], 0) || over(fd[1], 0));
	f.shim->hold(false);
	for (int i = 0; i < 2; i++) {
		assert_true(over(fd[i], 60000));
		assert_int_equal(end(fd[i], &f.key), BTZ_OK);
		assert_int_equal(open_key(), BTZ_OK);
		assert_int_equal(sign(), BTZ_OK);
	}
	assert_int_equal(objects(), 3);
	assert_int_equal(end(fd[0], &f.key), BTZ_E_INTERNAL); /* once */
}

/* Nobody waits any more, or the backend is closed: no object is left. */
static void
test_beside_forgotten(void **state)
{
	int fd;

	NEEDS_HSM();
	assert_int_equal(begin(&fd), BTZ_OK);
	assert_int_equal(end(fd, NULL), BTZ_OK);
	assert_int_equal(objects(), 0);
	assert_int_equal(begin(&fd), BTZ_OK);
	reopen();
	assert_int_equal(objects(), 0);
}

static void
test_beside_fails(void **state)
{
	int fd = -1;

	NEEDS_HSM();
	/* Logged out meanwhile: in again, and made after all. */
	f.shim->plan("C_GenerateKeyPair", CKR_USER_NOT_LOGGED_IN, 0, 1);
	(void)f.shim->calls("C_Login");
	assert_int_equal(begin(&fd), BTZ_OK);
	assert_int_equal(end(fd, &f.key), BTZ_OK);
	assert_int_equal(f.shim->calls("C_Login"), 1);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(objects(), 1);
	f.shim->plan("C_GenerateKeyPair", CKR_TEMPLATE_INCONSISTENT, 0, 1);
	assert_int_equal(begin(&fd), BTZ_OK);
	assert_int_equal(end(fd, &f.key), BTZ_E_TOKEN_REFUSED);
	assert_non_null(strstr(f.err.msg, "CKR_TEMPLATE_INCONSISTENT"));
	f.shim->plan("C_GenerateKeyPair", CKR_DEVICE_ERROR, 0, 1);
	assert_int_equal(begin(&fd), BTZ_OK);
	assert_int_equal(end(fd, &f.key), BTZ_E_TEE_DOWN);
	assert_true(ops->lost(f.be->st));
	assert_int_equal(objects(), 1);
}

/* No session to spare, or a module that does not lock: as before, one after
 * the other, and said so. */
static void
test_one_session(void **state)
{
	int fd;

	NEEDS_HSM();
	f.shim->plan("C_OpenSession", CKR_SESSION_COUNT, 0, 1);
	assert_int_equal(begin(&fd), BTZ_E_UNSUPPORTED);
	assert_true(((const struct btz_p11 *)f.be->st)->short_of_sessions);
	assert_int_equal(make(BTZ_ALG_RSA_2048), BTZ_OK);
	assert_int_equal(begin(&fd), BTZ_OK);
	assert_int_equal(end(fd, &f.key), BTZ_OK);
	f.shim->plan("C_Initialize", CKR_CANT_LOCK, 0, 1);
	reopen();
	assert_int_equal(f.be->ops->slow_algs, 0);
	assert_int_equal(begin(&fd), BTZ_E_UNSUPPORTED);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(), BTZ_OK);
}

/* Somebody removed the object: that key is gone, the token is not. */
static void
test_object_removed(void **state)
{
	const struct btz_p11 *t;

	NEEDS_HSM();
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	t = f.be->st;
	assert_int_equal(
	    t->f->C_DestroyObject(t->session, f.hot.object), CKR_OK);
	assert_int_equal(sign_again(), BTZ_E_KEY_GONE);
	assert_string_equal(f.err.msg, "key object is gone from token 'one'");
	assert_false(ops->lost(f.be->st));
	assert_int_equal(ops->destroy(f.be->st,
			     btz_span_of(f.key.blob, f.key.blob_len), &f.err),
	    BTZ_OK);
	assert_int_equal(make(BTZ_ALG_EC_P256), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(), BTZ_OK);
	/* The same from a token that does not answer. */
	assert_int_equal(
	    t->f->C_DestroyObject(t->session, f.hot.object), CKR_OK);
	f.shim->plan("C_GetTokenInfo", CKR_TOKEN_NOT_PRESENT, 0, 1);
	assert_int_equal(open_key(), BTZ_E_TEE_DOWN);
	assert_true(ops->lost(f.be->st));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_other_token_in_the_slot),
		TEST(test_login_does_not_help),
		TEST(test_import_wrapped),
		TEST(test_import_refused),
		TEST(test_beside),
		TEST(test_beside_forgotten),
		TEST(test_beside_fails),
		TEST(test_one_session),
		TEST(test_object_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
