/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tpm_direct.c - what the contract does not ask of the backend tpm-direct:
 * how many commands a signature costs (counted in swtpm's log), a TPM that is
 * restarted, cleared, full, or has an owner, and what passes over its bus.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "crypto/backend/tpm_direct.h"
#include "support/cmocka_all.h"
#include "support/credential.h"
#include "support/swtpm.h"
#include "support/tpm_crypto_ossl.h"
#include "support/tpm_rm.h"

#define COMMANDS_MAX 512u
#define OK(call) assert_int_equal((call), BTZ_OK)

struct rig {
	struct btz_swtpm sw;
	char dir[64];
	struct btz_conf_tpm_direct conf;
	struct btz_backend_env env;
	struct btz_backend *be;
	struct btz_err err;
	struct btz_backend_key made;
	long at; /* in the log */
	uint32_t cc[COMMANDS_MAX];
	pid_t manager; /* 0: none */
};

static void
let_go(struct btz_swtpm *sw)
{
	if (sw->fd >= 0)
		(void)close(sw->fd); /* it serves one connection */
	sw->fd = -1;
}

static enum btz_rc
open_backend(struct rig *r)
{
	return btz_backend_new(
	    &btz_backend_tpm_direct, &r->env, &r->be, &r->err);
}

static int
begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char path[128];

	assert_non_null(r);
	*state = r;
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_true(btz_swtpm_start_logged(&r->sw));
	let_go(&r->sw);
	btz_swtpm_socket(&r->sw, path, sizeof(path));
	(void)snprintf(r->conf.tcti, sizeof(r->conf.tcti), "unix:%s", path);
	(void)snprintf(r->conf.srk, sizeof(r->conf.srk), "0x81000001");
	(void)snprintf(r->conf.exclusive, sizeof(r->conf.exclusive), "auto");
	r->env = (struct btz_backend_env){
		.dir = r->dir, .device_fd = -1, .tpm = &r->conf
	};
	return 0;
}

static int
end(void **state)
{
	static const char *const files[] = { "kek", "srk", "srk.new", "rm" };
	struct rig *r = *state;
	char path[128];

	btz_backend_free(r->be);
	if (r->manager > 0) {
		(void)kill(r->manager, SIGKILL);
		(void)waitpid(r->manager, NULL, 0);
	}
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
shut(struct rig *r)
{
	btz_backend_free(r->be);
	r->be = NULL;
}

static void
make(struct rig *r, struct btz_tpmd_key *k)
{
	const struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY };

	OK(r->be->ops->generate(r->be->st, &g, &r->made, &r->err));
	memset(k, 0, sizeof(*k));
	OK(r->be->ops->open_key(r->be->st, r->made.id,
	    btz_span_of(r->made.blob, r->made.blob_len), k, &r->err));
}

static enum btz_rc
sign(struct rig *r, struct btz_tpmd_key *k)
{
	const struct btz_backend_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_DIGEST,
		.digest = { 0xab, 0xcd } };
	struct btz_backend_sig sig;

	return r->be->ops->sign(r->be->st, k, &rq, &sig, &r->err);
}

static void
close_key(struct rig *r, struct btz_tpmd_key *k)
{
	r->be->ops->close_key(r->be->st, k);
}

/* What the TPM was sent since the last time; Flushes counted apart. */
static size_t
sent(struct rig *r, size_t *flushes)
{
	const size_t n = btz_swtpm_commands(
	    &r->sw, &r->at, r->cc, COMMANDS_MAX);
	size_t kept = 0;

	*flushes = 0;
	for (size_t i = 0; i < n; i++)
		if (r->cc[i] == BTZ_TPM_CC_FLUSH_CONTEXT)
			++*flushes;
		else
			r->cc[kept++] = r->cc[i];
	return kept;
}

/* One command for a key that is loaded, two for another one: exactly. With
 * three slots a second key turns the first one out, behind the answer. */
static void
test_commands(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd_key a, b;
	size_t flushes;

	OK(open_backend(r));
	make(r, &a);
	make(r, &b);
	(void)sent(r, &flushes);
	OK(sign(r, &a));
	assert_int_equal(sent(r, &flushes), 2);
	assert_int_equal(r->cc[0], BTZ_TPM_CC_LOAD);
	assert_int_equal(r->cc[1], BTZ_TPM_CC_SIGN);
	assert_int_equal(flushes, 0);
	for (int i = 0; i < 10; i++) {
		OK(sign(r, &a));
		assert_int_equal(sent(r, &flushes), 1);
		assert_int_equal(r->cc[0], BTZ_TPM_CC_SIGN);
		assert_int_equal(flushes, 0);
	}
	for (int i = 0; i < 6; i++) { /* each is cold */
		OK(sign(r, i % 2 == 0 ? &b : &a));
		(void)usleep(20000); /* the flush is not waited for */
		assert_int_equal(sent(r, &flushes), 2);
		assert_int_equal(r->cc[0], BTZ_TPM_CC_LOAD);
		assert_int_equal(r->cc[1], BTZ_TPM_CC_SIGN);
		assert_int_equal(flushes, 1);
	}
	close_key(r, &a);
	close_key(r, &b);
}

static void
test_tpm_restarted(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd_key k;
	size_t flushes;

	OK(open_backend(r));
	make(r, &k);
	OK(sign(r, &k));
	for (int i = 0; i < 2; i++) {
		assert_true(btz_swtpm_restart(&r->sw));
		let_go(&r->sw);
		OK(sign(r, &k));
		OK(sign(r, &k));
	}
	assert_false(r->be->ops->lost(r->be->st));
	btz_swtpm_halt(&r->sw);
	assert_int_equal(sign(r, &k), BTZ_E_TPM_UNAVAILABLE);
	assert_true(r->be->ops->lost(r->be->st));
	assert_true(btz_swtpm_restart(&r->sw));
	let_go(&r->sw);
	OK(sign(r, &k)); /* the service opens again; this alone would do */
	close_key(r, &k);
	(void)sent(r, &flushes);
}

static void
attach(struct btz_swtpm *sw)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	btz_swtpm_socket(sw, sa.sun_path, sizeof(sa.sun_path));
	sw->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(sw->fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		abort();
}

/* A resource manager, three objects a connection like the kernel's. */
static void
begin_manager(struct rig *r)
{
	static struct btz_tpm_rm rm;
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/rm", r->dir);
	(void)snprintf(r->conf.tcti, sizeof(r->conf.tcti), "unix:%s", path);
	(void)snprintf(r->conf.exclusive, sizeof(r->conf.exclusive), "no");
	r->manager = fork();
	if (r->manager == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		attach(&r->sw);
		btz_tpm_rm_init(
		    &rm, &btz_tpm_crypto_ossl, btz_swtpm_transceive, &r->sw);
		rm.objects_max = 3;
		btz_tpm_rm_serve(&rm, path);
	}
	for (int i = 0; i < 1000 && access(path, F_OK) != 0; i++)
		(void)usleep(5000);
}

static void
attest(struct rig *r, struct btz_tpmd_key *k)
{
	const struct btz_span none = btz_span_of(NULL, 0);
	struct btz_backend_attested got;
	struct btz_credential c;

	OK(r->be->ops->attest(r->be->st, k, none, none, &got, &r->err));
	assert_true(btz_credential_make(
	    got.is.endorsement, got.is.name, btz_span_str("credential"), &c));
	OK(r->be->ops->attest(r->be->st, k, btz_span_of(c.blob, c.blob_len),
	    btz_span_of(c.secret, c.secret_len), &got, &r->err));
	assert_true(btz_span_eq(got.is.credential, btz_span_str("credential")));
}

/* Behind a resource manager; then it restarts, and forgets all. */
static void
test_managed(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd_key k[4];
	struct btz_tpmd *t;
	char path[96];

	begin_manager(r);
	OK(open_backend(r));
	t = r->be->st;
	assert_false(t->alone);
	for (size_t i = 0; i < BTZ_COUNT(k); i++)
		make(r, &k[i]);
	for (size_t i = 0; i < 12; i++) {
		OK(sign(r, &k[i % BTZ_COUNT(k)]));
		OK(sign(r, &k[i % BTZ_COUNT(k)]));
	}
	OK(sign(r, &k[2])); /* two stay loaded */
	assert_int_not_equal(k[2].handle, 0);
	assert_int_not_equal(k[3].handle, 0);
	for (size_t i = 0; i < BTZ_COUNT(k); i++)
		attest(r, &k[i]);
	assert_int_equal(t->sessions, 1); /* there was room each time */
	(void)kill(r->manager, SIGKILL);
	(void)waitpid(r->manager, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/rm", r->dir);
	(void)unlink(path);
	assert_true(btz_swtpm_restart(&r->sw));
	let_go(&r->sw);
	begin_manager(r);
	for (size_t i = 0; i < BTZ_COUNT(k); i++)
		OK(sign(r, &k[i]));
	for (size_t i = 0; i < BTZ_COUNT(k); i++)
		close_key(r, &k[i]);
}

/* Another program on the TPM, while the backend is away. */
static void
foreign_begin(struct rig *r, struct btz_tpm *t)
{
	shut(r);
	assert_true(btz_swtpm_restart(&r->sw));
	btz_tpm_init(t, &btz_tpm_crypto_ossl, btz_swtpm_transceive, &r->sw);
}

static void
foreign_end(struct rig *r, struct btz_tpm *t)
{
	btz_tpm_end(t);
	let_go(&r->sw);
}

/* A program that was killed leaves three objects and three sessions. */
static void
test_leftovers(void **state)
{
	struct rig *r = *state;
	const struct btz_tpm_entity owner = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &owner };
	static struct btz_tpm_out_create out;
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpmd_key k;
	struct btz_tpm t;

	OK(open_backend(r));
	make(r, &k);
	OK(sign(r, &k));
	close_key(r, &k);
	foreign_begin(r, &t);
	btz_tpm_tmpl_srk(&tmpl);
	for (int i = 0; i < 3; i++)
		OK(btz_tpm_exec_how(&t, BTZ_TPM_PASSWORD,
		    BTZ_TPM_CREATE_PRIMARY, ents, &in, &out));
	foreign_end(r, &t);
	OK(open_backend(r));
	make(r, &k);
	OK(sign(r, &k));
	close_key(r, &k);
}

/* Somebody flushes what is ours: session, loaded key. */
static void
test_flushed(void **state)
{
	struct rig *r = *state;
	struct btz_tpmd *t;
	struct btz_tpmd_key k;

	OK(open_backend(r));
	t = r->be->st;
	make(r, &k);
	OK(sign(r, &k));
	btz_tpmd_flush(t, k.handle);
	OK(sign(r, &k));
	btz_tpmd_flush(t, t->tpm.session.handle);
	OK(sign(r, &k));
	btz_tpmd_flush(t, t->tpm.session.handle);
	btz_tpmd_flush(t, k.handle);
	OK(sign(r, &k));
	t->tpm.session.nonce_tpm[0] ^= 1; /* out of step */
	OK(sign(r, &k));
	t->tpm.session.uses = BTZ_TPM_SESSION_USES;
	OK(sign(r, &k));
	assert_int_equal(t->forged, 0);
	close_key(r, &k);
}

/* An owner with an authorization value, without and with an SRK; a cleared
 * TPM, which has another one. */
static void
test_owner(void **state)
{
	struct rig *r = *state;
	const uint8_t auth[] = { 1, 2, 3 };
	struct btz_tpm_entity owner = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	const struct btz_tpm_entity lockout = btz_tpm_hierarchy(
	    BTZ_TPM_RH_LOCKOUT, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &lockout };
	struct btz_tpm_public srk;
	struct btz_tpm_entity key = { .handle = BTZ_TPM_H_SRK };
	struct btz_tpmd_key k;
	struct btz_tpm t;

	OK(open_backend(r));
	make(r, &k);
	close_key(r, &k);
	foreign_begin(r, &t);
	OK(btz_tpm_read_public(&t, BTZ_TPM_PLAIN, &key, &srk));
	OK(btz_tpm_open(&t, BTZ_TPM_H_SRK, &srk));
	OK(btz_tpm_change_auth(&t, &owner, btz_span_of(auth, sizeof(auth))));
	btz_tpm_close(&t);
	foreign_end(r, &t);
	OK(open_backend(r));
	make(r, &k);
	OK(sign(r, &k));
	close_key(r, &k);
	(void)snprintf(r->conf.srk, sizeof(r->conf.srk), "0x81000123");
	shut(r);
	assert_int_equal(open_backend(r), BTZ_E_TEE_DOWN);
	assert_non_null(strstr(r->err.msg, "owner has an"));
	(void)snprintf(r->conf.srk, sizeof(r->conf.srk), "0x81000001");
	foreign_begin(r, &t);
	OK(btz_tpm_exec_how(
	    &t, BTZ_TPM_PASSWORD, BTZ_TPM_CLEAR, ents, NULL, NULL));
	foreign_end(r, &t);
	assert_int_equal(open_backend(r), BTZ_E_TEE_DOWN);
	assert_non_null(strstr(r->err.msg, "another storage root key"));
}

/* An HMAC of more than a TPM takes at once, by a sequence; a cipher too. */
static void
test_long(void **state)
{
	struct rig *r = *state;
	static uint8_t in[5000], buf[6000], want[64];
	const struct btz_generate g = { .alg = BTZ_ALG_SECRET,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_backend_crypt rq = { .verb = BTZ_VERB_MAC,
		.alg = BTZ_CRYPT_HMAC_SHA256,
		.input = { in, sizeof(in) } };
	const uint8_t secret[32] = { 9 };
	struct btz_tpmd_key k = { .handle = 0 };
	struct btz_wr out;

	OK(open_backend(r));
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 31);
	OK(r->be->ops->import(
	    r->be->st, &g, btz_span_of(secret, 32), &r->made, &r->err));
	OK(r->be->ops->open_key(r->be->st, r->made.id,
	    btz_span_of(r->made.blob, r->made.blob_len), &k, &r->err));
	OK(btz_tpm_crypto_ossl.hmac(NULL, BTZ_TPM_ALG_SHA384,
	    btz_span_of(secret, 32), &(struct btz_span){ in, 1024 }, 1, want));
	for (int i = 0; i < 4; i++) {
		btz_wr_init(&out, buf, sizeof(buf));
		OK(r->be->ops->crypt(r->be->st, &k, &rq, &out, &r->err));
		assert_int_equal(out.len, 32);
	}
	rq.alg = BTZ_CRYPT_HMAC_SHA384;
	rq.input.len = 1024;
	btz_wr_init(&out, buf, sizeof(buf));
	OK(r->be->ops->crypt(r->be->st, &k, &rq, &out, &r->err));
	assert_memory_equal(buf, want, 48);
	rq.input.len = 3072; /* what the reference still takes at once */
	OK(btz_tpm_crypto_ossl.hmac(NULL, BTZ_TPM_ALG_SHA384,
	    btz_span_of(secret, 32), &(struct btz_span){ in, 3072 }, 1, want));
	btz_wr_init(&out, buf, sizeof(buf));
	OK(r->be->ops->crypt(r->be->st, &k, &rq, &out, &r->err));
	assert_memory_equal(buf, want, 48);
	close_key(r, &k);
}

/* Were these bytes on the bus? The log has them in lines of " 80 02 ...". */
static bool
logged(const struct rig *r, const uint8_t *p, size_t len)
{
	uint8_t *bytes = malloc(1u << 20);
	char path[96], line[256];
	size_t n = 0;
	FILE *f;
	bool is;

	(void)snprintf(path, sizeof(path), "%s/log", r->sw.dir);
	f = fopen(path, "re");
	assert_true(f != NULL && bytes != NULL);
	while (fgets(line, sizeof(line), f) != NULL && n < (1u << 20) - 64) {
		const char *at = line;
		unsigned b;

		while (strlen(at) >= 3 && sscanf(at, " %2x", &b) == 1) {
			bytes[n++] = (uint8_t)b;
			at += 3;
		}
	}
	(void)fclose(f);
	is = memmem(bytes, n, p, len) != NULL;
	free(bytes);
	return is;
}

/* An imported secret, an authorization value and a digest pass encrypted; a
 * public key does not. */
static void
test_bus(void **state)
{
	struct rig *r = *state;
	static const uint8_t scalar[32] = { 0x42, 0x13, 0x99, 0x7a, 0x55, 0x21,
		0xfe, 0x01, 0x77, 0x31, 0x12, 0x0c, 0x5d, 0xee, 0xa1, 0xb2, 7 };
	const struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	static const uint8_t digest[12] = { 0xab, 0xcd };
	struct btz_tpmd_key k = { .handle = 0 };
	const struct btz_tpmd *t;

	OK(open_backend(r));
	t = r->be->st;
	OK(r->be->ops->import(
	    r->be->st, &g, btz_span_of(scalar, 32), &r->made, &r->err));
	OK(r->be->ops->open_key(r->be->st, r->made.id,
	    btz_span_of(r->made.blob, r->made.blob_len), &k, &r->err));
	OK(sign(r, &k));
	assert_true(logged(r, k.x.p, 16)); /* the search finds what is there */
	assert_false(logged(r, scalar, 8));
	assert_false(logged(r, k.auth, 8));
	assert_false(logged(r, digest, sizeof(digest)));
	assert_string_equal(r->be->ops->label(r->be->st), "tpm-emulated");
	assert_true(t->alone);
	close_key(r, &k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commands, begin, end),
		cmocka_unit_test_setup_teardown(test_tpm_restarted, begin, end),
		cmocka_unit_test_setup_teardown(test_managed, begin, end),
		cmocka_unit_test_setup_teardown(test_leftovers, begin, end),
		cmocka_unit_test_setup_teardown(test_flushed, begin, end),
		cmocka_unit_test_setup_teardown(test_owner, begin, end),
		cmocka_unit_test_setup_teardown(test_long, begin, end),
		cmocka_unit_test_setup_teardown(test_bus, begin, end),
	};

	if (!btz_swtpm_present()) {
		print_message("# skipped: no swtpm\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
