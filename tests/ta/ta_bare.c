/* SPDX-License-Identifier: Apache-2.0 */
/* ta_bare.c - see ta_bare.h. */
#include "ta/ta_bare.h"

#include <string.h>

void
bare_begin(struct ta *ta)
{
	memset(ta, 0, sizeof(*ta));
	ta->state = BTZ_TA_READY;
	ta->has_kek = true;
	memset(ta->kek, 7, sizeof(ta->kek));
	for (size_t i = 0; i < TA_SLOTS; i++)
		ta->slots[i] = 1;
}

void
bare_end(struct ta *ta)
{
	ta_keys_close_all(ta);
}

enum btz_rc
bare_open(struct ta *ta, const void *session, const struct bare_key *k,
    uint32_t *handle)
{
	static uint8_t blob[BTZ_BLOB_MAX];
	struct btz_keyblob b = { .alg = k->alg,
		.kind = k->kind != 0 ? k->kind : BTZ_KIND_PLAIN,
		.operations = k->operations != 0 ? k->operations
						 : BTZ_USES_OF_KEY,
		.not_after = k->not_after,
		.generation = 1,
		.spki = k->spki };
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, blob, sizeof(blob));
	TEE_GenerateRandom(b.key_id, sizeof(b.key_id));
	rc = ta_blob_seal(ta, &b, k->secret, &wr);
	return rc == BTZ_OK
		   ? ta_keys_open(ta, btz_wr_span(&wr), session, handle)
		   : rc;
}

enum btz_rc
bare_crypt(struct ta *ta, const void *session,
    const struct btz_ta_key_crypt *rq, struct btz_wr *out)
{
	static uint8_t body[BTZ_TA_REQUEST_MAX];
	struct btz_wr wr;

	btz_wr_init(&wr, body, sizeof(body));
	btz_msg_write(&btz_def_ta_key_crypt, rq, &wr);
	return btz_wr_ok(&wr)
		   ? ta_op_key_crypt(ta, session, btz_wr_span(&wr), out)
		   : BTZ_E_TOOBIG;
}
