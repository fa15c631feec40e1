/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_call.h - a session with the trusted application on a real OP-TEE, calls
 * with messages, and rows of TAP. For the programs of this folder, which run
 * in the guest of optee/run.sh.
 */
#ifndef BTZ_TESTS_TARGET_TA_CALL_H
#define BTZ_TESTS_TARGET_TA_CALL_H

#include "btz_ta.h"
#include "tlog/merkle.h"
#include "wire/field.h"
#include "wire/rc.h"

/* A row; false is remembered for tap_end. */
bool tap(bool ok, const char *text);
/* The plan; exit status. */
int tap_end(void);

bool ta_open(void);
void ta_close(void);
/* def_in NULL: empty request; out NULL: not wanted. Spans of out last until
 * the next call. */
typedef enum btz_rc ta_call_fn(uint32_t command,
    const struct btz_msgdef *def_in, const void *in,
    const struct btz_msgdef *def_out, void *out);
ta_call_fn ta_once;	 /* one call */
ta_call_fn ta_do;	 /* and TPM_END as long as that is pending */
uint32_t ta_state(void); /* after the last call */

/* With libcrypto, not with the code under test. */
bool ecdsa_verify(
    struct btz_span spki, struct btz_span data, struct btz_span sig);
void sha1(struct btz_span in, uint8_t out[20]);
extern const struct btz_tlog_hash sha256_tlog;

/* Whole files in the directory that survives the restart. */
bool keep(const char *name, struct btz_span data);
struct btz_span kept(
    const char *name); /* static memory per name; empty: none */

#endif
