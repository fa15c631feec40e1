/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hot.h - versions of keys in use: what the judge needs, the opened private
 * key and the public one. Bounded (crypto.hot_keys); the least recently used
 * goes. The database is asked only for what is not here. Requests name a key
 * by the id of its first version; btz_hot_get gives the version in use, by one
 * look-up.
 */
#ifndef BTZ_CRYPTO_HOT_H
#define BTZ_CRYPTO_HOT_H

#include <openssl/evp.h>

#include "crypto/core.h"
#include "crypto/judge.h"

/* Older versions that are tried before the newer ones must be enough: whoever
 * verifies keeps the service busy for no longer than that. */
#define BTZ_HOT_TRIES 32

struct btz_hotkey {
	struct btz_hotkey *chain;	  /* same bucket */
	struct btz_hotkey *newer, *older; /* by last use */
	uint8_t id[BTZ_ID_LEN];	    /* of the version: sealed in its blob */
	uint8_t key_id[BTZ_ID_LEN]; /* what requests and records name */
	char owner[BTZ_NAME_MAX + 1];
	struct btz_key_facts facts; /* state: DISABLED too when off */
	uint32_t version;	    /* of the key, from 1 */
	uint32_t min_version;
	bool in_use;	   /* by btz_hot_get */
	bool off;	   /* this version is disabled or destroyed */
	uint64_t renew_at; /* renew.h: not before, boot ms */
	EVP_PKEY *pub;
	EVP_PKEY_CTX *verify[BTZ_SIG_ALG_MAX]; /* by enum btz_sig_alg - 1 */
	bool opened;
	void *key; /* the backend's, when opened */
};

BTZ_MUST_CHECK enum btz_rc btz_hot_new(struct btz_core *core, size_t max,
    struct btz_hot **out, struct btz_err *err);
void btz_hot_free(struct btz_hot *hot); /* NULL is fine */
/* Borrowed until the next call here. BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_hot_get(struct btz_hot *hot,
    const uint8_t key_id[BTZ_ID_LEN], struct btz_hotkey **out,
    struct btz_err *err);
/* Opens the private key if it is not. BTZ_E_KEY_BLOB ... */
BTZ_MUST_CHECK enum btz_rc btz_hot_open(
    struct btz_hot *hot, struct btz_hotkey *k, struct btz_err *err);
/* The version of k that a request names; 0: the newest. Borrowed as above.
 * BTZ_E_NOENT: no such one, or below the least that is allowed; BTZ_E_KEY_STATE:
 * disabled. */
BTZ_MUST_CHECK enum btz_rc btz_hot_version(struct btz_hot *hot,
    struct btz_hotkey *k, uint32_t version, struct btz_hotkey **out,
    struct btz_err *err);
/* From the newest (k->version 0: start with btz_hot_version(.., 0)) to the next
 * older one that may still verify and decrypt. BTZ_E_NOENT: there is none. */
BTZ_MUST_CHECK enum btz_rc btz_hot_older(struct btz_hot *hot,
    struct btz_hotkey *k, struct btz_hotkey **out, struct btz_err *err);
void btz_hot_shut(struct btz_hot *hot, struct btz_hotkey *k); /* not drop */
/* All versions of that key. */
void btz_hot_drop(struct btz_hot *hot, const uint8_t key_id[BTZ_ID_LEN]);
void btz_hot_clear(struct btz_hot *hot);
size_t btz_hot_count(const struct btz_hot *hot);

#endif
