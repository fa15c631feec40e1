/* SPDX-License-Identifier: Apache-2.0 */
/* op_key.c - keys come, go, and are given out: GenerateKey, ImportKey,
 * DestroyKey, ExportPublicKey, ExportKey; and CanDoCrypto. */
#include <string.h>

#include "crypto.pb-c.h"
#include "der/der.h"
#include "parsec/kms.h"
#include "parsec/offers.h"
#include "wire/msg_crypt.h"
#include "wire/msg_key.h"
#include "wire/msg_lifecycle.h"

/* Attributes as the client gave them are kept with the key. */
static uint16_t
prepare(struct btz_pjob *j, const Parsec__KeyAttributes *in,
    struct btz_generate *out)
{
	size_t len;
	uint8_t *p;
	uint16_t status;

	if ((status = btz_pattr_ours(&j->key.attr, out)) != BTZ_PS_OK)
		return status;
	len = protobuf_c_message_get_packed_size(&in->base);
	if (len > BTZ_APP_DATA_MAX ||
	    (p = btz_parena_alloc(&j->arena, len)) == NULL)
		return BTZ_PS_INVALID;
	(void)protobuf_c_message_pack(&in->base, p);
	out->app_data = btz_span_of(p, len);
	out->label = j->name;
	return BTZ_PS_OK;
}

static void
on_made(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_key_info info;

	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_key_info, body, &info))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK) {
		btz_pjob_fail_rc(j, rc);
		return;
	}
	memcpy(j->key.id, info.id, BTZ_ID_LEN);
	j->key.alg = info.alg;
	btz_pkey_keep(j);
	btz_pjob_ok(j);
}

static void
generate(struct btz_pjob *j)
{
	const Parsec__GenerateIn *in = j->msg;
	struct btz_generate rq;
	const uint16_t status = prepare(j, in->attributes, &rq);

	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_please_ask(
		    j, BTZ_OP_GENERATE, &btz_def_generate, &rq, on_made);
}

void
btz_pop_generate(struct btz_pjob *j)
{
	const Parsec__GenerateIn *in = j->msg;
	const uint16_t status = btz_pattr_read(in->attributes, &j->key.attr);

	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_absent(j, btz_pbytes(in->name), generate);
}

static void
import(struct btz_pjob *j)
{
	const Parsec__ImportIn *in = j->msg;
	uint8_t buf[BTZ_APP_DATA_MAX + 2048];
	struct btz_generate g;
	struct btz_import rq = { .secret = btz_pbytes(in->data) };
	struct btz_wr wr;
	const uint16_t status = prepare(j, in->attributes, &g);

	if (status != BTZ_PS_OK) {
		btz_pjob_fail(j, status);
		return;
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_generate, &g, &wr);
	rq.key = btz_wr_span(&wr);
	btz_please_ask(j, BTZ_OP_IMPORT, &btz_def_import, &rq, on_made);
}

void
btz_pop_import(struct btz_pjob *j)
{
	const Parsec__ImportIn *in = j->msg;
	uint16_t status = btz_pattr_read(in->attributes, &j->key.attr);

	if (status == BTZ_PS_OK && (j->key.attr.type == BTZ_PT_RSA_PUBLIC ||
				       j->key.attr.type == BTZ_PT_ECC_PUBLIC))
		status = BTZ_PS_NOT_SUPPORTED;
	if (status == BTZ_PS_OK && in->data.len > BTZ_SECRET_MAX)
		status = BTZ_PS_INVALID;
	if (status == BTZ_PS_OK)
		status = btz_pattr_bits_of(&j->key.attr, btz_pbytes(in->data));
	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_pkey_absent(j, btz_pbytes(in->name), import);
}

static void
ask_about(struct btz_pjob *j, uint16_t op,
    void (*fn)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body))
{
	struct btz_key_ref rq;

	memcpy(rq.id, j->key.id, BTZ_ID_LEN);
	btz_please_ask(j, op, &btz_def_key_ref, &rq, fn);
}

static void
on_destroyed(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	(void)body;
	if (rc != BTZ_OK) {
		btz_pkey_failed(j, rc);
		return;
	}
	btz_pkey_forget(j);
	btz_pjob_ok(j);
}

static void
destroy(struct btz_pjob *j)
{
	ask_about(j, BTZ_OP_DESTROY, on_destroyed);
}

void
btz_pop_destroy(struct btz_pjob *j)
{
	const Parsec__NameIn *in = j->msg;

	btz_pkey_use(j, btz_pbytes(in->name), 0, destroy);
}

/* What PSA exports is what stands in the BIT STRING: RSAPublicKey, a point, or
 * the octets of X25519. */
static bool
public_bits(struct btz_span spki, struct btz_span *bits)
{
	struct btz_rd rd, in;
	struct btz_span alg;

	btz_rd_span(&rd, spki);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       btz_der_get(&in, BTZ_DER_SEQ, &alg) &&
	       btz_der_bit_octets(&in, bits) && btz_rd_end(&in);
}

static void
on_public(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_key_info info;
	struct btz_span bits;

	if (rc != BTZ_OK)
		btz_pkey_failed(j, rc);
	else if (!btz_msg_decode(&btz_def_key_info, body, &info))
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
	else if (info.spki.len == 0) /* PSA 1.1: not an asymmetric key */
		btz_pjob_fail(j, BTZ_PS_INVALID);
	else if (!public_bits(info.spki, &bits))
		btz_pjob_fail(j, BTZ_PS_CORRUPT);
	else
		btz_pjob_data(j, bits);
}

static void
export_public(struct btz_pjob *j)
{
	ask_about(j, BTZ_OP_EXPORT_PUBLIC, on_public);
}

void
btz_pop_export_public(struct btz_pjob *j)
{
	const Parsec__NameIn *in = j->msg;

	btz_pkey_use(j, btz_pbytes(in->name), 0, export_public);
}

static void
on_secret(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	struct btz_secret_ok out;

	if (rc != BTZ_OK)
		btz_pkey_failed(j, rc);
	else if (!btz_msg_decode(&btz_def_secret_ok, body, &out))
		btz_pjob_fail(j, BTZ_PS_COMMUNICATION);
	else
		btz_pjob_data(j, out.secret);
}

static void
export_private(struct btz_pjob *j)
{
	ask_about(j, BTZ_OP_EXPORT_PRIVATE, on_secret);
}

void
btz_pop_export(struct btz_pjob *j)
{
	const Parsec__NameIn *in = j->msg;

	btz_pkey_use(j, btz_pbytes(in->name), BTZ_PF_EXPORT, export_private);
}

static void
on_offers(struct btz_pjob *j, enum btz_rc rc, struct btz_span body)
{
	const Parsec__CanDoCryptoIn *in = j->msg;
	struct btz_offers o;

	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_offers, body, &o))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK)
		btz_pjob_fail_rc(j, rc);
	else if (!btz_poffers_key(&o, &j->key.attr) ||
		 (in->check == 3 && (o.transfers & BTZ_TRANSFER_IMPORT) == 0))
		btz_pjob_fail(j, BTZ_PS_NOT_SUPPORTED);
	else
		btz_pjob_ok(j);
}

static void
ask_offers(struct btz_pjob *j)
{
	btz_please_ask(j, BTZ_OP_OFFERS, NULL, NULL, on_offers);
}

/* As the backend says; 1 use, 2 generate, 3 import. There is no operation that
 * derives a key (4). */
void
btz_pop_can_do(struct btz_pjob *j)
{
	const Parsec__CanDoCryptoIn *in = j->msg;
	uint16_t status = btz_pattr_read(in->attributes, &j->key.attr);

	if (status == BTZ_PS_OK && (in->check < 1 || in->check > 4))
		status = BTZ_PS_ENCODING;
	if (status == BTZ_PS_OK && in->check == 4)
		status = BTZ_PS_NOT_SUPPORTED;
	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		btz_please_need(j, BTZ_OPEN_NOBODY, 0, j->provider, ask_offers);
}
