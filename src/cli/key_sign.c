/* SPDX-License-Identifier: Apache-2.0 */
/* key_sign.c - key sign, verify: a file and its signature. */
#include <stdlib.h>
#include <string.h>

#include "cli/backends.h"
#include "cli/key.h"
#include "cli/output.h"
#include "prim/prim.h"

const struct btz_cli_option btz_key_sign_options[] = {
	{ 0, "alg", "NAME",
	    "e.g. ecdsa-sha384, ecdsa-det-sha256, rsa-pss-sha512, "
	    "rsa-pkcs1-sha256; default: as the key" },
	{ 0, "digest", NULL, "FILE holds the digest" },
	{ 0, "pss", NULL, "RSA-PSS instead of PKCS#1 v1.5" },
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};

static enum btz_rc
sig_alg_of(const struct btz_cli *c, const uint8_t *id, uint16_t *alg,
    struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = btz_kms_export_public(btz_key_conn(), id, &k, err);

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

enum btz_rc
btz_key_run_sign(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_search s = { .found = 0 };
	struct btz_sign rq = { .alg = 0 };
	uint8_t hash[BTZ_DIGEST_MAX];
	struct btz_span sig;
	char *text = NULL;
	enum btz_rc rc;

	rc = read_input(c, &text, &rq.input, &rq.input_kind, err);
	if (rc == BTZ_OK)
		rc = btz_key_search(c, &s, err);
	if (rc == BTZ_OK)
		rc = sig_alg_of(c, s.id, &rq.alg, err);
	if (rc == BTZ_OK)
		rc = shorten(rq.alg, &rq.input, &rq.input_kind, hash, err);
	memcpy(rq.id, s.id, sizeof(rq.id));
	if (rc == BTZ_OK)
		rc = btz_kms_sign(btz_key_conn(), &rq, &sig, err);
	btz_backends_hint(
	    c, rc, btz_key_conn()->peer, "signatures", btz_sig_name(rq.alg));
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "sign '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	if (rc == BTZ_OK)
		rc = put_signature(c, sig, err);
	free(text);
	btz_key_close();
	return rc;
}

enum btz_rc
btz_key_run_verify(struct btz_cli *c, struct btz_err *err)
{
	struct btz_key_search s = { .found = 0 };
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
		rc = btz_key_search(c, &s, err);
	if (rc == BTZ_OK)
		rc = sig_alg_of(c, s.id, &rq.alg, err);
	if (rc == BTZ_OK)
		rc = shorten(rq.alg, &rq.input, &rq.input_kind, hash, err);
	memcpy(rq.id, s.id, sizeof(rq.id));
	rq.signature = btz_span_of(sig, len);
	if (rc == BTZ_OK)
		rc = btz_kms_verify(btz_key_conn(), &rq, err);
	if (rc != BTZ_OK)
		(void)btz_err_wrap(err, "verify '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	else
		btz_cli_say(c, "signature is good");
	free(text);
	free(sig);
	btz_key_close();
	return rc;
}
