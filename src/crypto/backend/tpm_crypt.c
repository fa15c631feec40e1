/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_crypt.c - agreement, MACs and ciphers of a TPM, and the table of all that
 * its keys do besides signing; RSA is in tpm_rsa.c. Contract in backend.h.
 * Start at btz_tpmd_crypt().
 */
#include <string.h>

#include "crypto/backend/tpm_direct.h"

#define BLOCK 16u

/* A failure that the input is to blame for, if the TPM is right. */
enum btz_rc
btz_tpmd_blame(const struct btz_tpmd_job *j, enum btz_rc rc, enum btz_rc as,
    struct btz_err *err)
{
	static const uint32_t codes[] = { BTZ_TPM_RC_VALUE, BTZ_TPM_RC_SIZE,
		BTZ_TPM_RC_ECC_POINT };

	if (rc != BTZ_E_TPM_UNAVAILABLE)
		return rc;
	for (size_t i = 0; i < BTZ_COUNT(codes); i++)
		if (btz_tpmd_is(j->t->tpm.tpm_rc, codes[i]))
			return BTZ_FAIL(err, as, "TPM refuses the input (0x%x)",
			    j->t->tpm.tpm_rc);
	return j->t->tpm.tpm_rc == 0x154u /* TPM_RC_NO_RESULT */
		   ? BTZ_FAIL(err, as, "no result")
		   : rc;
}

/* -- ECDH, SP 800-56A 5.7.1.2; the TPM checks the point (Part 3, 14.5) */

static enum btz_rc
put_x(const struct btz_tpm_out_key_data *z, size_t n, struct btz_wr *out,
    struct btz_err *err)
{
	static const uint8_t zeros[BTZ_TPM_KEY_COORD_MAX];

	if (z->len == 0 || z->len > n)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "x of the TPM");
	if (out->failed || out->cap - out->len < n)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of %zu bytes", n);
	btz_wr_raw(out, zeros, n - z->len);
	btz_wr_raw(out, z->b, z->len);
	return BTZ_OK;
}

static enum btz_rc
agree(const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	const size_t n = j->k->x.len;
	const struct btz_span p = j->rq->input;
	struct btz_tpm_in_key_point in;
	static struct btz_tpm_out_key_data z;
	enum btz_rc rc;

	if (p.len != 1 + 2 * n || p.p[0] != 4)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "SP 800-56A 5.6.2.3.3: not 04 || X || Y");
	in.x = btz_span_of(p.p + 1, n);
	in.y = btz_span_of(p.p + 1 + n, n);
	rc = btz_tpmd_run(j->t, j->k, &btz_tpm_key_zgen, &in, &z, err);
	if (rc == BTZ_OK)
		rc = put_x(&z, n, out, err);
	else
		rc = btz_tpmd_blame(j, rc, BTZ_E_INVAL, err);
	btz_wipe(&z, sizeof(z));
	return rc;
}

/* -- HMAC: one command, or a sequence of pieces */

static enum btz_rc
pieces(const struct btz_tpmd_job *j, uint32_t handle,
    struct btz_tpm_out_key_data *mac, struct btz_err *err)
{
	const struct btz_tpm_entity sequence = { .handle = handle };
	struct btz_tpm_in_key_data in;
	struct btz_span left = j->rq->input;
	enum btz_rc rc = BTZ_OK;

	while (rc == BTZ_OK && left.len > BTZ_TPM_KEY_DATA_MAX) {
		in.data = btz_span_of(left.p, BTZ_TPM_KEY_DATA_MAX);
		rc = btz_tpmd_run_on(
		    j->t, &sequence, &btz_tpm_key_update, &in, NULL, err);
		left.p += in.data.len;
		left.len -= in.data.len;
	}
	in.data = left;
	if (rc == BTZ_OK)
		rc = btz_tpmd_run_on(
		    j->t, &sequence, &btz_tpm_key_complete, &in, mac, err);
	if (rc != BTZ_OK)
		btz_tpmd_flush(j->t, handle);
	return rc;
}

static enum btz_rc
hmac(const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	const uint8_t hash = btz_crypt_hash(j->rq->alg);
	const struct btz_tpm_in_key_data in = { .data = j->rq->input,
		.hash = btz_tpmd_hash(hash) };
	static struct btz_tpm_out_key_data mac;
	struct btz_tpm_out_load sequence;
	enum btz_rc rc;

	if (out->failed || out->cap - out->len < btz_hash_len(hash))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "MAC");
	if (in.data.len <= BTZ_TPM_KEY_DATA_MAX) {
		rc = btz_tpmd_run(
		    j->t, j->k, &btz_tpm_key_hmac, &in, &mac, err);
	} else {
		rc = btz_tpmd_run(
		    j->t, j->k, &btz_tpm_key_hmac_start, &in, &sequence, err);
		if (rc == BTZ_OK)
			rc = pieces(j, sequence.handle, &mac, err);
	}
	if (rc == BTZ_OK && mac.len != btz_hash_len(hash))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "MAC of the TPM");
	if (rc == BTZ_OK)
		btz_wr_raw(out, mac.b, mac.len);
	btz_wipe(&mac, sizeof(mac));
	return rc;
}

/* -- AES: pieces of whole blocks, each with the IV that the one before gave */

static enum btz_rc
cipher(const struct btz_tpmd_job *j, struct btz_span in, struct btz_wr *out,
    struct btz_err *err)
{
	static struct btz_tpm_out_key_cipher got;
	struct btz_tpm_in_key_cipher p = {
		.mode = j->rq->alg == BTZ_CRYPT_AES_CTR ? BTZ_TPM_ALG_CTR
							: BTZ_TPM_ALG_CBC,
		.decrypt = j->rq->verb == BTZ_VERB_DECRYPT
	};
	uint8_t iv[BLOCK];
	enum btz_rc rc = BTZ_OK;

	memcpy(iv, j->rq->nonce.p, sizeof(iv));
	p.iv = btz_span_of(iv, sizeof(iv));
	while (rc == BTZ_OK && in.len > 0) {
		p.data = btz_span_of(
		    in.p, in.len < sizeof(got.b) ? in.len : sizeof(got.b));
		rc = btz_tpmd_run(
		    j->t, j->k, &btz_tpm_key_cipher, &p, &got, err);
		if (rc != BTZ_OK)
			break;
		if (got.len != p.data.len || got.iv_len != sizeof(iv))
			rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "cipher");
		btz_wr_raw(out, got.b, got.len);
		memcpy(iv, got.iv, sizeof(iv));
		in.p += p.data.len;
		in.len -= p.data.len;
	}
	btz_wipe(&got, sizeof(got));
	return rc;
}

/* RFC 5652 6.3; takes it off. */
static bool
unpad(struct btz_wr *out, size_t start)
{
	const size_t n = out->len - start;
	const uint8_t pad = n > 0 ? out->buf[out->len - 1] : 0;
	uint8_t bad = 0;

	if (pad == 0 || pad > BLOCK || pad > n)
		return false;
	for (size_t i = 1; i <= pad; i++)
		bad |= (uint8_t)(out->buf[out->len - i] ^ pad);
	if (bad != 0)
		return false;
	btz_wipe(out->buf + out->len - pad, pad);
	out->len -= pad;
	return true;
}

/* What is left of whole blocks, padded, as a request of its own: its IV is the
 * last block before. */
static enum btz_rc
seal_tail(const struct btz_tpmd_job *j, size_t whole, struct btz_wr *out,
    struct btz_err *err)
{
	const struct btz_span in = j->rq->input;
	struct btz_backend_crypt rq = *j->rq;
	const struct btz_tpmd_job tail = { j->t, j->k, &rq };
	uint8_t last[BLOCK];
	enum btz_rc rc;

	memset(last, (int)(BLOCK - (in.len - whole)), sizeof(last));
	if (in.len > whole)
		memcpy(last, in.p + whole, in.len - whole);
	if (whole > 0)
		rq.nonce = btz_span_of(out->buf + out->len - BLOCK, BLOCK);
	rc = cipher(&tail, btz_span_of(last, sizeof(last)), out, err);
	btz_wipe(last, sizeof(last));
	return rc;
}

static enum btz_rc
check_aes(const struct btz_backend_crypt *rq, struct btz_err *err)
{
	const bool decrypt = rq->verb == BTZ_VERB_DECRYPT;
	const size_t n = rq->input.len;

	if (rq->nonce.len != BLOCK)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "nonce of %zu bytes", rq->nonce.len);
	if ((rq->alg == BTZ_CRYPT_AES_CBC && decrypt &&
		(n == 0 || n % BLOCK != 0)) ||
	    (rq->alg == BTZ_CRYPT_AES_CBC_NOPAD && n % BLOCK != 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "input of %zu bytes", n);
	return BTZ_OK;
}

static enum btz_rc
aes(const struct btz_tpmd_job *j, struct btz_wr *out, struct btz_err *err)
{
	const bool pads = j->rq->alg == BTZ_CRYPT_AES_CBC,
		   seals = j->rq->verb == BTZ_VERB_ENCRYPT;
	const size_t start = out->len, n = j->rq->input.len,
		     whole = pads ? n - n % BLOCK : n;
	enum btz_rc rc = check_aes(j->rq, err);

	if (rc == BTZ_OK &&
	    (out->failed ||
		out->cap - out->len < (pads && seals ? whole + BLOCK : n)))
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "%zu bytes", n);
	if (rc != BTZ_OK)
		return rc;
	rc = cipher(j, btz_span_of(j->rq->input.p, whole), out, err);
	if (rc == BTZ_OK && pads && seals)
		rc = seal_tail(j, whole, out, err);
	else if (rc == BTZ_OK && pads && !unpad(out, start))
		rc = BTZ_FAIL(err, BTZ_E_SIGNATURE, "decrypt");
	if (rc != BTZ_OK) {
		btz_wipe(out->buf + start, out->len - start);
		out->len = start;
	}
	return rc;
}

static const struct {
	uint16_t alg;
	enum btz_rc (*fn)(const struct btz_tpmd_job *j, struct btz_wr *out,
	    struct btz_err *err);
} table[] = {
	{ BTZ_CRYPT_RSA_OAEP_SHA256, btz_tpmd_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA384, btz_tpmd_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA512, btz_tpmd_oaep },
	{ BTZ_CRYPT_RSA_PKCS1, btz_tpmd_pkcs1 },
	{ BTZ_CRYPT_AES_CBC, aes },
	{ BTZ_CRYPT_AES_CBC_NOPAD, aes },
	{ BTZ_CRYPT_AES_CTR, aes },
	{ BTZ_CRYPT_HMAC_SHA256, hmac },
	{ BTZ_CRYPT_HMAC_SHA384, hmac },
	{ BTZ_CRYPT_HMAC_SHA512, hmac },
	{ BTZ_CRYPT_ECDH, agree },
};

/* MAC: also to verify one. */
static bool
allowed(uint32_t usage, uint8_t verb)
{
	static const uint32_t of_verb[] = {
		[BTZ_VERB_ENCRYPT] = BTZ_USE_ENCRYPT,
		[BTZ_VERB_DECRYPT] = BTZ_USE_DECRYPT,
		[BTZ_VERB_MAC] = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY,
		[BTZ_VERB_DERIVE] = BTZ_USE_DERIVE,
	};

	return verb < BTZ_COUNT(of_verb) && (usage & of_verb[verb]) != 0;
}

enum btz_rc
btz_tpmd_crypt(void *state, void *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const struct btz_tpmd_job j = { state, key, rq };

	if (rq->alg > 31 || (j.t->crypts & 1u << rq->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "TPM does not do %s; %s", btz_crypt_name(rq->alg),
		    btz_backends_having(
			offsetof(struct btz_backend_ops, crypts), rq->alg));
	if (!btz_crypt_fits(j.k->alg, rq->verb, rq->alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s by a %s key",
		    btz_crypt_name(rq->alg), btz_alg_name(j.k->alg));
	if (!allowed(j.k->usage, rq->verb))
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "verb %u", rq->verb);
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].alg == rq->alg)
			return table[i].fn(&j, out, err);
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "no row for %u", rq->alg);
}
