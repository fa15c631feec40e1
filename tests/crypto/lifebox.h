/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifebox.h - a broker and a soft service, with one lease of an application
 * and one of the administrator's: for tests of what becomes of keys. All but
 * what returns a code asserts.
 */
#ifndef BTZ_TESTS_CRYPTO_LIFEBOX_H
#define BTZ_TESTS_CRYPTO_LIFEBOX_H

#include "client/kms.h"
#include "support/auditor.h"
#include "support/spawn.h"

struct life {
	struct btz_box *box;
	struct btz_auditor *audit, *audit_broker;
	struct btz_conn broker, app, admin;
	struct btz_key_info key; /* what the last call gave */
	struct btz_err err;
};
extern struct life life;

struct life_sig {
	uint8_t bytes[BTZ_SIG_MAX];
	size_t len;
};

/* more: of the section [app one]. */
void life_start(const char *more);
void life_open(void); /* both leases, anew */
int life_setup(void **state);
int life_teardown(void **state);
void life_restart(void); /* kill -9 */

struct btz_generate life_plain(const char *label);
void life_generate(
    struct btz_conn *c, const char *label, uint8_t id[BTZ_ID_LEN]);
/* Of "hello"; out may be NULL. */
enum btz_rc life_sign(
    struct btz_conn *c, const uint8_t *id, struct life_sig *out);
enum btz_rc life_verify(
    struct btz_conn *c, const uint8_t *id, const struct life_sig *sig);
enum btz_rc life_change(struct btz_conn *c, const uint8_t *id,
    enum btz_key_change what, uint64_t value, const char *text);
struct btz_span life_encode(
    const struct btz_generate *g, uint8_t *buf, size_t cap);
/* By the application; wrapped_by may be NULL. */
enum btz_rc life_import(const struct btz_generate *g, struct btz_span secret,
    const uint8_t *wrapped_by);

#endif
