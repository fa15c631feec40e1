/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.c - the commands as calls, with the checks that belong to each: what
 * the TPM made has our template and the Name that we compute.
 */
#include <string.h>

#include "tpm2/tpm.h"

static enum btz_rc
bad(struct btz_tpm *t, enum btz_rc rc, const char *why)
{
	t->why = why;
	return rc;
}

enum btz_rc
btz_tpm_startup(struct btz_tpm *t)
{
	struct btz_tpm_in_startup in = { .type = BTZ_TPM_SU_CLEAR };
	enum btz_rc rc = btz_tpm_exec(t, BTZ_TPM_STARTUP, NULL, &in, NULL);

	if (rc == BTZ_E_TPM_UNAVAILABLE && t->tpm_rc == BTZ_TPM_RC_INITIALIZE)
		return BTZ_OK;
	return rc;
}

static enum btz_rc
capability(struct btz_tpm *t, enum btz_tpm_how how, uint32_t cap,
    uint32_t first, uint32_t count, struct btz_tpm_out_capability *out)
{
	struct btz_tpm_in_capability in = {
		.cap = cap, .first = first, .count = count
	};
	enum btz_rc rc;

	rc = btz_tpm_exec_how(t, how, BTZ_TPM_GET_CAPABILITY, NULL, &in, out);
	if (rc == BTZ_OK && out->cap != cap)
		return bad(t, BTZ_E_TPM_FORMAT, "another capability");
	return rc;
}

static enum btz_rc
property(struct btz_tpm *t, enum btz_tpm_how how, uint32_t id, uint32_t *value)
{
	struct btz_tpm_out_capability out;
	enum btz_rc rc;

	*value = 0;
	rc = capability(t, how, BTZ_TPM_CAP_PROPERTIES, id, 1, &out);
	if (rc != BTZ_OK)
		return rc;
	if (out.n != 1 || out.row[0].id != id)
		return bad(t, BTZ_E_TPM_FORMAT, "property is missing");
	*value = out.row[0].value;
	return BTZ_OK;
}

enum btz_rc
btz_tpm_property(struct btz_tpm *t, uint32_t id, uint32_t *value)
{
	return property(t, BTZ_TPM_HMAC, id, value);
}

enum btz_rc
btz_tpm_property_plain(struct btz_tpm *t, uint32_t id, uint32_t *value)
{
	return property(t, BTZ_TPM_PLAIN, id, value);
}

enum btz_rc
btz_tpm_flush(struct btz_tpm *t, uint32_t handle)
{
	struct btz_tpm_in_handle in = { .handle = handle };

	return btz_tpm_exec(t, BTZ_TPM_FLUSH_CONTEXT, NULL, &in, NULL);
}

enum btz_rc
btz_tpm_flush_all(struct btz_tpm *t)
{
	/* 0x02 asks for loaded sessions of both types (Part 3, 30.2) */
	static const uint32_t types[] = { BTZ_TPM_HT_TRANSIENT,
		BTZ_TPM_HT_HMAC_SESSION };
	struct btz_tpm_out_capability out;
	enum btz_rc rc = BTZ_OK;

	btz_tpm_session_end(&t->session);
	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(types); i++) {
		rc = capability(t, BTZ_TPM_PLAIN, BTZ_TPM_CAP_HANDLES,
		    types[i] << 24, BTZ_TPM_CAP_ROWS, &out);
		for (uint32_t j = 0; rc == BTZ_OK && j < out.n; j++)
			rc = btz_tpm_flush(t, out.row[j].id);
	}
	return rc;
}

enum btz_rc
btz_tpm_platform_off(struct btz_tpm *t, enum btz_tpm_how how)
{
	struct btz_tpm_entity platform = btz_tpm_hierarchy(
	    BTZ_TPM_RH_PLATFORM, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &platform };
	struct btz_tpm_in_hierarchy_control in = {
		.enable = BTZ_TPM_RH_PLATFORM, .state = false
	};

	return btz_tpm_exec_how(
	    t, how, BTZ_TPM_HIERARCHY_CONTROL, ents, &in, NULL);
}

/* The Name that the TPM gives has to be the one of the area it gives. */
static enum btz_rc
same_name(struct btz_tpm *t, const struct btz_tpm_public *pub,
    const struct btz_tpm_name *name)
{
	struct btz_tpm_name mine;
	enum btz_rc rc;

	if ((rc = btz_tpm_name_public(t->crypto, pub, &mine)) != BTZ_OK)
		return rc;
	if (!btz_tpm_name_eq(&mine, name))
		return bad(t, BTZ_E_TPM_TEMPLATE, "Name (Part 1, 16)");
	return BTZ_OK;
}

enum btz_rc
btz_tpm_read_public(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_entity *obj, struct btz_tpm_public *out)
{
	const struct btz_tpm_entity *ents[1] = { obj };
	struct btz_tpm_out_public got;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	rc = btz_tpm_exec_how(t, how, BTZ_TPM_READ_PUBLIC, ents, NULL, &got);
	if (rc == BTZ_OK)
		rc = same_name(t, &got.pub, &got.name);
	if (rc == BTZ_OK && how == BTZ_TPM_HMAC &&
	    !btz_tpm_name_eq(&got.name, &obj->name))
		rc = bad(t, BTZ_E_TPM_TEMPLATE, "not the pinned Name");
	if (rc == BTZ_OK)
		*out = got.pub;
	return rc;
}

enum btz_rc
btz_tpm_created_check(const struct btz_tpm_crypto *c,
    const struct btz_tpm_public *tmpl, struct btz_tpm_out_create *out)
{
	struct btz_tpm_name mine;
	enum btz_rc rc;

	if ((rc = btz_tpm_public_check(tmpl, &out->pub)) != BTZ_OK ||
	    (rc = btz_tpm_name_public(c, &out->pub, &mine)) != BTZ_OK)
		return rc;
	/* Create gives no Name, CreatePrimary does */
	if (out->name.len > 0 && !btz_tpm_name_eq(&mine, &out->name))
		return BTZ_E_TPM_TEMPLATE;
	out->name = mine;
	return BTZ_OK;
}

static enum btz_rc
created(struct btz_tpm *t, enum btz_tpm_cmd_id id,
    const struct btz_tpm_entity *parent, const struct btz_tpm_in_create *in,
    struct btz_tpm_out_create *out)
{
	const struct btz_tpm_entity *ents[1] = { parent };
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = btz_tpm_exec(t, id, ents, in, out)) != BTZ_OK)
		return rc;
	rc = btz_tpm_created_check(t->crypto, in->tmpl, out);
	if (rc != BTZ_OK) {
		memset(out, 0, sizeof(*out));
		return bad(t, rc, "created object is not as asked for");
	}
	return BTZ_OK;
}

enum btz_rc
btz_tpm_create(struct btz_tpm *t, const struct btz_tpm_entity *parent,
    const struct btz_tpm_in_create *in, struct btz_tpm_out_create *out)
{
	return created(t, BTZ_TPM_CREATE, parent, in, out);
}

enum btz_rc
btz_tpm_create_primary(struct btz_tpm *t,
    const struct btz_tpm_entity *hierarchy, const struct btz_tpm_public *tmpl,
    struct btz_span user_auth, struct btz_tpm_entity *key,
    struct btz_tpm_public *pub)
{
	struct btz_tpm_in_create in = { .tmpl = tmpl, .user_auth = user_auth };
	struct btz_tpm_out_create out;
	enum btz_rc rc;

	memset(key, 0, sizeof(*key));
	memset(pub, 0, sizeof(*pub));
	rc = created(t, BTZ_TPM_CREATE_PRIMARY, hierarchy, &in, &out);
	if (rc != BTZ_OK)
		return rc;
	key->handle = out.handle;
	key->name = out.name;
	key->auth = user_auth;
	*pub = out.pub;
	return BTZ_OK;
}

enum btz_rc
btz_tpm_load(struct btz_tpm *t, const struct btz_tpm_entity *parent,
    const struct btz_tpm_in_load *in, struct btz_span auth,
    struct btz_tpm_entity *key)
{
	const struct btz_tpm_entity *ents[1] = { parent };
	struct btz_tpm_out_load out;
	enum btz_rc rc;

	memset(key, 0, sizeof(*key));
	if ((rc = btz_tpm_exec(t, BTZ_TPM_LOAD, ents, in, &out)) != BTZ_OK ||
	    (rc = same_name(t, in->pub, &out.name)) != BTZ_OK)
		return rc;
	key->handle = out.handle;
	key->name = out.name;
	key->auth = auth;
	return BTZ_OK;
}

enum btz_rc
btz_tpm_evict(struct btz_tpm *t, const struct btz_tpm_entity *owner,
    const struct btz_tpm_entity *obj, uint32_t persistent)
{
	const struct btz_tpm_entity *ents[2] = { owner, obj };
	struct btz_tpm_in_handle in = { .handle = persistent };

	return btz_tpm_exec(t, BTZ_TPM_EVICT_CONTROL, ents, &in, NULL);
}

enum btz_rc
btz_tpm_sign(struct btz_tpm *t, const struct btz_tpm_entity *key,
    const uint8_t digest[32], struct btz_tpm_out_sign *sig)
{
	const struct btz_tpm_entity *ents[1] = { key };
	struct btz_tpm_in_sign in;

	memcpy(in.digest, digest, sizeof(in.digest));
	return btz_tpm_exec(t, BTZ_TPM_SIGN, ents, &in, sig);
}

enum btz_rc
btz_tpm_unseal(struct btz_tpm *t, const struct btz_tpm_entity *obj,
    struct btz_tpm_out_data *out)
{
	const struct btz_tpm_entity *ents[1] = { obj };

	return btz_tpm_exec(t, BTZ_TPM_UNSEAL, ents, NULL, out);
}

enum btz_rc
btz_tpm_get_random(struct btz_tpm *t, uint8_t *out, size_t len)
{
	struct btz_tpm_in_random in;
	struct btz_tpm_out_data got;
	size_t done = 0;
	enum btz_rc rc;

	while (done < len) {
		in.len = (uint16_t)(len - done < 32 ? len - done : 32);
		rc = btz_tpm_exec(t, BTZ_TPM_GET_RANDOM, NULL, &in, &got);
		if (rc == BTZ_OK && (got.len == 0 || got.len > in.len))
			rc = bad(t, BTZ_E_TPM_FORMAT, "GetRandom (16.1)");
		if (rc != BTZ_OK) {
			btz_wipe(out, len);
			return rc;
		}
		memcpy(out + done, got.b, got.len);
		done += got.len;
		btz_wipe(&got, sizeof(got));
	}
	return BTZ_OK;
}

enum btz_rc
btz_tpm_nv_define(struct btz_tpm *t, const struct btz_tpm_entity *owner,
    const struct btz_tpm_nv *nv, struct btz_span auth)
{
	const struct btz_tpm_entity *ents[1] = { owner };
	struct btz_tpm_in_nv_define in = { .auth = auth, .nv = nv };

	return btz_tpm_exec(t, BTZ_TPM_NV_DEFINE_SPACE, ents, &in, NULL);
}

enum btz_rc
btz_tpm_nv_write(
    struct btz_tpm *t, const struct btz_tpm_entity *nv, struct btz_span data)
{
	const struct btz_tpm_entity *ents[2] = { nv, nv };
	struct btz_tpm_in_nv_write in = { .data = data };

	return btz_tpm_exec(t, BTZ_TPM_NV_WRITE, ents, &in, NULL);
}

enum btz_rc
btz_tpm_nv_read(struct btz_tpm *t, const struct btz_tpm_entity *nv,
    uint8_t *out, uint16_t len)
{
	const struct btz_tpm_entity *ents[2] = { nv, nv };
	struct btz_tpm_in_nv_read in = { .len = len };
	struct btz_tpm_out_data got;
	enum btz_rc rc;

	memset(out, 0, len);
	if ((rc = btz_tpm_exec(t, BTZ_TPM_NV_READ, ents, &in, &got)) != BTZ_OK)
		return rc;
	if (got.len != len)
		return bad(t, BTZ_E_TPM_FORMAT, "NV_Read (31.13)");
	memcpy(out, got.b, len);
	btz_wipe(&got, sizeof(got));
	return BTZ_OK;
}

enum btz_rc
btz_tpm_nv_read_public(struct btz_tpm *t, enum btz_tpm_how how,
    const struct btz_tpm_entity *nv, struct btz_tpm_nv *out)
{
	const struct btz_tpm_entity *ents[1] = { nv };
	struct btz_tpm_out_nv_public got;
	struct btz_tpm_name mine;
	bool written;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	rc = btz_tpm_exec_how(t, how, BTZ_TPM_NV_READ_PUBLIC, ents, NULL, &got);
	if (rc != BTZ_OK)
		return rc;
	written = (got.nv.attrs & BTZ_TPM_NVA_WRITTEN) != 0;
	rc = btz_tpm_name_nv(t->crypto, &got.nv, written, &mine);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_tpm_name_eq(&mine, &got.name) ||
	    (how == BTZ_TPM_HMAC && !btz_tpm_name_eq(&mine, &nv->name)))
		return bad(t, BTZ_E_TPM_TEMPLATE, "Name of the NV index");
	*out = got.nv;
	return BTZ_OK;
}

enum btz_rc
btz_tpm_change_auth(struct btz_tpm *t, const struct btz_tpm_entity *hierarchy,
    struct btz_span new_auth)
{
	const struct btz_tpm_entity *ents[1] = { hierarchy };
	struct btz_tpm_in_auth in = { .new_auth = new_auth };

	return btz_tpm_exec(t, BTZ_TPM_HIERARCHY_CHANGE_AUTH, ents, &in, NULL);
}

enum btz_rc
btz_tpm_clear_disable(struct btz_tpm *t, const struct btz_tpm_entity *lockout)
{
	const struct btz_tpm_entity *ents[1] = { lockout };
	struct btz_tpm_in_clear_control in = { .disable = true };

	return btz_tpm_exec(t, BTZ_TPM_CLEAR_CONTROL, ents, &in, NULL);
}

enum btz_rc
btz_tpm_read_clock(struct btz_tpm *t, struct btz_tpm_out_clock *out)
{
	return btz_tpm_exec(t, BTZ_TPM_READ_CLOCK, NULL, NULL, out);
}
