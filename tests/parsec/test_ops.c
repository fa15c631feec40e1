/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ops.c - every operation with a key, over the real daemons: what comes
 * out is what PSA says, and what goes in comes out again. Also clients: lists,
 * name spaces, deletion.
 */
#include "parsec/parsec.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.pb-c.h"
#include "crypto.pb-c.h"
#include "parsec/rig.h"
#include "support/cmocka_all.h"

#define OTHER_UID 54321u
/* KeyAttributes in hex: type, bits, flags, algorithm. */
#define SIGN_FLAGS "0a083001380140014801" /* messages and hashes */
#define P256 "0a045a020802 108002 1a14 " SIGN_FLAGS " 1208320622040a021007"
#define P256_OUT                                                               \
	"0a045a020802 108002 1a16 0a0a08013001380140014801 "                   \
	"1208320622040a021007" /* exportable */

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

static size_t
put(uint8_t *out, const char *hex)
{
	return pw_hex(hex, out);
}

static size_t
put_bytes(uint8_t *out, uint8_t field, const void *p, size_t len)
{
	size_t n = 0;

	out[n++] = (uint8_t)(field << 3 | 2);
	if (len > 127)
		out[n++] = (uint8_t)(0x80 | (len & 0x7f));
	out[n++] = (uint8_t)(len > 127 ? len >> 7 : len);
	memcpy(out + n, p, len);
	return n + len;
}

/* The request of fields of bytes and pieces in hex. */
static int
ask(uint8_t provider, uint32_t op, const uint8_t *body, size_t len)
{
	struct pw p;

	pw_make(&p, provider, op, BTZ_PAUTH_PEER, getuid(), body, len);
	return pw_ask(rig.box, &p, &rig.a);
}

/* Field 1 of the answer. */
static struct btz_span
data(void)
{
	static uint8_t kept[4096];
	Parsec__DataOut *out = parsec__data_out__unpack(
	    NULL, rig.a.len, rig.a.body);
	struct btz_span s;

	assert_non_null(out);
	assert_true(out->data.len <= sizeof(kept));
	if (out->data.len > 0)
		memcpy(kept, out->data.data, out->data.len);
	s = btz_span_of(kept, out->data.len);
	parsec__data_out__free_unpacked(out, NULL);
	return s;
}

/* Keys that can be made, sizes of what is public. */
static const struct {
	const char *name, *attr; /* one byte of length in front */
	size_t public_len;	 /* 0: none */
} made[] = {
	{ "p384",
	    "0a045a020802 108003 1a14 " SIGN_FLAGS " 1208320622040a021008",
	    97 },
	{ "p521",
	    "0a045a020802 108904 1a14 " SIGN_FLAGS " 1208320622040a021009",
	    133 },
	{ "det", "0a045a020802 108002 1a14 " SIGN_FLAGS " 1208320632040a021007",
	    65 },
	{ "any", "0a045a020802 108002 1a10 " SIGN_FLAGS " 120432022a00", 65 },
	{ "wild",
	    "0a045a020802 108002 1a14 " SIGN_FLAGS " 1208320622040a020a00",
	    65 },
	{ "rsa", "0a025200 108010 1a14 " SIGN_FLAGS " 120832060a040a021007",
	    270 },
	{ "pss", "0a025200 108010 1a14 " SIGN_FLAGS " 120832061a040a021007",
	    270 },
	{ "oaep", "0a025200 108010 1a0e 0a0420012801 12063a0412020807", 270 },
	{ "pkcs1", "0a025200 108010 1a0c 0a0420012801 12043a020a00", 270 },
	{ "x25519", "0a045a020809 10ff01 1a0a 0a025001 120442020802", 0 },
	{ "ecdh", "0a045a020802 108002 1a0a 0a025001 120442020802", 65 },
	{ "gcm", "0a022200 108002 1a0c 0a0420012801 12042a020802", 0 },
	{ "ccm", "0a022200 108001 1a0c 0a0420012801 12042a020801", 0 },
	{ "cha", "0a024200 108002 1a0c 0a0420012801 12042a020803", 0 },
	{ "cbc", "0a022200 108002 1a0a 0a0420012801 12022008", 0 },
	{ "nopad", "0a022200 108002 1a0a 0a0420012801 12022007", 0 },
	{ "ctr", "0a022200 108002 1a0a 0a0420012801 12022002", 0 },
	{ "hmac", "0a021200 108002 1a10 0a0430013801 12081a060a040a020807", 0 },
};

static void
test_generate(void **state)
{
	uint8_t attr[128], body[256];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(made); i++) {
		size_t n = put_bytes(
		    body, 1, made[i].name, strlen(made[i].name));

		n += put_bytes(body + n, 2, attr, put(attr, made[i].attr));
		print_message("# case: %s\n", made[i].name);
		assert_int_equal(ask(1, 2, body, n), 0);
	}
}

static void
test_public_len(void **state)
{
	uint8_t body[64];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(made); i++) {
		const size_t n = put_bytes(
		    body, 1, made[i].name, strlen(made[i].name));
		const bool x = strcmp(made[i].name, "x25519") == 0;

		print_message("# case: %s\n", made[i].name);
		if (made[i].public_len == 0 && !x) {
			assert_int_equal(ask(1, 7, body, n), 1135);
			continue;
		}
		assert_int_equal(ask(1, 7, body, n), 0);
		assert_int_equal(data().len, x ? 32 : made[i].public_len);
	}
}

/* Signed and verified; the width of the signature. */
static const struct {
	const char *key, *alg; /* AsymmetricSignature */
	size_t digest, signature;
} signs[] = {
	{ "p384", "22040a021008", 48, 96 },
	{ "p521", "22040a021009", 64, 132 },
	{ "det", "32040a021007", 32, 64 },
	{ "any", "2a00", 32, 64 },
	{ "any", "2a00", 48, 64 },
	{ "wild", "22040a021007", 32, 64 },
	{ "wild", "22040a021008", 48, 64 },
	{ "rsa", "0a040a021007", 32, 256 },
	{ "pss", "1a040a021007", 32, 256 },
};

static void
test_signs(void **state)
{
	static const uint8_t digest[64] = { 1, 2, 3 };
	uint8_t alg[16], body[600];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(signs); i++) {
		size_t n = put_bytes(
		    body, 1, signs[i].key, strlen(signs[i].key));
		struct btz_span sig;

		n += put_bytes(body + n, 2, alg, put(alg, signs[i].alg));
		n += put_bytes(body + n, 3, digest, signs[i].digest);
		print_message(
		    "# case: %s, %zu\n", signs[i].key, signs[i].digest);
		assert_int_equal(ask(1, 4, body, n), 0);
		sig = data();
		assert_int_equal(sig.len, signs[i].signature);
		n += put_bytes(body + n, 4, sig.p, sig.len);
		assert_int_equal(ask(1, 5, body, n), 0);
		body[n - 1] ^= 1;
		assert_int_equal(ask(1, 5, body, n), 1149);
	}
}

/* Any-hash keys do not sign with another scheme; RFC 6979 twice the same. */
static void
test_deterministic(void **state)
{
	static const uint8_t digest[32] = { 9 };
	uint8_t body[100], first[64];
	size_t n = put(body, "0a03646574 1206 32040a021007");
	struct btz_span sig;

	(void)state;
	n += put_bytes(body + n, 3, digest, 32);
	assert_int_equal(ask(1, 4, body, n), 0);
	memcpy(first, data().p, 64);
	assert_int_equal(ask(1, 4, body, n), 0);
	sig = data();
	assert_memory_equal(first, sig.p, 64);
	n = put(body, "0a0477696c64 1206 32040a021007");
	n += put_bytes(body + n, 3, digest, 32);
	assert_int_equal(ask(1, 4, body, n), 1133);
}

/* In and out again; what comes out is so much longer. */
static const struct {
	const char *key, *alg;	 /* field 2 with its header */
	const char *nonce, *aad; /* NULL: no such field */
	uint8_t field;		 /* of the input */
	uint32_t encrypt, decrypt;
	size_t in, out;
} crypts[] = {
	{ "gcm", "1202 0802", "00112233445566778899aabb", "6161", 5, 0x11, 0x12,
	    33, 49 },
	{ "gcm", "1202 0802", "00112233445566778899aabb", "", 5, 0x11, 0x12, 0,
	    16 },
	{ "gcm", "1206 12040802 1010", "00112233445566778899aabb", "", 5, 0x11,
	    0x12, 1, 17 },
	{ "ccm", "1202 0801", "00112233445566778899aabb", "6161", 5, 0x11, 0x12,
	    33, 49 },
	{ "cha", "1202 0803", "00112233445566778899aabb", "6161", 5, 0x11, 0x12,
	    33, 49 },
	{ "cbc", "1008", NULL, NULL, 3, 0x14, 0x15, 33, 64 },
	{ "nopad", "1007", NULL, NULL, 3, 0x14, 0x15, 32, 48 },
	{ "ctr", "1002", NULL, NULL, 3, 0x14, 0x15, 33, 49 },
	{ "oaep", "1204 12020807", NULL, NULL, 3, 0x0a, 0x0b, 100, 256 },
	{ "pkcs1", "1202 0a00", NULL, NULL, 3, 0x0a, 0x0b, 100, 256 },
	{ "pkcs1", "1202 0a00", NULL, NULL, 3, 0x0a, 0x0b, 0, 256 },
};

static size_t
crypt_body(size_t i, const void *in, size_t len, uint8_t *body)
{
	uint8_t bytes[64];
	size_t n = put_bytes(body, 1, crypts[i].key, strlen(crypts[i].key));

	n += put(body + n, crypts[i].alg);
	if (crypts[i].nonce != NULL)
		n += put_bytes(body + n, 3, bytes, put(bytes, crypts[i].nonce));
	if (crypts[i].aad != NULL)
		n += put_bytes(body + n, 4, bytes, put(bytes, crypts[i].aad));
	return n + put_bytes(body + n, crypts[i].field, in, len);
}

static void
test_crypts(void **state)
{
	static const uint8_t plain[128] = { 'x', 'y', 'z' };
	uint8_t body[1024], sealed[512];
	size_t len;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(crypts); i++) {
		print_message("# case: %s, %s\n", crypts[i].key, crypts[i].alg);
		assert_int_equal(ask(1, crypts[i].encrypt, body,
				     crypt_body(i, plain, crypts[i].in, body)),
		    0);
		len = data().len;
		assert_int_equal(len, crypts[i].out);
		memcpy(sealed, data().p, len);
		assert_int_equal(ask(1, crypts[i].decrypt, body,
				     crypt_body(i, sealed, len, body)),
		    0);
		assert_int_equal(data().len, crypts[i].in);
		if (crypts[i].in > 0)
			assert_memory_equal(data().p, plain, crypts[i].in);
		if (crypts[i].field != 5)
			continue;
		sealed[len - 1] ^= 1; /* the tag */
		assert_int_equal(ask(1, crypts[i].decrypt, body,
				     crypt_body(i, sealed, len, body)),
		    1149);
	}
}

static void
test_crypt_refused(void **state)
{
	uint8_t body[64];

	(void)state;
	/* no nonce: never one of the service's choice */
	assert_int_equal(
	    ask(1, 0x11, body, put(body, "0a0367636d 1202 0802 2a03616263")),
	    1135);
	/* a tag of 8 bytes is another algorithm than the key's */
	assert_int_equal(ask(1, 0x11, body,
			     put(body, "0a0367636d 1206 12040802 1008 1a0c"
				       "00112233445566778899aabb 2a03616263")),
	    1133);
	assert_int_equal(
	    ask(1, 0x15, body, put(body, "0a03636263 1008 1a03616263")), 1135);
	/* RSA PKCS#1 v1.5 encryption is not this key's */
	assert_int_equal(
	    ask(1, 0x0a, body, put(body, "0a046f616570 1202 0a00 1a0161")),
	    1133);
}

/* Both sides get the same x. */
static void
agree(const char *key, const char *other)
{
	uint8_t body[256], secret[66];
	struct btz_span pub;
	size_t n, len;

	n = put_bytes(body, 1, other, strlen(other));
	assert_int_equal(ask(1, 7, body, n), 0);
	pub = data();
	n = put(body, "0802");
	n += put_bytes(body + n, 2, key, strlen(key));
	n += put_bytes(body + n, 3, pub.p, pub.len);
	assert_int_equal(ask(1, 0x13, body, n), 0);
	len = data().len;
	memcpy(secret, data().p, len);
	n = put_bytes(body, 1, key, strlen(key));
	assert_int_equal(ask(1, 7, body, n), 0);
	pub = data();
	n = put(body, "0802");
	n += put_bytes(body + n, 2, other, strlen(other));
	n += put_bytes(body + n, 3, pub.p, pub.len);
	assert_int_equal(ask(1, 0x13, body, n), 0);
	assert_int_equal(data().len, len);
	assert_memory_equal(data().p, secret, len);
}

static void
test_agree(void **state)
{
	(void)state;
	assert_int_equal(
	    rig_ask(&rig, 1, 2,
		"0a0565636468 32 1215 0a045a020802 108002 1a0a 0a025001 "
		"120442020802"),
	    0);
	assert_int_equal(
	    rig_ask(&rig, 1, 2,
		"0a0778323535313932 1215 0a045a020809 10ff01 1a0a 0a025001 "
		"120442020802"),
	    0);
	agree("ecdh", "ecdh2");
	agree("x25519", "x255192");
	/* a point that is not on the curve */
	assert_int_equal(
	    rig_ask(&rig, 1, 0x13, "0802 120465636468 1a03040102"), 1135);
}

/* A scalar goes in, its point and it come out (NIST's P-256 KAT: d = 1). */
static void
test_import(void **state)
{
	uint8_t body[256], scalar[32] = { 0 };
	size_t n;

	(void)state;
	scalar[31] = 1;
	n = put(body, "0a03696d70 1221 " P256_OUT);
	n += put_bytes(body + n, 3, scalar, 32);
	assert_int_equal(ask(1, 6, body, n), 0);
	assert_int_equal(ask(1, 6, body, n), 1139);
	assert_int_equal(rig_ask(&rig, 1, 7, "0a03696d70"), 0);
	assert_int_equal(data().len, 65);
	assert_memory_equal(data().p, "\x04\x6b\x17\xd1\xf2\xe1\x2c", 7);
	assert_int_equal(rig_ask(&rig, 1, 0x0c, "0a03696d70"), 0);
	assert_int_equal(data().len, 32);
	assert_memory_equal(data().p, scalar, 32);
	/* the length decides where bits is 0, and must agree where it is not */
	n = put(body, "0a04696d7032 121e 0a045a020802 1a16 "
		      "0a0a08013001380140014801 1208320622040a021007");
	n += put_bytes(body + n, 3, scalar, 32);
	assert_int_equal(ask(1, 6, body, n), 0);
	n = put(body, "0a04696d7033 1221 " P256_OUT);
	n += put_bytes(body + n, 3, scalar, 31);
	assert_int_equal(ask(1, 6, body, n), 1135);
	scalar[31] = 0; /* no private key */
	n = put(body, "0a04696d7034 1221 " P256_OUT);
	n += put_bytes(body + n, 3, scalar, 32);
	assert_int_equal(ask(1, 6, body, n), 1135);
	/* not exportable: generated without the flag */
	assert_int_equal(rig_ask(&rig, 1, 0x0c, "0a0470333834"), 1133);
	/* a public key alone */
	n = put(body, "0a04696d7035 1221 0a0462020802 108002 1a16 "
		      "0a0a08013001380140014801 1208320622040a021007");
	n += put_bytes(body + n, 3, scalar, 32);
	assert_int_equal(ask(1, 6, body, n), 1134);
}

static size_t
count_keys(void)
{
	Parsec__ListKeysOut *out;
	size_t n;

	assert_int_equal(rig_ask(&rig, 0, 0x1a, ""), 0);
	out = parsec__list_keys_out__unpack(NULL, rig.a.len, rig.a.body);
	assert_non_null(out);
	n = out->n_keys;
	parsec__list_keys_out__free_unpacked(out, NULL);
	return n;
}

/* Facts 8: the row of a key as the client described it. */
static void
test_list_keys(void **state)
{
	static const char want[] = "0a27 0801 12026b31 1a1f " P256;
	uint8_t bytes[64];
	const size_t n = pw_hex(want, bytes);
	bool seen = false;

	(void)state;
	assert_int_equal(rig_ask(&rig, 1, 2, "0a026b31 121f " P256), 0);
	assert_int_equal(
	    count_keys(), BTZ_COUNT(made) + 5); /* ecdh2 .. imp2, k1 */
	for (size_t i = 0; i + n <= rig.a.len; i++)
		seen = seen || memcmp(rig.a.body + i, bytes, n) == 0;
	assert_true(seen);
}

/* The front end remembers nothing that it needs: keys are found again. */
static void
test_restart(void **state)
{
	(void)state;
	(void)btz_box_kill(rig.box, BTZ_PROG_PARSEC, SIGKILL);
	btz_box_start(rig.box, BTZ_PROG_PARSEC, NULL);
	test_signs(state);
	test_crypts(state);
	assert_int_equal(count_keys(), BTZ_COUNT(made) + 5);
	assert_int_equal(rig_ask(&rig, 1, 2, "0a026b31 121f " P256), 1139);
}

/* Runs fn as another uid; its exit status. */
static int
as_other(int (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(OTHER_UID, OTHER_UID, OTHER_UID) != 0 ||
		    setresuid(OTHER_UID, OTHER_UID, OTHER_UID) != 0)
			_exit(100);
		_exit(fn());
	}
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int
other_looks(void)
{
	if (rig_ask(&rig, 1, 3, "0a026b31") != 1140 ||
	    rig_ask(&rig, 1, 7, "0a026b31") != 1140 ||
	    rig_ask(&rig, 0, 0x1a, "") != 0 || rig.a.len != 0)
		return 1;
	if (rig_ask(&rig, 0, 0x1b, "") != 21 ||
	    rig_ask(&rig, 0, 0x1c, "0a0130") != 21)
		return 2;
	return rig_ask(&rig, 1, 2, "0a026b31 121f " P256) == 0 ? 0 : 3;
}

static int
other_has_none(void)
{
	return rig_ask(&rig, 0, 0x1a, "") == 0 && rig.a.len == 0 ? 0 : 1;
}

/* The same name is another key for another uid, and an administrator sees and
 * ends clients. */
static void
test_clients(void **state)
{
	static const char both[] = "0a0130 0a05 3534333231";
	uint8_t bytes[32];

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(rig_ask(&rig, 0, 0x1b, ""), 0);
	assert_int_equal(rig.a.len, 3);
	assert_memory_equal(rig.a.body, "\x0a\x01\x30", 3);
	assert_int_equal(as_other(other_looks), 0);
	assert_int_equal(rig_ask(&rig, 0, 0x1b, ""), 0);
	assert_int_equal(rig.a.len, pw_hex(both, bytes));
	assert_int_equal(rig_ask(&rig, 0, 0x1c, "0a05 3534333231"), 0);
	assert_int_equal(as_other(other_has_none), 0);
	assert_int_equal(rig_ask(&rig, 0, 0x1b, ""), 0);
	assert_int_equal(rig.a.len, 3);
	assert_int_equal(count_keys(), BTZ_COUNT(made) + 5); /* ours stay */
	/* what is no client: nothing of it, or not a uid at all */
	assert_int_equal(rig_ask(&rig, 0, 0x1c, "0a05 3534333230"), 0);
	assert_int_equal(rig_ask(&rig, 0, 0x1c, "0a05 61646d696e"), 1135);
	assert_int_equal(rig_ask(&rig, 0, 0x1c, "0a02 3030"), 1135);
	assert_int_equal(rig_ask(&rig, 0, 0x1c, ""), 1135);
}

/* Two at once for one name: one gets it. */
static void
test_race(void **state)
{
	static struct pw_answer a;
	uint8_t body[64];
	int fds[8], made_it = 0, exists = 0;
	struct pw p;

	(void)state;
	pw_make(&p, 1, 2, BTZ_PAUTH_PEER, getuid(), body,
	    pw_hex("0a0472616365 121f " P256, body));
	for (size_t i = 0; i < BTZ_COUNT(fds); i++) {
		fds[i] = pw_connect(rig.box);
		pw_send(fds[i], p.bytes, p.len);
	}
	for (size_t i = 0; i < BTZ_COUNT(fds); i++) {
		assert_true(pw_read(fds[i], &a, 5000));
		made_it += a.head.status == 0;
		exists += a.head.status == 1139;
		(void)close(fds[i]);
	}
	assert_int_equal(made_it, 1);
	assert_int_equal(exists, 7);
}

/* A lease that the broker ended is had again, unseen. */
static void
test_lease_over(void **state)
{
	(void)state;
	(void)btz_box_kill(rig.box, BTZ_PROG_BROKER, SIGKILL);
	btz_box_start(rig.box, BTZ_PROG_BROKER, NULL);
	(void)usleep(200000);
	test_signs(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_public_len),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_crypts),
		cmocka_unit_test(test_crypt_refused),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_list_keys),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_lease_over),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
