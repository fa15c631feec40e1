/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_verify.c - any bytes as key, message and signature of somebody else.
 * What the application takes, libcrypto takes too; every signature has one
 * encoding, so a byte behind it makes it false.
 * Input: u8 algorithm (0: ta_spki_verify, 1 to 4: ta_ek_verify) |
 * u16 n | SubjectPublicKeyInfo | u16 n | message | u16 n | signature.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ek_verify.h"
#include "verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Row = enum btz_ek_sig; the first by the key alone. */
static const struct {
	uint8_t len;
	const char *alg, *md;
} algs[] = {
	{ 0, "", NULL },
	{ 12, "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", "SHA256" },
	{ 12, "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", "SHA384" },
	{ 15, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05",
	    "SHA256" },
	{ 15, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05",
	    "SHA384" },
};

struct input {
	struct btz_span spki, message, signature;
	uint8_t alg;
};

static enum btz_rc
verify(const struct input *in)
{
	return in->alg == 0
		   ? ta_spki_verify(in->spki, in->message, in->signature)
		   : ta_ek_verify(NULL, in->spki,
			 btz_span_of(algs[in->alg].alg, algs[in->alg].len),
			 in->message, in->signature);
}

static bool
reference(const struct input *in)
{
	const uint8_t *p = in->spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)in->spki.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *md = algs[in->alg].md;
	bool ok = false;

	if (key != NULL && in->alg == 0 && !EVP_PKEY_is_a(key, "ED25519"))
		md = EVP_PKEY_get_bits(key) == 384 ? "SHA384" : "SHA256";
	if (key != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL,
		md == NULL ? NULL : EVP_get_digestbyname(md), NULL, key) == 1)
		ok = EVP_DigestVerify(ctx, in->signature.p, in->signature.len,
			 in->message.p, in->message.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

static void
one_byte_more(const struct input *in)
{
	uint8_t sig[600] = { 0 };
	struct input more = *in;

	if (in->signature.len >= sizeof(sig))
		abort();
	memcpy(sig, in->signature.p, in->signature.len);
	more.signature = btz_span_of(sig, in->signature.len + 1);
	if (verify(&more) != BTZ_E_SIGNATURE)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	struct btz_rd rd;
	enum btz_rc rc;

	btz_rd_init(&rd, data, size);
	if (!btz_rd_u8(&rd, &in.alg) || in.alg >= BTZ_COUNT(algs) ||
	    !btz_rd_bytes16(&rd, &in.spki, UINT16_MAX) ||
	    !btz_rd_bytes16(&rd, &in.message, UINT16_MAX) ||
	    !btz_rd_bytes16(&rd, &in.signature, UINT16_MAX))
		return 0;
	rc = verify(&in);
	if (rc == BTZ_OK) {
		if (!reference(&in))
			abort();
		one_byte_more(&in);
	} else if (rc != BTZ_E_SIGNATURE && rc != BTZ_E_UNSUPPORTED) {
		abort();
	}
	return 0;
}
