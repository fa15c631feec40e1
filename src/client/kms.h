/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms.h - the key management service from the client's side: one function per
 * operation. First a lease from the broker (btz_kms_open on a connection to
 * kms.sock or admin/broker.sock), then everything goes straight to the crypto
 * service over the leased connection. Spans in answers borrow from the
 * connection until its next call.
 */
#ifndef BTZ_CLIENT_KMS_H
#define BTZ_CLIENT_KMS_H

#include "client/call.h"
#include "wire/alg.h"
#include "wire/msg_approval.h"
#include "wire/msg_attest.h"
#include "wire/msg_certify.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_crypt.h"
#include "wire/msg_generate.h"
#include "wire/msg_key.h"
#include "wire/msg_lease.h"
#include "wire/msg_lifecycle.h"
#include "wire/msg_open.h"
#include "wire/msg_provision.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"

/* backend NULL: the default route; ops 0: all that it may have. *ok borrows
 * from broker; *leased is the new connection. */
BTZ_MUST_CHECK enum btz_rc btz_kms_open(struct btz_conn *broker,
    const char *backend, uint32_t ops, struct btz_conn *leased,
    struct btz_open_ok *ok, struct btz_err *err);
/* The same without a second socket: *c, connected to the broker, is the leased
 * connection itself afterwards. Cheaper for both sides. */
BTZ_MUST_CHECK enum btz_rc btz_kms_open_here(struct btz_conn *c,
    const char *backend, uint32_t ops, struct btz_open_ok *ok,
    struct btz_err *err);
/* The same without waiting for the broker's word: a refusal is the result of the
 * first call over *c, and closes it. */
BTZ_MUST_CHECK enum btz_rc btz_kms_open_ahead(
    struct btz_conn *c, const char *backend, uint32_t ops, struct btz_err *err);
/* The whole way with back-off (50 ms to 1 s) while the broker or the service
 * restarts, at most wait_ms. *leased is closed before. */
BTZ_MUST_CHECK enum btz_rc btz_kms_connect(const char *path,
    const char *backend, uint32_t ops, uint32_t wait_ms,
    struct btz_conn *leased, struct btz_err *err);
/* Administrator, over the broker connection: answers when it is in force. */
BTZ_MUST_CHECK enum btz_rc btz_kms_lease_revoke(
    struct btz_conn *broker, uint64_t lease, struct btz_err *err);

/* Over the leased connection from here on. */
BTZ_MUST_CHECK enum btz_rc btz_kms_generate(struct btz_conn *c,
    const struct btz_generate *rq, struct btz_key_info *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_export_public(struct btz_conn *c,
    const uint8_t id[BTZ_ID_LEN], struct btz_key_info *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_sign(struct btz_conn *c,
    const struct btz_sign *rq, struct btz_span *signature, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_attest(struct btz_conn *c,
    const struct btz_attest *rq, struct btz_attested *out, struct btz_err *err);
/* BTZ_E_SIGNATURE: it does not fit. */
BTZ_MUST_CHECK enum btz_rc btz_kms_verify(
    struct btz_conn *c, const struct btz_verify *rq, struct btz_err *err);
/* Nonce (ENCRYPT) and output in *out. BTZ_E_SIGNATURE of DECRYPT: not by this
 * key, or changed. */
BTZ_MUST_CHECK enum btz_rc btz_kms_encrypt(struct btz_conn *c,
    const struct btz_crypt *rq, struct btz_crypt_ok *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_decrypt(struct btz_conn *c,
    const struct btz_crypt *rq, struct btz_crypt_ok *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_mac(struct btz_conn *c,
    const struct btz_mac *rq, struct btz_mac_ok *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_mac_verify(
    struct btz_conn *c, const struct btz_mac *rq, struct btz_err *err);
/* The secret lies in c until its next call: btz_conn_wipe then. */
BTZ_MUST_CHECK enum btz_rc btz_kms_derive(struct btz_conn *c,
    const struct btz_derive *rq, struct btz_span *secret, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_hash(struct btz_conn *c, uint8_t alg,
    struct btz_span input, struct btz_span *hash, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_destroy(
    struct btz_conn *c, const uint8_t id[BTZ_ID_LEN], struct btz_err *err);
/* One page after id `after` (NULL: from the start); label NULL: all. Walk
 * out->rows with btz_kms_list_next; out->more: ask again after the last. */
BTZ_MUST_CHECK enum btz_rc btz_kms_list(struct btz_conn *c,
    const uint8_t *after, const char *label, struct btz_key_rows *out,
    struct btz_err *err);
/* 1 a key, 0 the end, -1 malformed; start with btz_rd_span(rd, out->rows). */
int btz_kms_list_next(struct btz_rd *rd, struct btz_key_info *key);
BTZ_MUST_CHECK enum btz_rc btz_kms_random(
    struct btz_conn *c, void *out, size_t len, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_certify_issuing(struct btz_conn *c,
    const struct btz_certify_issuing *rq, struct btz_span *der,
    struct btz_err *err);
/* A challenge for the administrators, and its end without use. */
BTZ_MUST_CHECK enum btz_rc btz_kms_approval_nonce(struct btz_conn *c,
    const struct btz_approval_request *rq, struct btz_challenge *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_approval_cancel(struct btz_conn *c,
    const uint8_t nonce[BTZ_SHA256_LEN], struct btz_err *err);
/* list: the root's list (ROOT_CRL), else empty. */
BTZ_MUST_CHECK enum btz_rc btz_kms_approved(struct btz_conn *c,
    const struct btz_approved *rq, struct btz_span *list, struct btz_err *err);
/* Progress: c->on_progress. */
BTZ_MUST_CHECK enum btz_rc btz_kms_provision(struct btz_conn *c,
    const struct btz_provision *rq, struct btz_provision_ok *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_root_cert(
    struct btz_conn *c, struct btz_span *der, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_sign_checkpoint(struct btz_conn *c,
    const struct btz_checkpoint *rq, struct btz_checkpoint_ok *out,
    struct btz_err *err);

/* Lifecycle (kms_life.c). The next version of a key. */
BTZ_MUST_CHECK enum btz_rc btz_kms_rotate(struct btz_conn *c,
    const uint8_t id[BTZ_ID_LEN], struct btz_key_info *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_import(struct btz_conn *c,
    const struct btz_import *rq, struct btz_key_info *out, struct btz_err *err);
/* *secret lies in the buffer of c: the caller wipes it. */
BTZ_MUST_CHECK enum btz_rc btz_kms_export_private(struct btz_conn *c,
    const uint8_t id[BTZ_ID_LEN], struct btz_span *secret, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_change(struct btz_conn *c,
    const struct btz_key_set *rq, struct btz_key_info *out,
    struct btz_err *err);
/* One page of the versions of a key, after `after` (0: from the first). */
BTZ_MUST_CHECK enum btz_rc btz_kms_versions(struct btz_conn *c,
    const uint8_t id[BTZ_ID_LEN], uint32_t after, struct btz_key_rows *out,
    struct btz_err *err);
/* items: encoded crypt messages; *out the crypt_ok of each. */
BTZ_MUST_CHECK enum btz_rc btz_kms_rewrap(struct btz_conn *c,
    struct btz_span items, struct btz_span *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_backup(struct btz_conn *c,
    const uint8_t id[BTZ_ID_LEN], struct btz_span *blob, struct btz_err *err);
/* The note borrows from the connection. */
BTZ_MUST_CHECK enum btz_rc btz_kms_transport(
    struct btz_conn *c, struct btz_span *note, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_kms_restore(struct btz_conn *c,
    const struct btz_restore *rq, struct btz_key_info *out,
    struct btz_err *err);

#endif
