/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_dispatch.c - what Parsec's service was observed to answer, row by row,
 * over a real socket with the real daemons; golden bytes.
 */
#include "parsec/parsec.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core.pb-c.h"
#include "crypto.pb-c.h"
#include "parsec/rig.h"
#include "support/cmocka_all.h"

#define P256                                                                   \
	"0a045a020802 108002 1a14 0a083001380140014801 1208320622040a021007"
#define ECDSA "12 06 22040a021007 "
#define H8 "0101010101010101"
#define HASH H8 H8 H8 H8
#define HASH31 H8 H8 H8 "01010101010101"
#define SIGN_K1 "0a026b31 " ECDSA "1a20" HASH

static struct rig rig;

static int
setup(void **state)
{
	*state = &rig;
	rig_start(&rig, "admins = 0 4711\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(rig_end(&rig), 0);
	return 0;
}

/* Facts 8: the bytes of Ping, both ways. */
static void
test_golden_ping(void **state)
{
	static const char want[] = "10a7c05e1e000100000000000000000000000000"
				   "0000020000000000010000000000000008010000";
	uint8_t in[64], out[64];
	const size_t n = pw_hex("10a7c05e1e00 0100 0000 00 0000000000000000 00 "
				"00 00 00000000 0000 01000000 0000 0000",
	    in);
	int fd = pw_connect(rig.box);

	(void)state;
	assert_int_equal(n, 36);
	pw_send(fd, in, n);
	assert_true(pw_read(fd, &rig.a, 2000));
	assert_int_equal(rig.a.head.status, 0);
	assert_int_equal(rig.a.head.opcode, 1);
	assert_int_equal(rig.a.len, 2);
	assert_memory_equal(rig.a.body, "\x08\x01", 2);
	btz_parsec_header_write(&rig.a.head, out);
	assert_int_equal(pw_hex(want, in), 40);
	assert_memory_equal(out, in, 36);
	(void)close(fd);
}

/* Facts 9: what is wrong with the header. The base is a good SignHash. */
static const struct {
	const char *name;
	size_t at;
	const char *bytes;
	int status;
	bool plain; /* answered with provider 0, opcode 1 */
} header_rows[] = {
	{ "bad magic", 0, "11", 17, true },
	{ "header size 29", 4, "1d", 17, true },
	{ "version 2.0", 6, "02", 4, true },
	{ "version 1.1", 7, "01", 4, true },
	{ "reserved not zero", 34, "01", 17, true },
	{ "magic before version", 0, "11 a7c05e 1e00 02", 17, true },
	{ "version before reserved", 6,
	    "02 00 0000 01 0000000000000000 00 00 03 2e000000 0400 04000000 "
	    "0000 0100",
	    4, true },
	{ "declared body of more than 1 MiB", 22, "01001000", 20, true },
	{ "content type 1", 19, "01", 2, true },
	{ "accept type 1", 20, "01", 3, true },
	{ "both: content type first", 19, "0101", 2, true },
	{ "authenticator 9", 21, "09", 12, true },
	{ "opcode 0", 28, "00000000", 9, true },
	{ "opcode 0x16 (MacCompute)", 28, "16000000", 9, true },
	{ "opcode 0x1d", 28, "1d000000", 9, true },
	{ "opcode 0x100", 28, "00010000", 9, true },
	{ "provider 77", 10, "4d", 6, true },
	{ "authenticator Direct", 21, "01", 13, false },
	{ "authenticator JWT-SVID", 21, "04", 13, false },
	{ "wrong uid", 36 + 46, "39300000", 11, false },
	{ "auth of 3 bytes", 26, "0300", 11, false },
	{ "provider 4, not here", 10, "04", 5, false },
	{ "provider 5, not here", 10, "05", 5, false },
	{ "authentication before provider", 10, "04 0500000000000000 00 00 01",
	    13, false },
	{ "operation with a key at Core", 10, "00", 1134, false },
	{ "Ping at a provider", 28, "01000000", 1134, false },
	{ "flags are not looked at", 8, "ffff", 1140, false },
	{ "nor is the status", 32, "0700", 1140, false },
	{ "no auth", 21, "00", 19, false },
};

static void
test_header_rows(void **state)
{
	uint8_t body[64];
	struct pw p;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(header_rows); i++) {
		uint8_t bytes[64];
		const size_t n = pw_hex(header_rows[i].bytes, bytes);

		print_message("# case: %s\n", header_rows[i].name);
		pw_make(&p, 1, 4, BTZ_PAUTH_PEER, getuid(), body,
		    pw_hex(SIGN_K1, body));
		p.bytes[11] = 5; /* session */
		memcpy(p.bytes + header_rows[i].at, bytes, n);
		assert_int_equal(
		    pw_ask(rig.box, &p, &rig.a), header_rows[i].status);
		assert_int_equal(rig.a.len, 0);
		assert_int_equal(
		    rig.a.head.session, header_rows[i].plain ? 0 : 5);
		assert_int_equal(
		    rig.a.head.opcode, header_rows[i].plain ? 1 : p.bytes[28]);
		assert_int_equal(rig.a.head.provider,
		    header_rows[i].plain ? 0 : p.bytes[10]);
	}
}

/* In this order: later rows see what earlier ones made. */
static const struct {
	const char *name;
	uint8_t provider;
	uint32_t opcode;
	const char *body;
	int status;
} body_rows[] = {
	{ "missing key", 1, 4, SIGN_K1, 1140 },
	{ "garbage protobuf", 1, 4, "ffffffff", 7 },
	{ "key name that is no UTF-8", 1, 4, "0a02c328 " ECDSA, 7 },
	{ "empty SignHash", 1, 4, "", 16 },
	{ "signature variant missing", 1, 4, "0a026b31 1200", 16 },
	{ "hash 0", 1, 4, "0a026b31 1206 22040a021000 1a20" HASH, 16 },
	{ "hash 16", 1, 4, "0a026b31 1206 22040a021010 1a20" HASH, 16 },
	{ "any hash to sign", 1, 4, "0a026b31 1206 22040a020a00 1a20" HASH,
	    1135 },
	{ "generate, no attributes", 1, 2, "0a026b31", 16 },
	{ "generate, no key type", 1, 2,
	    "0a026b31 1219 108002 1a14 0a083001380140014801 "
	    "1208320622040a021007",
	    16 },
	{ "generate, ECC family 0", 1, 2,
	    "0a026b31 121d 0a025a00 108002 1a14 0a083001380140014801 "
	    "1208320622040a021007",
	    16 },
	{ "generate, secp256k1", 1, 2,
	    "0a026b31 121f 0a045a020801 108002 1a14 0a083001380140014801 "
	    "1208320622040a021007",
	    1134 },
	{ "generate, P-256 of 255 bits", 1, 2,
	    "0a026b31 121f 0a045a020802 10ff01 1a14 0a083001380140014801 "
	    "1208320622040a021007",
	    1134 },
	{ "generate, name empty", 1, 2, "0a00 121f" P256, 1135 },
	{ "generate, no name", 1, 2, "121f" P256, 1135 },
	{ "generate, name with NUL", 1, 2, "0a036b0031 121f" P256, 1135 },
	{ "generate, name with newline", 1, 2, "0a026b0a 121f" P256, 1135 },
	{ "generate, name @k", 1, 2, "0a02406b 121f" P256, 1135 },
	{ "generate k1", 1, 2, "0a026b31 121f" P256, 0 },
	{ "duplicate name", 1, 2, "0a026b31 121f" P256, 1139 },
	{ "a path is a name like another", 1, 2, "0a042e2e2f78 121f" P256, 0 },
	{ "sign", 1, 4, SIGN_K1, 0 },
	{ "unknown fields are left aside", 1, 4, SIGN_K1 "f80101", 0 },
	{ "31 bytes for SHA-256", 1, 4, "0a026b31 " ECDSA "1a1f" HASH31, 1135 },
	{ "no hash", 1, 4, "0a026b31 " ECDSA, 1135 },
	{ "algorithm not the key's: hash", 1, 4,
	    "0a026b31 1206 22040a021008 1a30" HASH H8 H8, 1133 },
	{ "algorithm not the key's: scheme", 1, 4,
	    "0a026b31 1206 32040a021007 1a20" HASH, 1133 },
	{ "algorithm not the key's: RSA", 1, 4,
	    "0a026b31 1206 0a040a021007 1a20" HASH, 1133 },
	{ "signature of zeros", 1, 5,
	    "0a026b31 " ECDSA "1a20" HASH "2240" H8 H8 H8 H8 "0000000000000000"
	    "000000000000000000000000000000000000000000000000",
	    1149 },
	{ "bad signature", 1, 5, "0a026b31 " ECDSA "1a20" HASH "2240" HASH HASH,
	    1149 },
	{ "no signature", 1, 5, "0a026b31 " ECDSA "1a20" HASH, 1149 },
	{ "DER is no signature here", 1, 5,
	    "0a026b31 " ECDSA "1a20" HASH "2208 3006020101020101", 1149 },
	{ "export of what is not exportable", 1, 0x0c, "0a026b31", 1133 },
	{ "encrypt with a key that signs", 1, 0x0a,
	    "0a026b31 1204 12020807 1a03616263", 1133 },
	{ "agreement with a key that signs", 1, 0x13,
	    "0802 12026b31 1a03616263", 1133 },
	{ "AEAD variant missing", 1, 0x11, "0a026b31 1200", 16 },
	{ "cipher 0", 1, 0x14, "0a026b31 1a03616263", 16 },
	{ "random, 0 bytes", 1, 0x0d, "", 0 },
	{ "random, 2 MiB", 1, 0x0d, "0880808001", 10 },
	{ "random, 2^64 - 1 bytes", 1, 0x0d, "08ffffffffffffffffff01", 10 },
	{ "hash, SHA-1", 1, 0x0f, "0805", 1134 },
	{ "hash, 0", 1, 0x0f, "", 16 },
	{ "hash does not compare", 1, 0x10, "0807 1203616263 1a20" HASH, 1149 },
	{ "AttestKey, no mechanism", 1, 0x1e, "0a026b31", 16 },
	{ "AttestKey, mechanism empty", 1, 0x1e, "0a026b31 1200", 16 },
	{ "AttestKey, no credential", 1, 0x1e, "0a026b31 12020a00", 1135 },
	{ "AttestKey, half a credential", 1, 0x1e, "0a026b31 1205 0a03 0a0101",
	    1135 },
	{ "AttestKey by a key of the client", 1, 0x1e,
	    "0a026b31 1208 0a06 0a0101 120101 1a0178", 1134 },
	{ "AttestKey of no key", 1, 0x1e, "0a0278ff 1208 0a06 0a0101 120101",
	    7 },
	{ "AttestKey, missing key", 1, 0x1e, "0a027878 1208 0a06 0a0101 120101",
	    1140 },
	{ "AttestKey, not in this backend", 1, 0x1e,
	    "0a026b31 1208 0a06 0a0101 120101", 1134 },
	{ "PrepareKeyAttestation, nothing", 1, 0x1f, "", 16 },
	{ "PrepareKeyAttestation, no name", 1, 0x1f, "0a020a00", 1135 },
	{ "PrepareKeyAttestation by a key of the client", 1, 0x1f,
	    "0a09 0a07 0a026b31 120178", 1134 },
	{ "PrepareKeyAttestation, not in this backend", 1, 0x1f,
	    "0a06 0a04 0a026b31", 1134 },
	{ "opcodes of a provider that is not here", 0, 9, "0804", 5 },
	{ "opcodes of no provider", 0, 9, "084d", 16 },
	{ "can it generate P-256", 1, 0x20, "0802 121f" P256, 0 },
	{ "can it import P-256", 1, 0x20, "0803 121f" P256, 0 },
	{ "can it generate RSA to encrypt with PKCS#1 v1.5", 1, 0x20,
	    "0802 1215 0a025200 108010 1a0c 0a0420012801 12043a020a00", 0 },
	{ "can it generate AES for XTS", 1, 0x20,
	    "0802 1213 0a022200 108002 1a0a 0a0420012801 12022005", 1134 },
	{ "can it generate AES for GCM with a tag of 12", 1, 0x20,
	    "0802 1219 0a022200 108002 1a10 0a0420012801 12082a06 1204 "
	    "0802100c",
	    1134 },
	{ "can it derive P-256", 1, 0x20, "0804 121f" P256, 1134 },
	{ "can it: nothing asked", 1, 0x20, "121f" P256, 16 },
	{ "can it generate RSA of 1024 bits", 1, 0x20,
	    "0802 121d 0a025200 108008 1a14 0a083001380140014801 "
	    "1208320622040a021007",
	    1134 },
	{ "destroy", 1, 3, "0a042e2e2f78", 0 },
	{ "destroy again", 1, 3, "0a042e2e2f78", 1140 },
	{ "sign after all this", 1, 4, SIGN_K1, 0 },
};

static void
test_body_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(body_rows); i++) {
		print_message("# case: %s\n", body_rows[i].name);
		assert_int_equal(rig_ask(&rig, body_rows[i].provider,
				     body_rows[i].opcode, body_rows[i].body),
		    body_rows[i].status);
		assert_int_equal(rig.a.head.opcode, body_rows[i].opcode);
		if (body_rows[i].status != 0)
			assert_int_equal(rig.a.len, 0);
	}
}

static void
test_long_names(void **state)
{
	Parsec__NameIn in = PARSEC__NAME_IN__INIT;
	uint8_t name[129];

	(void)state;
	memset(name, 'a', sizeof(name));
	in.name.data = name;
	in.name.len = 129;
	assert_int_equal(rig_ask_msg(&rig, 1, 3, &in.base), 1135);
	in.name.len = 128;
	assert_int_equal(rig_ask_msg(&rig, 1, 3, &in.base), 1140);
}

/* r || s of fixed width, and the service takes what it gave. */
static void
test_sign_verify(void **state)
{
	uint8_t body[256], sig[64];
	struct pw p;
	size_t n;

	(void)state;
	assert_int_equal(rig_ask(&rig, 1, 2, "0a026b32 121f" P256), 0);
	assert_int_equal(rig_ask(&rig, 1, 4, "0a026b32 " ECDSA "1a20" HASH), 0);
	assert_int_equal(rig.a.len, 66);
	assert_memory_equal(rig.a.body, "\x0a\x40", 2);
	memcpy(sig, rig.a.body + 2, 64);
	n = pw_hex("0a026b32 " ECDSA "1a20" HASH "2240", body);
	memcpy(body + n, sig, 64);
	pw_make(&p, 1, 5, BTZ_PAUTH_PEER, getuid(), body, n + 64);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 0);
	p.bytes[36 + 30] ^= 1; /* the hash */
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 1149);
}

static void
test_message(void **state)
{
	uint8_t body[256];
	struct pw p;
	size_t n;

	(void)state;
	assert_int_equal(
	    rig_ask(&rig, 1, 0x18, "0a026b32 " ECDSA "1a03616263"), 0);
	assert_int_equal(rig.a.len, 66);
	/* the same as the digest of "abc" */
	n = pw_hex("0a026b32 " ECDSA "1a20"
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f"
		   "20015ad 2240",
	    body);
	memcpy(body + n, rig.a.body + 2, 64);
	pw_make(&p, 1, 5, BTZ_PAUTH_PEER, getuid(), body, n + 64);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 0);
}

static void
test_public(void **state)
{
	(void)state;
	assert_int_equal(rig_ask(&rig, 1, 7, "0a026b32"), 0);
	assert_int_equal(rig.a.len, 67);
	assert_memory_equal(rig.a.body, "\x0a\x41\x04", 3);
	assert_int_equal(rig_ask(&rig, 1, 7, "0a026e6f"), 1140);
}

static void
test_plain(void **state)
{
	struct pw p;

	(void)state;
	/* nobody in particular may have these */
	pw_make(&p, 1, 0x0d, BTZ_PAUTH_NONE, 0, "\x08\x88\x27", 3);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 0);
	assert_int_equal(rig.a.len, 3 + 5000);
	assert_memory_equal(rig.a.body, "\x0a\x88\x27", 3);
	pw_make(&p, 1, 0x0f, BTZ_PAUTH_NONE, 0,
	    "\x08\x07\x12\x03"
	    "abc",
	    7);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 0);
	assert_int_equal(rig.a.len, 34);
	assert_memory_equal(rig.a.body, "\x0a\x20\xba\x78\x16\xbf", 6);
	pw_make(&p, 1, 0x10, BTZ_PAUTH_NONE, 0,
	    "\x08\x07\x12\x03"
	    "abc\x1a\x20\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d"
	    "\xae\x22\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2"
	    "\x00\x15\xad",
	    41);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 0);
	/* but not a key, and not what is asked about keys */
	pw_make(&p, 1, 0x20, BTZ_PAUTH_NONE, 0, "", 0);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 19);
	pw_make(&p, 0, 0x1a, BTZ_PAUTH_NONE, 0, "", 0);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 19);
	pw_make(&p, 0, 0x1b, BTZ_PAUTH_NONE, 0, "", 0);
	assert_int_equal(pw_ask(rig.box, &p, &rig.a), 19);
}

static void
test_core(void **state)
{
	Parsec__ListProvidersOut *out;

	(void)state;
	assert_int_equal(rig_ask(&rig, 0, 8, ""), 0);
	out = parsec__list_providers_out__unpack(NULL, rig.a.len, rig.a.body);
	assert_non_null(out);
	assert_int_equal(out->n_providers, 2);
	assert_int_equal(out->providers[0]->id, 1);
	assert_string_equal(
	    out->providers[0]->uuid, "1c1139dc-ad7c-47dc-ad6b-db6fdb466552");
	assert_int_equal(out->providers[1]->id, 0); /* Core is last */
	parsec__list_providers_out__free_unpacked(out, NULL);
	assert_int_equal(rig_ask(&rig, 0, 9, ""), 0);
	assert_int_equal(rig.a.len, 7);
	assert_memory_equal(rig.a.body, "\x0a\x05\x01\x08\x09\x0e\x1a", 7);
	/* as its backend says: soft does everything */
	assert_int_equal(rig_ask(&rig, 0, 9, "0801"), 0);
	assert_int_equal(rig.a.len, 22);
	assert_memory_equal(rig.a.body,
	    "\x0a\x14\x02\x03\x04\x05\x06\x07\x0a\x0b\x0c\x0d"
	    "\x0f\x10\x11\x12\x13\x14\x15\x18\x19\x20",
	    22);
	assert_int_equal(rig_ask(&rig, 0, 0x0e, ""), 0);
	assert_int_equal(rig.a.body[rig.a.len - 1], 3);
}

/* A backend that went away is no longer listed; when it is back, it is. */
static void
test_backend_gone(void **state)
{
	Parsec__ListProvidersOut *out;

	(void)state;
	(void)btz_box_kill(rig.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	assert_int_equal(rig_ask(&rig, 0, 8, ""), 0);
	out = parsec__list_providers_out__unpack(NULL, rig.a.len, rig.a.body);
	assert_non_null(out);
	assert_int_equal(out->n_providers, 1);
	parsec__list_providers_out__free_unpacked(out, NULL);
	assert_int_equal(rig_ask(&rig, 1, 4, SIGN_K1), 1145);
	assert_int_equal(rig_ask(&rig, 1, 0x0d, "0808"), 1145);
	assert_int_equal(rig_ask(&rig, 0, 9, "0801"), 1145);
	assert_int_equal(rig_ask(&rig, 1, 0x20, "0802 121f" P256), 1145);
	btz_box_start(rig.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	(void)usleep(200000); /* the broker is not asked all the time */
	assert_int_equal(rig_ask(&rig, 1, 0x0d, "0808"), 0);
	assert_int_equal(rig_ask(&rig, 0, 8, ""), 0);
	out = parsec__list_providers_out__unpack(NULL, rig.a.len, rig.a.body);
	assert_int_equal(out->n_providers, 2);
	parsec__list_providers_out__free_unpacked(out, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_ping),
		cmocka_unit_test(test_header_rows),
		cmocka_unit_test(test_body_rows),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_sign_verify),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_core),
		cmocka_unit_test(test_backend_gone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
