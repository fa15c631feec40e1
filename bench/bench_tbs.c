/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tbs.c - what the trusted application does with a TBSCertificate before
 * it signs: parse and allow-list, SHA-1 of the key and SHA-256 included (as on
 * the host; both of libcrypto). One JSON object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypt.h"
#include "der/build.h"
#include "der/dn.h"
#include "der/spki.h"
#include "issuer.h"
#include "wire/alg.h"

#define NOW 1790000000u
#define DAY 86400u
#define ROUNDS 9
#define PER_ROUND 20000
#define BAR_US 10.0

static enum ta_ours
ours(const void *ctx, const uint8_t issuer[16], struct btz_span spki)
{
	uint8_t digest[32];

	(void)ctx, (void)issuer;
	return ta_sha256(&spki, 1, digest) == BTZ_OK ? TA_OURS_NOT
						     : TA_OURS_OTHER;
}

static struct ta_issuer is = { .c = { .max_lifetime = 30 * DAY,
				   .ekus = BTZ_EKU_CLIENT_AUTH },
	.now = NOW,
	.not_after = NOW + 300 * DAY,
	.ours = ours,
	.sha1 = ta_sha1,
	.sha256 = NULL };

static size_t
build(uint8_t *tbs, size_t cap)
{
	static uint8_t spki[BTZ_SPKI_P256_LEN], serial[16] = { 0x41 };
	static uint8_t ski[20], point[65] = { 4, 9, 9 };
	struct btz_cert_spec spec = { .profile = BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, sizeof(serial)),
		.subject_cn = btz_span_str("alice"),
		.not_before = NOW,
		.not_after = NOW + 30 * DAY,
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str("spiffe://box.example/home/user/alice"),
		.crl_uri = btz_span_str("http://box.example/ca.crl"),
		.ca_uri = btz_span_str("http://box.example/ca.pem") };
	struct btz_wr wr;

	is.c.trust_domain = btz_span_str("box.example");
	is.c.subject_cn = btz_span_str("nas issuing");
	is.c.crl_uri = spec.crl_uri;
	is.c.n_tenants = 1;
	is.c.tenants[0] = btz_span_str("home");
	btz_wr_init(&wr, is.name, sizeof(is.name));
	btz_dn_put(&wr, is.c.subject_cn);
	is.name_len = wr.len;
	btz_wr_init(&wr, spki, sizeof(spki));
	btz_spki_put_p256(&wr, point);
	if (ta_sha1(btz_span_of(point, sizeof(point)), ski) != BTZ_OK)
		abort();
	spec.issuer = btz_span_of(is.name, is.name_len);
	spec.spki = btz_span_of(spki, sizeof(spki));
	spec.ski = btz_span_of(ski, sizeof(ski));
	spec.aki = btz_span_of(is.ski, sizeof(is.ski));
	btz_wr_init(&wr, tbs, cap);
	return btz_cert_build(&spec, &wr) == BTZ_OK ? wr.len : 0;
}

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
round_us(struct btz_span tbs)
{
	const double start = cpu_seconds();
	struct btz_x509 x;

	for (int i = 0; i < PER_ROUND; i++) {
		enum btz_rc rc = btz_x509_parse_tbs(tbs, &x);

		if (rc == BTZ_OK)
			rc = ta_check_cert(&is, &x);
		if (rc != BTZ_OK) {
			(void)fprintf(stderr, "refused: %u\n", rc);
			exit(1);
		}
	}
	return (cpu_seconds() - start) / PER_ROUND * 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

int
main(void)
{
	static uint8_t tbs[2048];
	const size_t len = build(tbs, sizeof(tbs));
	double us[ROUNDS], v;

	if (len == 0)
		abort();
	for (int i = 0; i < ROUNDS; i++)
		us[i] = round_us(btz_span_of(tbs, len));
	qsort(us, ROUNDS, sizeof(us[0]), compare);
	v = us[ROUNDS / 2];
	(void)printf(
	    "{\"name\":\"parse and check of a TBSCertificate, CPU\","
	    "\"value\":%.2f,\"unit\":\"us\",\"bar\":\"<= %.0f\",\"met\":%s}\n",
	    v, BAR_US, v <= BAR_US ? "true" : "false");
	return 0;
}
