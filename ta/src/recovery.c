/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.c - sealing to the recovery key, and transport keys; contract in
 * recovery.h. Both are ECDH on P-256 with a key that is used once (SP 800-56A
 * 6.2.2.2, C(1e, 1s)), HKDF-SHA256 (RFC 5869), AES-256-GCM under a nonce of
 * zeros. The other ends: src/cli/recovery_key.c.
 */
#include "recovery.h"

#include <string.h>

#include "der/spki.h"

#define DAYS_7 (7u * 86400u)

static const uint8_t nonce[12];

bool
ta_recovery_key_ok(struct btz_span spki)
{
	struct btz_span bits;

	return spki.len == 0 ||
	       (btz_spki_alg(spki, &bits) == BTZ_ALG_EC_P256 &&
		   ta_ec_on_curve(32, bits.p + 1, bits.p + 33));
}

bool
ta_recovery_set(const struct ta *ta)
{
	return ta->rec.admins.k > 0 && ta->rec.admins.recovery.len > 0;
}

/* HKDF with one block of output; info: text and point. */
static enum btz_rc
derive(struct btz_span salt, const uint8_t z[32], const char *text,
    const uint8_t *point, uint8_t key[32])
{
	const struct btz_span info[2] = { btz_span_str(text),
		btz_span_of(point, BTZ_BACKUP_POINT) };
	uint8_t prk[32];
	enum btz_rc rc = ta_hkdf_extract(salt, btz_span_of(z, 32), prk);

	if (rc == BTZ_OK)
		rc = ta_hkdf_expand(prk, info, 2, key);
	btz_wipe(prk, sizeof(prk));
	return rc;
}

/* The head of a backup, and the key that goes with it. */
static enum btz_rc
begin(struct btz_span spki, uint8_t scope, struct btz_wr *out, uint8_t key[32])
{
	uint8_t id[32], point[BTZ_BACKUP_POINT] = { 4 }, z[32];
	struct btz_span bits;
	enum btz_rc rc = ta_sha256(&spki, 1, id);

	if (!ta_recovery_key_ok(spki) || btz_spki_alg(spki, &bits) == 0)
		return BTZ_E_RECOVERY_KEY;
	if (rc == BTZ_OK)
		rc = ta_ec_ephemeral(BTZ_ALG_EC_P256, bits.p + 1, bits.p + 33,
		    point + 1, point + 33, z);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_raw(out, BTZ_BACKUP_FORM, 5);
	btz_wr_u8(out, scope);
	btz_wr_raw(out, id, sizeof(id));
	btz_wr_raw(out, point, sizeof(point));
	rc = derive(
	    btz_span_of(id, sizeof(id)), z, BTZ_BACKUP_INFO, point, key);
	btz_wipe(z, sizeof(z));
	return rc;
}

enum btz_rc
ta_recovery_seal(const struct ta *ta, enum btz_backup_scope scope,
    struct btz_span plain, struct btz_wr *out)
{
	uint8_t key[32];
	const size_t at = out->len;
	enum btz_rc rc;

	if (!ta_recovery_set(ta))
		return BTZ_E_RECOVERY_KEY;
	rc = begin(
	    ta_area_span(&ta->rec.admins.recovery), (uint8_t)scope, out, key);
	if (rc == BTZ_OK && (!btz_wr_ok(out) || out->cap - out->len <
						    plain.len + BTZ_BACKUP_TAG))
		rc = BTZ_E_TOOBIG;
	if (rc == BTZ_OK)
		rc = ta_gcm_seal(key, nonce,
		    btz_span_of(out->buf + at, BTZ_BACKUP_HEAD), plain,
		    out->buf + out->len, out->buf + out->len + plain.len);
	btz_wipe(key, sizeof(key));
	if (rc == BTZ_OK)
		out->len += plain.len + BTZ_BACKUP_TAG;
	return rc;
}

static bool
alive(const struct ta_transport *t)
{
	return t->deadline != 0 && ta_port_uptime() < t->deadline;
}

static struct ta_transport *
find(struct ta *ta, const uint8_t id[BTZ_ID_LEN])
{
	for (size_t i = 0; i < TA_TRANSPORTS; i++) {
		struct ta_transport *t = &ta->transports[i];

		if (alive(t) && memcmp(t->id, id, sizeof(t->id)) == 0)
			return t;
	}
	return NULL;
}

static struct ta_transport *
place(struct ta *ta)
{
	struct ta_transport *best = &ta->transports[0];

	for (size_t i = 0; i < TA_TRANSPORTS; i++) {
		struct ta_transport *t = &ta->transports[i];

		if (!alive(t))
			return t;
		if (t->deadline < best->deadline)
			best = t;
	}
	return best;
}

enum btz_rc
ta_transport_new(struct ta *ta, const struct ta_transport **out)
{
	const struct ta_ec *e = ta_ec_of(BTZ_ALG_EC_P256);
	struct ta_transport *t = place(ta);
	struct btz_span point = btz_span_of(t->point, sizeof(t->point));
	uint8_t digest[32];
	enum btz_rc rc;

	btz_wipe(t, sizeof(*t));
	rc = e->generate(e, t->d, t->point);
	if (rc == BTZ_OK)
		rc = ta_sha256(&point, 1, digest);
	if (rc != BTZ_OK) {
		btz_wipe(t, sizeof(*t));
		return rc;
	}
	ta_port_tell("transport-key", btz_span_of(t->d, sizeof(t->d)));
	memcpy(t->id, digest, sizeof(t->id));
	t->deadline = ta_port_uptime() + DAYS_7;
	*out = t;
	return BTZ_OK;
}

enum btz_rc
ta_transport_open(
    struct ta *ta, const struct btz_transport_file *f, uint8_t *plain)
{
	const struct ta_transport *t = find(ta, f->id);
	struct btz_span point;
	uint8_t salt[32], z[32], key[32];
	enum btz_rc rc;

	if (t == NULL)
		return BTZ_E_TRANSPORT;
	if (f->point[0] != 4 ||
	    !ta_ec_on_curve(32, f->point + 1, f->point + 33))
		return BTZ_E_VERIFY;
	point = btz_span_of(t->point, sizeof(t->point));
	rc = ta_sha256(&point, 1, salt);
	if (rc == BTZ_OK)
		rc = ta_ec_agree(BTZ_ALG_EC_P256, t->d, t->point, f->point + 1,
		    f->point + 33, z);
	if (rc == BTZ_OK)
		rc = derive(btz_span_of(salt, sizeof(salt)), z,
		    BTZ_TRANSPORT_INFO, f->point, key);
	if (rc == BTZ_OK)
		rc = ta_gcm_open(key, btz_span_of(nonce, sizeof(nonce)),
		    f->head, f->ciphertext, f->tag, plain);
	btz_wipe(z, sizeof(z));
	btz_wipe(key, sizeof(key));
	return rc;
}

void
ta_transport_used(struct ta *ta, const struct btz_transport_file *f)
{
	struct ta_transport *t = find(ta, f->id);

	if (t != NULL)
		btz_wipe(t, sizeof(*t));
}
