/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_make.h - certificates of endorsement keys and of their makers' CAs by
 * libcrypto, good unless a field says otherwise.
 */
#ifndef BTZ_TESTS_EK_MAKE_H
#define BTZ_TESTS_EK_MAKE_H

#include <openssl/evp.h>

#include "der/der.h"

#define EK_CERT_MAX 4096u
#define EK_SAN "1=id:53540000,2=ST33,3=id:00010101"

enum ek_key {
	EK_P256, /* the TPM's in most cases */
	EK_P384,
	EK_ROOT_P256,
	EK_ROOT_P384,
	EK_ROOT_RSA2048,
	EK_ROOT_RSA3072,
	EK_CA1, /* P-256, of intermediates */
	EK_CA2,
	EK_CA3,
	EK_CA4,
	EK_CA_RSA,
	EK_P521,
	EK_RSA,
	EK_ED25519,
	EK_P256_EXPLICIT,
	EK_P256_COMPRESSED,
	EK_KEYS
};

/* A text: NULL is what a good one has, "-" leaves it out. */
struct ek_spec {
	enum ek_key key, signer;
	const char *subject;	   /* CN; default: empty for a TPM */
	const char *issuer;	   /* CN; default "root" */
	const char *bc, *ku, *eku; /* as in openssl x509v3_config */
	const char *san; /* "N=text": 2.23.133.2.N; '+' joins an RDN, '|' begins
			  * another directoryName; otherwise as in openssl */
	bool san_plain;	 /* not critical */
	const char *ext, *value; /* one more */
	bool ext_twice;
	const char *md; /* default SHA256 */
	bool pss;
	bool old;	/* v1 */
	long serial;	/* default 7 */
	bool gentime;	/* GeneralizedTime, where UTCTime is due */
	bool printable; /* the issuer's CN is a PrintableString */
	bool t61;	/* attributes of the SAN are TeletexStrings */
};

struct ek_cert {
	uint8_t b[EK_CERT_MAX];
	size_t len;
};

int ek_keys_make(void **state);
int ek_keys_free(void **state);
/* From now on this public key: a TPM's. */
void ek_key_set(enum ek_key key, struct btz_span spki);
/* SubjectPublicKeyInfo; valid until ek_keys_free. */
struct btz_span ek_spki(enum ek_key key);
/* Of a TPM, and of a CA ("critical,CA:TRUE", keyCertSign). */
void ek_leaf(const struct ek_spec *s, struct ek_cert *out);
void ek_ca(const struct ek_spec *s, struct ek_cert *out);
/* A btz_ek_verify by libcrypto. */
enum btz_rc ek_ossl_verify(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature);

#endif
