/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_key.c - bartizan key ...: keys over a lease. An administrator asks
 * through run/admin/broker.sock, anybody else as the application that their
 * uid is, through run/kms.sock. A key is named by its label or by its id (in
 * full or a unique prefix); find_key() looks in every backend.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/key.h"
#include "cli/output.h"
#include "der/pem.h"
#include "prim/prim.h"

static const char *const backends[] = { "soft", "tee" };

static struct btz_conn broker, leased;
static bool broker_down; /* not only a backend */

static const struct btz_column key_columns[] = {
	{ BTZ_CELL_TEXT, "id" },
	{ BTZ_CELL_TEXT, "label" },
	{ BTZ_CELL_TEXT, "owner" },
	{ BTZ_CELL_TEXT, "algorithm" },
	{ BTZ_CELL_TEXT, "kind" },
	{ BTZ_CELL_TEXT, "protection" },
	{ BTZ_CELL_TEXT, "state" },
	{ BTZ_CELL_TEXT, "usage" },
	{ BTZ_CELL_TIME, "created" },
	{ BTZ_CELL_TIME, "not_after" },
};

static enum btz_rc
open_broker(struct btz_cli *c, struct btz_err *err)
{
	char path[BTZ_CLI_PATH];
	enum btz_rc rc = BTZ_E_DENIED;

	if (btz_cli_opt(c, "as-app") == NULL)
		rc = btz_cli_connect(c, BTZ_PROG_BROKER, &broker, err);
	if (rc != BTZ_E_DENIED)
		return rc;
	c->hint[0] = '\0';
	rc = btz_cli_path(c, "run/kms.sock", path, sizeof(path), err);
	if (rc == BTZ_OK)
		rc = btz_conn_open(&broker, path, err);
	broker.peer = btz_prog_name(BTZ_PROG_BROKER);
	return rc;
}

static enum btz_rc
open_lease(struct btz_cli *c, const char *backend, struct btz_err *err)
{
	struct btz_open_ok ok;
	enum btz_rc rc;

	leased.fd = -1;
	rc = open_broker(c, err);
	broker_down = rc == BTZ_E_DOWN;
	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_open(&broker, backend, 0, &leased, &ok, err);
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(c, "see 'bartizan backend list'");
	if (rc == BTZ_E_DENIED)
		btz_cli_hint(c,
		    "is there an [app NAME] section with uid = %ld in "
		    "etc/bartizan.conf? See 'bartizan backend apps'",
		    (long)getuid());
	btz_conn_close(&broker);
	leased.peer = backend;
	if (rc == BTZ_E_DOWN || rc == BTZ_E_DENIED || rc == BTZ_E_NOENT)
		(void)btz_err_wrap(err, "lease of backend '%s'", backend);
	return rc;
}

static void
put_key(struct btz_out *o, const struct btz_key_info *k, const char *backend)
{
	const char *prot = btz_protection_name(k->protection);
	char uses[BTZ_KEY_USES_MAX];

	btz_out_hex(o, k->id, sizeof(k->id));
	btz_out_text(o, k->label);
	btz_out_text(o, k->owner);
	btz_out_str(o, btz_alg_name(k->alg));
	btz_out_str(o, btz_kind_name(k->kind));
	if (k->protection == BTZ_PROT_TPM)
		prot = strcmp(backend, "tee") == 0 ? "tpm(ta)" : "tpm(linux)";
	btz_out_str(o, prot);
	btz_out_str(o, btz_key_state_name(k->state));
	btz_key_uses(k->usage, uses);
	btz_out_str(o, uses);
	btz_out_num(o, k->created);
	btz_out_num(o, k->not_after);
}

/* Each key of the lease at hand; fn returns false to stop. */
static enum btz_rc
each_key(bool (*fn)(const struct btz_key_info *k, void *arg), void *arg,
    struct btz_err *err)
{
	uint8_t after[BTZ_ID_LEN] = { 0 };
	struct btz_key_info k;
	struct btz_key_rows rows;
	struct btz_rd rd;
	int got = 1;

	do {
		enum btz_rc rc = btz_kms_list(&leased, after, NULL, &rows, err);

		if (rc != BTZ_OK)
			return rc;
		btz_rd_span(&rd, rows.rows);
		while ((got = btz_kms_list_next(&rd, &k)) == 1) {
			memcpy(after, k.id, sizeof(after));
			if (!fn(&k, arg))
				return BTZ_OK;
		}
	} while (got == 0 && rows.more != 0);
	return got == 0 ? BTZ_OK : BTZ_FAIL(err, BTZ_E_PROTO, "list of keys");
}

struct search {
	const char *name;
	const char *backend;
	int found;
	uint8_t id[BTZ_ID_LEN];
	const char *in; /* backend of the match */
	struct btz_out *out;
};

static bool
match_key(const struct btz_key_info *k, void *arg)
{
	struct search *s = arg;
	char hex[2 * BTZ_ID_LEN + 1];
	size_t n = strlen(s->name);

	btz_hex(k->id, sizeof(k->id), hex);
	if (!btz_span_eq(k->label, btz_span_str(s->name)) &&
	    (n < 4 || n > 2 * BTZ_ID_LEN || strncmp(hex, s->name, n) != 0))
		return true;
	s->found++;
	memcpy(s->id, k->id, sizeof(s->id));
	s->in = s->backend;
	if (s->out != NULL)
		put_key(s->out, k, s->backend);
	return s->found < 2;
}

/* Goes through the backends (--backend: one); those that are down are left
 * out with a word. */
static enum btz_rc
each_backend(struct btz_cli *c, bool (*fn)(const struct btz_key_info *, void *),
    struct search *s, struct btz_err *err)
{
	const char *only = btz_cli_opt(c, "backend");
	int up = 0;
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; i < BTZ_COUNT(backends); i++) {
		if (only != NULL && strcmp(only, backends[i]) != 0)
			continue;
		s->backend = backends[i];
		rc = open_lease(c, backends[i], err);
		if (rc == BTZ_E_DOWN && only == NULL && !broker_down) {
			btz_cli_say(c,
			    "backend '%s' is down: its keys are "
			    "not shown",
			    backends[i]);
			continue;
		}
		if (rc == BTZ_OK)
			rc = each_key(fn, s, err);
		btz_conn_close(&leased);
		if (rc == BTZ_E_TEE_DOWN && only == NULL)
			continue;
		if (rc != BTZ_OK)
			return rc;
		up++;
	}
	if (up == 0 && rc == BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_NOENT, "backend '%s'", only);
	return up > 0 ? BTZ_OK : rc;
}

/* The one key of that name; the lease at hand is then of its backend. */
static enum btz_rc
find_key(struct btz_cli *c, struct search *s, struct btz_err *err)
{
	enum btz_rc rc;

	s->name = btz_cli_arg(c, 0);
	rc = each_backend(c, match_key, s, err);
	if (rc == BTZ_OK && s->found == 0)
		rc = BTZ_FAIL(err, BTZ_E_NOENT,
		    "no key has the label or id '%s'", s->name);
	if (rc == BTZ_OK && s->found > 1)
		rc = BTZ_FAIL(err, BTZ_E_AMBIGUOUS,
		    "more than one key is called '%s'", s->name);
	return rc == BTZ_OK ? open_lease(c, s->in, err) : rc;
}

enum btz_rc
btz_key_lease(struct btz_cli *c, const char *backend, struct btz_err *err)
{
	return open_lease(c, backend, err);
}

enum btz_rc
btz_key_find(struct btz_cli *c, struct btz_key_info *k, struct btz_err *err)
{
	struct search s = { .found = 0 };
	enum btz_rc rc = find_key(c, &s, err);

	return rc == BTZ_OK ? btz_kms_export_public(&leased, s.id, k, err) : rc;
}

struct btz_conn *
btz_key_conn(void)
{
	return &leased;
}

void
btz_key_close(void)
{
	btz_conn_close(&leased);
	btz_wipe(&leased.buf, sizeof(leased.buf));
}

static enum btz_rc
run_generate(struct btz_cli *c, struct btz_err *err)
{
	const char *backend = btz_cli_opt(c, "backend");
	char labels[BTZ_LABELS_MAX];
	struct btz_generate g;
	struct btz_key_info key;
	struct btz_out *o;
	enum btz_rc rc = btz_key_parse_generate(c, &g, labels, err);

	if (backend == NULL)
		backend = backends[0];
	if (rc == BTZ_OK)
		rc = open_lease(c, backend, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_kms_generate(&leased, &g, &key, err);
	if (rc != BTZ_OK)
		return btz_err_wrap(err, "generate '%.70s' in '%.40s'",
		    btz_cli_arg(c, 0), backend);
	o = btz_out_new(key_columns, BTZ_COUNT(key_columns));
	put_key(o, &key, backend);
	btz_out_print_item(c, o);
	btz_out_free(o);
	btz_conn_close(&leased);
	return BTZ_OK;
}

static bool
list_key(const struct btz_key_info *k, void *arg)
{
	struct search *s = arg;

	put_key(s->out, k, s->backend);
	return true;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .out = btz_out_new(
				key_columns, BTZ_COUNT(key_columns)) };
	enum btz_rc rc = each_backend(c, list_key, &s, err);

	if (rc == BTZ_OK)
		btz_out_print(c, s.out);
	btz_out_free(s.out);
	return rc;
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .out = btz_out_new(
				key_columns, BTZ_COUNT(key_columns)) };
	enum btz_rc rc = find_key(c, &s, err);

	if (rc == BTZ_OK)
		btz_out_print_item(c, s.out);
	btz_out_free(s.out);
	btz_conn_close(&leased);
	return rc;
}

static enum btz_rc
sig_alg_of(const struct btz_cli *c, const uint8_t *id, uint16_t *alg,
    struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = btz_kms_export_public(&leased, id, &k, err);

	return rc == BTZ_OK ? btz_key_sig_alg(c, &k, alg, err) : rc;
}

/* What is signed: a file. */
static enum btz_rc
read_input(const struct btz_cli *c, char **text, struct btz_span *in,
    uint8_t *kind, struct btz_err *err)
{
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    btz_cli_arg(c, 1), 64u << 20, text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	*in = btz_span_of(*text, len);
	*kind = btz_cli_opt(c, "digest") != NULL ? BTZ_IN_DIGEST
						 : BTZ_IN_MESSAGE;
	return BTZ_OK;
}

/* At most BTZ_INPUT_MAX is sent whole, so that the service hashes it; more is
 * hashed here. */
static enum btz_rc
shorten(uint16_t alg, struct btz_span *in, uint8_t *kind,
    uint8_t hash[BTZ_DIGEST_MAX], struct btz_err *err)
{
	if (in->len <= BTZ_INPUT_MAX)
		return BTZ_OK;
	if (*kind == BTZ_IN_DIGEST)
		return BTZ_FAIL(err, BTZ_E_DIGEST_LEN, "%zu bytes", in->len);
	switch (btz_sig_hash(alg)) {
	case BTZ_HASH_SHA256:
		btz_sha256(*in, hash);
		break;
	case BTZ_HASH_SHA384:
		btz_sha384(*in, hash);
		break;
	case BTZ_HASH_SHA512:
		btz_sha512(*in, hash);
		break;
	default:
		return BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "Ed25519 signs the message itself, at most %u bytes",
		    BTZ_INPUT_MAX);
	}
	*in = btz_span_of(hash, btz_sig_digest_len(alg));
	*kind = BTZ_IN_DIGEST;
	return BTZ_OK;
}

static enum btz_rc
put_signature(const struct btz_cli *c, struct btz_span sig, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT,
	    "signature" } };
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;

	if (file != NULL)
		return btz_cli_write_file(file, 0644, sig, err);
	o = btz_out_new(cols, 1);
	btz_out_hex(o, sig.p, sig.len);
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
run_sign(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .found = 0 };
	struct btz_sign rq = { .alg = 0 };
	uint8_t hash[BTZ_DIGEST_MAX];
	struct btz_span sig;
	char *text = NULL;
	enum btz_rc rc;

	rc = read_input(c, &text, &rq.input, &rq.input_kind, err);
	if (rc == BTZ_OK)
		rc = find_key(c, &s, err);
	if (rc == BTZ_OK)
		rc = sig_alg_of(c, s.id, &rq.alg, err);
	if (rc == BTZ_OK)
		rc = shorten(rq.alg, &rq.input, &rq.input_kind, hash, err);
	memcpy(rq.id, s.id, sizeof(rq.id));
	if (rc == BTZ_OK)
		rc = btz_kms_sign(&leased, &rq, &sig, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "sign '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	if (rc == BTZ_OK)
		rc = put_signature(c, sig, err);
	free(text);
	btz_conn_close(&leased);
	return rc;
}

static enum btz_rc
run_verify(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .found = 0 };
	struct btz_verify rq = { .alg = 0 };
	uint8_t hash[BTZ_DIGEST_MAX];
	char *text = NULL, *sig = NULL;
	size_t len = 0;
	enum btz_rc rc;

	rc = read_input(c, &text, &rq.input, &rq.input_kind, err);
	if (rc == BTZ_OK)
		rc = btz_cli_read_file(
		    btz_cli_arg(c, 2), BTZ_SIG_MAX, &sig, &len, err);
	if (rc == BTZ_OK)
		rc = find_key(c, &s, err);
	if (rc == BTZ_OK)
		rc = sig_alg_of(c, s.id, &rq.alg, err);
	if (rc == BTZ_OK)
		rc = shorten(rq.alg, &rq.input, &rq.input_kind, hash, err);
	memcpy(rq.id, s.id, sizeof(rq.id));
	rq.signature = btz_span_of(sig, len);
	if (rc == BTZ_OK)
		rc = btz_kms_verify(&leased, &rq, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "verify '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	else
		btz_cli_say(c, "signature is good");
	free(text);
	free(sig);
	btz_conn_close(&leased);
	return rc;
}

static enum btz_rc
run_destroy(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .found = 0 };
	enum btz_rc rc;

	if (btz_cli_opt(c, "yes") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "a destroyed key never comes back: repeat with --yes");
	rc = find_key(c, &s, err);
	if (rc == BTZ_OK)
		rc = btz_kms_destroy(&leased, s.id, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "destroy '%s'", btz_cli_arg(c, 0));
	else
		btz_cli_say(c, "destroyed");
	btz_conn_close(&leased);
	return rc;
}

static enum btz_rc
put_pem(const struct btz_cli *c, struct btz_span spki, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "pem" } };
	static uint8_t pem[BTZ_PEM_ROOM(BTZ_SPKI_MAX)];
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;
	struct btz_wr wr;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_PUBLIC, spki);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "public key");
	if (file != NULL)
		return btz_cli_write_file(file, 0644, btz_wr_span(&wr), err);
	if (!c->json) {
		(void)fwrite(pem, 1, wr.len, stdout);
		return BTZ_OK;
	}
	o = btz_out_new(cols, 1);
	btz_out_text(o, btz_wr_span(&wr));
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

static enum btz_rc
run_export(struct btz_cli *c, struct btz_err *err)
{
	struct search s = { .found = 0 };
	struct btz_key_info k;
	enum btz_rc rc = find_key(c, &s, err);

	if (rc == BTZ_OK)
		rc = btz_kms_export_public(&leased, s.id, &k, err);
	if (rc == BTZ_OK && k.spki.len == 0)
		rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "the public key of a %s key is in its certificate: "
		    "'bartizan ca chain'",
		    btz_kind_name(k.kind));
	if (rc == BTZ_OK)
		rc = put_pem(c, k.spki, err);
	btz_conn_close(&leased);
	return rc;
}

static enum btz_rc
run_random(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "random" } };
	const char *text = btz_cli_arg(c, 0);
	const char *backend = btz_cli_opt(c, "backend");
	unsigned long n = strtoul(text, NULL, 10);
	uint8_t buf[BTZ_RANDOM_MAX];
	struct btz_out *o;
	enum btz_rc rc;

	if (strspn(text, "0123456789") != strlen(text) || n == 0 ||
	    n > sizeof(buf))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' is not a number from 1 to %u", text, BTZ_RANDOM_MAX);
	rc = open_lease(c, backend != NULL ? backend : backends[0], err);
	if (rc == BTZ_OK)
		rc = btz_kms_random(&leased, buf, n, err);
	btz_conn_close(&leased);
	if (rc != BTZ_OK)
		return rc;
	o = btz_out_new(cols, 1);
	btz_out_hex(o, buf, n);
	btz_out_print_item(c, o);
	btz_out_free(o);
	btz_wipe(buf, sizeof(buf));
	return BTZ_OK;
}

#define BACKEND BTZ_KEY_BACKEND
#define AS_APP BTZ_KEY_AS_APP
#define OUT BTZ_KEY_OUT
#define END BTZ_KEY_END

static const struct btz_cli_option options[] = { BACKEND, AS_APP, END };
static const struct btz_cli_option generate_options[] = {
	{ 0, "alg", "NAME",
	    "ec-p256 (default), ec-p384, ec-p521, ed25519, x25519, rsa-2048, "
	    "rsa-3072, rsa-4096, aes-128, aes-192, aes-256, chacha20, secret" },
	{ 0, "bits", "N",
	    "of a secret (default 256); or --alg aes --bits 256" },
	{ 0, "kind", "NAME",
	    "plain (default) or tls (signs for TLS 1.3 servers only)" },
	{ 0, "usage", "LIST",
	    "sign,verify,encrypt,decrypt,derive as far as the algorithm can; "
	    "default: the usual pair. MACs are sign,verify" },
	{ 0, "only", "NAME", "one algorithm that it is for, e.g. aes-gcm" },
	{ 0, "uses-max", "N", "so often and no more" },
	{ 0, "label", "NAME=VALUE...", "a label to find it by; often" },
	{ 0, "caller-nonce", NULL,
	    "who encrypts brings the nonce, and answers for it" },
	BACKEND,
	AS_APP,
	END,
};
static const struct btz_cli_option sign_options[] = {
	{ 0, "alg", "NAME",
	    "e.g. ecdsa-sha384, ecdsa-det-sha256, rsa-pss-sha512, "
	    "rsa-pkcs1-sha256; default: as the key" },
	{ 0, "digest", NULL, "FILE holds the digest" },
	{ 0, "pss", NULL, "RSA-PSS instead of PKCS#1 v1.5" },
	OUT,
	BACKEND,
	AS_APP,
	END,
};
static const struct btz_cli_option export_options[] = { OUT, BACKEND, AS_APP,
	END };
static const struct btz_cli_option destroy_options[] = {
	{ 0, "yes", NULL, "I mean it" },
	BACKEND,
	AS_APP,
	END,
};

const struct btz_cli_command btz_cmd_key[] = {
	{ "generate", "LABEL", "make a key", 1, 1, generate_options,
	    run_generate, "key generate signing --alg ec-p256" },
	{ "list", NULL, "keys that I may see", 0, 0, options, run_list,
	    "key list" },
	{ "show", "KEY", "one key, by label or id", 1, 1, options, run_show,
	    "key show signing" },
	{ "sign", "KEY FILE", "sign a file ('-': standard input)", 2, 2,
	    sign_options, run_sign,
	    "key sign signing report.pdf --out report.sig" },
	{ "verify", "KEY FILE SIGNATURE",
	    "verify a signature (binary, as 'sign --out' writes it)", 3, 3,
	    sign_options, run_verify,
	    "key verify signing report.pdf report.sig" },
	{ "encrypt", "KEY FILE", "encrypt a file ('-': standard input)", 2, 2,
	    btz_key_crypt_options, btz_key_run_encrypt,
	    "key encrypt store photos.tar --out photos.tar.btze" },
	{ "decrypt", "KEY FILE", "decrypt what 'encrypt' wrote", 2, 2,
	    btz_key_decrypt_options, btz_key_run_decrypt,
	    "key decrypt store photos.tar.btze --out photos.tar" },
	{ "mac", "KEY FILE", "message authentication code of a file", 2, 2,
	    btz_key_mac_options, btz_key_run_mac,
	    "key mac tokens message --out message.mac" },
	{ "mac-verify", "KEY FILE MAC",
	    "verify a MAC (binary, as 'mac --out' writes it)", 3, 3,
	    btz_key_mac_options, btz_key_run_mac_verify,
	    "key mac-verify tokens message message.mac" },
	{ "derive", "KEY", "secret of an agreement, or of HKDF", 1, 1,
	    btz_key_derive_options, btz_key_run_derive,
	    "key derive agree --peer other.pem --out secret" },
	{ "hash", "FILE", "hash of a file, by the service", 1, 1,
	    btz_key_hash_options, btz_key_run_hash,
	    "key hash report.pdf --alg sha3-256" },
	{ "export", "KEY", "public key as PEM", 1, 1, export_options,
	    run_export, "key export signing --out signing.pem" },
	{ "destroy", "KEY", "destroy a key for ever", 1, 1, destroy_options,
	    run_destroy, "key destroy signing --yes" },
	{ "random", "N", "N random bytes, as hex", 1, 1, options, run_random,
	    "key random 32" },
	{ .run = NULL },
};
