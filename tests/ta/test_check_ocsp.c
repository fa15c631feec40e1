/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_check_ocsp.c - what a key of kind ocsp answers: one deviation a row,
 * each refused for its own reason; then what is allowed.
 */
#include "support/cmocka_all.h"

#include <openssl/evp.h>
#include <string.h>

#include "der/dn.h"
#include "issuer.h"

#define NOW 1790000000u
#define DAY 86400u

static const uint8_t issuer_key[65] = { 4, 8, 8 };

static enum btz_rc
hash(const EVP_MD *md, struct btz_span in, uint8_t *out)
{
	return EVP_Digest(in.p, in.len, out, NULL, md, NULL) == 1
		   ? BTZ_OK
		   : BTZ_E_INTERNAL;
}

static enum btz_rc
sha1(struct btz_span in, uint8_t out[20])
{
	return hash(EVP_sha1(), in, out);
}

static enum btz_rc
sha256(struct btz_span in, uint8_t out[32])
{
	return hash(EVP_sha256(), in, out);
}

static struct ta_issuer
responder(void)
{
	struct ta_issuer is = {
		.c = { .subject_cn = btz_span_str("nas issuing"),
		    .issuer_key = btz_span_of(issuer_key, 65) },
		.ski = { 1, 2, 3 },
		.now = NOW,
		.sha1 = sha1,
		.sha256 = sha256,
	};
	struct btz_wr wr;

	btz_wr_init(&wr, is.name, sizeof(is.name));
	btz_dn_put(&wr, is.c.subject_cn);
	is.name_len = wr.len;
	return is;
}

/* What differs from a good answer; 0: nothing. */
struct change {
	int64_t produced, this_update, next_update; /* added */
	bool sha256, other_name, other_key, other_responder;
	uint8_t status;
};

static void
add(struct btz_ocsp_build *b, const struct ta_issuer *is,
    const struct change *ch)
{
	const struct btz_span key = is->c.issuer_key;
	const struct btz_span name = btz_span_of(is->name, is->name_len);
	const size_t len = ch->sha256 ? 32 : 20;
	const EVP_MD *md = ch->sha256 ? EVP_sha256() : EVP_sha1();
	uint8_t name_hash[32], key_hash[32], id[160], serial = 7;
	struct btz_ocsp_single s = { .status = ch->status };
	struct btz_wr wr;

	assert_int_equal(hash(md, name, name_hash), BTZ_OK);
	assert_int_equal(hash(md, key, key_hash), BTZ_OK);
	name_hash[len - 1] ^= ch->other_name;
	key_hash[len - 1] ^= ch->other_key;
	btz_wr_init(&wr, id, sizeof(id));
	btz_ocsp_put_cert_id(&wr, btz_span_of(name_hash, len),
	    btz_span_of(key_hash, len), btz_span_of(&serial, 1));
	s.cert_id = btz_wr_span(&wr);
	s.revoked_at = NOW - DAY;
	s.this_update = (uint64_t)(NOW + ch->this_update);
	s.next_update = (uint64_t)(NOW + DAY + ch->next_update);
	btz_ocsp_add(b, &s);
}

static const struct {
	const char *name;
	struct change first, second; /* second: of the second response */
	bool two;
	enum btz_rc want;
} rows[] = {
	{ "another key's hash", { .other_responder = true }, { 0 }, false,
	    BTZ_E_OCSP_RESPONDER },
	{ "produced over an hour ago", { .produced = -3601 }, { 0 }, false,
	    BTZ_E_OCSP_PRODUCED },
	{ "produced tomorrow", { .produced = 301 }, { 0 }, false,
	    BTZ_E_OCSP_PRODUCED },
	{ "good for yesterday", { .this_update = -(int64_t)DAY }, { 0 }, false,
	    BTZ_E_OCSP_WINDOW },
	{ "a second too old", { .this_update = -3601, .next_update = -3601 },
	    { 0 }, false, BTZ_E_OCSP_WINDOW },
	{ "good for tomorrow", { .this_update = 301 }, { 0 }, false,
	    BTZ_E_OCSP_WINDOW },
	{ "longer than a day", { .next_update = 1 }, { 0 }, false,
	    BTZ_E_OCSP_WINDOW },
	{ "ends when it begins", { .next_update = -(int64_t)DAY }, { 0 }, false,
	    BTZ_E_OCSP_WINDOW },
	{ "name of another issuer", { .other_name = true }, { 0 }, false,
	    BTZ_E_OCSP_ISSUER },
	{ "key of another issuer", { .other_key = true }, { 0 }, false,
	    BTZ_E_OCSP_ISSUER },
	{ "name of another issuer, SHA-256",
	    { .other_name = true, .sha256 = true }, { 0 }, false,
	    BTZ_E_OCSP_ISSUER },
	{ "key of another issuer, SHA-256",
	    { .other_key = true, .sha256 = true }, { 0 }, false,
	    BTZ_E_OCSP_ISSUER },
	{ "revoked, of another issuer", { .other_key = true, .status = 1 },
	    { 0 }, false, BTZ_E_OCSP_ISSUER },
	{ "two, the second of another issuer", { 0 }, { .other_key = true },
	    true, BTZ_E_OCSP_ISSUER },
	{ "two, the second too long", { 0 }, { .next_update = 1 }, true,
	    BTZ_E_OCSP_WINDOW },
	{ "good", { 0 }, { 0 }, false, BTZ_OK },
	{ "good, SHA-256", { .sha256 = true }, { 0 }, false, BTZ_OK },
	{ "revoked", { .status = 1 }, { 0 }, false, BTZ_OK },
	{ "unknown", { .status = 2 }, { 0 }, false, BTZ_OK },
	{ "two", { 0 }, { .status = 1, .sha256 = true }, true, BTZ_OK },
	{ "times at their limits",
	    { .produced = -3600, .this_update = -3600, .next_update = -3600 },
	    { 0 }, false, BTZ_OK },
	{ "times at their other limits",
	    { .produced = 300, .this_update = 300, .next_update = 300 }, { 0 },
	    false, BTZ_OK },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct ta_issuer is = responder();
		struct btz_ocsp_build b;
		struct btz_ocsp o;
		uint8_t buf[1024], own[20];
		struct btz_wr wr;

		print_message("# case: %s\n", rows[i].name);
		memcpy(own, is.ski, sizeof(own));
		own[19] ^= rows[i].first.other_responder;
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_ocsp_begin(&b, btz_span_of(own, sizeof(own)),
		    (uint64_t)(NOW + rows[i].first.produced), &wr);
		add(&b, &is, &rows[i].first);
		if (rows[i].two)
			add(&b, &is, &rows[i].second);
		assert_int_equal(
		    btz_ocsp_end(&b, btz_span_str("nonce")), BTZ_OK);
		assert_int_equal(btz_ocsp_parse(btz_wr_span(&wr), &o), BTZ_OK);
		assert_int_equal(ta_check_ocsp(&is, &o), rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
