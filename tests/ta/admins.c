/* SPDX-License-Identifier: Apache-2.0 */
/* admins.c - administrators for tests, with libcrypto; contract in admins.h. */
#include "admins.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

static struct {
	EVP_PKEY *key;
	uint8_t spki[128];
	size_t len;
} all[ADMINS];

void
admins_make(void)
{
	for (size_t i = 0; i < ADMINS; i++) {
		uint8_t *p = all[i].spki;

		all[i].key = EVP_EC_gen("P-256");
		assert_non_null(all[i].key);
		all[i].len = (size_t)i2d_PUBKEY(all[i].key, &p);
	}
}

void
admins_free(void)
{
	for (size_t i = 0; i < ADMINS; i++)
		EVP_PKEY_free(all[i].key);
}

struct btz_span
admin_spki(size_t i)
{
	return btz_span_of(all[i].spki, all[i].len);
}

struct btz_span
admins_set(uint8_t k, size_t n)
{
	static uint8_t list[BTZ_ADMINS_BYTES], buf[2 * BTZ_ADMINS_BYTES];
	struct btz_admin_set m = { .k = k };
	struct btz_wr wl, wr;

	btz_wr_init(&wl, list, sizeof(list));
	for (size_t i = 0; i < n; i++)
		btz_wr_bytes16(&wl, admin_spki(i));
	m.admins = btz_wr_span(&wl);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_admin_set, &m, &wr);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

void
admins_challenge(struct rig *r, uint8_t operation, struct btz_span request,
    struct btz_challenge *out)
{
	struct btz_approval_request rq = { .operation = operation };

	SHA256(request.p, request.len, rq.digest);
	assert_int_equal(
	    rig_do(r, BTZ_TA_APPROVAL_NONCE, &btz_def_approval_request, &rq,
		&btz_def_challenge, out),
	    BTZ_OK);
	assert_int_equal(out->operation, operation);
	assert_memory_equal(out->digest, rq.digest, sizeof(rq.digest));
}

void
admin_sign(size_t who, const struct btz_challenge *c, struct btz_wr *wr)
{
	uint8_t text[BTZ_APPROVAL_TEXT_LEN], sig[128];
	size_t len = sizeof(sig);
	struct btz_approval a;
	struct btz_wr wt;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	btz_wr_init(&wt, text, sizeof(text));
	btz_approval_text(c, &wt);
	assert_true(EVP_DigestSignInit(
			md, NULL, EVP_sha256(), NULL, all[who].key) == 1 &&
		    EVP_DigestSign(md, sig, &len, text, sizeof(text)) == 1);
	EVP_MD_CTX_free(md);
	SHA256(all[who].spki, all[who].len, a.key_id);
	a.signature = btz_span_of(sig, len);
	btz_msg_write(&btz_def_approval, &a, wr);
	assert_true(btz_wr_ok(wr));
}

enum btz_rc
admins_do(struct rig *r, uint32_t command, uint8_t operation,
    struct btz_span request, uint64_t now)
{
	uint8_t buf[1024];
	struct btz_approved ap = {
		.operation = operation, .request = request, .now = now
	};
	struct btz_challenge c;
	struct btz_wr wr;

	admins_challenge(r, operation, request, &c);
	btz_wr_init(&wr, buf, sizeof(buf));
	admin_sign(0, &c, &wr);
	admin_sign(1, &c, &wr);
	memcpy(ap.nonce, c.nonce, sizeof(ap.nonce));
	ap.approvals = btz_wr_span(&wr);
	return rig_do(r, command, &btz_def_approved, &ap, NULL, NULL);
}
