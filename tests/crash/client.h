/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - one of several clients that use a box until it is told to stop.
 * It changes only keys of its own, one request after the other, and keeps in
 * its model what it was told.
 */
#ifndef BTZ_TESTS_CRASH_CLIENT_H
#define BTZ_TESTS_CRASH_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/kms.h"
#include "crash/model.h"

#define CLIENT_KEYS 24u /* live keys and those in doubt */
#define CLIENT_LIVE 8u	/* so many it likes to have */
#define CLIENT_GONE 8u	/* destroyed ones that are remembered */
#define CLIENTS 8u
#define CLIENT_NONCE 36u /* lineage, version, nonce; key */

struct evp_pkey_st;

/* What all clients of a box have in common. */
struct site {
	bool tee; /* keys of the TEE: fewer kinds, nothing comes in or out */
	const char *backend, *app_path, *admin_path;
	uint8_t wrap_id[BTZ_ID_LEN]; /* RSA key that imports are wrapped for */
	uint8_t wrap_spki[BTZ_SPKI_MAX];
	size_t wrap_len;
	struct evp_pkey_st *recovery;
	int ca_fd; /* TEE: to the broker, as the CA */
	int theme; /* operation that comes often; -1: none */
	_Atomic bool stop;
	_Atomic bool fault; /* may requests fail? */
	_Atomic uint64_t lineages;
};

struct client {
	struct site *site;
	unsigned number;
	pthread_t thread;
	uint64_t random;
	struct btz_conn app, admin, ca, broker;
	struct btz_err err;
	struct key keys[CLIENT_KEYS];
	size_t n_keys;
	uint8_t gone[CLIENT_GONE][BTZ_ID_LEN];
	size_t n_gone;
	uint8_t (*nonces)[CLIENT_NONCE];
	size_t n_nonces, nonces_cap;
	unsigned serial;
	unsigned
	    in_doubt;  /* requests of this injection that were not answered */
	unsigned done; /* those that were */
	_Atomic unsigned *doubts; /* by operation, of the whole run */
	_Atomic unsigned *dones;
	char wrong[256]; /* what it has to complain of; empty: nothing */
};

/* Connects; false: not within some seconds. */
bool client_connect(struct client *c);
void client_hang_up(struct client *c);
/* Until site->stop, or its connection breaks. Joined by the caller. */
void client_start(struct client *c);
void client_end(struct client *c); /* forgets all keys */
/* One request that must be answered: a key is made. */
bool client_makes_one(struct client *c);

extern const unsigned client_ops; /* how many */
const char *client_op_name(unsigned i);

/* For the parts of a client, and check.c. */
unsigned client_draw_op(struct client *c);
/* BTZ_E_NOENT, c->err empty: it has no key for that. */
enum btz_rc client_run_op(struct client *c, unsigned op);
bool client_passing(enum btz_rc rc); /* as long as something is broken */
enum btz_rc client_open(
    struct client *c, const char *path, struct btz_conn *to, uint32_t wait_ms);
uint64_t client_draw(struct client *c, uint64_t below);
void client_complain(struct client *c, const char *form, ...)
    __attribute__((format(printf, 2, 3)));
struct btz_conn *client_conn(struct client *c, const struct key *k);
void client_nonce(
    struct client *c, const struct key *k, uint32_t version, struct btz_span n);
/* Destroyed, or never there. */
void client_forget(struct client *c, struct key *k);
enum btz_rc client_sign(struct client *c, struct btz_conn *conn, struct key *k);
enum btz_rc client_encrypt(struct client *c, struct key *k);
enum btz_rc client_derive(struct client *c, struct key *k);
/* New keys (client_make.c): one is drawn into *k. */
enum btz_rc client_generate(struct client *c, struct key *k);
enum btz_rc client_import(struct client *c, struct key *k, bool wrapped);
enum btz_rc client_backup(
    struct client *c, const struct key *k, struct btz_span *restorable);
enum btz_rc client_restore(
    struct client *c, struct key *k, struct btz_span restorable);
void client_draw_key(struct client *c, struct key *k);

#endif
