/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tee.c - backend "tee" against a TA in another process: the GlobalPlatform
 * client API, its transport, and what happens when the TA dies.
 */
#include "support/cmocka_all.h"
#include "support/swtpm.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tee_internal_api.h>

#include "crypto/backend/backend.h"
#include "der/crl.h"
#include "der/spki.h"
#include "ek_roots.h"
#include "hostkit.h"
#include "support/swtpm_ek.h"
#include "ta_rig.h"
#include "wire/table.h"

#define NOW 1790000000u

/* the array of this program (backend.h) */
const struct btz_backend_ops *const btz_backends[] = { &btz_backend_tee, NULL };

/* Instead of the build's: one for tests, one not. */
static uint8_t root_keys[2][BTZ_SPKI_P384_LEN];
const struct btz_span ta_ek_anchors[] = {
	{ root_keys[0], BTZ_SPKI_P384_LEN },
	{ root_keys[1], BTZ_SPKI_P384_LEN },
};
const struct ta_ek_root ta_ek_roots[] = { { "test", true },
	{ "maker", false } };
const size_t ta_ek_roots_count = 2;

static struct btz_swtpm tpm;
static struct btz_span ek_chain;
static char dir[64];
static pid_t ta_pid;

static void
run_ta(int fd)
{
	char socket_path[128], where[160];
	struct btz_hostkit_conf conf = {
		.dir = dir, .tpm = where, .exclusive = true
	};
	struct btz_hostkit_conn *c;

	btz_swtpm_socket(&tpm, socket_path, sizeof(socket_path));
	(void)snprintf(where, sizeof(where), "unix:%s", socket_path);
	if (!btz_hostkit_open(&conf) || TA_CreateEntryPoint() != TEE_SUCCESS)
		_exit(2);
	c = btz_hostkit_conn_new(fd);
	while (btz_hostkit_conn_serve(c))
		;
	btz_hostkit_conn_free(c);
	TA_DestroyEntryPoint();
	btz_hostkit_close();
	_exit(0);
}

static int
start_ta(void)
{
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ta_pid = fork();
	assert_true(ta_pid >= 0);
	if (ta_pid == 0) {
		(void)close(fds[0]);
		run_ta(fds[1]);
	}
	(void)close(fds[1]);
	return fds[0];
}

static void
kill_ta(void)
{
	(void)kill(ta_pid, SIGKILL);
	(void)waitpid(ta_pid, NULL, 0);
}

static struct btz_backend *
open_backend(int fd)
{
	struct btz_backend_env env = { .dir = dir, .device_fd = fd };
	struct btz_backend *be;
	struct btz_err err;

	assert_int_equal(
	    btz_backend_new(&btz_backend_tee, &env, &be, &err), BTZ_OK);
	(void)close(fd);
	return be;
}

static void
provision(struct btz_backend *be)
{
	static struct btz_backend_step s;
	struct btz_provision rq = {
		.trust_domain = btz_span_str("box.example"),
		.box = btz_span_str("nas"),
		.origin = btz_span_str("box.example/audit"),
		.now = NOW,
		.root_not_after = NOW + 7300ull * 86400,
		.ek_chain = ek_chain,
	};
	struct btz_err err;
	uint8_t buf[4096];
	struct btz_wr wr;

	memset(&s, 0, sizeof(s));
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(
	    be->ops->identity(be->st, &wr, &err), BTZ_E_UNPROVISIONED);
	for (int i = 0; i < 20 && !s.done; i++)
		assert_int_equal(
		    be->ops->provision(be->st, &rq, &s, &err), BTZ_OK);
	assert_true(s.done);
	assert_int_equal(be->ops->identity(be->st, &wr, &err), BTZ_OK);
	assert_int_equal(wr.len, s.ok_len);
	assert_memory_equal(wr.buf, s.ok, s.ok_len);
}

static void
sign_once(struct btz_backend *be, void *key, struct btz_span spki)
{
	static const uint8_t text[] = "text";
	struct btz_backend_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_of(text, 4),
		.now = NOW };
	struct btz_backend_sig sig;
	struct btz_err err;

	/* SHA-256("text") */
	static const uint8_t digest[32] = { 0x98, 0x2d, 0x9e, 0x3e, 0xb9, 0x96,
		0xf5, 0x59, 0xe6, 0x33, 0xf4, 0xd1, 0x94, 0xde, 0xf3, 0x76,
		0x1d, 0x90, 0x9f, 0x5a, 0x3b, 0x64, 0x7d, 0x1a, 0x85, 0x1f,
		0xea, 0xd6, 0x7c, 0x32, 0xc9, 0xd1 };

	memcpy(rq.digest, digest, sizeof(digest));
	assert_int_equal(be->ops->sign(be->st, key, &rq, &sig, &err), BTZ_OK);
	assert_true(
	    rig_verify(spki, rq.input, btz_span_of(sig.bytes, sig.len)));
}

/* Each input goes to its own command: what a tls key is asked for decides. */
static void
tls_key(struct btz_backend *be)
{
	static struct btz_backend_key k;
	static const char context[] = "TLS 1.3, server CertificateVerify";
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_TLS,
		.usage = BTZ_USE_SIGN };
	uint8_t key[64] = { 0 }, in[130];
	struct btz_backend_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_of(in, sizeof(in)),
		.now = NOW };
	struct btz_backend_sig sig;
	struct btz_err err;

	memset(in, 0x20, sizeof(in));
	memcpy(in + 64, context, sizeof(context));
	assert_int_equal(be->ops->generate(be->st, &g, &k, &err), BTZ_OK);
	assert_int_equal(be->ops->open_key(be->st, k.id,
			     btz_span_of(k.blob, k.blob_len), key, &err),
	    BTZ_OK);
	assert_int_equal(
	    be->ops->sign(be->st, key, &rq, &sig, &err), BTZ_E_KEY_KIND);
	rq.input_kind = BTZ_IN_OCSP;
	assert_int_equal(
	    be->ops->sign(be->st, key, &rq, &sig, &err), BTZ_E_KEY_KIND);
	rq.input_kind = BTZ_IN_TLS_CV;
	assert_int_equal(be->ops->sign(be->st, key, &rq, &sig, &err), BTZ_OK);
	assert_true(rig_verify(btz_span_of(k.spki, k.spki_len), rq.input,
	    btz_span_of(sig.bytes, sig.len)));
	be->ops->close_key(be->st, key);
}

static enum btz_rc
make_ocsp(struct btz_backend *be, const uint8_t issuer[BTZ_ID_LEN],
    struct btz_backend_key *out)
{
	struct btz_constraints limits = {
		.trust_domain = btz_span_str("box.example"),
	};
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_OCSP,
		.usage = BTZ_USE_SIGN };
	uint8_t tlv[64];
	struct btz_err err;
	struct btz_wr wr;

	memcpy(limits.issuer_id, issuer, BTZ_ID_LEN);
	btz_wr_init(&wr, tlv, sizeof(tlv));
	btz_constraints_encode(&limits, &wr);
	g.constraints = btz_wr_span(&wr);
	return be->ops->generate(be->st, &g, out, &err);
}

/* The issuing key must be a hot key when its responder's is made. */
static void
ocsp_key(struct btz_backend *be)
{
	static struct btz_backend_key ca, responder;
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_ISSUING,
		.usage = BTZ_USE_SIGN };
	uint8_t key[64] = { 0 }, own[64] = { 0 }, tlv[512];
	struct btz_backend_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_OCSP,
		.input = btz_span_str("no response data"),
		.now = NOW };
	struct btz_backend_sig sig;
	struct btz_err err;

	g.constraints = btz_span_of(tlv, rig_constraints(tlv, sizeof(tlv)));
	assert_int_equal(be->ops->generate(be->st, &g, &ca, &err), BTZ_OK);
	assert_int_equal(make_ocsp(be, ca.id, &responder), BTZ_E_NOENT);
	assert_int_equal(be->ops->open_key(be->st, ca.id,
			     btz_span_of(ca.blob, ca.blob_len), key, &err),
	    BTZ_OK);
	assert_int_equal(make_ocsp(be, ca.id, &responder), BTZ_OK);
	assert_int_equal(
	    be->ops->open_key(be->st, responder.id,
		btz_span_of(responder.blob, responder.blob_len), own, &err),
	    BTZ_OK);
	assert_int_equal(
	    be->ops->sign(be->st, own, &rq, &sig, &err), BTZ_E_DER);
	be->ops->close_key(be->st, own);
	be->ops->close_key(be->st, key);
}

/* The root's list, and an operation that the TA does not know. */
static void
root_list(struct btz_backend *be)
{
	const struct btz_root_crl list = { .next_update = NOW + 86400 };
	uint8_t request[64], der[2048];
	struct btz_approved rq = { .operation = BTZ_APPROVE_ROOT_CRL,
		.now = NOW };
	struct btz_crl crl;
	struct btz_err err;
	struct btz_wr wr;
	uint64_t size;
	enum btz_rc rc;

	btz_wr_init(&wr, request, sizeof(request));
	btz_msg_write(&btz_def_root_crl, &list, &wr);
	rq.request = btz_wr_span(&wr);
	btz_wr_init(&wr, der, sizeof(der));
	rc = be->ops->approved(be->st, &rq, &wr, &err);
	while (rc == BTZ_E_PENDING)
		rc = be->ops->end(be->st, &size, &wr, &err);
	assert_int_equal(rc, BTZ_OK);
	assert_int_equal(btz_crl_parse(btz_wr_span(&wr), &crl), BTZ_OK);
	assert_int_equal(crl.number, 1);
	rq.operation = BTZ_APPROVE_ISSUING;
	assert_int_equal(
	    be->ops->approved(be->st, &rq, &wr, &err), BTZ_E_INVAL);
}

static void
test_backend(void **state)
{
	struct btz_backend *be = open_backend(start_ta());
	static struct btz_backend_key k, other;
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	uint8_t key[64] = { 0 }, a[5000], b[5000];
	struct btz_err err;
	struct btz_span blob, spki;

	(void)state;
	assert_string_equal(be->ops->label(be->st), "tee-emulated");
	assert_true(be->ops->key_size <= sizeof(key));
	provision(be);
	assert_int_equal(be->ops->generate(be->st, &g, &k, &err), BTZ_OK);
	assert_int_equal(be->ops->generate(be->st, &g, &other, &err), BTZ_OK);
	blob = btz_span_of(k.blob, k.blob_len);
	spki = btz_span_of(k.spki, k.spki_len);
	assert_int_equal(be->ops->open_key(be->st, other.id, blob, key, &err),
	    BTZ_E_KEY_BLOB);
	assert_int_equal(
	    be->ops->open_key(be->st, k.id, blob, key, &err), BTZ_OK);
	sign_once(be, key, spki);
	tls_key(be);
	ocsp_key(be);
	root_list(be);
	assert_int_equal(be->ops->random(be->st, a, sizeof(a), &err), BTZ_OK);
	assert_int_equal(be->ops->random(be->st, b, sizeof(b), &err), BTZ_OK);
	assert_memory_not_equal(a + 4900, b + 4900, 100);

	/* The TA dies: an error, not a hang; then a new one on the same TPM. */
	kill_ta();
	assert_int_equal(be->ops->random(be->st, a, 1, &err), BTZ_E_TEE_DOWN);
	assert_int_equal(be->ops->random(be->st, a, 1, &err), BTZ_E_TEE_DOWN);
	btz_backend_free(be);
	be = open_backend(start_ta());
	assert_int_equal(
	    be->ops->open_key(be->st, k.id, blob, key, &err), BTZ_OK);
	sign_once(be, key, spki);
	assert_int_equal(be->ops->destroy(be->st, blob, &err), BTZ_OK);
	assert_int_equal(be->ops->open_key(be->st, k.id, blob, key, &err),
	    BTZ_E_KEY_GENERATION);
	be->ops->stop(be->st);
	btz_backend_free(be);
	assert_int_equal(waitpid(ta_pid, NULL, 0), ta_pid);
}

/* The only row of that name. */
static void
check_status(struct btz_backend *be, const char *item, const char *value,
    const char *level)
{
	static const struct btz_column columns[] = { { BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" }, { BTZ_CELL_TEXT, "level" } };
	uint8_t rows[4096];
	struct btz_table_wr t;
	struct btz_table out;
	struct btz_table_rd rd;
	struct btz_span cell[3];
	size_t n = 0;

	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	be->ops->status(be->st, &t);
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	assert_true(btz_table_read(&rd, &out));
	while (btz_table_row(&rd, cell) == 1) {
		if (!btz_span_eq(cell[0], btz_span_str(item)))
			continue;
		n++;
		assert_true(btz_span_eq(cell[1], btz_span_str(value)));
		assert_true(btz_span_eq(cell[2], btz_span_str(level)));
	}
	assert_int_equal(n, 1);
}

/* Which of the two roots is the one of the TPM's maker. */
static const struct {
	unsigned root; /* 2: none */
	const char *value, *level;
} ek_cases[] = {
	{ 2, "unchecked", "weak" },
	{ 0, "test root", "weak" },
	{ 1, "checked", "ok" },
};

static int begin(void **state);
static int end(void **state);

static void
test_ek_status(void **state)
{
	static struct btz_swtpm_ek files;
	struct btz_backend *be;

	if (!btz_swtpm_ek_present()) {
		print_message("# swtpm_setup is not installed\n");
		skip();
	}
	for (size_t i = 0; i < BTZ_COUNT(ek_cases); i++) {
		print_message("# case: %s\n", ek_cases[i].value);
		assert_int_equal(begin(state), 0);
		assert_true(btz_swtpm_ek_read(&tpm, &files));
		ek_chain = files.chain;
		memset(root_keys, 0, sizeof(root_keys));
		if (ek_cases[i].root < 2)
			memcpy(root_keys[ek_cases[i].root], files.root.p,
			    files.root.len);
		be = open_backend(start_ta());
		check_status(be, "ek", "unchecked", "weak");
		provision(be);
		check_status(be, "ek", ek_cases[i].value, ek_cases[i].level);
		be->ops->stop(be->st);
		btz_backend_free(be);
		assert_int_equal(waitpid(ta_pid, NULL, 0), ta_pid);
		assert_int_equal(end(state), 0);
	}
	ek_chain = btz_span_of(NULL, 0);
}

static int
begin(void **state)
{
	(void)state;
	if (!(btz_swtpm_ek_present() ? btz_swtpm_start_ek(&tpm)
				     : btz_swtpm_start(&tpm)))
		return -1;
	(void)close(tpm.fd);
	tpm.fd = -1;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-tee-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	rig_remove_dir(dir);
	btz_swtpm_end(&tpm);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_backend, begin, end),
		cmocka_unit_test(test_ek_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
