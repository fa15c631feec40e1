/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ek.c - PROVISION looks at the TPM's endorsement key, on real software
 * TPMs: who is believed, who is not, and that a box cannot be begun with one
 * TPM and finished with another.
 */
#include "ek_tpm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypt.h"

static struct rig r;

static bool
says(const char *what)
{
	struct btz_ta_info info;

	rig_info(&r, &info);
	return memmem(info.weaknesses.p, info.weaknesses.len, what,
		   strlen(what)) != NULL;
}

/* SHA-256(EK Name || primary Name), nobody approves. */
static void
check_instance(enum btz_tpm_ek_id id)
{
	struct btz_ta_info info;
	struct btz_tpm_name ek, primary;
	struct btz_span parts[2];
	uint8_t want[32];

	rig_info(&r, &info);
	rig_kill(&r);
	ek_tpm_name(&r.tpm, id, &ek);
	ek_tpm_name_at(&r.tpm, BTZ_TPM_H_FIRST, &primary);
	parts[0] = btz_span_of(ek.b, ek.len);
	parts[1] = btz_span_of(primary.b, primary.len);
	assert_int_equal(ta_sha256(parts, 2, want), BTZ_OK);
	assert_memory_equal(want, info.instance_id, 32);
}

enum weak { CHECKED, TEST_ROOT, UNCHECKED };

/* To the end; killed after every step: each session is salted to the key. */
static void
provision_through(enum weak weak)
{
	struct btz_ta_step s = { 0 };

	while (s.done == 0) {
		assert_int_equal(rig_step(&r, &s), BTZ_OK);
		assert_int_equal(says("ek: unchecked"), weak == UNCHECKED);
		assert_int_equal(says("test-ek-root"), weak == TEST_ROOT);
		rig_kill(&r);
		rig_start(&r);
	}
	assert_int_equal(says("ek: unchecked"), weak == UNCHECKED);
	assert_int_equal(says("test-ek-root"), weak == TEST_ROOT);
}

static const struct {
	const char *name;
	enum btz_tpm_ek_id id;
	enum ek_key signer;
	bool through_ca;
	enum weak weak;
} good[] = {
	{ "P-384, high range", BTZ_TPM_EK_H3, MAKER, false, CHECKED },
	{ "P-256, low range", BTZ_TPM_EK_L2, MAKER, false, CHECKED },
	{ "P-256, high range", BTZ_TPM_EK_H2, MAKER, false, CHECKED },
	{ "through a CA", BTZ_TPM_EK_H3, MAKER, true, CHECKED },
	{ "test root", BTZ_TPM_EK_H3, TEST_MAKER, false, TEST_ROOT },
};

static void
test_good(void **state)
{
	static const struct ek_spec ca = {
		.key = EK_CA1, .signer = MAKER, .subject = "ca"
	};
	struct ek_cert chain;

	(void)state;
	ek_ca(&ca, &chain);
	for (size_t i = 0; i < BTZ_COUNT(good); i++) {
		print_message("# case: %s\n", good[i].name);
		rig_begin(&r);
		ek_tpm_certify(&r.tpm, good[i].id,
		    good[i].through_ca ? EK_CA1 : good[i].signer,
		    good[i].through_ca ? "ca" : NULL);
		r.ek_required = 1;
		if (good[i].through_ca)
			r.ek_chain = btz_span_of(chain.b, chain.len);
		rig_start(&r);
		provision_through(good[i].weak);
		check_instance(good[i].id);
		rig_end(&r);
	}
}

/* What is wrong with the certificate in the TPM. */
static void
no_cert(void)
{
}

static void
put(const struct ek_spec *s, int flip, size_t cut)
{
	struct ek_cert c;

	ek_leaf(s, &c);
	if (flip >= 0)
		c.b[(size_t)flip < c.len ? (size_t)flip : c.len - 1] ^= 1;
	ek_tpm_cert(&r.tpm, BTZ_TPM_EK_H3, btz_span_of(c.b, c.len - cut));
}

static const struct ek_spec plain = { .key = EK_P384, .signer = MAKER };

/* Of a genuine TPM by a known maker, but not this one. */
static void
other_tpm(void)
{
	struct btz_swtpm other;

	assert_true(btz_swtpm_start(&other));
	ek_tpm_key(&other, BTZ_TPM_EK_H3);
	put(&plain, -1, 0);
	btz_swtpm_end(&other);
}

/* Its P-256 key in the place of the P-384 one. */
static void
other_key(void)
{
	static const struct ek_spec s = { .key = EK_P256, .signer = MAKER };

	ek_tpm_key(&r.tpm, BTZ_TPM_EK_L2);
	put(&s, -1, 0);
}

static void
stranger(void)
{
	ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H3, STRANGER, NULL);
}

static void
no_ca(void)
{
	ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H3, EK_CA1, "ca");
}

static void
cut(void)
{
	ek_tpm_key(&r.tpm, BTZ_TPM_EK_H3);
	put(&plain, -1, 1);
}

static void
flip_serial(void)
{
	ek_tpm_key(&r.tpm, BTZ_TPM_EK_H3);
	put(&plain, 15, 0);
}

static void
flip_signature(void)
{
	ek_tpm_key(&r.tpm, BTZ_TPM_EK_H3);
	put(&plain, 4096, 0);
}

static void
chain_is_none(void)
{
	ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H3, MAKER, NULL);
	r.ek_chain = btz_span_str("not a certificate");
}

static const struct {
	const char *name;
	void (*make)(void);
} bad[] = {
	{ "no certificate", no_cert },
	{ "another TPM's", other_tpm },
	{ "of another key of the TPM", other_key },
	{ "maker is unknown", stranger },
	{ "intermediate is missing", no_ca },
	{ "cut off", cut },
	{ "serial is altered", flip_serial },
	{ "signature is altered", flip_signature },
	{ "chain is none", chain_is_none },
};

static void
test_bad(void **state)
{
	struct btz_ta_step s;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		print_message("# case: %s\n", bad[i].name);
		rig_begin(&r);
		bad[i].make();
		r.ek_required = 1;
		rig_start(&r);
		assert_int_equal(rig_step(&r, &s), BTZ_E_EK_CERT);
		assert_int_equal(r.state, BTZ_TA_UNPROVISIONED);
		/* Nothing of it stays. */
		rig_kill(&r);
		rig_start(&r);
		assert_int_equal(rig_step(&r, &s), BTZ_E_EK_CERT);
		r.ek_required = 0;
		assert_int_equal(rig_step(&r, &s), BTZ_OK);
		assert_true(says("ek: unchecked"));
		rig_end(&r);
	}
}

/* A bad certificate does not hide a good one. */
static void
test_second(void **state)
{
	struct btz_ta_step s;

	(void)state;
	rig_begin(&r);
	stranger();
	ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H2, MAKER, NULL);
	r.ek_required = 1;
	rig_start(&r);
	assert_int_equal(rig_step(&r, &s), BTZ_OK);
	assert_false(says("ek: unchecked"));
	rig_end(&r);
}

/* Not checked, but it is the one that was there. */
static void
test_unchecked(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	provision_through(UNCHECKED);
	check_instance(BTZ_TPM_EK_L2);
	rig_end(&r);
}

static void
connect_to(struct btz_swtpm *tpm)
{
	rig_kill(&r);
	btz_swtpm_socket(tpm, r.socket, sizeof(r.socket));
	rig_start(&r);
}

/* The box is begun with one TPM, then a genuine other one is there. */
static void
swapped(bool certified, uint32_t steps)
{
	struct btz_swtpm other;
	struct btz_ta_step s;

	rig_begin(&r);
	assert_true(btz_swtpm_start(&other));
	(void)close(other.fd);
	other.fd = -1;
	if (certified) {
		ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H2, MAKER, NULL);
		ek_tpm_certify(&other, BTZ_TPM_EK_H2, MAKER, NULL);
	}
	r.ek_required = certified;
	rig_start(&r);
	for (uint32_t i = 0; i < steps; i++)
		assert_int_equal(rig_step(&r, &s), BTZ_OK);
	connect_to(&other);
	assert_int_equal(rig_step(&r, &s), BTZ_E_TPM_SWAPPED);
	rig_wait(&r);
	assert_int_equal(rig_step(&r, &s), BTZ_E_TPM_SWAPPED);
	connect_to(&r.tpm);
	rig_provision(&r);
	rig_end(&r);
	btz_swtpm_end(&other);
}

static void
test_swapped(void **state)
{
	(void)state;
	for (uint32_t steps = 1; steps <= 4; steps++) {
		print_message("# case: after step %u\n", steps);
		swapped(true, steps);
		swapped(false, steps);
	}
}

/* Somebody with a TPM of his own stands between TA and TPM. */
static struct btz_swtpm his;
static bool takes_cert, takes_key;

static bool
his_turn(uint32_t cc, uint32_t handle)
{
	if (cc == BTZ_TPM_CC_CREATE_PRIMARY)
		return takes_key && handle == BTZ_TPM_RH_ENDORSEMENT;
	return takes_cert && handle == btz_tpm_eks[BTZ_TPM_EK_H3].cert &&
	       (cc == BTZ_TPM_CC_NV_READ || cc == BTZ_TPM_CC_NV_READ_PUBLIC);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Both TPMs do it, his answers. */
static bool
between(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	const uint32_t cc = get32(buf + 6), handle = get32(buf + 10);
	uint8_t cmd[4096];
	size_t flush_len;

	memcpy(cmd, buf, len);
	if (!btz_hostkit_tpm_raw(buf, len, cap, outlen))
		return false;
	if (!his_turn(cc, handle))
		return true;
	if (btz_swtpm_transceive(&his, cmd, len, buf, cap, outlen) != BTZ_OK)
		return false;
	if (cc == BTZ_TPM_CC_CREATE_PRIMARY && get32(buf + 6) == 0) {
		uint8_t flush[14] = { 0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x65 };
		uint8_t rsp[64];

		memcpy(flush + 10, buf + 10, 4);
		return btz_swtpm_transceive(&his, flush, sizeof(flush), rsp,
			   sizeof(rsp), &flush_len) == BTZ_OK;
	}
	return true;
}

static const struct {
	const char *name;
	bool cert, key, required;
	enum btz_rc rc; /* BTZ_OK: a false answer, in whatever form */
} mitm_cases[] = {
	{ "his certificate", true, false, true, BTZ_E_EK_CERT },
	{ "his key", false, true, true, BTZ_E_EK_CERT },
	{ "his certificate and key", true, true, true, BTZ_OK },
	{ "his key, nobody asks", false, true, false, BTZ_OK },
};

static void
test_mitm(void **state)
{
	struct btz_ta_step s;
	enum btz_rc rc;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(mitm_cases); i++) {
		print_message("# case: %s\n", mitm_cases[i].name);
		rig_begin(&r);
		ek_tpm_certify(&r.tpm, BTZ_TPM_EK_H3, MAKER, NULL);
		assert_true(btz_swtpm_start(&his));
		ek_tpm_certify(&his, BTZ_TPM_EK_H3, MAKER, NULL);
		assert_true(btz_swtpm_restart(&his));
		r.ek_required = mitm_cases[i].required;
		takes_cert = takes_key = false;
		rig_start(&r);
		takes_cert = mitm_cases[i].cert;
		takes_key = mitm_cases[i].key;
		btz_hostkit_interpose(between);
		rc = rig_step(&r, &s);
		print_message("# %s\n", btz_rc_name(rc));
		assert_int_not_equal(rc, BTZ_OK);
		if (mitm_cases[i].rc != BTZ_OK)
			assert_int_equal(rc, mitm_cases[i].rc);
		else
			assert_true(rc == BTZ_E_TPM_AUTH ||
				    rc == BTZ_E_TPM_UNAVAILABLE);
		/* He goes: the true one is taken, nothing of his was kept. */
		btz_hostkit_interpose(NULL);
		rig_wait(&r);
		r.ek_required = 1;
		rig_provision(&r);
		assert_false(says("ek: unchecked"));
		check_instance(BTZ_TPM_EK_H3);
		rig_end(&r);
		btz_swtpm_end(&his);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_unchecked),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_mitm),
	};

	return cmocka_run_group_tests(tests, ek_tpm_group, ek_keys_free);
}
