/* SPDX-License-Identifier: Apache-2.0 */
/* provision.c - the steps of PROVISION; read op_provision.c first. */
#include "provision.h"

#include <string.h>

#include "approval.h"
#include "der/build.h"
#include "der/spki.h"
#include "ek.h"
#include "tpm2/spec.h"

#define BACKDATE 3600u

/* Before TA_PHASE_AUTHS the owner has no authorization value. */
static struct btz_tpm_entity
owner_empty(void)
{
	return btz_tpm_hierarchy(BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
}

static enum btz_rc
check_fresh(struct ta *ta, void *arg)
{
	uint32_t permanent = 0;
	enum btz_rc rc = btz_tpm_property(
	    &ta->tpm, BTZ_TPM_PT_PERMANENT, &permanent);

	(void)arg;
	if (rc != BTZ_OK)
		return rc;
	if ((permanent &
		(BTZ_TPM_PERM_OWNER_AUTH | BTZ_TPM_PERM_LOCKOUT_AUTH)) != 0)
		return BTZ_E_PROVISION_OWNED;
	/* Linux could clear the TPM under us. */
	return ta->platform_on ? BTZ_E_STATE : BTZ_OK;
}

/* The EK first: all that follows goes through a session that only the TPM
 * with that key can hold. */
static enum btz_rc
check_tpm(struct ta *ta, const struct btz_provision *req, struct ta_ek_pin *ek)
{
	enum btz_rc rc;

	ta->rec.ek_name.len = 0;
	rc = ta_ek_choose(ta, req->ek_chain, req->ek_required != 0, ek);
	if (rc != BTZ_OK)
		return rc;
	ta_tpm_down(ta);
	ta->rec.ek_name = ek->name;
	rc = ta_tpm_run(ta, check_fresh, NULL);
	ta->rec.ek_name.len = 0;
	return rc;
}

static enum btz_rc
take_request(struct ta_record *r, const struct btz_provision *req)
{
	if (!ta_text_set(&r->trust_domain, req->trust_domain) ||
	    !ta_text_set(&r->box, req->box) ||
	    !ta_text_set(&r->origin, req->origin))
		return BTZ_E_TOOBIG;
	r->provisioned = req->now;
	r->last_time = req->now;
	r->root_not_after = req->root_not_after;
	return req->admins.len > 0 ? ta_admins_parse(req->admins, &r->admins)
				   : BTZ_OK;
}

enum btz_rc
ta_prov_secrets(struct ta *ta, const struct btz_provision *req)
{
	struct ta_record *r = &ta->rec;
	struct ta_ek_pin ek;
	enum btz_rc rc = check_tpm(ta, req, &ek);

	if (rc != BTZ_OK)
		return rc;
	memset(r, 0, sizeof(*r));
	r->nv_index = BTZ_TPM_NV_INDEX;
	rc = take_request(r, req);
	if (rc != BTZ_OK)
		return rc;
	TEE_GenerateRandom(r->provisioning_id, sizeof(r->provisioning_id));
	TEE_GenerateRandom(r->auth, sizeof(r->auth));
	TEE_GenerateRandom(r->unique, sizeof(r->unique));
	TEE_GenerateRandom(r->root_id, sizeof(r->root_id));
	TEE_GenerateRandom(r->checkpoint_id, sizeof(r->checkpoint_id));
	/* Trailing zeros are not part of an authorization value. */
	for (size_t i = 0; i < TA_AUTH_COUNT; i++)
		r->auth[i][31] |= 1;
	r->ek_state = ek.state;
	r->ek_name = ek.name;
	memset(ta->nv_digest, 0, sizeof(ta->nv_digest));
	ta->nv_unsure = false;
	return ta_store_tee_secret(ta);
}

/* Name of what stands at a persistent handle; false: nothing there. */
static enum btz_rc
look(struct ta *ta, uint32_t handle, struct btz_tpm_entity *out, bool *there)
{
	struct btz_tpm_public pub;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	out->handle = handle;
	*there = false;
	rc = btz_tpm_read_public(&ta->tpm, BTZ_TPM_PLAIN, out, &pub);
	if (rc == BTZ_E_TPM_UNAVAILABLE &&
	    ta->tpm.tpm_rc == BTZ_TPM_RC_HANDLE_1)
		return BTZ_OK;
	if (rc != BTZ_OK)
		return rc;
	*there = true;
	return btz_tpm_name_public(&ta_tpm_crypto, &pub, &out->name);
}

/* obj (transient) becomes the only thing at handle: what an earlier, cut-off
 * attempt left there goes. The transient object is flushed in any case. */
static enum btz_rc
persist(struct ta *ta, const struct btz_tpm_entity *obj, uint32_t handle)
{
	struct btz_tpm_entity owner = owner_empty(), old;
	bool there;
	enum btz_rc rc = look(ta, handle, &old, &there);

	if (rc == BTZ_OK && there && !btz_tpm_name_eq(&old.name, &obj->name)) {
		rc = btz_tpm_evict(&ta->tpm, &owner, &old, handle);
		there = false;
	}
	if (rc == BTZ_OK && !there)
		rc = btz_tpm_evict(&ta->tpm, &owner, obj, handle);
	if (btz_tpm_flush(&ta->tpm, obj->handle) != BTZ_OK && rc == BTZ_OK)
		rc = BTZ_E_TPM_UNAVAILABLE;
	return rc;
}

static enum btz_rc
do_srk(struct ta *ta, void *arg)
{
	struct btz_tpm_entity owner = owner_empty(), srk;
	struct btz_tpm_public tmpl, pub;
	bool there;
	enum btz_rc rc = look(ta, BTZ_TPM_H_SRK, &srk, &there);

	(void)arg;
	if (rc != BTZ_OK || there)
		return rc;
	btz_tpm_tmpl_srk(&tmpl);
	rc = btz_tpm_create_primary(
	    &ta->tpm, &owner, &tmpl, btz_span_of(NULL, 0), &srk, &pub);
	return rc == BTZ_OK ? persist(ta, &srk, BTZ_TPM_H_SRK) : rc;
}

enum btz_rc
ta_prov_srk(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return ta_tpm_run(ta, do_srk, NULL);
}

/* An index that was written is a record's, and not of this one. */
static enum btz_rc
do_nv(struct ta *ta, void *arg)
{
	struct btz_tpm_entity owner = owner_empty(), nv;
	struct btz_tpm_nv want, seen;
	enum btz_rc rc = ta_tpm_nv(ta, false, &nv);

	(void)arg;
	if (rc != BTZ_OK)
		return rc;
	btz_tpm_tmpl_nv(&want, ta->rec.nv_index);
	rc = btz_tpm_nv_read_public(&ta->tpm, BTZ_TPM_PLAIN, &nv, &seen);
	if (rc == BTZ_OK)
		return (seen.attrs & BTZ_TPM_NVA_WRITTEN) != 0
			   ? BTZ_E_STORAGE_ROLLED
			   : btz_tpm_nv_check(&want, false, &seen);
	if (ta->tpm.tpm_rc != BTZ_TPM_RC_HANDLE_1)
		return rc;
	return btz_tpm_nv_define(
	    &ta->tpm, &owner, &want, ta_auth(ta, TA_AUTH_NV));
}

enum btz_rc
ta_prov_nv(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return ta_tpm_run(ta, do_nv, NULL);
}

static bool
keep_public(struct ta_area *to, const struct btz_tpm_public *pub)
{
	struct btz_wr wr;

	btz_wr_init(&wr, to->b, sizeof(to->b));
	btz_tpm_public_write(&wr, pub);
	to->len = btz_wr_ok(&wr) ? (uint16_t)wr.len : 0;
	return to->len > 0;
}

static enum btz_rc
do_primary(struct ta *ta, void *arg)
{
	struct btz_tpm_entity owner = owner_empty(), key;
	struct btz_tpm_public tmpl, *pub = arg;
	enum btz_rc rc;

	btz_tpm_tmpl_primary(&tmpl, ta->rec.unique);
	rc = btz_tpm_create_primary(
	    &ta->tpm, &owner, &tmpl, ta_auth(ta, TA_AUTH_PRIMARY), &key, pub);
	return rc == BTZ_OK ? persist(ta, &key, TA_H_PRIMARY) : rc;
}

enum btz_rc
ta_prov_primary(struct ta *ta, const struct btz_provision *req)
{
	struct btz_tpm_public pub;
	enum btz_rc rc = ta_tpm_run(ta, do_primary, &pub);

	(void)req;
	if (rc != BTZ_OK)
		return rc;
	/* From the next command on the session is salted to this key. */
	ta_tpm_down(ta);
	return keep_public(&ta->rec.primary_pub, &pub) ? BTZ_OK
						       : BTZ_E_INTERNAL;
}

struct create_arg {
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in;
	struct btz_tpm_out_create out;
	uint8_t master[32];
};

static enum btz_rc
do_create(struct ta *ta, void *arg)
{
	struct create_arg *a = arg;
	struct btz_tpm_entity primary;
	enum btz_rc rc = ta_tpm_entity(&ta->rec.primary_pub, TA_H_PRIMARY,
	    ta_auth(ta, TA_AUTH_PRIMARY), &primary);

	a->in.tmpl = &a->tmpl;
	return rc == BTZ_OK
		   ? btz_tpm_create(&ta->tpm, &primary, &a->in, &a->out)
		   : rc;
}

static enum btz_rc
create(struct ta *ta, struct create_arg *a, enum ta_auth auth,
    struct ta_area *pub, struct ta_area *priv)
{
	enum btz_rc rc;

	a->in.user_auth = ta_auth(ta, auth);
	rc = ta_tpm_run(ta, do_create, a);
	if (rc == BTZ_OK &&
	    (!keep_public(pub, &a->out.pub) ||
		!ta_area_set(priv, btz_span_of(a->out.priv, a->out.priv_len))))
		rc = BTZ_E_INTERNAL;
	return rc;
}

static enum btz_rc
do_random(struct ta *ta, void *arg)
{
	return btz_tpm_get_random(&ta->tpm, arg, 32);
}

/* The master secret: from both generators, so that one may be bad. */
static enum btz_rc
draw_master(struct ta *ta, uint8_t master[32])
{
	uint8_t mine[32];
	enum btz_rc rc = ta_tpm_run(ta, do_random, master);

	TEE_GenerateRandom(mine, sizeof(mine));
	for (size_t i = 0; i < sizeof(mine); i++)
		master[i] ^= mine[i];
	btz_wipe(mine, sizeof(mine));
	return rc;
}

enum btz_rc
ta_prov_seal(struct ta *ta, const struct btz_provision *req)
{
	struct create_arg *a = TEE_Malloc(sizeof(*a), 0);
	enum btz_rc rc;

	(void)req;
	if (a == NULL)
		return BTZ_E_NOMEM;
	rc = draw_master(ta, a->master);
	btz_tpm_tmpl_sealed(&a->tmpl);
	a->in.data = btz_span_of(a->master, sizeof(a->master));
	if (rc == BTZ_OK)
		rc = create(ta, a, TA_AUTH_SEALED, &ta->rec.sealed_pub,
		    &ta->rec.sealed_priv);
	btz_wipe(a, sizeof(*a));
	TEE_Free(a);
	return rc;
}

static enum btz_rc
signing_key(
    struct ta *ta, enum ta_auth auth, struct ta_area *pub, struct ta_area *priv)
{
	struct create_arg *a = TEE_Malloc(sizeof(*a), 0);
	enum btz_rc rc;

	if (a == NULL)
		return BTZ_E_NOMEM;
	btz_tpm_tmpl_sign(&a->tmpl);
	rc = create(ta, a, auth, pub, priv);
	TEE_Free(a);
	return rc;
}

enum btz_rc
ta_prov_root_key(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return signing_key(
	    ta, TA_AUTH_ROOT, &ta->rec.root_pub, &ta->rec.root_priv);
}

enum btz_rc
ta_prov_cp_key(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return signing_key(
	    ta, TA_AUTH_CHECKPOINT, &ta->rec.cp_pub, &ta->rec.cp_priv);
}

struct persist_arg {
	const struct ta_area *pub, *priv;
	enum ta_auth auth;
	uint32_t handle;
};

static enum btz_rc
do_persist(struct ta *ta, void *arg)
{
	const struct persist_arg *a = arg;
	struct btz_tpm_entity primary, key;
	struct btz_tpm_public pub;
	struct btz_tpm_in_load in = { .priv = ta_area_span(a->priv),
		.pub = &pub };
	enum btz_rc rc;

	if (!btz_tpm_public_parse(ta_area_span(a->pub), &pub))
		return BTZ_E_CORRUPT;
	rc = ta_tpm_entity(&ta->rec.primary_pub, TA_H_PRIMARY,
	    ta_auth(ta, TA_AUTH_PRIMARY), &primary);
	if (rc == BTZ_OK)
		rc = btz_tpm_load(
		    &ta->tpm, &primary, &in, ta_auth(ta, a->auth), &key);
	return rc == BTZ_OK ? persist(ta, &key, a->handle) : rc;
}

enum btz_rc
ta_prov_root_persist(struct ta *ta, const struct btz_provision *req)
{
	struct persist_arg a = { &ta->rec.root_pub, &ta->rec.root_priv,
		TA_AUTH_ROOT, TA_H_ROOT };

	(void)req;
	return ta_tpm_run(ta, do_persist, &a);
}

enum btz_rc
ta_prov_cp_persist(struct ta *ta, const struct btz_provision *req)
{
	struct persist_arg a = { &ta->rec.cp_pub, &ta->rec.cp_priv,
		TA_AUTH_CHECKPOINT, TA_H_CHECKPOINT };

	(void)req;
	return ta_tpm_run(ta, do_persist, &a);
}

/*
 * The property is read in the session: it can be believed. A hierarchy that
 * has a value already has ours (a step that was cut off), or the change from
 * ours to ours fails. Guessing is not an option: a wrong lockout value locks
 * the hierarchy.
 */
static enum btz_rc
change_auth(struct ta *ta, uint32_t hierarchy, bool is_set, struct btz_span to)
{
	struct btz_tpm_entity h = btz_tpm_hierarchy(
	    hierarchy, is_set ? to : btz_span_of(NULL, 0));

	return btz_tpm_change_auth(&ta->tpm, &h, to);
}

static enum btz_rc
do_auths(struct ta *ta, void *arg)
{
	uint32_t set = 0;
	enum btz_rc rc = btz_tpm_property(&ta->tpm, BTZ_TPM_PT_PERMANENT, &set);

	(void)arg;
	if (rc == BTZ_OK)
		rc = change_auth(ta, BTZ_TPM_RH_OWNER,
		    (set & BTZ_TPM_PERM_OWNER_AUTH) != 0,
		    ta_auth(ta, TA_AUTH_OWNER));
	if (rc == BTZ_OK)
		rc = change_auth(ta, BTZ_TPM_RH_LOCKOUT,
		    (set & BTZ_TPM_PERM_LOCKOUT_AUTH) != 0,
		    ta_auth(ta, TA_AUTH_LOCKOUT));
	return rc;
}

enum btz_rc
ta_prov_auths(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return ta_tpm_run(ta, do_auths, NULL);
}

static enum btz_rc
do_clear(struct ta *ta, void *arg)
{
	struct btz_tpm_entity lockout = btz_tpm_hierarchy(
	    BTZ_TPM_RH_LOCKOUT, ta_auth(ta, TA_AUTH_LOCKOUT));

	(void)arg;
	return btz_tpm_clear_disable(&ta->tpm, &lockout);
}

enum btz_rc
ta_prov_clear(struct ta *ta, const struct btz_provision *req)
{
	(void)req;
	return ta_tpm_run(ta, do_clear, NULL);
}

static enum btz_rc
build_root(struct ta *ta, const uint8_t spki[91], struct btz_wr *tbs)
{
	uint8_t serial[16], ski[20];
	struct btz_cert_spec spec;
	struct btz_span bits;
	enum btz_rc rc;

	memset(&spec, 0, sizeof(spec));
	if (btz_spki_alg(btz_span_of(spki, BTZ_SPKI_P256_LEN), &bits) == 0)
		return BTZ_E_INTERNAL;
	rc = ta_sha1(bits, ski);
	if (rc != BTZ_OK)
		return rc;
	TEE_GenerateRandom(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	spec.profile = BTZ_PROFILE_ROOT;
	spec.sig_alg = BTZ_SIG_ECDSA_SHA256;
	spec.serial = btz_span_of(serial, sizeof(serial));
	spec.subject_cn = ta_text_span(&ta->rec.box);
	spec.not_before = ta->rec.provisioned > BACKDATE
			      ? ta->rec.provisioned - BACKDATE
			      : 0;
	spec.not_after = ta->rec.root_not_after;
	spec.spki = btz_span_of(spki, BTZ_SPKI_P256_LEN);
	spec.ski = btz_span_of(ski, sizeof(ski));
	return btz_cert_build(&spec, tbs);
}

enum btz_rc
ta_prov_root_cert(struct ta *ta, const struct btz_provision *req)
{
	uint8_t spki[BTZ_SPKI_P256_LEN], tbs[1024], sig[80], digest[32];
	struct btz_wr wt, ws, wc;
	struct btz_span in;
	enum btz_rc rc = ta_tpm_spki(&ta->rec.root_pub, spki);

	(void)req;
	btz_wr_init(&wt, tbs, sizeof(tbs));
	btz_wr_init(&ws, sig, sizeof(sig));
	btz_wr_init(&wc, ta->rec.root_cert, sizeof(ta->rec.root_cert));
	if (rc == BTZ_OK)
		rc = build_root(ta, spki, &wt);
	in = btz_wr_span(&wt);
	if (rc == BTZ_OK)
		rc = ta_sha256(&in, 1, digest);
	if (rc == BTZ_OK)
		rc = ta_tpm_sign(ta, &ta->rec.root_pub, TA_H_ROOT, TA_AUTH_ROOT,
		    digest, &ws);
	if (rc == BTZ_OK)
		rc = btz_signed_put(
		    &wc, in, BTZ_SIG_ECDSA_SHA256, btz_wr_span(&ws));
	ta->rec.root_cert_len = rc == BTZ_OK ? (uint16_t)wc.len : 0;
	return rc;
}

/* The key of this boot, and the books of the root key. */
enum btz_rc
ta_prov_finish(struct ta *ta, const struct btz_provision *req)
{
	struct ta_constrained root = { .slot = UINT32_MAX,
		.kind = BTZ_KIND_ROOT };
	uint8_t master[32], spki[BTZ_SPKI_P256_LEN];
	enum btz_rc rc = ta_tpm_unseal(ta, master);

	(void)req;
	if (rc == BTZ_OK)
		rc = ta_kek_derive(ta, master);
	btz_wipe(master, sizeof(master));
	if (rc == BTZ_OK)
		rc = ta_tpm_spki(&ta->rec.root_pub, spki);
	ta->rec.n_constrained = 0;
	memcpy(root.id, ta->rec.root_id, sizeof(root.id));
	if (rc == BTZ_OK)
		rc = ta_constrained_add(
		    ta, &root, btz_span_of(spki, sizeof(spki)));
	ta->rec.epoch = 1;
	ta->rec.previous_clean = 1;
	return rc;
}
