/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_transport.c - notes of transport keys and what is sealed for one, as an
 * administrator gets them: nobody signed the note; a head that is read is
 * written again as it was; what is sealed has the form that is read. */
#include <stdlib.h>
#include <string.h>

#include "cli/recovery_key.h"
#include "cli/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_head(struct btz_span in)
{
	static uint8_t again[1024];
	struct btz_transport_file f;
	struct btz_wr wr;

	if (!btz_transport_file_read(in, &f))
		return;
	btz_wr_init(&wr, again, sizeof(again));
	btz_transport_file_head(&f, &wr);
	if (!btz_span_eq(btz_wr_span(&wr), f.head) ||
	    f.head.len + f.ciphertext.len + f.tag.len != in.len)
		abort();
}

static void
check_seal(struct btz_span plain, struct evp_pkey_st *key)
{
	static uint8_t out[BTZ_LIST_MAX];
	struct btz_transport t = { .point = { 4 } };
	uint8_t spki[BTZ_RECOVERY_SPKI];
	struct btz_transport_file f;
	struct btz_err err;
	struct btz_wr wr;

	btz_wr_init(&wr, spki, sizeof(spki));
	if (btz_recovery_public(key, &wr, &err) != BTZ_OK)
		abort();
	memcpy(t.point, spki + sizeof(spki) - sizeof(t.point), sizeof(t.point));
	btz_wr_init(&wr, out, sizeof(out));
	if (btz_transport_seal(&t, plain, &wr, &err) == BTZ_OK &&
	    (!btz_transport_file_read(btz_wr_span(&wr), &f) ||
		f.ciphertext.len != plain.len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[BTZ_RECOVERY_SECRET] = { [31] = 1 };
	static struct evp_pkey_st *key;
	static uint8_t spki[BTZ_RECOVERY_SPKI];
	const struct btz_span in = btz_span_of(data, size);
	struct btz_transport t;
	struct btz_err err;
	struct btz_wr wr;

	if (key == NULL) {
		btz_wr_init(&wr, spki, sizeof(spki));
		if (btz_recovery_key(secret, &key, &err) != BTZ_OK ||
		    btz_recovery_public(key, &wr, &err) != BTZ_OK)
			abort();
	}
	if (btz_transport_parse(
		in, btz_span_of(spki, sizeof(spki)), &t, &err) == BTZ_OK)
		abort();
	check_head(in);
	check_seal(in, key);
	return 0;
}
