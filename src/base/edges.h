/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges.h - who may talk to whom: the one table. The supervisor makes the
 * sockets from it, each program finds its descriptors by it, and
 * docs/architecture.md shows it (a test compares).
 *
 * Descriptors of a program, in this order: 3 the supervisor's control socket,
 * 4 its configuration (a sealed memfd), then one per slot of its list: first
 * the listening sockets in table order, then the edges in table order. An edge
 * to a program that this box does not start is a socket with nobody behind it.
 */
#ifndef BTZ_BASE_EDGES_H
#define BTZ_BASE_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTZ_FD_CONTROL 3
#define BTZ_FD_CONFIG 4
#define BTZ_FD_SLOT0 5
#define BTZ_SLOTS_MAX 20
#define BTZ_TOKENS_MAX 4 /* BTZ_PROG_CRYPTO_P11_1 and on */
#define BTZ_VPNS_MAX 4	 /* BTZ_PROG_OPENVPN1 and on */
/* With [tee] device = optee this takes the place of the edge to `ta`. */
#define BTZ_TEE_DEVICE "/dev/tee0"

enum btz_prog {
	BTZ_PROG_NONE = 0,
	BTZ_PROG_UP,
	BTZ_PROG_BROKER,
	BTZ_PROG_CRYPTO_SOFT,
	BTZ_PROG_CRYPTO_TEE,
	BTZ_PROG_CA,
	BTZ_PROG_ACCESS,
	BTZ_PROG_AUDIT,
	BTZ_PROG_HTTPD, /* Apache with mod_bartizan */
	BTZ_PROG_TA,	/* the emulated secure world */
	BTZ_PROG_SWTPM,
	BTZ_PROG_VPN,
	BTZ_PROG_OPENVPN1, /* one for each [vpn NAME], in their order */
	BTZ_PROG_OPENVPN2,
	BTZ_PROG_OPENVPN3,
	BTZ_PROG_OPENVPN4,
	BTZ_PROG_CRYPTO_TPM,   /* backend tpm-direct */
	BTZ_PROG_CRYPTO_P11_1, /* one for each [pkcs11 NAME], in their order */
	BTZ_PROG_CRYPTO_P11_2,
	BTZ_PROG_CRYPTO_P11_3,
	BTZ_PROG_CRYPTO_P11_4,
	BTZ_PROG_PARSEC, /* front end for Parsec clients */
	BTZ_PROG_COUNT,
};

/* Who is at the other end of a connection, as bits for dispatch tables. */
#define BTZ_ROLE_OF(prog) (1u << (prog))
enum btz_role {
	BTZ_ROLE_ADMIN = 1u << 24, /* admin/<name>.sock */
	BTZ_ROLE_APP = 1u << 25,   /* kms.sock */
	BTZ_ROLE_HTTP = 1u << 26,  /* http/<name>.sock: the Apache module */
	BTZ_ROLE_LEASE = 1u << 27, /* a leased socket of the crypto service */
};

struct btz_edge {
	enum btz_prog from; /* asks */
	enum btz_prog to;   /* answers */
	const char *what;   /* operations, for the documents */
};
extern const struct btz_edge btz_edges[];
extern const size_t btz_edges_count;

struct btz_listener {
	enum btz_prog prog;
	uint32_t role;
	const char *path; /* below run/ */
	bool stream;	  /* SOCK_STREAM; no frames of ours */
};
extern const struct btz_listener btz_listeners[];
extern const size_t btz_listeners_count;

struct btz_slot {
	const struct btz_listener *listener; /* or */
	const struct btz_edge *edge;
	bool asks; /* edge: this program is `from` */
};

/* Fills out[BTZ_SLOTS_MAX] and returns how many; slot i is fd 5 + i. */
size_t btz_slots(enum btz_prog prog, struct btz_slot *out);
const char *btz_prog_name(enum btz_prog prog); /* "crypto-tee" */
enum btz_prog btz_prog_by_name(const char *name);

#endif
