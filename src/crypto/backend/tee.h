/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee.h - the parts of the backend "tee": tee_call.c carries commands to the
 * trusted application, tee_key.c has those of keys, tee_move.c keys that come and
 * go, tee_root.c provisioning,
 * root and checkpoint, tee_status.c what `status` shows; tee.c the session
 * and the table.
 */
#ifndef BTZ_CRYPTO_BACKEND_TEE_H
#define BTZ_CRYPTO_BACKEND_TEE_H

#include <tee_client_api.h>

#include "btz_ta.h"
#include "crypto/backend/backend.h"
#include "wire/msg_ta.h"

struct tee {
	TEEC_Context ctx;
	TEEC_Session session;
	bool connected, opened;
	bool emulated;
	bool lost;	/* the transport failed */
	uint32_t begun; /* command that the TPM is at work for */
	uint8_t state;	/* enum btz_ta_state, as of the last answer */
	struct btz_ta_offers offers;
	uint8_t in[BTZ_TA_REQUEST_MAX], out[BTZ_TA_ANSWER_MAX];
};

struct tee_key {
	uint32_t handle;
	uint8_t *blob; /* of an exportable key, for EXPORT; else NULL */
	size_t blob_len;
};

const char *btz_tee_state_name(uint8_t state); /* "ready", or "?" */
/* Encode, invoke, decode; spans of *out borrow from t->out. A definition that
 * is NULL: an empty body. */
BTZ_MUST_CHECK enum btz_rc btz_tee_call(struct tee *t, uint32_t command,
    const struct btz_msgdef *in_def, const void *in,
    const struct btz_msgdef *out_def, void *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_tee_info(
    struct tee *t, struct btz_ta_info *m, struct btz_err *err);

void btz_tee_take_key(const struct btz_ta_key *k, struct btz_backend_key *out);

/* Functions of the table (backend.h). */
enum btz_rc btz_tee_generate(void *st, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err);
enum btz_rc btz_tee_destroy(
    void *st, struct btz_span blob, struct btz_err *err);
enum btz_rc btz_tee_open_key(void *st, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err);
void btz_tee_close_key(void *st, void *key);
enum btz_rc btz_tee_sign(void *st, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err);
enum btz_rc btz_tee_crypt(void *st, void *key,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);
enum btz_rc btz_tee_random(
    void *st, void *out, size_t len, struct btz_err *err);
enum btz_rc btz_tee_import(void *st, const struct btz_generate *g,
    struct btz_span secret, struct btz_backend_key *out, struct btz_err *err);
enum btz_rc btz_tee_export_key(
    void *st, void *key, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_backup(void *st, const char *recovery,
    struct btz_span whole, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_transport(
    void *st, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_restore(void *st, struct btz_span file,
    const struct btz_approved *ap, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_certify_issuing(void *st,
    const struct btz_certify_issuing *rq, struct btz_span blob, uint64_t now,
    struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_root_cert(
    void *st, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_approval_nonce(void *st,
    const struct btz_approval_request *rq, struct btz_challenge *out,
    struct btz_err *err);
enum btz_rc btz_tee_approval_cancel(void *st, const struct btz_approval_ref *rq,
    struct btz_approval_request *out, struct btz_err *err);
enum btz_rc btz_tee_approved(void *st, const struct btz_approved *rq,
    struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_checkpoint(void *st, const struct btz_checkpoint *rq,
    uint64_t *size, struct btz_wr *note, struct btz_err *err);
enum btz_rc btz_tee_end(
    void *st, uint64_t *size, struct btz_wr *out, struct btz_err *err);
enum btz_rc btz_tee_provision(void *st, const struct btz_provision *rq,
    struct btz_backend_step *out, struct btz_err *err);
enum btz_rc btz_tee_identity(void *st, struct btz_wr *out, struct btz_err *err);
void btz_tee_status(void *st, struct btz_table_wr *rows);

#endif
