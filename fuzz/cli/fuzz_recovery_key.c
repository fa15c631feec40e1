/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_recovery_key.c - backups as an administrator gets them: with the head of
 * one for this key before the input, or the input alone. */
#include <stdlib.h>
#include <string.h>

#include "cli/recovery_key.h"
#include "prim/prim.h"
#include "wire/msg_backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[BTZ_RECOVERY_SECRET] = { [31] = 1 };
	static struct evp_pkey_st *key;
	static uint8_t id[BTZ_SHA256_LEN], in[8192], out[8192];
	uint8_t spki[BTZ_RECOVERY_SPKI];
	struct btz_err err;
	struct btz_wr wr;

	if (key == NULL) {
		btz_wr_init(&wr, spki, sizeof(spki));
		if (btz_recovery_key(secret, &key, &err) != BTZ_OK ||
		    btz_recovery_public(key, &wr, &err) != BTZ_OK)
			abort();
		btz_sha256(btz_wr_span(&wr), id);
	}
	btz_wr_init(&wr, out, sizeof(out));
	if (btz_recovery_open(key, btz_span_of(data, size), &wr, &err) ==
	    BTZ_OK)
		abort(); /* nobody sealed it */
	if (size > sizeof(in) - 38)
		return 0;
	memcpy(in, BTZ_BACKUP_FORM "\0", 6);
	memcpy(in + 6, id, sizeof(id));
	memcpy(in + 38, data, size);
	btz_wr_init(&wr, out, sizeof(out));
	if (btz_recovery_open(key, btz_span_of(in, 38 + size), &wr, &err) ==
	    BTZ_OK)
		abort();
	return 0;
}
