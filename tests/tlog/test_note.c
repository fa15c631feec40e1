/* SPDX-License-Identifier: Apache-2.0 */
/* test_note.c - tlog/note: the specification's vector, forms, verification. */
#include "tlog/note.h"

#include <string.h>

#include "hash.h"
#include "support/cmocka_all.h"

#define DASH "\xe2\x80\x94"
#define SPEC_VKEY                                                              \
	"example.com/foo+530d903a+"                                            \
	"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define SPEC_TEXT "This is an example message.\n"
#define SPEC_SIG                                                               \
	DASH " example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2O"     \
	     "NncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define SPEC_NOTE SPEC_TEXT "\n" SPEC_SIG
#define OTHER DASH " other AAAAAAEC\n"

static enum btz_rc
ed25519(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_note_vkey *k = ctx;
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, k->pub.p, k->pub.len);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int ok = EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1 &&
		 EVP_DigestVerify(md, sig.p, sig.len, text.p, text.len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
	return ok ? BTZ_OK : BTZ_E_SIGNATURE;
}

static void
spec_key(struct btz_note_vkey *k, struct btz_note_verifier *v)
{
	assert_int_equal(
	    btz_note_parse_vkey(&test_hash, btz_span_str(SPEC_VKEY), k),
	    BTZ_OK);
	*v = (struct btz_note_verifier){
		.name = k->name, .verify = ed25519, .ctx = k
	};
	memcpy(v->id, k->id, sizeof(v->id));
}

static const struct {
	const char *name, *in;
	bool ok;
} forms[] = {
	{ "empty", "", false },
	{ "no blank line", SPEC_TEXT SPEC_SIG, false },
	{ "no text", "\n" SPEC_SIG, false },
	{ "no signature", SPEC_TEXT "\n", false },
	{ "no final LF", SPEC_TEXT "\n" DASH " other AAAAAAEC", false },
	{ "line after", SPEC_NOTE "x\n", false },
	{ "hyphen, not dash", "a\n\n- other AAAAAAEC\n", false },
	{ "no space", "a\n\n" DASH "other AAAAAAEC\n", false },
	{ "no name", "a\n\n" DASH "  AAAAAAEC\n", false },
	{ "plus in name", "a\n\n" DASH " a+b AAAAAAEC\n", false },
	{ "nbsp in name",
	    "a\n\n" DASH " a\xc2\xa0"
	    "b AAAAAAEC\n",
	    false },
	{ "two spaces", "a\n\n" DASH " other  AAAAAAEC\n", false },
	{ "id only", "a\n\n" DASH " other AAAAAA==\n", false },
	{ "not canonical", "a\n\n" DASH " other AAAAAAF=\n", false },
	{ "control byte", "a\tb\n\n" OTHER, false },
	{ "CR", "a\r\n\n" OTHER, false },
	{ "not UTF-8", "a\xff\n\n" OTHER, false },
	{ "seventeen",
	    "a\n\n" OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER
		OTHER OTHER OTHER OTHER OTHER OTHER OTHER,
	    false },
	{ "sixteen",
	    "a\n\n" OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER OTHER
		OTHER OTHER OTHER OTHER OTHER OTHER,
	    true },
	{ "text with empty lines", "a\n\nb\n\n" OTHER, true },
	{ "two lines", SPEC_NOTE OTHER, true },
	{ "specification", SPEC_NOTE, true },
};

static void
parse_forms(void **state)
{
	struct btz_note n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(forms); i++) {
		print_message("# case: %s\n", forms[i].name);
		assert_int_equal(btz_note_parse(btz_span_str(forms[i].in), &n),
		    forms[i].ok ? BTZ_OK : BTZ_E_INVAL);
		assert_int_equal(n.n > 0, forms[i].ok);
	}
	assert_int_equal(
	    btz_note_parse(btz_span_str("a\n\nb\n\n" OTHER), &n), BTZ_OK);
	assert_true(btz_span_eq(n.text, btz_span_str("a\n\nb\n")));
}

static const struct {
	const char *name, *in;
	enum btz_rc want;
} verified[] = {
	{ "text altered", "This is an Example message.\n\n" SPEC_SIG,
	    BTZ_E_SIGNATURE },
	{ "only a stranger", SPEC_TEXT "\n" OTHER, BTZ_E_SIGNATURE },
	{ "known key, bad signature",
	    SPEC_NOTE DASH " example.com/foo Uw2QOgAA\n", BTZ_E_SIGNATURE },
	{ "known name, other id", SPEC_NOTE DASH " example.com/foo Uw2QOwAA\n",
	    BTZ_OK },
	{ "stranger too", SPEC_TEXT "\n" OTHER SPEC_SIG, BTZ_OK },
	{ "specification", SPEC_NOTE, BTZ_OK },
};

static void
verify(void **state)
{
	struct btz_note_verifier v;
	struct btz_note_vkey k;
	struct btz_note n;

	(void)state;
	spec_key(&k, &v);
	for (size_t i = 0; i < BTZ_COUNT(verified); i++) {
		print_message("# case: %s\n", verified[i].name);
		assert_int_equal(
		    btz_note_parse(btz_span_str(verified[i].in), &n), BTZ_OK);
		assert_int_equal(btz_note_verify(&n, &v, 1), verified[i].want);
	}
	assert_int_equal(btz_note_verify(&n, NULL, 0), BTZ_E_SIGNATURE);
}

static void
vkeys(void **state)
{
	static const char *const bad[] = { "", "example.com/foo",
		"example.com/foo+530d903a", "example.com/foo+530d903a+",
		"example.com/foo+530d903a+AQ==",
		"example.com/foo+530D903A+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fox+530d903a+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" };
	struct btz_note_vkey k;
	uint8_t buf[256];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		print_message("# case: %s\n", bad[i]);
		assert_int_equal(
		    btz_note_parse_vkey(&test_hash, btz_span_str(bad[i]), &k),
		    BTZ_E_INVAL);
	}
	assert_int_equal(
	    btz_note_parse_vkey(&test_hash, btz_span_str(SPEC_VKEY), &k),
	    BTZ_OK);
	assert_int_equal(k.type, BTZ_NOTE_ED25519);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_note_write_vkey(&test_hash, &wr, k.name, BTZ_NOTE_ED25519, k.pub);
	assert_true(btz_span_eq(btz_wr_span(&wr), btz_span_str(SPEC_VKEY)));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_note_write_vkey(
	    &test_hash, &wr, btz_span_str("a b"), BTZ_NOTE_ED25519, k.pub);
	assert_false(btz_wr_ok(&wr));
}

/* Type 2: the key id comes from the SubjectPublicKeyInfo without the name. */
static void
ecdsa_key_id(void **state)
{
	static const uint8_t spki[] = { 0x30, 0x03, 0x01, 0x02, 0x03 };
	struct btz_span pub = btz_span_of(spki, sizeof(spki));
	uint8_t a[4], b[4], sum[32];

	(void)state;
	test_sha256(NULL, &pub, 1, sum);
	btz_note_key_id(&test_hash, btz_span_str("x"), BTZ_NOTE_ECDSA, pub, a);
	btz_note_key_id(&test_hash, btz_span_str("y"), BTZ_NOTE_ECDSA, pub, b);
	assert_memory_equal(a, sum, 4);
	assert_memory_equal(b, sum, 4);
}

static void
build(void **state)
{
	struct btz_note_vkey k;
	struct btz_note_verifier v;
	struct btz_note n;
	uint8_t raw[BTZ_NOTE_SIG_MAX], buf[512];
	struct btz_span sig;
	struct btz_wr wr;

	(void)state;
	spec_key(&k, &v);
	assert_int_equal(btz_note_parse(btz_span_str(SPEC_NOTE), &n), BTZ_OK);
	assert_true(btz_note_sig_bytes(&n.sig[0], raw, &sig));
	assert_int_equal(sig.len, 64);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_note_write_text(&wr, n.text);
	btz_note_write_sig(&wr, k.name, k.id, sig);
	assert_true(btz_span_eq(btz_wr_span(&wr), btz_span_str(SPEC_NOTE)));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_note_write_text(&wr, btz_span_str("no LF"));
	assert_false(btz_wr_ok(&wr));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_note_write_sig(&wr, btz_span_str("a+b"), k.id, sig);
	assert_false(btz_wr_ok(&wr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_forms),
		cmocka_unit_test(verify),
		cmocka_unit_test(vkeys),
		cmocka_unit_test(ecdsa_key_id),
		cmocka_unit_test(build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
