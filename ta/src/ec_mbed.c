/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec_mbed.c - the NIST curves by mbedTLS; contract in ec.h and ec_rows.h. A
 * private value lies in an object of TEE_* and in this TA's memory only while
 * it is used. Whatever is multiplied by a secret is blinded: mbedTLS does so
 * where it is given random numbers (docs/decisions/0008).
 */
#include "ec_rows.h"

#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/version.h>
#include <string.h>

/* 2.28: random numbers may be left out, then nothing is blinded; 3: must be
 * there; 4: these functions are internal ones. */
#if MBEDTLS_VERSION_NUMBER < 0x021c0000 || MBEDTLS_VERSION_NUMBER >= 0x04000000
#error "ec_mbed.c knows mbedTLS 2.28 and 3; build with EC=gp"
#endif

/* Linux root is the attacker of CVE-2026-54435 (where the library was built
 * with MBEDTLS_ECP_NIST_OPTIM) and of CVE-2026-93835. */
#if defined(BTZ_TA_HARDWARE_KEYS) && MBEDTLS_VERSION_NUMBER < 0x03060800
#error "mbedTLS before 3.6.8 leaks keys (CVE-2026-93835): build with EC=gp"
#endif

struct ta_curve {
	mbedtls_ecp_group_id id;
};

const struct ta_curve ta_p256 = { MBEDTLS_ECP_DP_SECP256R1 };
const struct ta_curve ta_p384 = { MBEDTLS_ECP_DP_SECP384R1 };
const struct ta_curve ta_p521 = { MBEDTLS_ECP_DP_SECP521R1 };

/* One operation: a scalar and a point, two numbers (r and s; z). */
struct work {
	mbedtls_ecp_group grp;
	mbedtls_mpi d, r, s;
	mbedtls_ecp_point q;
};

static int
draw(void *arg, unsigned char *out, size_t len)
{
	(void)arg;
	TEE_GenerateRandom(out, len);
	return 0;
}

static int
begin(struct work *w, const struct ta_ec *e)
{
	mbedtls_ecp_group_init(&w->grp);
	mbedtls_mpi_init(&w->d);
	mbedtls_mpi_init(&w->r);
	mbedtls_mpi_init(&w->s);
	mbedtls_ecp_point_init(&w->q);
	return mbedtls_ecp_group_load(&w->grp, e->curve->id);
}

/* Wipes too. What failed otherwise than for want of memory is `other`. */
static enum btz_rc
end(struct work *w, int ret, enum btz_rc other)
{
	mbedtls_ecp_point_free(&w->q);
	mbedtls_mpi_free(&w->s);
	mbedtls_mpi_free(&w->r);
	mbedtls_mpi_free(&w->d);
	mbedtls_ecp_group_free(&w->grp);
	if (ret == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
	    ret == MBEDTLS_ERR_ECP_ALLOC_FAILED)
		return BTZ_E_NOMEM;
	return ret == 0 ? BTZ_OK : other;
}

static int
put_point(const struct work *w, uint8_t *point, size_t len)
{
	size_t n;

	return mbedtls_ecp_point_write_binary(
	    &w->grp, &w->q, MBEDTLS_ECP_PF_UNCOMPRESSED, &n, point, len);
}

enum btz_rc
ta_ecdsa_generate(const struct ta_ec *e, uint8_t *d, uint8_t *point)
{
	struct work w;
	int ret = begin(&w, e);

	if (ret == 0)
		ret = mbedtls_ecp_gen_keypair(&w.grp, &w.d, &w.q, draw, NULL);
	if (ret == 0)
		ret = mbedtls_mpi_write_binary(&w.d, d, e->secret);
	if (ret == 0)
		ret = put_point(&w, point, e->pub);
	return end(&w, ret, BTZ_E_INTERNAL);
}

/* d is in [1, n-1] and d * G is the point (SEC 1, 3.2.1). */
static enum btz_rc
pair_check(const struct ta_ec *e, const uint8_t *d, const uint8_t *point)
{
	uint8_t own[TA_EC_PUB_MAX];
	struct work w;
	int ret = begin(&w, e);
	enum btz_rc rc;

	if (ret == 0)
		ret = mbedtls_mpi_read_binary(&w.d, d, e->secret);
	if (ret == 0) /* looks at d too */
		ret = mbedtls_ecp_mul(&w.grp, &w.q, &w.d, &w.grp.G, draw, NULL);
	if (ret == 0)
		ret = put_point(&w, own, e->pub);
	rc = end(&w, ret, BTZ_E_KEY_BLOB);
	if (rc == BTZ_OK && memcmp(own, point, e->pub) != 0)
		rc = BTZ_E_KEY_BLOB;
	return rc;
}

enum btz_rc
ta_ecdsa_load(const struct ta_ec *e, const uint8_t *d, const uint8_t *point,
    TEE_ObjectHandle *key)
{
	const uint32_t bits = (uint32_t)(8 * e->secret);
	TEE_Attribute a;
	enum btz_rc rc = pair_check(e, d, point);

	*key = TEE_HANDLE_NULL;
	if (rc != BTZ_OK)
		return rc;
	if (TEE_AllocateTransientObject(TEE_TYPE_GENERIC_SECRET, bits, key) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(&a, TEE_ATTR_SECRET_VALUE, d, e->secret);
	if (TEE_PopulateTransientObject(*key, &a, 1) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*key);
	*key = TEE_HANDLE_NULL;
	return BTZ_E_INTERNAL;
}

static int
get_secret(const struct ta_ec *e, TEE_ObjectHandle key, mbedtls_mpi *out)
{
	uint8_t d[TA_EC_SECRET_MAX];
	size_t n = e->secret;
	int ret = MBEDTLS_ERR_ECP_INVALID_KEY;

	if (TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, d, &n) ==
		TEE_SUCCESS &&
	    n == e->secret)
		ret = mbedtls_mpi_read_binary(out, d, n);
	btz_wipe(d, sizeof(d));
	return ret;
}

enum btz_rc
ta_ecdsa_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span digest, uint8_t *rs)
{
	struct work w;
	int ret;

	if (digest.len != e->digest)
		return BTZ_E_DIGEST_LEN;
	ret = begin(&w, e);
	if (ret == 0)
		ret = get_secret(e, key, &w.d);
	if (ret == 0)
		ret = mbedtls_ecdsa_sign(
		    &w.grp, &w.r, &w.s, &w.d, digest.p, digest.len, draw, NULL);
	if (ret == 0)
		ret = mbedtls_mpi_write_binary(&w.r, rs, e->sig_len / 2);
	if (ret == 0)
		ret = mbedtls_mpi_write_binary(
		    &w.s, rs + e->sig_len / 2, e->sig_len / 2);
	return end(&w, ret, BTZ_E_INTERNAL);
}

enum btz_rc
ta_ecdsa_verify(const struct ta_ec *e, const uint8_t *point,
    struct btz_span digest, const uint8_t *rs)
{
	struct work w;
	int ret = begin(&w, e);

	if (ret == 0)
		ret = mbedtls_ecp_point_read_binary(
		    &w.grp, &w.q, point, e->pub);
	if (ret == 0)
		ret = mbedtls_mpi_read_binary(&w.r, rs, e->sig_len / 2);
	if (ret == 0)
		ret = mbedtls_mpi_read_binary(
		    &w.s, rs + e->sig_len / 2, e->sig_len / 2);
	if (ret == 0)
		ret = mbedtls_ecdsa_verify(
		    &w.grp, digest.p, digest.len, &w.q, &w.r, &w.s);
	return end(&w, ret, BTZ_E_SIGNATURE);
}

/* w->d times the peer's point. */
static int
derive(struct work *w, const struct ta_ec *e, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *z)
{
	const size_t coord = e->secret;
	uint8_t peer[TA_EC_PUB_MAX] = { 4 };
	int ret;

	memcpy(peer + 1, peer_x, coord);
	memcpy(peer + 1 + coord, peer_y, coord);
	ret = mbedtls_ecp_point_read_binary(&w->grp, &w->q, peer, e->pub);
	if (ret == 0)
		ret = mbedtls_ecdh_compute_shared(
		    &w->grp, &w->s, &w->q, &w->d, draw, NULL);
	if (ret == 0)
		ret = mbedtls_mpi_write_binary(&w->s, z, coord);
	return ret;
}

enum btz_rc
ta_ecdh_agree(const struct ta_ec *e, TEE_ObjectHandle key, const uint8_t *peer,
    uint8_t *z)
{
	struct work w;
	int ret = begin(&w, e);

	if (ret == 0)
		ret = get_secret(e, key, &w.d);
	if (ret == 0)
		ret = derive(&w, e, peer + 1, peer + 1 + e->secret, z);
	return end(&w, ret, BTZ_E_INTERNAL);
}

enum btz_rc
ta_ecdh_ephemeral(const struct ta_ec *e, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z)
{
	uint8_t own[TA_EC_PUB_MAX];
	struct work w;
	int ret = begin(&w, e);

	if (ret == 0)
		ret = mbedtls_ecp_gen_keypair(&w.grp, &w.d, &w.q, draw, NULL);
	if (ret == 0)
		ret = put_point(&w, own, e->pub);
	if (ret == 0) {
		memcpy(x, own + 1, e->secret);
		memcpy(y, own + 1 + e->secret, e->secret);
		ret = derive(&w, e, peer_x, peer_y, z);
	}
	return end(&w, ret, BTZ_E_INTERNAL);
}

enum btz_rc
ta_ecdh(const struct ta_ec *e, const uint8_t *d, const uint8_t *point,
    const uint8_t *peer_x, const uint8_t *peer_y, uint8_t *z)
{
	struct work w;
	int ret = begin(&w, e);

	(void)point;
	if (ret == 0)
		ret = mbedtls_mpi_read_binary(&w.d, d, e->secret);
	if (ret == 0)
		ret = derive(&w, e, peer_x, peer_y, z);
	return end(&w, ret, BTZ_E_INTERNAL);
}
