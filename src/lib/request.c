/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - one row per operation: how it is asked on the wire, and what of
 * the answer the caller gets. Start at the table. */
#include <assert.h>
#include <string.h>

#include "lib/lib.h"
#include "wire/alg.h"
#include "wire/keyblob.h"
#include "wire/msg_crypt.h"
#include "wire/msg_generate.h"
#include "wire/msg_key.h"
#include "wire/msg_lifecycle.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"
#include "wire/ops.h"

static_assert(BARTIZAN_ID_LEN == BTZ_ID_LEN &&
		  BARTIZAN_SECRET == (int)BTZ_ALG_MAX &&
		  BARTIZAN_RSA_PSS_SHA512 == (int)BTZ_SIG_ALG_MAX &&
		  BARTIZAN_HKDF_SHA512 == (int)BTZ_CRYPT_ALG_MAX &&
		  BARTIZAN_SHA512_256 == (int)BTZ_HASH_SHA512_256 &&
		  BARTIZAN_USE_DERIVE == (int)BTZ_USE_DERIVE &&
		  BARTIZAN_EXPORTABLE == (int)BTZ_KEYBLOB_EXPORTABLE,
    "the public header has the numbers of the wire");

static struct btz_span
span(struct bartizan_bytes b)
{
	return btz_span_of(b.p, b.len);
}

static struct bartizan_bytes
bytes(struct btz_span s)
{
	return (struct bartizan_bytes){ s.p, s.len };
}

static bool
put_generate(const struct bartizan_request *rq, void *msg)
{
	struct btz_generate *m = msg;

	*m = (struct btz_generate){ .alg = (uint8_t)rq->alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = rq->usage,
		.flags = rq->flags,
		.label = btz_span_str(rq->label) };
	return rq->alg <= BTZ_ALG_MAX;
}

static bool
put_import(const struct bartizan_request *rq, void *msg)
{
	static _Thread_local uint8_t key[BTZ_BLOB_MAX];
	struct btz_import *m = msg;
	struct btz_generate g;
	struct btz_wr wr;

	btz_wr_init(&wr, key, sizeof(key));
	if (!put_generate(rq, &g))
		return false;
	btz_msg_write(&btz_def_generate, &g, &wr);
	*m = (struct btz_import){ .key = btz_wr_span(&wr),
		.secret = span(rq->input) };
	return btz_wr_ok(&wr);
}

static void
take_key(const void *msg, struct bartizan_result *out)
{
	const struct btz_key_info *k = msg;

	memcpy(out->id, k->id, sizeof(out->id));
	out->version = k->version;
	out->output = bytes(k->spki);
}

static bool
put_ref(const struct bartizan_request *rq, void *msg)
{
	struct btz_key_ref *m = msg;

	memcpy(m->id, rq->id, sizeof(m->id));
	return true;
}

static bool
put_sign(const struct bartizan_request *rq, void *msg)
{
	struct btz_sign *m = msg;

	*m = (struct btz_sign){ .alg = rq->alg,
		.input_kind = rq->digest ? BTZ_IN_DIGEST : BTZ_IN_MESSAGE,
		.input = span(rq->input) };
	memcpy(m->id, rq->id, sizeof(m->id));
	return true;
}

static void
take_signature(const void *msg, struct bartizan_result *out)
{
	const struct btz_signature *m = msg;

	out->output = bytes(m->signature);
}

static bool
put_verify(const struct bartizan_request *rq, void *msg)
{
	struct btz_verify *m = msg;

	*m = (struct btz_verify){ .alg = rq->alg,
		.input_kind = rq->digest ? BTZ_IN_DIGEST : BTZ_IN_MESSAGE,
		.input = span(rq->input),
		.signature = span(rq->proof) };
	memcpy(m->id, rq->id, sizeof(m->id));
	return true;
}

static bool
put_crypt(const struct bartizan_request *rq, void *msg)
{
	struct btz_crypt *m = msg;

	*m = (struct btz_crypt){ .version = rq->version,
		.alg = rq->alg,
		.nonce = span(rq->nonce),
		.aad = span(rq->aad),
		.input = span(rq->input) };
	memcpy(m->id, rq->id, sizeof(m->id));
	return true;
}

static void
take_crypt(const void *msg, struct bartizan_result *out)
{
	const struct btz_crypt_ok *m = msg;

	out->version = m->version;
	out->nonce = bytes(m->nonce);
	out->output = bytes(m->output);
}

static bool
put_mac(const struct bartizan_request *rq, void *msg)
{
	struct btz_mac *m = msg;

	*m = (struct btz_mac){ .version = rq->version,
		.alg = rq->alg,
		.input = span(rq->input),
		.mac = span(rq->proof) };
	memcpy(m->id, rq->id, sizeof(m->id));
	return true;
}

static void
take_mac(const void *msg, struct bartizan_result *out)
{
	const struct btz_mac_ok *m = msg;

	out->version = m->version;
	out->output = bytes(m->mac);
}

static bool
put_derive(const struct bartizan_request *rq, void *msg)
{
	struct btz_derive *m = msg;

	*m = (struct btz_derive){ .version = rq->version,
		.alg = rq->alg,
		.peer = span(rq->input),
		.salt = span(rq->salt),
		.info = span(rq->info),
		.len = (uint16_t)rq->len };
	memcpy(m->id, rq->id, sizeof(m->id));
	return rq->len <= BTZ_DERIVED_MAX;
}

static void
take_secret(const void *msg, struct bartizan_result *out)
{
	const struct btz_secret_ok *m = msg;

	out->output = bytes(m->secret);
}

static bool
put_hash(const struct bartizan_request *rq, void *msg)
{
	struct btz_hash *m = msg;

	*m = (struct btz_hash){ .alg = (uint8_t)rq->alg,
		.input = span(rq->input) };
	return rq->alg <= UINT8_MAX;
}

static void
take_hash(const void *msg, struct bartizan_result *out)
{
	const struct btz_hash_ok *m = msg;

	out->output = bytes(m->hash);
}

static bool
put_random(const struct bartizan_request *rq, void *msg)
{
	struct btz_random *m = msg;

	m->n = (uint32_t)rq->len;
	return rq->len <= BTZ_RANDOM_MAX;
}

static void
take_random(const void *msg, struct bartizan_result *out)
{
	const struct btz_random_ok *m = msg;

	out->output = bytes(m->bytes);
}

/* clang-format off */
static const struct btz_lib_op ops[] = {
	[BARTIZAN_OP_GENERATE] = { BTZ_OP_GENERATE, &btz_def_generate, &btz_def_key_info, put_generate, take_key },
	[BARTIZAN_OP_PUBLIC] = { BTZ_OP_EXPORT_PUBLIC, &btz_def_key_ref, &btz_def_key_info, put_ref, take_key },
	[BARTIZAN_OP_SIGN] = { BTZ_OP_SIGN, &btz_def_sign, &btz_def_signature, put_sign, take_signature },
	[BARTIZAN_OP_VERIFY] = { BTZ_OP_VERIFY, &btz_def_verify, NULL, put_verify, NULL },
	[BARTIZAN_OP_ENCRYPT] = { BTZ_OP_ENCRYPT, &btz_def_crypt, &btz_def_crypt_ok, put_crypt, take_crypt },
	[BARTIZAN_OP_DECRYPT] = { BTZ_OP_DECRYPT, &btz_def_crypt, &btz_def_crypt_ok, put_crypt, take_crypt },
	[BARTIZAN_OP_MAC] = { BTZ_OP_MAC, &btz_def_mac, &btz_def_mac_ok, put_mac, take_mac },
	[BARTIZAN_OP_MAC_VERIFY] = { BTZ_OP_MAC_VERIFY, &btz_def_mac, NULL, put_mac, NULL },
	[BARTIZAN_OP_DERIVE] = { BTZ_OP_DERIVE, &btz_def_derive, &btz_def_secret_ok, put_derive, take_secret },
	[BARTIZAN_OP_HASH] = { BTZ_OP_HASH, &btz_def_hash, &btz_def_hash_ok, put_hash, take_hash },
	[BARTIZAN_OP_RANDOM] = { BTZ_OP_RANDOM, &btz_def_random, &btz_def_random_ok, put_random, take_random },
	[BARTIZAN_OP_ROTATE] = { BTZ_OP_ROTATE, &btz_def_key_ref, &btz_def_key_info, put_ref, take_key },
	[BARTIZAN_OP_DESTROY] = { BTZ_OP_DESTROY, &btz_def_key_ref, NULL, put_ref, NULL },
	[BARTIZAN_OP_IMPORT] = { BTZ_OP_IMPORT, &btz_def_import, &btz_def_key_info, put_import, take_key },
	[BARTIZAN_OP_EXPORT_PRIVATE] = { BTZ_OP_EXPORT_PRIVATE, &btz_def_key_ref, &btz_def_secret_ok, put_ref, take_secret },
};
/* clang-format on */

const struct btz_lib_op *
btz_lib_op(int op)
{
	if (op <= 0 || (size_t)op >= BTZ_COUNT(ops) || ops[op].put == NULL)
		return NULL;
	return &ops[op];
}
