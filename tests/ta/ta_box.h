/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_box.h - a box that is in use, made once and copied for each attack: a
 * plain key, a certified issuing key, a log. Whatever the TA answers with
 * BTZ_OK is checked here against keys and promises known from before; a lie
 * that was believed ends the test with the line that `box_case` set.
 */
#ifndef BTZ_TESTS_TA_BOX_H
#define BTZ_TESTS_TA_BOX_H

#include "ta_rig.h"

#define BOX_DAY 86400u
#define BOX_SIZE 3u /* of the log when the box is made */

struct box {
	struct rig r;
	struct rig_key plain, issuing;
	uint8_t root_spki[91], cp_spki[91], ski[20];
	uint8_t root_id[16], cp_id[16], instance_id[32];
	uint32_t handle;  /* of the issuing key in this session, or 0 */
	uint64_t cp_size; /* largest that was answered */
	uint64_t epoch;	  /* last seen */
	uint32_t crl_number;
	uint8_t crl_entry; /* serial of its only one */
	uint8_t crl[1200]; /* the last list, signed */
	size_t crl_len;
};

/* What is under way, for the message of a failure. */
void box_case(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void box_say(void); /* prints it */
#define BOX_HOLD(cond) box_hold((cond), #cond, __FILE__, __LINE__)
void box_hold(bool cond, const char *what, const char *file, int line);

void box_make(struct box *b); /* provisioned and in use; TA and TPM are off */
void box_make_heard(struct box *b, rig_hook *hook); /* with somebody between */
/* The same box again, TPM on, TA off. */
void box_copy(struct box *to, const struct box *from);
void box_copy_tpm(
    struct box *to, const struct box *from, const struct box *tpm);
void box_end(struct box *b);
void box_kill(struct box *b);
void box_start(struct box *b);

/* INFO; a TA that was provisioned stays what it is. */
uint32_t box_state(struct box *b);
enum btz_rc box_open(struct box *b, const struct rig_key *k, uint32_t *handle);
enum btz_rc box_sign_plain(struct box *b, const struct rig_key *k);
enum btz_rc box_create(struct box *b, uint8_t kind, struct rig_key *k);
enum btz_rc box_destroy(struct box *b, const struct rig_key *k);
enum btz_rc box_certify(struct box *b, const struct rig_key *k);
enum btz_rc box_leaf(struct box *b);
enum btz_rc box_list(struct box *b); /* the next CRL */
/* fork: another log of this size */
enum btz_rc box_checkpoint(struct box *b, uint64_t size, bool fork);
uint64_t box_ta_size(struct box *b); /* where proofs start */
/* Signatures of a constrained key, as a checkpoint of the present size tells
 * them. */
unsigned long box_count(struct box *b, const uint8_t id[16]);
enum btz_rc box_stop(struct box *b);

/* The attack is over: back-offs pass, the TA is ready by itself, signs, and
 * after a start of its own again; the log is the one that was signed. */
void box_recovers(struct box *b);
/* A TBSCertificate for alice. */
size_t box_tbs(struct box *b, uint8_t *buf, size_t cap, struct btz_span spki);

#endif
