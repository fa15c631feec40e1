/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_rig.h - a TA in this process on a TPM of its own: starts both, calls the
 * entry points as the TEE would, plays power cuts. Every helper asserts what
 * it does not return.
 */
#ifndef BTZ_TESTS_TA_RIG_H
#define BTZ_TESTS_TA_RIG_H

#include "support/cmocka_all.h"
#include "support/swtpm.h"

#include <tee_internal_api.h>

#include "btz_ta.h"
#include "hostkit.h"
#include "wire/alg.h"
#include "wire/constraint.h"
#include "wire/keyblob.h"
#include "wire/msg_certify.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_provision.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msg_ta.h"

#define RIG_NOW 1790000000u

struct mitm_plan;
struct rig {
	struct btz_swtpm tpm;
	char dir[64];	  /* storage of the TA */
	char socket[128]; /* of the TPM */
	void *session;
	bool running;
	struct btz_span ek_chain; /* of PROVISION */
	uint8_t ek_required;
	bool split;	/* BTZ_E_PENDING is shown, else TPM_END follows */
	uint32_t state; /* after the last command */
	uint8_t answer[BTZ_TA_ANSWER_MAX];
	size_t answer_len;
	void (*hook)(struct btz_swtpm *tpm, const struct mitm_plan *plan);
	const struct mitm_plan *plan;
};

void rig_begin(struct rig *r); /* TPM and empty storage; TA not started */
/* The TPM has an endorsement certificate and PROVISION asks for it; false: the
 * programs that make one are not there. */
bool rig_begin_ek(struct rig *r);
void rig_end(struct rig *r);
void rig_start(struct rig *r);		   /* create entry point, one session */
void rig_start_without_tpm(struct rig *r); /* until the fuse is mended */
/* The TPM fails from its n-th command on. */
void rig_start_until(struct rig *r, int n);
/* Called when the TA is about to start next, with the TPM and plan. */
typedef void rig_hook(struct btz_swtpm *tpm, const struct mitm_plan *plan);
void rig_arm(struct rig *r, rig_hook *fn, const struct mitm_plan *plan);
void rig_wait(struct rig *r); /* a minute passes, then INFO */
void rig_kill(struct rig *r); /* the TA ends without STOP */
/* TEE and TPM lose their memory; then both start. */
void rig_power_back(struct rig *r);
void rig_provision(struct rig *r); /* to the end */
/* A command; the rc of the answer. */
enum btz_rc rig_call(struct rig *r, uint32_t command, struct btz_span in);
/* The same with messages: def_in NULL: empty; out NULL: not wanted. */
enum btz_rc rig_do(struct rig *r, uint32_t command,
    const struct btz_msgdef *def_in, const void *in,
    const struct btz_msgdef *def_out, void *out);
/* Answers of any command are kept from now on; do they hold these bytes? */
void rig_keep_answers(bool on);
bool rig_answered(struct btz_span what);
enum btz_rc rig_step(struct rig *r, struct btz_ta_step *out);
void rig_info(struct rig *r, struct btz_ta_info *out);
/* Issuing key with the usual constraints (trust domain box.example, tenant
 * home, DNS box.example, 192.0.2.0/24). */
struct rig_key {
	uint8_t id[16];
	uint8_t spki[1024], blob[BTZ_BLOB_MAX];
	size_t spki_len, blob_len;
};
size_t rig_constraints(uint8_t *buf, size_t cap);
enum btz_rc rig_create(struct rig *r, uint8_t kind, struct btz_span constraints,
    struct rig_key *out);
enum btz_rc rig_open(struct rig *r, struct btz_span blob, uint32_t *handle);
enum btz_rc rig_sign(struct rig *r, uint32_t command, uint32_t handle,
    uint64_t now, struct btz_span input, struct btz_span previous);
/* Does the ECDSA signature of the last answer verify over data? */
bool rig_verify(
    struct btz_span spki, struct btz_span data, struct btz_span sig);
void rig_remove_dir(const char *dir); /* with its files */
void rig_each_file(const char *dir,
    void (*fn)(const char *path, const char *name, void *arg), void *arg);
void rig_copy_file(const char *path, const char *name, const char *dir);
void rig_copy_dir(const char *from, const char *to); /* its files */
/* The storage directory, copied aside and back. */
void rig_save(struct rig *r, const char *name);
void rig_restore(struct rig *r, const char *name);
void rig_drop(struct rig *r, const char *name); /* the copy */
void rig_storage_delete(struct rig *r, const char *object);

size_t rig_sha1(const uint8_t *p, size_t len, uint8_t out[20]); /* 20 */
/* INFO until the TA is ready again (back-off of seconds). */
void rig_wait_ready(struct rig *r);

#endif
