/* SPDX-License-Identifier: Apache-2.0 */
/* key_mac.c - bartizan key mac, mac-verify, derive, hash. */
#include <stdlib.h>
#include <string.h>

#include "cli/backends.h"
#include "cli/key.h"
#include "cli/output.h"
#include "der/pem.h"
#include "prim/prim.h"

/* As hex, or as bytes into --out. */
static enum btz_rc
show(const struct btz_cli *c, const char *name, struct btz_span bytes,
    unsigned mode, struct btz_err *err)
{
	const struct btz_column cols[] = { { BTZ_CELL_TEXT, name } };
	const char *file = btz_cli_opt(c, "out");
	struct btz_out *o;

	if (file != NULL)
		return btz_cli_write_file(file, mode, bytes, err);
	o = btz_out_new(cols, 1);
	btz_out_hex(o, bytes.p, bytes.len);
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

/* One request's worth: these go to the service whole. */
static enum btz_rc
read_input(const struct btz_cli *c, int arg, char **text, struct btz_span *in,
    struct btz_err *err)
{
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    btz_cli_arg(c, arg), 64u << 20, text, &len, err);

	*in = btz_span_of(*text, len);
	if (rc == BTZ_OK && len > BTZ_INPUT_MAX)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "%.80s: %zu bytes, at most %u go to the service",
		    btz_cli_arg(c, arg), len, BTZ_INPUT_MAX);
	return rc;
}

static enum btz_rc
prepare_mac(
    struct btz_cli *c, struct btz_mac *rq, char **text, struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = read_input(c, 1, text, &rq->input, err);

	if (rc == BTZ_OK)
		rc = btz_key_find(c, &k, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(rq->id, k.id, sizeof(rq->id));
	return btz_key_crypt_alg(c, &k, BTZ_VERB_MAC, &rq->alg, err);
}

enum btz_rc
btz_key_run_mac(struct btz_cli *c, struct btz_err *err)
{
	struct btz_mac rq = { .alg = 0 };
	struct btz_mac_ok ok;
	char *text = NULL;
	enum btz_rc rc = prepare_mac(c, &rq, &text, err);

	if (rc == BTZ_OK)
		rc = btz_kms_mac(btz_key_conn(), &rq, &ok, err);
	btz_backends_hint(
	    c, rc, btz_key_conn()->peer, "operations", btz_crypt_name(rq.alg));
	if (rc == BTZ_OK)
		rc = show(c, "mac", ok.mac, 0644, err);
	else
		(void)btz_err_wrap(err, "MAC of '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	free(text);
	btz_key_close();
	return rc;
}

enum btz_rc
btz_key_run_mac_verify(struct btz_cli *c, struct btz_err *err)
{
	struct btz_mac rq = { .alg = 0 };
	char *text = NULL, *mac = NULL;
	size_t len = 0;
	enum btz_rc rc = btz_cli_read_file(
	    btz_cli_arg(c, 2), BTZ_DIGEST_MAX, &mac, &len, err);

	if (rc == BTZ_OK)
		rc = prepare_mac(c, &rq, &text, err);
	rq.mac = btz_span_of(mac, len);
	if (rc == BTZ_OK)
		rc = btz_kms_mac_verify(btz_key_conn(), &rq, err);
	if (rc == BTZ_OK)
		btz_cli_say(c, "MAC is good");
	else
		(void)btz_err_wrap(err, "MAC of '%s' with '%s'",
		    btz_cli_arg(c, 1), btz_cli_arg(c, 0));
	free(text);
	free(mac);
	btz_key_close();
	return rc;
}

/* Octets of the point in a public key of the same algorithm as ours. */
static size_t
point_len(uint8_t alg)
{
	const size_t n = (btz_alg_bits(alg) + 7) / 8;

	return btz_family(alg) == BTZ_FAMILY_EC ? 1 + 2 * n : n;
}

/* PEM, DER, or the point itself. The SubjectPublicKeyInfo of two keys of one
 * curve differ in the point alone (RFC 5480 2, RFC 8410 4). */
static enum btz_rc
parse_peer(const struct btz_key_info *own, struct btz_span file,
    uint8_t out[BTZ_SPKI_MAX], struct btz_span *peer, struct btz_err *err)
{
	const size_t n = point_len(own->alg);
	struct btz_span spki = file;
	struct btz_wr wr;

	*peer = file;
	if (file.len == n)
		return BTZ_OK;
	btz_wr_init(&wr, out, BTZ_SPKI_MAX);
	if (btz_pem_decode(file, BTZ_PEM_PUBLIC, &wr) == BTZ_OK)
		spki = btz_wr_span(&wr);
	if (spki.len != own->spki.len || n >= spki.len ||
	    memcmp(spki.p, own->spki.p, spki.len - n) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "the peer's is not a public key of %s",
		    btz_alg_name(own->alg));
	*peer = btz_span_of(spki.p + spki.len - n, n);
	return BTZ_OK;
}

struct derive {
	struct btz_derive rq;
	uint8_t point[BTZ_SPKI_MAX], salt[BTZ_TEXT_MAX];
	char *file;
};

static enum btz_rc
agree(struct btz_cli *c, struct derive *d, const struct btz_key_info *k,
    struct btz_err *err)
{
	const char *path = btz_cli_opt(c, "peer");
	struct btz_span peer;
	size_t len;
	enum btz_rc rc;

	if (path == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--peer FILE: the other's public key");
	rc = btz_cli_read_file(path, 4096, &d->file, &len, err);
	if (rc != BTZ_OK)
		return rc;
	rc = parse_peer(k, btz_span_of(d->file, len), d->point, &peer, err);
	d->rq.peer = peer;
	return rc;
}

static enum btz_rc
expand(struct btz_cli *c, struct derive *d, struct btz_err *err)
{
	const char *salt = btz_cli_opt(c, "salt");
	size_t n = salt == NULL ? 0 : strlen(salt) / 2;
	uint64_t len;
	enum btz_rc rc = btz_cli_opt_num(
	    c, "len", 32, 1, BTZ_DERIVED_MAX, &len, err);

	if (rc != BTZ_OK)
		return rc;
	if (n > sizeof(d->salt) ||
	    (salt != NULL && !btz_unhex(btz_span_str(salt), d->salt, n)))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--salt is not hex of at most %u bytes", BTZ_TEXT_MAX);
	d->rq.len = (uint16_t)len;
	d->rq.salt = btz_span_of(d->salt, n);
	d->rq.info = btz_span_str(btz_cli_opt(c, "info"));
	return BTZ_OK;
}

static enum btz_rc
prepare_derive(struct btz_cli *c, struct derive *d, struct btz_err *err)
{
	struct btz_key_info k;
	enum btz_rc rc = btz_key_find(c, &k, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(d->rq.id, k.id, sizeof(d->rq.id));
	rc = btz_key_crypt_alg(c, &k, BTZ_VERB_DERIVE, &d->rq.alg, err);
	if (rc != BTZ_OK)
		return rc;
	return d->rq.alg == BTZ_CRYPT_ECDH ? agree(c, d, &k, err)
					   : expand(c, d, err);
}

enum btz_rc
btz_key_run_derive(struct btz_cli *c, struct btz_err *err)
{
	struct derive d = { .file = NULL };
	struct btz_span secret;
	enum btz_rc rc = prepare_derive(c, &d, err);

	if (rc == BTZ_OK)
		rc = btz_kms_derive(btz_key_conn(), &d.rq, &secret, err);
	btz_backends_hint(c, rc, btz_key_conn()->peer, "operations",
	    btz_crypt_name(d.rq.alg));
	if (rc == BTZ_OK)
		rc = show(c, "secret", secret, 0600, err);
	else
		(void)btz_err_wrap(err, "derive from '%s'", btz_cli_arg(c, 0));
	free(d.file);
	btz_key_close();
	return rc;
}

enum btz_rc
btz_key_run_hash(struct btz_cli *c, struct btz_err *err)
{
	const char *name = btz_cli_opt(c, "alg"),
		   *backend = btz_cli_opt(c, "backend");
	uint8_t alg = BTZ_HASH_SHA256;
	struct btz_span in, hash;
	char *text = NULL;
	enum btz_rc rc;

	if (name != NULL && (alg = btz_hash_by_name(name, strlen(name))) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "--alg '%.40s' is no hash", name);
	rc = read_input(c, 0, &text, &in, err);
	if (rc == BTZ_OK)
		rc = btz_key_lease(c, backend != NULL ? backend : "soft", err);
	if (rc == BTZ_OK)
		rc = btz_kms_hash(btz_key_conn(), alg, in, &hash, err);
	if (rc == BTZ_OK)
		rc = show(c, "hash", hash, 0644, err);
	free(text);
	btz_key_close();
	return rc;
}

const struct btz_cli_option btz_key_mac_options[] = {
	{ 0, "alg", "NAME", "hmac-sha256 (-sha384, -sha512), cmac" },
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_derive_options[] = {
	{ 0, "alg", "NAME", "ecdh, hkdf-sha256 (-sha384, -sha512)" },
	{ 0, "peer", "FILE", "ecdh: public key (PEM, DER or the point)" },
	{ 0, "salt", "HEX", "hkdf: salt" },
	{ 0, "info", "TEXT", "hkdf: what the secret is for" },
	{ 0, "len", "N", "hkdf: bytes (default 32)" },
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_hash_options[] = {
	{ 0, "alg", "NAME",
	    "sha224, sha256 (default), sha384, sha512, sha512-256, sha3-224, "
	    "sha3-256, sha3-384, sha3-512" },
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
