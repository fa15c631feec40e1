/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm.h - a TPM behind a transport: build, send, parse in one call, and the
 * checks that belong to a command (template, Name) with it.
 *
 * All functions return what session.h says; after BTZ_E_TPM_UNAVAILABLE
 * t->tpm_rc is the TPM's code (0: the transport failed), t->why a static text.
 * Commands that take long (CreatePrimary, Create, a root signature) can be
 * split instead: btz_tpm_build on &t->session, and btz_tpm_parse later.
 */
#ifndef BTZ_TPM2_TPM_H
#define BTZ_TPM2_TPM_H

#include "tpm2/session.h"

#define BTZ_TPM_FRAME_MAX 4096u

/*
 * Sends a command and gives its answer, at most cap octets. Any failure is a
 * transport failure: it becomes BTZ_E_TPM_UNAVAILABLE.
 */
typedef enum btz_rc btz_tpm_transceive(void *arg, const uint8_t *cmd,
    size_t cmd_len, uint8_t *resp, size_t cap, size_t *resp_len);

struct btz_tpm {
	const struct btz_tpm_crypto *crypto;
	btz_tpm_transceive *transceive;
	void *arg;
	struct btz_tpm_session session;
	uint32_t tpm_rc;
	const char *why;
	uint8_t cmd[BTZ_TPM_FRAME_MAX];
	uint8_t resp[BTZ_TPM_FRAME_MAX];
};

void btz_tpm_init(struct btz_tpm *t, const struct btz_tpm_crypto *c,
    btz_tpm_transceive *fn, void *arg);
void btz_tpm_end(struct btz_tpm *t); /* wipes; does not talk to the TPM */

/* Opens the session; one that is open is closed first. */
enum btz_rc btz_tpm_open(struct btz_tpm *t, uint32_t key_handle,
    const struct btz_tpm_public *key) BTZ_MUST_CHECK;
void btz_tpm_close(struct btz_tpm *t); /* FlushContext, best effort */

/* In the session; PLAIN for commands that are sessionless by nature. */
enum btz_rc btz_tpm_exec(struct btz_tpm *t, enum btz_tpm_cmd_id id,
    const struct btz_tpm_entity *const *ents, const void *in,
    void *out) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_exec_how(struct btz_tpm *t, enum btz_tpm_how how,
    enum btz_tpm_cmd_id id, const struct btz_tpm_entity *const *ents,
    const void *in, void *out) BTZ_MUST_CHECK;

/* A row that is not of btz_tpm_cmd_of (key.h). */
enum btz_rc btz_tpm_exec_row(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_cmd *row, const struct btz_tpm_entity *const *ents,
    const void *in, void *out) BTZ_MUST_CHECK;

/* How most callers use the commands. "plain": nothing in it is trusted. */
enum btz_rc btz_tpm_startup(struct btz_tpm *t) BTZ_MUST_CHECK; /* CLEAR; a TPM
	that is already started is fine */
/* One property, authenticated by the session (audit). */
enum btz_rc btz_tpm_property(
    struct btz_tpm *t, uint32_t id, uint32_t *value) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_property_plain(
    struct btz_tpm *t, uint32_t id, uint32_t *value) BTZ_MUST_CHECK;
/* Flushes all transient objects and sessions: only for a TPM of our own. */
enum btz_rc btz_tpm_flush_all(struct btz_tpm *t) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_flush(struct btz_tpm *t, uint32_t handle) BTZ_MUST_CHECK;
/*
 * Disables the platform hierarchy; PASSWORD before a session is possible. If
 * it is off already the TPM reports BTZ_TPM_RC_HIERARCHY_1. Neither result is
 * proof: read BTZ_TPM_PT_STARTUP_CLEAR in the session afterwards.
 */
enum btz_rc btz_tpm_platform_off(
    struct btz_tpm *t, enum btz_tpm_how how) BTZ_MUST_CHECK;
/*
 * Public area of an object; checks that the Name in the answer is the one of
 * the area. With BTZ_TPM_PLAIN obj needs no Name and the area is only as good
 * as what the caller compares it with; with BTZ_TPM_HMAC it is obj's own.
 */
enum btz_rc btz_tpm_read_public(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_entity *obj,
    struct btz_tpm_public *out) BTZ_MUST_CHECK;
/*
 * Creates, checks the template, fills *key (handle, computed Name, auth
 * borrowed from user_auth) and *pub.
 */
enum btz_rc btz_tpm_create_primary(struct btz_tpm *t,
    const struct btz_tpm_entity *hierarchy, const struct btz_tpm_public *tmpl,
    struct btz_span user_auth, struct btz_tpm_entity *key,
    struct btz_tpm_public *pub) BTZ_MUST_CHECK;
/* in->tmpl is checked against out->pub; out->name is computed. */
enum btz_rc btz_tpm_create(struct btz_tpm *t,
    const struct btz_tpm_entity *parent, const struct btz_tpm_in_create *in,
    struct btz_tpm_out_create *out) BTZ_MUST_CHECK;
/* The same checks for those who split a creation into build and parse. */
enum btz_rc btz_tpm_created_check(const struct btz_tpm_crypto *c,
    const struct btz_tpm_public *tmpl,
    struct btz_tpm_out_create *out) BTZ_MUST_CHECK;
/* Loads; *key gets handle, the Name computed from in->pub, and auth. */
enum btz_rc btz_tpm_load(struct btz_tpm *t, const struct btz_tpm_entity *parent,
    const struct btz_tpm_in_load *in, struct btz_span auth,
    struct btz_tpm_entity *key) BTZ_MUST_CHECK;
/* Makes obj persistent at `persistent`, or removes it if that is its handle. */
enum btz_rc btz_tpm_evict(struct btz_tpm *t, const struct btz_tpm_entity *owner,
    const struct btz_tpm_entity *obj, uint32_t persistent) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_sign(struct btz_tpm *t, const struct btz_tpm_entity *key,
    const uint8_t digest[32], struct btz_tpm_out_sign *sig) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_unseal(struct btz_tpm *t, const struct btz_tpm_entity *obj,
    struct btz_tpm_out_data *out) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_get_random(
    struct btz_tpm *t, uint8_t *out, size_t len) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_nv_define(struct btz_tpm *t,
    const struct btz_tpm_entity *owner, const struct btz_tpm_nv *nv,
    struct btz_span auth) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_nv_write(struct btz_tpm *t, const struct btz_tpm_entity *nv,
    struct btz_span data) BTZ_MUST_CHECK;
/* Exactly len octets from offset 0. */
enum btz_rc btz_tpm_nv_read(struct btz_tpm *t, const struct btz_tpm_entity *nv,
    uint8_t *out, uint16_t len) BTZ_MUST_CHECK;
/* The index as the TPM shows it; the Name in the answer has been checked. */
enum btz_rc btz_tpm_nv_read_public(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_entity *nv, struct btz_tpm_nv *out) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_change_auth(struct btz_tpm *t,
    const struct btz_tpm_entity *hierarchy,
    struct btz_span new_auth) BTZ_MUST_CHECK;
/* After it TPM2_Clear by lockout is refused. */
enum btz_rc btz_tpm_clear_disable(
    struct btz_tpm *t, const struct btz_tpm_entity *lockout) BTZ_MUST_CHECK;
enum btz_rc btz_tpm_read_clock(
    struct btz_tpm *t, struct btz_tpm_out_clock *out) BTZ_MUST_CHECK;

#endif
