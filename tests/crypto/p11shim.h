/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p11shim.h - a PKCS#11 module that passes everything on to another one
 * ($BTZ_SHIM_MODULE), and fails where a test says so. It is loaded by path as
 * any module; the test finds what is below by dlsym in it.
 */
#ifndef BTZ_TESTS_CRYPTO_P11SHIM_H
#define BTZ_TESTS_CRYPTO_P11SHIM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct btz_shim {
	/* The next `times` calls of that function answer rv and are not passed
	 * on, after `skip` that are. */
	void (*plan)(
	    const char *function, CK_RV rv, unsigned skip, unsigned times);
	/* Calls so far, refused ones too. */
	unsigned (*calls)(const char *function);
	/* Forgets plans and counts. */
	void (*clear)(void);
	/* C_GenerateKeyPair waits until this is taken back. */
	void (*hold)(bool on);
	/* Threads that are in a call now. */
	unsigned (*inside)(void);
};

/* The name that dlsym is asked for. */
#define BTZ_SHIM_SYMBOL "btz_shim"

#endif
