/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - commands inside a salted, unbound HMAC session: an engine
 * without I/O. Start here; tpm.h adds a transport on top.
 *
 *   state    event                      new state
 *   CLOSED   start_build                CLOSED (secrets are in the start)
 *   CLOSED   start_parse ok             OPEN
 *   OPEN     build                      WAIT (one answer is outstanding)
 *   WAIT     parse: authentic answer    OPEN, nonceTPM rolled
 *   WAIT     parse: TPM reports failure OPEN, nonceTPM as before
 *   WAIT     parse: false or malformed  LOST
 *   WAIT     drop (answer never came)   LOST
 *   LOST     end, then start_build      (FlushContext of the handle is the
 *                                        caller's, best effort)
 * Building in any state but OPEN is BTZ_E_STATE.
 *
 * What the codes mean:
 *   BTZ_E_TPM_AUTH         the answer is not authentic (HMAC, or a success
 *                          without the session it has to have): count it
 *   BTZ_E_TPM_FORMAT       not an answer to this command at all
 *   BTZ_E_TPM_UNAVAILABLE  the TPM (or somebody on the bus: failures are not
 *                          authenticated) reports call->tpm_rc; decides
 *                          nothing; btz_tpm_rc_session() says when only a new
 *                          session can help
 *
 * Authorization values: trailing zeros are not part of one (Part 1, 19.6.4.3),
 * this layer strips them for the HMAC; at most BTZ_TPM_AUTH_MAX octets.
 */
#ifndef BTZ_TPM2_SESSION_H
#define BTZ_TPM2_SESSION_H

#include "tpm2/cmd.h"

#define BTZ_TPM_NONCE 32u
#define BTZ_TPM_AUTH_MAX 32u
#define BTZ_TPM_SESSION_USES 65536u /* then uses_up() is true */

enum btz_tpm_session_state {
	BTZ_TPM_SESSION_CLOSED,
	BTZ_TPM_SESSION_OPEN,
	BTZ_TPM_SESSION_WAIT,
	BTZ_TPM_SESSION_LOST,
};

struct btz_tpm_session {
	const struct btz_tpm_crypto *crypto;
	enum btz_tpm_session_state state;
	uint32_t handle;
	uint32_t uses;
	uint8_t key[32]; /* sessionKey */
	uint8_t nonce_tpm[BTZ_TPM_NONCE];
};

/* How a command is sent. */
enum btz_tpm_how {
	BTZ_TPM_PLAIN, /* without session: nothing in the answer is trusted */
	BTZ_TPM_PASSWORD, /* TPM_RS_PW, only with an empty authorization value;
	                   * nothing in the answer is trusted */
	BTZ_TPM_HMAC,	  /* in the session */
};

/* One command under way; the caller's memory, from build to parse or drop. */
struct btz_tpm_call {
	const struct btz_tpm_cmd *cmd;
	enum btz_tpm_how how;
	uint8_t attrs; /* of the session, as sent */
	uint8_t nonce_caller[BTZ_TPM_NONCE];
	uint8_t auth_len; /* authorization value of the answer's HMAC */
	uint8_t auth[BTZ_TPM_AUTH_MAX];
	uint32_t tpm_rc; /* after parse */
	size_t offset;	 /* where in the answer parse gave up */
	const char *why; /* what failed: static text, never NULL */
};

/* The secrets of a session being started. */
struct btz_tpm_start {
	struct btz_tpm_call call;
	uint8_t nonce_caller[BTZ_TPM_NONCE];
	uint16_t salt_len;
	uint8_t salt[BTZ_TPM_HASH_MAX];
};

void btz_tpm_session_init(
    struct btz_tpm_session *s, const struct btz_tpm_crypto *c);
void btz_tpm_session_end(struct btz_tpm_session *s); /* wipes; CLOSED */
/* Time for a new one: lost, closed, or used often enough. */
bool btz_tpm_session_stale(const struct btz_tpm_session *s);

/*
 * StartAuthSession salted to `key`, whose public area the caller has pinned
 * (or, for an EK, checked). The session must be CLOSED.
 */
enum btz_rc btz_tpm_start_build(struct btz_tpm_session *s,
    struct btz_tpm_start *st, uint32_t key_handle,
    const struct btz_tpm_public *key, struct btz_wr *wr) BTZ_MUST_CHECK;
/* Wipes *st in any case, except st->call.tpm_rc and .why. */
enum btz_rc btz_tpm_start_parse(struct btz_tpm_session *s,
    struct btz_tpm_start *st, uint8_t *resp, size_t len) BTZ_MUST_CHECK;

/*
 * Writes a whole command. ents: as many entities as the command has handles
 * (cmd.h, policy: and the session), the first is the authorized one. in: the command's struct (cmd.h) or NULL.
 * s may be NULL unless how is BTZ_TPM_HMAC. On failure nothing is under way.
 */
enum btz_rc btz_tpm_build(struct btz_tpm_session *s, enum btz_tpm_how how,
    enum btz_tpm_cmd_id id, const struct btz_tpm_entity *const *ents,
    const void *in, struct btz_tpm_call *call,
    struct btz_wr *wr) BTZ_MUST_CHECK;
/* The same with a row that is not of btz_tpm_cmd_of (key.h). */
enum btz_rc btz_tpm_build_row(struct btz_tpm_session *s, enum btz_tpm_how how,
    const struct btz_tpm_cmd *row, const struct btz_tpm_entity *const *ents,
    const void *in, struct btz_tpm_call *call,
    struct btz_wr *wr) BTZ_MUST_CHECK;
/*
 * Takes the answer to `call`. resp is changed (decrypted in place): the caller
 * wipes it when the answer is secret. out: the command's struct or NULL; it is
 * zeroed on failure. *call is wiped, except tpm_rc, offset and why.
 */
enum btz_rc btz_tpm_parse(struct btz_tpm_session *s, struct btz_tpm_call *call,
    uint8_t *resp, size_t len, void *out) BTZ_MUST_CHECK;
/* The answer will not come. */
void btz_tpm_drop(struct btz_tpm_session *s, struct btz_tpm_call *call);

/* Does this TPM_RC say that the session is unknown or out of step? */
bool btz_tpm_rc_session(uint32_t tpm_rc);

#endif
