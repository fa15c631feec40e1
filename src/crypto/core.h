/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h - what the parts of the crypto service share: one struct, made in
 * main.c, and the way a handler begins (btz_enter).
 *
 * Path of a request: dispatch.c (table: which operation, who may send it) ->
 * btz_enter (the lease) -> op_<verb>.c (the meaning, by judge.h) -> backend.
 */
#ifndef BTZ_CRYPTO_CORE_H
#define BTZ_CRYPTO_CORE_H

#include "base/backends.h"
#include "base/daemon.h"
#include "crypto/backend/backend.h"
#include "crypto/ekchain.h"

struct btz_doom;
struct btz_batch;
struct btz_child;
struct btz_hot;
struct btz_keystore;
struct btz_leased;
struct btz_report;
struct btz_shares;
struct btz_uses;
struct btz_slow;

struct btz_core {
	struct btz_host *host;
	const struct btz_backend_ops *ops; /* can: for ever as of now */
	struct btz_backend_ops base, can;  /* as built; of the device */
	struct btz_backends backends;	   /* pkcs11: its section alone */
	struct btz_backend *be;		   /* NULL: its device is away */
	struct btz_backend_env env;
	char dir[512]; /* what env.dir points to */
	struct btz_keystore *store;
	struct btz_hot *hot;
	struct btz_report *report;
	struct btz_slow *slow;
	struct btz_batch *batch;
	size_t n_tasks; /* under way: task.h */
	struct btz_shares *shares;
	struct btz_uses *uses;
	struct btz_doom *doom;
	struct btz_leased *leases;
	struct btz_credit *credits; /* lease.h */
	size_t n_leases;
	struct btz_conf_crypto conf;
	struct btz_conf_tee tee;
	struct btz_conf_tpm tpm;
	struct btz_ek_conf ek; /* for PROVISION */
	/* Of a real device, else NULL: is it (still, again) there? */
	void (*look_after)(struct btz_core *core);
	uint64_t looked;	  /* boot ms, the last time */
	char why[160];		  /* be is NULL: the reason */
	bool provisioning;	  /* one at a time */
	unsigned children;	  /* forked generators, and those beside */
	struct btz_child *beside; /* the latter; child.c */
};

extern const struct btz_op_row btz_crypto_ops[]; /* dispatch.c */
extern const size_t btz_crypto_ops_count;

struct btz_core *btz_core_of(struct btz_host *h);
/* Looks after a real device, at most every 2 s. Called before whatever may use it:
 * while nobody asks anything the process sleeps. */
void btz_core_look(struct btz_core *core);
/* A message on a leased socket from another uid than the lease's closes it. */
bool btz_core_admit(struct btz_host *h, const struct btz_call *c);
/* The lease of a request on a leased socket, when it allows `use` now. NULL:
 * refused and answered. The backend is there when this returns a lease. */
struct btz_leased *btz_enter(struct btz_call *c, uint32_t use);
/* Opens (again) the backend on env; the hot keys of before are forgotten. */
enum btz_rc btz_core_open_backend(struct btz_core *core, struct btz_err *err);
void btz_core_close_backend(struct btz_core *core);
/* Root and checkpoint key of a provisioned backend, into the store. */
enum btz_rc btz_core_register(struct btz_core *core,
    const struct btz_provision_ok *ok, struct btz_err *err);

btz_handler btz_op_grant, btz_op_narrow, btz_op_withdraw, btz_op_status,
    btz_op_list, btz_op_generate, btz_op_export_public, btz_op_sign,
    btz_op_verify, btz_op_destroy, btz_op_list_keys, btz_op_random,
    btz_op_certify_issuing, btz_op_root_cert, btz_op_provision,
    btz_op_sign_checkpoint, btz_op_approved, btz_op_approval_nonce,
    btz_op_approval_cancel, btz_op_encrypt, btz_op_decrypt, btz_op_mac,
    btz_op_mac_verify, btz_op_offers, btz_op_derive, btz_op_hash, btz_op_rewrap,
    btz_op_rotate, btz_op_key_change, btz_op_import, btz_op_export_private,
    btz_op_backup, btz_op_restore, btz_op_transport, btz_op_attest;

#endif
