/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - open keys behind handles, and the books of constrained keys
 * (count, chain head). The least recently used key gives way when the table
 * is full: whoever held its handle opens the blob again.
 */
#include "ta.h"

#include <string.h>

#include "der/spki.h"

void
ta_keys_end(struct ta_key *k)
{
	TEE_FreeTransientObject(k->key);
	TEE_Free(k->constraints);
	if (k->secret != NULL)
		btz_wipe(k->secret, k->secret_len);
	TEE_Free(k->secret);
	memset(k, 0, sizeof(*k));
}

static struct ta_key *
free_place(struct ta *ta)
{
	struct ta_key *best = &ta->keys[0];

	for (size_t i = 0; i < TA_OPEN_KEYS; i++) {
		struct ta_key *k = &ta->keys[i];

		if (k->serial == 0)
			return k;
		if (k->used < best->used)
			best = k;
	}
	ta_keys_end(best);
	return best;
}

static enum btz_rc
take_constraints(struct ta_key *k, struct btz_span c)
{
	k->constraints = TEE_Malloc(c.len + 1, 0);
	if (k->constraints == NULL)
		return BTZ_E_NOMEM;
	if (c.len > 0)
		memcpy(k->constraints, c.p, c.len);
	k->constraints_len = c.len;
	return BTZ_OK;
}

enum btz_rc
ta_keys_hold(struct ta_key *k, struct btz_span secret)
{
	k->secret = TEE_Malloc(secret.len, 0);
	if (k->secret == NULL)
		return BTZ_E_NOMEM;
	memcpy(k->secret, secret.p, secret.len);
	k->secret_len = secret.len;
	return BTZ_OK;
}

static enum btz_rc
fill(struct ta_key *k, const struct btz_keyblob *b, struct btz_span secret)
{
	enum btz_rc rc;

	k->alg = b->alg;
	k->kind = b->kind;
	k->operations = b->operations;
	memcpy(k->id, b->key_id, sizeof(k->id));
	k->slot = b->slot;
	k->not_after = b->not_after;
	rc = ta_family_of(b->alg)->load(k, secret, b->spki);
	if (rc == BTZ_OK)
		rc = take_constraints(k, b->constraints);
	return rc;
}

enum btz_rc
ta_keys_open(
    struct ta *ta, struct btz_span blob, const void *session, uint32_t *handle)
{
	struct btz_keyblob b;
	struct ta_key *k;
	uint8_t secret[TA_SECRET_MAX];
	enum btz_rc rc = ta_blob_open(ta, blob, &b, secret);

	*handle = 0;
	if (rc != BTZ_OK)
		return rc;
	k = free_place(ta);
	rc = fill(k, &b, btz_span_of(secret, b.ciphertext.len));
	btz_wipe(secret, b.ciphertext.len);
	if (rc != BTZ_OK) {
		ta_keys_end(k);
		return rc;
	}
	ta->next_serial = (ta->next_serial + 1) & 0xffffff;
	if (ta->next_serial == 0)
		ta->next_serial = 1;
	k->serial = ta->next_serial;
	k->used = ++ta->clock;
	k->session = session;
	*handle = k->serial << 8 | (uint32_t)(k - ta->keys);
	return BTZ_OK;
}

struct ta_key *
ta_keys_get(struct ta *ta, uint32_t handle, const void *session)
{
	uint32_t i = handle & 0xff, serial = handle >> 8;

	if (i >= TA_OPEN_KEYS || serial == 0 || ta->keys[i].serial != serial ||
	    ta->keys[i].session != session)
		return NULL;
	ta->keys[i].used = ++ta->clock;
	return &ta->keys[i];
}

struct ta_key *
ta_keys_find(struct ta *ta, const uint8_t id[16], const void *session)
{
	for (size_t i = 0; i < TA_OPEN_KEYS; i++) {
		struct ta_key *k = &ta->keys[i];

		if (k->serial != 0 && k->session == session &&
		    memcmp(k->id, id, sizeof(k->id)) == 0)
			return k;
	}
	return NULL;
}

void
ta_keys_close_session(struct ta *ta, const void *session)
{
	for (size_t i = 0; i < TA_OPEN_KEYS; i++)
		if (ta->keys[i].serial != 0 && ta->keys[i].session == session)
			ta_keys_end(&ta->keys[i]);
}

void
ta_keys_close_slot(struct ta *ta, uint32_t slot)
{
	for (size_t i = 0; i < TA_OPEN_KEYS; i++)
		if (ta->keys[i].serial != 0 && ta->keys[i].slot == slot)
			ta_keys_end(&ta->keys[i]);
}

void
ta_keys_close_all(struct ta *ta)
{
	for (size_t i = 0; i < TA_OPEN_KEYS; i++)
		ta_keys_end(&ta->keys[i]);
}

uint32_t
ta_keys_sigs(void)
{
	uint32_t mask = 0;

	for (uint8_t alg = 1; alg <= BTZ_ALG_MAX; alg++)
		if (ta_family_of(alg) != NULL)
			mask |= ta_family_of(alg)->sigs;
	return mask;
}

enum btz_rc
ta_keys_sign(const struct ta_key *k, struct btz_span in, struct btz_wr *out)
{
	const struct ta_ec *e = k->ec;
	uint8_t sig[TA_EC_SIG_MAX];
	enum btz_rc rc = e->sign(e, k->key, in, sig);

	/* A fault while signing would give the key away (secure-world.md). */
	if (rc == BTZ_OK && k->kind != BTZ_KIND_PLAIN &&
	    k->kind != BTZ_KIND_TLS)
		rc = e->verify(e, k->point, in, sig);
	if (rc != BTZ_OK)
		return rc;
	if (e->curve == NULL)
		btz_wr_raw(out, sig, e->sig_len);
	else
		btz_ecdsa_sig_write(out, sig, e->sig_len / 2);
	return btz_wr_ok(out) ? BTZ_OK : BTZ_E_TOOBIG;
}

struct ta_constrained *
ta_constrained_of(struct ta *ta, const uint8_t id[16])
{
	for (size_t i = 0; i < ta->rec.n_constrained; i++)
		if (memcmp(ta->rec.constrained[i].id, id, 16) == 0)
			return &ta->rec.constrained[i];
	return NULL;
}

enum btz_rc
ta_constrained_add(
    struct ta *ta, const struct ta_constrained *like, struct btz_span spki)
{
	struct ta_constrained *c;
	enum btz_rc rc;

	if (ta->rec.n_constrained == TA_CONSTRAINED_MAX)
		return BTZ_E_SLOTS_FULL;
	c = &ta->rec.constrained[ta->rec.n_constrained];
	memset(c, 0, sizeof(*c));
	memcpy(c->id, like->id, sizeof(c->id));
	c->slot = like->slot;
	c->kind = like->kind;
	memcpy(c->issuer, like->issuer, sizeof(c->issuer));
	rc = ta_sha256(&spki, 1, c->spki_digest);
	if (rc == BTZ_OK)
		ta->rec.n_constrained++;
	return rc;
}

void
ta_constrained_remove(struct ta *ta, uint32_t slot)
{
	struct ta_record *r = &ta->rec;

	for (size_t i = 0; i < r->n_constrained; i++) {
		size_t after = r->n_constrained - i - 1u;

		if (r->constrained[i].slot != slot)
			continue;
		memmove(&r->constrained[i], &r->constrained[i + 1],
		    after * sizeof(r->constrained[0]));
		r->n_constrained--;
		return;
	}
}

bool
ta_constrained_spki(const struct ta *ta, struct btz_span spki)
{
	uint8_t digest[32], buf[BTZ_SPKI_P256_LEN];

	if (ta_sha256(&spki, 1, digest) != BTZ_OK)
		return true;
	for (size_t i = 0; i < ta->rec.n_constrained; i++)
		if (memcmp(ta->rec.constrained[i].spki_digest, digest, 32) == 0)
			return true;
	return ta_tpm_spki(&ta->rec.cp_pub, buf) != BTZ_OK ||
	       btz_span_eq(btz_span_of(buf, sizeof(buf)), spki);
}

bool
ta_constrained_is_ocsp(
    const struct ta *ta, const uint8_t issuer[16], struct btz_span spki)
{
	uint8_t digest[32];

	if (ta_sha256(&spki, 1, digest) != BTZ_OK)
		return false;
	for (size_t i = 0; i < ta->rec.n_constrained; i++) {
		const struct ta_constrained *c = &ta->rec.constrained[i];

		if (c->kind == BTZ_KIND_OCSP &&
		    memcmp(c->issuer, issuer, sizeof(c->issuer)) == 0 &&
		    memcmp(c->spki_digest, digest, sizeof(digest)) == 0)
			return true;
	}
	return false;
}

enum btz_rc
ta_constrained_room(struct ta *ta)
{
	if (ta->uncommitted < TA_COMMIT_EVERY)
		return ta_store_touch(ta);
	return ta_store_commit(ta);
}

enum btz_rc
ta_constrained_head(
    const struct ta_constrained *c, struct btz_span tbs, uint8_t head[32])
{
	static const uint8_t label[] = "btz-chain/1"; /* with its NUL */
	uint8_t count[8], tbs_digest[32];
	struct btz_wr wr;
	struct btz_span parts[5] = { btz_span_of(label, sizeof(label)),
		btz_span_of(c->id, 16), btz_span_of(count, sizeof(count)),
		btz_span_of(c->head, 32), btz_span_of(tbs_digest, 32) };
	enum btz_rc rc = ta_sha256(&tbs, 1, tbs_digest);

	btz_wr_init(&wr, count, sizeof(count));
	btz_wr_u64(&wr, c->count + 1);
	return rc == BTZ_OK ? ta_sha256(parts, 5, head) : rc;
}

enum btz_rc
ta_constrained_note(
    struct ta *ta, struct ta_constrained *c, struct btz_span tbs)
{
	enum btz_rc rc = ta_constrained_head(c, tbs, c->head);

	if (rc != BTZ_OK)
		return rc;
	c->count++;
	ta->uncommitted++;
	return BTZ_OK;
}
