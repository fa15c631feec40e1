/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_blob.c - wrapped keys out of a database that somebody wrote to: bytes
 * as they are, and a true blob with one stretch replaced. Nothing but the true
 * blob under its own id opens.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/softkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t kek[BTZ_KEK_LEN] = { 1 };
static struct btz_backend_key key;

static void
make_once(void)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };

	if (key.blob_len == 0 &&
	    btz_softkey_generate(kek, &g, &key, NULL) != BTZ_OK)
		abort();
}

static void
try(const uint8_t *id, struct btz_span blob, bool may_open)
{
	struct btz_softkey k = { .pkey = NULL };

	if (btz_softkey_open(kek, id, blob, &k, NULL) != BTZ_OK) {
		if (k.pkey != NULL)
			abort();
		return;
	}
	if (!may_open)
		abort();
	btz_softkey_close(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[BTZ_BLOB_MAX], id[BTZ_ID_LEN] = { 0 };
	size_t at, n;

	make_once();
	if (size < 3)
		return 0;
	memcpy(id, data, size < sizeof(id) ? size : sizeof(id));
	try(id, btz_span_of(data, size), false);
	memcpy(copy, key.blob, key.blob_len);
	at = ((size_t)data[0] << 8 | data[1]) % key.blob_len;
	n = size - 2 < key.blob_len - at ? size - 2 : key.blob_len - at;
	memcpy(copy + at, data + 2, n);
	try(key.id, btz_span_of(copy, key.blob_len),
	    memcmp(copy, key.blob, key.blob_len) == 0);
	return 0;
}
