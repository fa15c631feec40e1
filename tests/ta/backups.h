/* SPDX-License-Identifier: Apache-2.0 */
/* backups.h - both sides of a backup for tests: what the service asks of the
 * TA, and what administrators do with the recovery key (src/cli). */
#ifndef BTZ_TESTS_TA_BACKUPS_H
#define BTZ_TESTS_TA_BACKUPS_H

#include "admins.h"

#include "cli/transport.h"
#include "wire/msg_backup.h"
#include "wire/msg_generate.h"

void backups_begin(void); /* admins_make and a recovery key */
void backups_end(void);
/* An encoded admin_set of 2 of the first 3, with this recovery key. */
struct btz_span backups_set(struct btz_span recovery);
struct btz_span backups_recovery(void); /* SPKI */
/* Pins them on a box that has nobody. */
void backups_pin(struct rig *r);

enum btz_rc backups_create(struct rig *r, uint8_t alg, uint8_t kind,
    uint8_t flags, struct rig_key *out);
/* The description that goes with what backups_create makes. */
struct btz_generate backups_policy(uint8_t alg, uint8_t flags);
/* A whole backup with these keys as versions 1, 2, ...; appended. */
void backups_write(const struct btz_generate *g, const struct rig_key *keys,
    size_t n, struct btz_wr *wr);
/* BACKUP; out borrows from r->answer. */
enum btz_rc backups_make(struct rig *r, const struct btz_generate *g,
    const struct rig_key *keys, size_t n, struct btz_span *out);
/* By the recovery key; appended. */
void backups_open(struct btz_span file, struct btz_wr *plain);

/* TRANSPORT, and the note is by the checkpoint key. */
void backups_transport(struct rig *r, struct btz_transport *out);
void backups_seal(
    const struct btz_transport *t, struct btz_span plain, struct btz_wr *file);
/* The request that is approved for a file; appended. */
void backups_plan(struct btz_span file, struct btz_wr *wr);
/* RESTORE with approvals of who (a bit per administrator) for plan. */
enum btz_rc backups_restore(
    struct rig *r, struct btz_span file, struct btz_span plan, unsigned who);
/* The i-th version of the last answer. */
void backups_answer(struct rig *r, size_t i, struct rig_key *out);

#endif
