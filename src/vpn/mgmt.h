/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mgmt.h - the management interface of OpenVPN 2.6 as a state machine: bytes
 * in, events out, and the commands we answer with. No sockets, no allocation.
 * See docs/protocol/vpn.md.
 *
 *	btz_mgmt_init(&m);
 *	while (btz_mgmt_next(&m, &in, &ev, &err) == BTZ_OK &&
 *	    ev.kind != BTZ_MGMT_NONE)
 *		act on ev;
 *
 * States:
 *	state	line				next	event
 *	START	>INFO:...			READY	(none)
 *	READY	>HOLD: >PK_SIGN: >FATAL:	READY	one
 *	READY	>BYTECOUNT_CLI: >CLIENT:ADDRESS	READY	one
 *	READY	>CLIENT:CONNECT REAUTH ...	BLOCK	(none)
 *	READY	SUCCESS: ERROR:			READY	ANSWER, if one is due
 *	BLOCK	>CLIENT:ENV,name=value		BLOCK	(none)
 *	BLOCK	>CLIENT:ENV,END			READY	the block's
 * Anything else is refused and the machine stays DEAD: close the socket. Who
 * may cause what matters here: a line that only OpenVPN can spoil kills the
 * link; what a client can put into its own block (a name, a password, peer
 * information) never does, it makes that block `bad` and gets it denied.
 */
#ifndef BTZ_VPN_MGMT_H
#define BTZ_VPN_MGMT_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

/* OpenVPN cuts its lines at 10240 bytes; a client's user name alone may have
 * 4096, so less would let clients break the link. */
#define BTZ_MGMT_LINE_MAX 16384u
#define BTZ_MGMT_ENV_MAX 1024u /* lines of one block */
#define BTZ_MGMT_DUE_MAX 512u  /* commands not answered yet */
#define BTZ_MGMT_SIGN_MAX 512u /* bytes to be signed */
#define BTZ_MGMT_TEXT_MAX 128u /* one line of a client-auth block, one text */
#define BTZ_MGMT_ADDR_MAX 64u

enum btz_mgmt_kind {
	BTZ_MGMT_NONE, /* all bytes taken, more are needed */
	BTZ_MGMT_HOLD, /* OpenVPN waits for btz_mgmt_put_release */
	BTZ_MGMT_SIGN,
	BTZ_MGMT_CONNECT, /* answer with auth or deny; nothing: it waits */
	BTZ_MGMT_REAUTH,  /* the same, for a client that is in */
	BTZ_MGMT_ESTABLISHED,
	BTZ_MGMT_DISCONNECT,
	BTZ_MGMT_ADDRESS,
	BTZ_MGMT_BYTES,
	BTZ_MGMT_ANSWER,
	BTZ_MGMT_FATAL, /* OpenVPN is about to exit */
};

enum btz_mgmt_cmd {
	BTZ_MGMT_CMD_BYTECOUNT,
	BTZ_MGMT_CMD_RELEASE,
	BTZ_MGMT_CMD_AUTH,
	BTZ_MGMT_CMD_WAKE,
	BTZ_MGMT_CMD_DENY,
	BTZ_MGMT_CMD_KILL,
	BTZ_MGMT_CMD_PK_SIG,
	BTZ_MGMT_CMD_ALIVE,
	BTZ_MGMT_CMD_RESTART,
};

/* What we keep of an ENV block; absent texts are "", absent numbers 0. */
struct btz_mgmt_env {
	const char *bad; /* NULL, or static text why the block is not usable */
	bool has_serial; /* tls_serial_hex_0 of exactly 16 octets */
	bool has_digest; /* tls_digest_sha256_0: SHA-256 of the certificate */
	bool has_issuer; /* tls_digest_sha256_1: of the issuer's */
	uint8_t serial[BTZ_ID_LEN];
	uint8_t digest[BTZ_SHA256_LEN];
	uint8_t issuer[BTZ_SHA256_LEN];
	char san[BTZ_URI_MAX]; /* X509_0_subjectAltName, as OpenSSL prints it */
	char ip[BTZ_MGMT_ADDR_MAX]; /* untrusted_ip or untrusted_ip6 */
	char port[8];
	uint64_t duration, to_client, from_client; /* of DISCONNECT */
};

struct btz_mgmt_event {
	enum btz_mgmt_kind kind;
	uint64_t cid, kid;
	const struct btz_mgmt_env *env;	 /* of a block; until the next call */
	uint64_t from_client, to_client; /* BYTES */
	struct btz_span input;		 /* SIGN: the message; next call */
	char addr[BTZ_MGMT_ADDR_MAX];	 /* ADDRESS, may end in /bits */
	enum btz_mgmt_cmd cmd;		 /* ANSWER */
	bool ok;
};

struct btz_mgmt { /* fields are private */
	enum { BTZ_MG_START, BTZ_MG_READY, BTZ_MG_BLOCK, BTZ_MG_DEAD } state;
	size_t len;
	enum btz_mgmt_kind block; /* NONE: a block that nobody needs */
	uint64_t cid, kid;
	uint32_t env_lines, seen;
	uint32_t due_first, due_count;
	struct {
		enum btz_mgmt_cmd cmd;
		uint64_t cid, kid;
	} due[BTZ_MGMT_DUE_MAX];
	struct btz_mgmt_env env;
	uint8_t input[BTZ_MGMT_SIGN_MAX];
	uint8_t line[BTZ_MGMT_LINE_MAX];
};

void btz_mgmt_init(struct btz_mgmt *m);
/* Wipes it: lines may have held a client's password. */
void btz_mgmt_end(struct btz_mgmt *m);

/* Takes bytes off the front of *in up to the end of one event. A refused line
 * is BTZ_E_PROTO, BTZ_E_TOOBIG when it is too long; from then on always. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_next(struct btz_mgmt *m,
    struct btz_span *in, struct btz_mgmt_event *ev, struct btz_err *err);

/* Is this the content that a TLS 1.3 server signs (RFC 8446 4.4.3)? Nothing
 * else may be signed for OpenVPN. */
bool btz_mgmt_is_server_verify(struct btz_span input);

/* Commands, appended to wr whole or not at all. Each notes that an answer is
 * due. BTZ_E_TOOBIG: wr is full; BTZ_E_AGAIN: too many answers are due;
 * BTZ_E_INVAL: a text that could end its line, or is too long. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_start(
    struct btz_mgmt *m, struct btz_wr *wr, uint32_t bytecount_s);
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_release(
    struct btz_mgmt *m, struct btz_wr *wr);
/* Asks something cheap (`pid`): one that does not answer hangs. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_alive(
    struct btz_mgmt *m, struct btz_wr *wr);
/* OpenVPN tells its clients to connect again, and ends some seconds later. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_restart(
    struct btz_mgmt *m, struct btz_wr *wr);
/* lines: directives for the client's instance (ifconfig-push, push "..."). */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_auth(struct btz_mgmt *m,
    struct btz_wr *wr, uint64_t cid, uint64_t kid, const struct btz_span *lines,
    size_t n);
/* After an admission: has OpenVPN look at the client at once. By itself it would
 * do so when the client asks again, a second later. The client is told that it
 * may have to wait (AUTH_PENDING), which does no harm. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_wake(
    struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid, uint64_t kid);
/* log: for OpenVPN's own log; shown: what the client sees. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_deny(struct btz_mgmt *m,
    struct btz_wr *wr, uint64_t cid, uint64_t kid, struct btz_span log,
    struct btz_span shown);
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_kill(
    struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid);
/* DER ECDSA-Sig-Value; empty: no signature, the handshake fails. */
BTZ_MUST_CHECK enum btz_rc btz_mgmt_put_signature(
    struct btz_mgmt *m, struct btz_wr *wr, struct btz_span signature);

#endif
