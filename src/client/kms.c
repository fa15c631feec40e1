/* SPDX-License-Identifier: Apache-2.0 */
/* kms.c - one function per operation of the KMS; contract in kms.h. */
#include "client/kms.h"

#include <string.h>
#include <time.h>

#include "wire/msg_random.h"

enum btz_rc
btz_kms_open(struct btz_conn *broker, const char *backend, uint32_t ops,
    struct btz_conn *leased, struct btz_open_ok *ok, struct btz_err *err)
{
	struct btz_open rq = { .backend = btz_span_str(backend), .ops = ops };
	enum btz_rc rc;
	int fd;

	leased->fd = -1;
	rc = btz_conn_call(broker, BTZ_OP_OPEN, &btz_def_open, &rq,
	    &btz_def_open_ok, ok, &fd, err);
	if (rc != BTZ_OK)
		return rc;
	btz_conn_adopt(leased, fd);
	leased->id = broker->id;
	return BTZ_OK;
}

enum btz_rc
btz_kms_open_here(struct btz_conn *c, const char *backend, uint32_t ops,
    struct btz_open_ok *ok, struct btz_err *err)
{
	struct btz_open rq = { .backend = btz_span_str(backend), .ops = ops };

	return btz_conn_call(c, BTZ_OP_OPEN_HERE, &btz_def_open, &rq,
	    &btz_def_open_ok, ok, NULL, err);
}

enum btz_rc
btz_kms_open_ahead(
    struct btz_conn *c, const char *backend, uint32_t ops, struct btz_err *err)
{
	struct btz_open rq = { .backend = btz_span_str(backend), .ops = ops };

	return btz_conn_ahead(c, BTZ_OP_OPEN_HERE, &btz_def_open, &rq, err);
}

static enum btz_rc
open_once(const char *path, const char *backend, uint32_t ops,
    struct btz_conn *leased, struct btz_err *err)
{
	struct btz_open_ok ok;
	enum btz_rc rc = btz_conn_open(leased, path, err);

	if (rc == BTZ_OK)
		rc = btz_kms_open_here(leased, backend, ops, &ok, err);
	if (rc != BTZ_OK)
		btz_conn_close(leased);
	return rc;
}

static bool
passing(enum btz_rc rc)
{
	return rc == BTZ_E_DOWN || rc == BTZ_E_GONE || rc == BTZ_E_AGAIN ||
	       rc == BTZ_E_TEE_DOWN;
}

enum btz_rc
btz_kms_connect(const char *path, const char *backend, uint32_t ops,
    uint32_t wait_ms, struct btz_conn *leased, struct btz_err *err)
{
	uint32_t pause = 50, waited = 0;

	for (;;) {
		enum btz_rc rc = open_once(path, backend, ops, leased, err);
		struct timespec ts = { .tv_nsec = (long)pause * 1000000 };

		if (!passing(rc) || waited >= wait_ms)
			return rc;
		if (pause >= 1000)
			ts = (struct timespec){ .tv_sec = 1 };
		(void)nanosleep(&ts, NULL);
		waited += pause;
		pause = pause >= 500 ? 1000 : 2 * pause;
	}
}

enum btz_rc
btz_kms_lease_revoke(
    struct btz_conn *broker, uint64_t lease, struct btz_err *err)
{
	struct btz_lease_ref rq = { .lease = lease };

	return btz_conn_call(broker, BTZ_OP_LEASE_REVOKE, &btz_def_lease_ref,
	    &rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_generate(struct btz_conn *c, const struct btz_generate *rq,
    struct btz_key_info *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_GENERATE, &btz_def_generate, rq,
	    &btz_def_key_info, out, NULL, err);
}

static struct btz_key_ref
ref_of(const uint8_t id[BTZ_ID_LEN])
{
	struct btz_key_ref r;

	memcpy(r.id, id, sizeof(r.id));
	return r;
}

enum btz_rc
btz_kms_export_public(struct btz_conn *c, const uint8_t id[BTZ_ID_LEN],
    struct btz_key_info *out, struct btz_err *err)
{
	struct btz_key_ref rq = ref_of(id);

	return btz_conn_call(c, BTZ_OP_EXPORT_PUBLIC, &btz_def_key_ref, &rq,
	    &btz_def_key_info, out, NULL, err);
}

enum btz_rc
btz_kms_sign(struct btz_conn *c, const struct btz_sign *rq,
    struct btz_span *signature, struct btz_err *err)
{
	struct btz_signature out;
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_SIGN, &btz_def_sign, rq,
	    &btz_def_signature, &out, NULL, err);

	*signature = rc == BTZ_OK ? out.signature
				  : (struct btz_span){ NULL, 0 };
	return rc;
}

enum btz_rc
btz_kms_verify(
    struct btz_conn *c, const struct btz_verify *rq, struct btz_err *err)
{
	return btz_conn_call(
	    c, BTZ_OP_VERIFY, &btz_def_verify, rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_encrypt(struct btz_conn *c, const struct btz_crypt *rq,
    struct btz_crypt_ok *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_ENCRYPT, &btz_def_crypt, rq,
	    &btz_def_crypt_ok, out, NULL, err);
}

enum btz_rc
btz_kms_decrypt(struct btz_conn *c, const struct btz_crypt *rq,
    struct btz_crypt_ok *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_DECRYPT, &btz_def_crypt, rq,
	    &btz_def_crypt_ok, out, NULL, err);
}

enum btz_rc
btz_kms_mac(struct btz_conn *c, const struct btz_mac *rq,
    struct btz_mac_ok *out, struct btz_err *err)
{
	return btz_conn_call(
	    c, BTZ_OP_MAC, &btz_def_mac, rq, &btz_def_mac_ok, out, NULL, err);
}

enum btz_rc
btz_kms_mac_verify(
    struct btz_conn *c, const struct btz_mac *rq, struct btz_err *err)
{
	return btz_conn_call(
	    c, BTZ_OP_MAC_VERIFY, &btz_def_mac, rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_derive(struct btz_conn *c, const struct btz_derive *rq,
    struct btz_span *secret, struct btz_err *err)
{
	struct btz_secret_ok out;
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_DERIVE, &btz_def_derive, rq,
	    &btz_def_secret_ok, &out, NULL, err);

	*secret = rc == BTZ_OK ? out.secret : (struct btz_span){ NULL, 0 };
	return rc;
}

enum btz_rc
btz_kms_attest(struct btz_conn *c, const struct btz_attest *rq,
    struct btz_attested *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_ATTEST, &btz_def_attest, rq,
	    &btz_def_attested, out, NULL, err);
}

enum btz_rc
btz_kms_hash(struct btz_conn *c, uint8_t alg, struct btz_span input,
    struct btz_span *hash, struct btz_err *err)
{
	const struct btz_hash rq = { .alg = alg, .input = input };
	struct btz_hash_ok out;
	enum btz_rc rc = btz_conn_call(c, BTZ_OP_HASH, &btz_def_hash, &rq,
	    &btz_def_hash_ok, &out, NULL, err);

	*hash = rc == BTZ_OK ? out.hash : (struct btz_span){ NULL, 0 };
	return rc;
}

enum btz_rc
btz_kms_destroy(
    struct btz_conn *c, const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	struct btz_key_ref rq = ref_of(id);

	return btz_conn_call(
	    c, BTZ_OP_DESTROY, &btz_def_key_ref, &rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_list(struct btz_conn *c, const uint8_t *after, const char *label,
    struct btz_key_rows *out, struct btz_err *err)
{
	struct btz_list_keys rq = { .label = btz_span_str(label) };

	if (after != NULL)
		memcpy(rq.after, after, sizeof(rq.after));
	return btz_conn_call(c, BTZ_OP_LIST_KEYS, &btz_def_list_keys, &rq,
	    &btz_def_key_rows, out, NULL, err);
}

int
btz_kms_list_next(struct btz_rd *rd, struct btz_key_info *key)
{
	if (btz_rd_end(rd))
		return 0;
	return btz_msg_read(&btz_def_key_info, rd, key) ? 1 : -1;
}

enum btz_rc
btz_kms_random(struct btz_conn *c, void *out, size_t len, struct btz_err *err)
{
	struct btz_random rq = { .n = (uint32_t)len };
	struct btz_random_ok ok;
	enum btz_rc rc;

	if (len > BTZ_RANDOM_MAX)
		return BTZ_FAIL(err, BTZ_E_RANGE, "%zu random bytes", len);
	rc = btz_conn_call(c, BTZ_OP_RANDOM, &btz_def_random, &rq,
	    &btz_def_random_ok, &ok, NULL, err);
	if (rc != BTZ_OK)
		return rc;
	if (ok.bytes.len != len)
		return BTZ_FAIL(
		    err, BTZ_E_PROTO, "random: %zu bytes", ok.bytes.len);
	memcpy(out, ok.bytes.p, len);
	return BTZ_OK;
}

static enum btz_rc
certificate(struct btz_conn *c, uint16_t op, const struct btz_msgdef *def,
    const void *rq, struct btz_span *der, struct btz_err *err)
{
	struct btz_certificate out;
	enum btz_rc rc = btz_conn_call(
	    c, op, def, rq, &btz_def_certificate, &out, NULL, err);

	*der = rc == BTZ_OK ? out.der : (struct btz_span){ NULL, 0 };
	return rc;
}

enum btz_rc
btz_kms_certify_issuing(struct btz_conn *c,
    const struct btz_certify_issuing *rq, struct btz_span *der,
    struct btz_err *err)
{
	return certificate(
	    c, BTZ_OP_CERTIFY_ISSUING, &btz_def_certify_issuing, rq, der, err);
}

enum btz_rc
btz_kms_approval_nonce(struct btz_conn *c,
    const struct btz_approval_request *rq, struct btz_challenge *out,
    struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_APPROVAL_NONCE,
	    &btz_def_approval_request, rq, &btz_def_challenge, out, NULL, err);
}

enum btz_rc
btz_kms_approval_cancel(struct btz_conn *c, const uint8_t nonce[BTZ_SHA256_LEN],
    struct btz_err *err)
{
	struct btz_approval_ref rq;

	memcpy(rq.nonce, nonce, sizeof(rq.nonce));
	return btz_conn_call(c, BTZ_OP_APPROVAL_CANCEL, &btz_def_approval_ref,
	    &rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_approved(struct btz_conn *c, const struct btz_approved *rq,
    struct btz_span *list, struct btz_err *err)
{
	if (rq->operation == BTZ_APPROVE_ROOT_CRL)
		return certificate(
		    c, BTZ_OP_APPROVED, &btz_def_approved, rq, list, err);
	*list = btz_span_of(NULL, 0);
	return btz_conn_call(
	    c, BTZ_OP_APPROVED, &btz_def_approved, rq, NULL, NULL, NULL, err);
}

enum btz_rc
btz_kms_provision(struct btz_conn *c, const struct btz_provision *rq,
    struct btz_provision_ok *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_PROVISION, &btz_def_provision, rq,
	    &btz_def_provision_ok, out, NULL, err);
}

enum btz_rc
btz_kms_root_cert(struct btz_conn *c, struct btz_span *der, struct btz_err *err)
{
	return certificate(c, BTZ_OP_ROOT_CERT, NULL, NULL, der, err);
}

enum btz_rc
btz_kms_sign_checkpoint(struct btz_conn *c, const struct btz_checkpoint *rq,
    struct btz_checkpoint_ok *out, struct btz_err *err)
{
	return btz_conn_call(c, BTZ_OP_SIGN_CHECKPOINT, &btz_def_checkpoint, rq,
	    &btz_def_checkpoint_ok, out, NULL, err);
}
