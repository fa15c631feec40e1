/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wychebox.h - a broker and one service, with the device that it needs, for
 * test_wycheproof_keys.c. Everything asserts.
 */
#ifndef BTZ_TESTS_CRYPTO_WYCHEBOX_H
#define BTZ_TESTS_CRYPTO_WYCHEBOX_H

#include "base/edges.h"
#include "client/call.h"

enum wyche_which {
	WYCHE_SOFT,
	WYCHE_TOKEN,
	WYCHE_TPM,
	WYCHE_TEE,
	WYCHE_BACKENDS
};

struct wyche_backend {
	const char *name;
	enum btz_prog prog;
	/* Starts the device; its section of the configuration. False: there is
	 * none on this machine. Both NULL: no device. */
	bool (*begin)(char *conf, size_t cap);
	void (*end)(void);
	size_t step;	   /* one in how many vectors runs */
	size_t secret_min; /* bytes of a secret, fewer are refused */
};
extern const struct wyche_backend wyche_backends[WYCHE_BACKENDS];

extern struct wyche {
	enum wyche_which which;
	struct btz_conn c; /* a lease of an application */
	struct btz_err err;
} wyche;

bool wyche_start(enum wyche_which which); /* false: no device */
void wyche_end(void);

#endif
