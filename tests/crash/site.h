/* SPDX-License-Identifier: Apache-2.0 */
/* site.h - a box of real programs that tests break and mend: audit, crypto
 * service and broker; with the TEE also its TPM and trusted application. */
#ifndef BTZ_TESTS_CRASH_SITE_H
#define BTZ_TESTS_CRASH_SITE_H

#include "crash/client.h"
#include "crash/fault.h"

struct rig;

/* A fresh box with nothing in it but the key that imports are wrapped for.
 * first: orders for the very first start of the crypto service; rig_new_hit
 * says whether they hit. */
struct rig *rig_new(struct site *site, bool tee, const struct fault *first);
bool rig_new_hit(const struct rig *r);
/* Orderly; false: a program did not end well. */
bool rig_free(struct rig *r);
const char *rig_home(const struct rig *r);
const char *rig_store(const struct rig *r); /* path of the key store */

/* Orders for the storage calls of a program; none when mode is FAULT_NONE. */
void rig_order(struct rig *r, enum fault_prog p, const struct fault *f);
int rig_hits(const struct rig *r, enum fault_prog p);
void rig_kill(struct rig *r, unsigned progs); /* bits 1 << enum fault_prog */
bool rig_dead(struct rig *r, enum fault_prog p);
/* Starts it under the orders that it has; false: it did not come up. */
bool rig_start(struct rig *r, enum fault_prog p);
/* What is dead is started; returns the bits of what was. */
unsigned rig_mend(struct rig *r);

#endif
