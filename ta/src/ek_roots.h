/* SPDX-License-Identifier: Apache-2.0 */
/* ek_roots.h - the makers of TPMs that are believed, a table that the build
 * generates (ta/ek_roots.py) from certificates in PEM. */
#ifndef BTZ_TA_EK_ROOTS_H
#define BTZ_TA_EK_ROOTS_H

#include "wire/cursor.h"

struct ta_ek_root {
	const char *label; /* CN of the certificate */
	bool test;	   /* everybody has its private key */
};

extern const struct btz_span ta_ek_anchors[]; /* SubjectPublicKeyInfos */
extern const struct ta_ek_root ta_ek_roots[]; /* of each */
extern const size_t ta_ek_roots_count;

#endif
