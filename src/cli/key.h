/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - what the files of `bartizan key` share: the lease at hand
 * (key_lease.c), and names of algorithms and usages (key_parse.c). */
#ifndef BTZ_CLI_KEY_H
#define BTZ_CLI_KEY_H

#include "cli/cli.h"
#include "client/kms.h"
#include "wire/table.h"

/* A lease of that backend; then btz_key_conn() is the leased connection. */
BTZ_MUST_CHECK enum btz_rc btz_key_lease(
    struct btz_cli *c, const char *backend, struct btz_err *err);
/* The key that the first argument names, with a lease of its backend. Spans in
 * *k borrow from the connection until its next call. */
BTZ_MUST_CHECK enum btz_rc btz_key_find(
    struct btz_cli *c, struct btz_key_info *k, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_key_find_named(struct btz_cli *c,
    const char *name, struct btz_key_info *k, struct btz_err *err);
struct btz_conn *btz_key_conn(void);

/* Rows of keys: the columns of "key list", and all. */
#define BTZ_KEY_LIST_COLUMNS 12u
#define BTZ_KEY_COLUMNS 19u
#define BTZ_KEY_DEFAULT "soft" /* backend */
struct btz_out;
extern const struct btz_column btz_key_columns[BTZ_KEY_COLUMNS];
void btz_key_put(struct btz_out *o, const struct btz_key_info *k,
    const char *backend, bool all);
/* Everything about one key, of the lease at hand. */
void btz_key_print(const struct btz_cli *c, const struct btz_key_info *k);

/* Keys in every backend (or --backend). */
struct btz_key_search {
	const char *label;   /* of LIST_KEYS; NULL: all */
	const char *name;    /* NULL: the first argument */
	const char *backend; /* of the key at hand */
	int found;
	uint8_t id[BTZ_ID_LEN];
	const char *in;	     /* backend of the match */
	struct btz_out *out; /* for fn */
};
/* fn returns false to stop; backends that are down are left out with a word. */
BTZ_MUST_CHECK enum btz_rc btz_key_each(struct btz_cli *c,
    bool (*fn)(const struct btz_key_info *k, void *arg),
    struct btz_key_search *s, struct btz_err *err);
/* As btz_key_find, without asking for the key. */
BTZ_MUST_CHECK enum btz_rc btz_key_search(
    struct btz_cli *c, struct btz_key_search *s, struct btz_err *err);
void btz_key_close(void); /* wiped, too */

/* --alg, --bits, --kind, --usage, --only, --uses-max, --label of generate;
 * labels is where the lines of the last go. */
BTZ_MUST_CHECK enum btz_rc btz_key_parse_generate(const struct btz_cli *c,
    struct btz_generate *g, char labels[BTZ_LABELS_MAX], struct btz_err *err);
/* "sign,verify": enum btz_use bits. */
BTZ_MUST_CHECK enum btz_rc btz_key_parse_uses(
    const char *text, uint32_t *out, struct btz_err *err);
#define BTZ_KEY_USES_MAX 64
void btz_key_uses(uint32_t usage, char out[BTZ_KEY_USES_MAX]);
uint32_t btz_key_use_of(const char *name, size_t len); /* 0: none */
/* --alg, else the one that the key is for, else the usual of its algorithm. */
BTZ_MUST_CHECK enum btz_rc btz_key_sig_alg(const struct btz_cli *c,
    const struct btz_key_info *k, uint16_t *alg, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_key_crypt_alg(const struct btz_cli *c,
    const struct btz_key_info *k, uint8_t verb, uint16_t *alg,
    struct btz_err *err);

extern const struct btz_cli_option btz_key_sign_options[],
    btz_key_version_options[], btz_key_policy_options[],
    btz_key_share_options[], btz_key_doom_options[], btz_key_import_options[],
    btz_key_private_options[], btz_key_backup_options[],
    btz_key_restore_options[], btz_key_transport_options[];
enum btz_rc btz_key_run_sign(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_verify(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_rotate(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_versions(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_change(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_policy(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_import(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_private(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_backup(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_restore(struct btz_cli *c, struct btz_err *err);
enum btz_rc btz_key_run_transport(struct btz_cli *c, struct btz_err *err);
/* key restore --ceremony; the lease at hand is then of the backend. */
BTZ_MUST_CHECK enum btz_rc btz_key_restore_approved(
    struct btz_cli *c, struct btz_key_info *k, struct btz_err *err);

extern const struct btz_cli_option btz_key_crypt_options[],
    btz_key_rewrap_options[], btz_key_decrypt_options[], btz_key_mac_options[],
    btz_key_derive_options[], btz_key_hash_options[];
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
		    "soft, tee, tpm-direct, pkcs11:NAME (see 'bartizan "       \
		    "backend list')"                                           \
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
