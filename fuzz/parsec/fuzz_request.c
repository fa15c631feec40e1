/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_request.c - a request of a Parsec client as it comes: header, body of
 * the operation that the header names, and what is read out of attributes and
 * algorithms. The header must come back byte by byte; attributes that can be
 * read must be read the same after they were packed; nothing may be a key of
 * ours that does not fit itself; ECDSA signatures survive both forms.
 */
#include <stdlib.h>
#include <string.h>

#include "core.pb-c.h"
#include "crypto.pb-c.h"
#include "parsec/arena.h"
#include "parsec/attributes.h"
#include "parsec/ecdsa.h"
#include "parsec/header.h"
#include "wire/alg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
attributes(const Parsec__KeyAttributes *in)
{
	static uint8_t buf[4096];
	Parsec__KeyAttributes *again;
	struct btz_pattr a, b;
	struct btz_generate g;
	size_t len;

	if (btz_pattr_read(in, &a) != BTZ_PS_OK)
		return;
	if (btz_pattr_ours(&a, &g) == BTZ_PS_OK &&
	    (g.usage == 0 || g.kind != BTZ_KIND_PLAIN ||
		(g.only_sig != 0 && !btz_sig_fits(g.alg, g.only_sig)) ||
		(g.only_sig != 0 && g.only_crypt != 0)))
		abort();
	len = protobuf_c_message_get_packed_size(&in->base);
	if (len > sizeof(buf))
		return;
	(void)protobuf_c_message_pack(&in->base, buf);
	again = parsec__key_attributes__unpack(NULL, len, buf);
	if (again == NULL || btz_pattr_read(again, &b) != BTZ_PS_OK ||
	    memcmp(&a, &b, sizeof(a)) != 0)
		abort();
	parsec__key_attributes__free_unpacked(again, NULL);
}

static void
signature(struct btz_span raw)
{
	uint8_t der[2 * BTZ_ECDSA_HALF_MAX + 16], back[2 * BTZ_ECDSA_HALF_MAX];
	struct btz_wr wr;

	for (size_t half = 32; half <= 66; half += half == 32 ? 16 : 18) {
		if (btz_ecdsa_to_raw(raw, half, back)) {
			btz_wr_init(&wr, der, sizeof(der));
			if (!btz_ecdsa_to_der(
				btz_span_of(back, 2 * half), half, &wr) ||
			    !btz_span_eq(raw, btz_wr_span(&wr)))
				abort();
		}
		btz_wr_init(&wr, der, sizeof(der));
		if (btz_ecdsa_to_der(raw, half, &wr) &&
		    (!btz_ecdsa_to_raw(btz_wr_span(&wr), half, back) ||
			memcmp(back, raw.p, raw.len) != 0))
			abort();
	}
}

static void
body(uint32_t opcode, struct btz_span in)
{
	struct btz_parena a = { .p = NULL };
	const void *m = NULL;
	struct btz_palg alg;
	struct btz_pattr attr = { .type = BTZ_PT_RSA_PAIR };

	switch (opcode) {
	case 0x02:
		if ((m = btz_parsec_decode(
			 &a, &parsec__generate_in__descriptor, in)) != NULL)
			attributes(((const Parsec__GenerateIn *)m)->attributes);
		break;
	case 0x06:
		if ((m = btz_parsec_decode(
			 &a, &parsec__import_in__descriptor, in)) != NULL)
			attributes(((const Parsec__ImportIn *)m)->attributes);
		break;
	case 0x04:
		if ((m = btz_parsec_decode(
			 &a, &parsec__sign_in__descriptor, in)) != NULL)
			(void)btz_palg_signature(
			    ((const Parsec__SignIn *)m)->alg, &alg);
		break;
	case 0x05:
		signature(in);
		(void)btz_pattr_bits_of(&attr, in);
		break;
	case 0x0a:
		if ((m = btz_parsec_decode(
			 &a, &parsec__asymmetric_in__descriptor, in)) != NULL)
			(void)btz_palg_encryption(
			    ((const Parsec__AsymmetricIn *)m)->alg, &alg);
		break;
	case 0x11:
		if ((m = btz_parsec_decode(
			 &a, &parsec__aead_in__descriptor, in)) != NULL)
			(void)btz_palg_aead(
			    ((const Parsec__AeadIn *)m)->alg, &alg);
		break;
	case 0x1c:
		(void)btz_parsec_decode(
		    &a, &parsec__delete_client_in__descriptor, in);
		break;
	case 0x1e:
		(void)btz_parsec_decode(&a, &parsec__attest_in__descriptor, in);
		break;
	case 0x1f:
		(void)btz_parsec_decode(
		    &a, &parsec__prepare_attestation_in__descriptor, in);
		break;
	default:
		(void)btz_parsec_decode(&a, &parsec__hash_in__descriptor, in);
	}
	btz_parena_end(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_parsec_header h;
	uint8_t out[BTZ_PARSEC_HDR];

	if (size < BTZ_PARSEC_HDR)
		return 0;
	btz_parsec_header_read(data, &h);
	btz_parsec_header_write(&h, out);
	if (memcmp(out, data, sizeof(out)) != 0)
		abort();
	if (btz_parsec_check_start(&h, 1u << 20) == BTZ_PS_OK &&
	    h.magic != BTZ_PARSEC_MAGIC)
		abort();
	(void)btz_parsec_check_rest(&h);
	body(h.opcode,
	    btz_span_of(data + BTZ_PARSEC_HDR, size - BTZ_PARSEC_HDR));
	return 0;
}
