/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ek_nv.c - software TPMs with an endorsement certificate: what NV holds
 * leads to the root of tests/vectors/ek and names the key that the TPM has.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "der/ek_cert.h"
#include "der/spki.h"
#include "support/cmocka_all.h"
#include "support/swtpm_ek.h"

#define EK_HANDLE 0x81010016u
#define NO_SESSIONS 0x8001u
#define SESSIONS 0x8002u
#define CC_NV_READ 0x14eu
#define CC_NV_READ_PUBLIC 0x169u
#define CC_READ_PUBLIC 0x173u

static struct btz_rd
command(struct btz_swtpm *s, uint16_t tag, uint32_t code, struct btz_span body)
{
	static uint8_t answer[4096];
	uint8_t cmd[256];
	uint32_t rc = 1, size;
	struct btz_wr wr;
	struct btz_rd rd;
	size_t n;

	btz_wr_init(&wr, cmd, sizeof(cmd));
	btz_wr_u16(&wr, tag);
	btz_wr_u32(&wr, (uint32_t)(10 + body.len));
	btz_wr_u32(&wr, code);
	btz_wr_raw(&wr, body.p, body.len);
	assert_int_equal(
	    btz_swtpm_transceive(s, cmd, wr.len, answer, sizeof(answer), &n),
	    BTZ_OK);
	btz_rd_init(&rd, answer, n);
	assert_true(btz_rd_u16(&rd, &tag) && btz_rd_u32(&rd, &size) &&
		    btz_rd_u32(&rd, &rc));
	assert_int_equal(rc, 0);
	return rd;
}

static uint16_t
nv_size(struct btz_swtpm *s)
{
	uint8_t body[4];
	struct btz_span pub, policy;
	uint16_t alg, size = 0;
	uint32_t index, attributes;
	struct btz_wr wr;
	struct btz_rd rd;

	btz_wr_init(&wr, body, sizeof(body));
	btz_wr_u32(&wr, BTZ_SWTPM_EK_NV);
	rd = command(s, NO_SESSIONS, CC_NV_READ_PUBLIC, btz_wr_span(&wr));
	assert_true(btz_rd_bytes16(&rd, &pub, 64));
	btz_rd_span(&rd, pub);
	assert_true(btz_rd_u32(&rd, &index) && btz_rd_u16(&rd, &alg) &&
		    btz_rd_u32(&rd, &attributes) &&
		    btz_rd_bytes16(&rd, &policy, 64) && btz_rd_u16(&rd, &size));
	assert_int_equal(index, BTZ_SWTPM_EK_NV);
	return size;
}

/* NV_Read by the index' own, empty authorization */
static size_t
nv_read(struct btz_swtpm *s, uint8_t *out, size_t cap)
{
	const uint16_t size = nv_size(s);
	uint8_t body[64];
	struct btz_span data;
	uint32_t params;
	struct btz_wr wr;
	struct btz_rd rd;

	btz_wr_init(&wr, body, sizeof(body));
	btz_wr_u32(&wr, BTZ_SWTPM_EK_NV);
	btz_wr_u32(&wr, BTZ_SWTPM_EK_NV);
	btz_wr_u32(&wr, 9);
	btz_wr_u32(&wr, 0x40000009); /* TPM_RS_PW */
	btz_wr_u16(&wr, 0);
	btz_wr_u8(&wr, 0);
	btz_wr_u16(&wr, 0);
	btz_wr_u16(&wr, size);
	btz_wr_u16(&wr, 0);
	rd = command(s, SESSIONS, CC_NV_READ, btz_wr_span(&wr));
	assert_true(btz_rd_u32(&rd, &params) &&
		    btz_rd_bytes16(&rd, &data, (uint32_t)cap));
	assert_int_equal(data.len, size);
	memcpy(out, data.p, data.len);
	return data.len;
}

/* The P-384 point X of the certificate is the one of the TPM's key. */
static void
assert_key(struct btz_swtpm *s, struct btz_span spki)
{
	uint8_t body[4];
	struct btz_span bits;
	struct btz_wr wr;
	struct btz_rd rd;

	assert_int_not_equal(btz_spki_key_alg(spki, &bits), 0);
	assert_int_equal(bits.len, BTZ_P384_POINT_LEN);
	btz_wr_init(&wr, body, sizeof(body));
	btz_wr_u32(&wr, EK_HANDLE);
	rd = command(s, NO_SESSIONS, CC_READ_PUBLIC, btz_wr_span(&wr));
	assert_non_null(memmem(rd.p, btz_rd_left(&rd), bits.p + 1, 48));
	assert_non_null(memmem(rd.p, btz_rd_left(&rd), bits.p + 49, 48));
}

static enum btz_rc
verify(void *arg, struct btz_span spki, struct btz_span alg,
    struct btz_span message, struct btz_span signature)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	(void)arg;
	assert_non_null(key);
	ok = EVP_DigestVerifyInit(ctx, NULL,
		 btz_ek_sig_of(alg) == BTZ_EK_SIG_ECDSA_SHA384 ? EVP_sha384()
							       : EVP_sha256(),
		 NULL, key) == 1 &&
	     EVP_DigestVerify(
		 ctx, signature.p, signature.len, message.p, message.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? BTZ_OK : BTZ_E_SIGNATURE;
}

static void
check(struct btz_swtpm *s, uint8_t *cert, size_t *len)
{
	struct btz_span none = { NULL, 0 }, spki;
	struct btz_swtpm_ek files;
	size_t anchor;

	*len = nv_read(s, cert, 2048);
	assert_true(btz_swtpm_ek_read(s, &files));
	assert_true(btz_span_eq(files.cert, btz_span_of(cert, *len)));
	assert_int_equal(btz_ek_check(btz_span_of(cert, *len), files.chain,
			     &files.root, 1, verify, NULL, &spki, &anchor),
	    BTZ_OK);
	assert_key(s, spki);
	/* not without the issuer, nor by the issuer's key alone */
	assert_int_equal(btz_ek_check(btz_span_of(cert, *len), none,
			     &files.root, 1, verify, NULL, &spki, &anchor),
	    BTZ_E_EK_CERT);
}

/* Twice the same TPM, then another, then that one after a restart. */
static void
test_nv(void **state)
{
	uint8_t a[2048], b[2048];
	struct btz_swtpm s;
	size_t na, nb;

	(void)state;
	if (!btz_swtpm_ek_present()) {
		print_message("# swtpm or swtpm_setup is not installed\n");
		skip();
	}
	assert_true(btz_swtpm_start_ek(&s));
	check(&s, a, &na);
	btz_swtpm_end(&s);
	assert_true(btz_swtpm_start_ek(&s));
	check(&s, b, &nb);
	btz_swtpm_end(&s);
	assert_true(btz_span_eq(btz_span_of(a, na), btz_span_of(b, nb)));
	assert_true(btz_swtpm_start_new_ek(&s));
	check(&s, b, &nb);
	assert_false(btz_span_eq(btz_span_of(a, na), btz_span_of(b, nb)));
	assert_true(btz_swtpm_restart(&s));
	check(&s, a, &na);
	assert_true(btz_span_eq(btz_span_of(a, na), btz_span_of(b, nb)));
	btz_swtpm_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_nv) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
