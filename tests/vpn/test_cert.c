/* SPDX-License-Identifier: Apache-2.0 */
/* test_cert.c - when a server's certificate is renewed, what it is called, and
 * which file of it is written. */
#include "vpn/cert.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "der/pem.h"

#define FROM 1000000000u /* life of PEM: half an hour */
#define TO (FROM + 1800u)
#define NAME "main.vpn.box.test"
#define PEM                                                                    \
	"-----BEGIN CERTIFICATE-----\n"                                        \
	"MIIBdTCCARugAwIBAgIQUVJTVFVWV1hZUFFSU1RVVjAKBggqhkjOPQQDAjAcMRow\n"   \
	"GAYDVQQDDBFtYWluLnZwbi5ib3gudGVzdDAeFw0wMTA5MDkwMTQ2NDBaFw0wMTA5\n"   \
	"MDkwMjE2NDBaMBwxGjAYBgNVBAMMEW1haW4udnBuLmJveC50ZXN0MFkwEwYHKoZI\n"   \
	"zj0CAQYIKoZIzj0DAQcDQgAE0fErJv2ENfD6fMToK3/TGy1+7P13ntJNMdBfhyE7\n"   \
	"2Ei5HvqiaPH1V/RkmnR1F1sa01r3e1qrGvKRthGw8lOW+6M/MD0wHAYDVR0RBBUw\n"   \
	"E4IRbWFpbi52cG4uYm94LnRlc3QwHQYDVR0OBBYEFJ+JnHWqMkbHsB3YvPkppiTW\n"   \
	"4RCJMAoGCCqGSM49BAMCA0gAMEUCIDiTeENyOxAsCSeuzJ/fkzpJG1TVy9R9nTo4\n"   \
	"Qz81dgpNAiEA1GIjiRFbUsScbN3B5WpR6XdTrRg9JcoRIw2JwRCrfWs=\n"           \
	"-----END CERTIFICATE-----\n"

static uint8_t spki[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0xd1, 0xf1, 0x2b, 0x26, 0xfd, 0x84,
	0x35, 0xf0, 0xfa, 0x7c, 0xc4, 0xe8, 0x2b, 0x7f, 0xd3, 0x1b, 0x2d, 0x7e,
	0xec, 0xfd, 0x77, 0x9e, 0xd2, 0x4d, 0x31, 0xd0, 0x5f, 0x87, 0x21, 0x3b,
	0xd8, 0x48, 0xb9, 0x1e, 0xfa, 0xa2, 0x68, 0xf1, 0xf5, 0x57, 0xf4, 0x64,
	0x9a, 0x74, 0x75, 0x17, 0x5b, 0x1a, 0xd3, 0x5a, 0xf7, 0x7b, 0x5a, 0xab,
	0x1a, 0xf2, 0x91, 0xb6, 0x11, 0xb0, 0xf2, 0x53, 0x96, 0xfb };

static const struct {
	const char *name;
	uint64_t from, to, now;
	bool due;
} due_cases[] = {
	{ "over", FROM, TO, TO, true },
	{ "long over", FROM, TO, UINT64_MAX, true },
	{ "no life at all", FROM, FROM, FROM, true },
	{ "ends before it begins", TO, FROM, FROM - 1, true },
	{ "a third is left", FROM, TO, FROM + 1200, true },
	{ "a second more than a third", FROM, TO, FROM + 1199, false },
	{ "new", FROM, TO, FROM, false },
	{ "begins later (clock)", FROM, TO, 0, false },
	{ "far end", 0, UINT64_MAX, 1, false },
};

static void
test_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(due_cases); i++) {
		print_message("# case: %s\n", due_cases[i].name);
		assert_int_equal(btz_cert_due(due_cases[i].from,
				     due_cases[i].to, due_cases[i].now),
		    due_cases[i].due);
	}
}

static const struct {
	const char *name, *pem, *cn;
	bool other_key;
	uint64_t now;
	bool good;
} good_cases[] = {
	{ "none", "", NAME, false, FROM, false },
	{ "cut off", "-----BEGIN CERTIFICATE-----\nMIIB\n", NAME, false, FROM,
	    false },
	{ "another key", PEM, NAME, true, FROM, false },
	{ "another name", PEM, "shop.vpn.box.test", false, FROM, false },
	{ "part of the name", PEM, "main.vpn.box", false, FROM, false },
	{ "due", PEM, NAME, false, FROM + 1200, false },
	{ "good", PEM, NAME, false, FROM + 1199, true },
	{ "first of two", PEM PEM, NAME, false, FROM, true },
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(good_cases); i++) {
		print_message("# case: %s\n", good_cases[i].name);
		spki[30] ^= good_cases[i].other_key ? 1 : 0;
		assert_int_equal(
		    btz_vpn_cert_good(btz_span_str(good_cases[i].pem),
			btz_span_of(spki, sizeof(spki)),
			btz_span_str(good_cases[i].cn), good_cases[i].now),
		    good_cases[i].good);
		spki[30] ^= good_cases[i].other_key ? 1 : 0;
	}
}

#define LONG "a123456789b123456789c123456789d123456789"
static const struct {
	const char *name, *names, *is; /* NULL: none */
} name_cases[] = {
	{ "nothing", "", NULL },
	{ "addresses only", " 192.0.2.1  fd00::1 ", NULL },
	{ "too long for a CN", LONG LONG ".test", NULL },
	{ "a name", "box.test", "main.vpn.box.test" },
	{ "behind an address", "192.0.2.1  box.test b.test",
	    "main.vpn.box.test" },
};

static void
test_name(void **state)
{
	char out[BTZ_CN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(name_cases); i++) {
		bool ok = btz_vpn_server_name("main", name_cases[i].names, out);

		print_message("# case: %s\n", name_cases[i].name);
		assert_int_equal(ok, name_cases[i].is != NULL);
		if (ok)
			assert_string_equal(out, name_cases[i].is);
	}
}

/* One certificate of n bytes with its length, as the CA answers. */
static struct btz_span
chain(uint8_t *buf, size_t cap, uint32_t n, uint8_t fill)
{
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_wr_u32(&wr, n);
	for (uint32_t i = 0; i < n; i++)
		btz_wr_u8(&wr, fill);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

static void
test_files(void **state)
{
	char dir[] = "/tmp/btz-cert-XXXXXX", path[64], tmp[80];
	uint8_t buf[512], pem[2048];
	struct stat before, after;
	struct btz_err err;
	bool changed = false;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/server.pem", dir);
	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	/* a length that is more than there is; nothing */
	assert_int_equal(btz_vpn_write_chain(path,
			     btz_span_of(chain(buf, sizeof(buf), 9, 1).p, 12),
			     &changed, &err),
	    BTZ_E_PROTO);
	assert_int_equal(
	    btz_vpn_write_chain(path, btz_span_of(NULL, 0), &changed, &err),
	    BTZ_E_TOOBIG);
	assert_int_equal(btz_vpn_read_file(path, pem, sizeof(pem)), 0);
	/* what a crash left behind is no hindrance */
	assert_int_equal(mknod(tmp, S_IFREG | 0600, 0), 0);
	assert_int_equal(btz_vpn_write_chain(path,
			     chain(buf, sizeof(buf), 100, 1), &changed, &err),
	    BTZ_OK);
	assert_false(changed); /* nobody can have read another one */
	n = btz_vpn_read_file(path, pem, sizeof(pem));
	assert_memory_equal(pem, "-----BEGIN CERTIFICATE-----\nAQEB", 32);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(btz_vpn_write_chain(path,
			     chain(buf, sizeof(buf), 100, 1), &changed, &err),
	    BTZ_OK);
	assert_false(changed);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(btz_vpn_write_chain(path,
			     chain(buf, sizeof(buf), 200, 2), &changed, &err),
	    BTZ_OK);
	assert_true(changed);
	assert_true(btz_vpn_read_file(path, pem, sizeof(pem)) > n);
	assert_int_equal(access(tmp, F_OK), -1);
	/* a place where nothing can be written leaves nothing behind */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(btz_vpn_write_chain(path,
			     chain(buf, sizeof(buf), 100, 1), &changed, &err),
	    BTZ_E_IO);
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
