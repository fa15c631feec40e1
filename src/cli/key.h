/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - what the files of `bartizan key` share: the lease at hand
 * (cmd_key.c), and names of algorithms and usages (key_parse.c). */
#ifndef BTZ_CLI_KEY_H
#define BTZ_CLI_KEY_H

#include "cli/cli.h"
#include "client/kms.h"

/* A lease of that backend; then btz_key_conn() is the leased connection. */
BTZ_MUST_CHECK enum btz_rc btz_key_lease(
    struct btz_cli *c, const char *backend, struct btz_err *err);
/* The key that the first argument names, with a lease of its backend. Spans in
 * *k borrow from the connection until its next call. */
BTZ_MUST_CHECK enum btz_rc btz_key_find(
    struct btz_cli *c, struct btz_key_info *k, struct btz_err *err);
struct btz_conn *btz_key_conn(void);
void btz_key_close(void); /* wiped, too */

/* --alg, --bits, --kind, --usage, --only, --uses-max, --label of generate;
 * labels is where the lines of the last go. */
BTZ_MUST_CHECK enum btz_rc btz_key_parse_generate(const struct btz_cli *c,
    struct btz_generate *g, char labels[BTZ_LABELS_MAX], struct btz_err *err);
#define BTZ_KEY_USES_MAX 64
void btz_key_uses(uint32_t usage, char out[BTZ_KEY_USES_MAX]);
/* --alg, else the one that the key is for, else the usual of its algorithm. */
BTZ_MUST_CHECK enum btz_rc btz_key_sig_alg(const struct btz_cli *c,
    const struct btz_key_info *k, uint16_t *alg, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_key_crypt_alg(const struct btz_cli *c,
    const struct btz_key_info *k, uint8_t verb, uint16_t *alg,
    struct btz_err *err);

extern const struct btz_cli_option btz_key_crypt_options[],
    btz_key_decrypt_options[], btz_key_mac_options[], btz_key_derive_options[],
    btz_key_hash_options[];
enum btz_rc btz_key_run_encrypt(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_decrypt(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_mac(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_mac_verify(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_derive(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_hash(struct btz_cli *c, struct btz_err *err);

/* Options that most of them have. */
#define BTZ_KEY_BACKEND                                                        \
	{                                                                      \
		0, "backend", "NAME",                                          \
		    "soft or tee (see 'bartizan backend list')"                \
	}
#define BTZ_KEY_AS_APP                                                         \
	{                                                                      \
		0, "as-app", NULL,                                             \
		    "as the application of my uid, not as admin"               \
	}
#define BTZ_KEY_OUT                                                            \
	{                                                                      \
		'o', "out", "FILE", "write there instead of standard output"   \
	}
#define BTZ_KEY_END                                                            \
	{                                                                      \
		0, NULL, NULL, NULL                                            \
	}

#endif
