/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract.h - the contract of backend.h as cases over every backend of the
 * program's array. A case asks what a backend can do only by its data (algs,
 * sigs, crypts, caps), never by its name.
 *
 * To add a backend: put it into list_tests.c, and, when it needs something
 * around it (a device, a token), add a row to contract_env.c.
 */
#ifndef BTZ_TESTS_CRYPTO_CONTRACT_H
#define BTZ_TESTS_CRYPTO_CONTRACT_H

#include "crypto/backend/backend.h"

struct contract { /* one backend, opened */
	const struct btz_backend_ops *ops;
	const struct contract_world *world;
	void *device; /* of the world */
	char dir[64];
	struct btz_backend_env env;
	struct btz_backend *be;
	struct btz_backend_key key; /* the last one made */
	void *hot;		    /* NULL: none open */
	struct btz_err err;
};

/* What a backend needs around it. Every pointer may be NULL. */
struct contract_world {
	const char *backend; /* NULL: the row of all others */
	bool (*present)(void);
	void (*begin)(struct contract *c); /* may set env and device */
	void (*end)(struct contract *c);
	bool everywhere; /* a blob opens on any box: it protects nothing */
	bool ready;	 /* is to be provisioned before it has keys */
	/* A blob of another box, where there is but one; else empty. */
	struct btz_span (*foreign)(void);
	/* The device is to have a recovery key; false: it cannot be given one
	 * here. NULL: it is told one each time. */
	bool (*recovery)(struct contract *c);
};
const struct contract_world *contract_world_of(const struct btz_backend_ops *o);

/* All of these assert. */
void contract_begin(
    struct contract *c, const struct btz_backend_ops *ops, bool provisioned);
void contract_end(struct contract *c);
void contract_reopen(struct contract *c);
void contract_provision(struct contract *c, struct btz_provision_ok *ok);

/* Into c->key: a plain key with every use that its family has here. */
enum btz_rc contract_make(struct contract *c, uint8_t alg, uint8_t flags);
enum btz_rc contract_import(
    struct contract *c, uint8_t alg, uint8_t flags, struct btz_span secret);
struct btz_span contract_blob(const struct contract *c);
struct btz_span contract_spki(const struct contract *c);
/* Into c->hot. */
enum btz_rc contract_open(
    struct contract *c, const uint8_t *id, struct btz_span blob);
void contract_close(struct contract *c);
/* contract_open of what was just made; asserts. */
void contract_open_made(struct contract *c);

/* Of a fixed digest, or as a message; a forgotten key is opened again. */
extern const uint8_t contract_digest[BTZ_DIGEST_MAX];
struct btz_span contract_signed(uint16_t sig_alg);
enum btz_rc contract_sign(
    struct contract *c, uint16_t sig_alg, struct btz_backend_sig *sig);
/* Without opening again. */
enum btz_rc contract_sign_once(
    struct contract *c, uint16_t sig_alg, struct btz_backend_sig *sig);
/* out is empty after any failure. */
enum btz_rc contract_crypt(
    struct contract *c, const struct btz_backend_crypt *rq, struct btz_wr *out);

/* base64 of a P-256 key's SPKI. */
extern const char contract_recovery[];
/* May keys be made backupable here? */
bool contract_backs_up(struct contract *c);

/* $BTZ_CONTRACT_QUICK: an emulated processor, where an RSA key takes minutes.
 * contract_make imports one that libcrypto drew, where the backend can. */
bool contract_quick(void);
/* Is the algorithm in the backend, and not left out for the time it takes to
 * draw a key? */
bool contract_has(const struct contract *c, uint8_t alg);

struct contract_case {
	const char *name;
	void (*fn)(struct contract *c);
	bool raw; /* not provisioned before */
};
/* Ended by a name of NULL. */
extern const struct contract_case contract_keys[], contract_algs[],
    contract_imports[];

#endif
