/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.c - how each command's parameters are written and its answer is read;
 * the table at the end. Chapter numbers are of Part 3 unless said otherwise.
 */
#include "tpm2/cmd.h"

#include <string.h>

#define D BTZ_TPM_SA_DECRYPT
#define E BTZ_TPM_SA_ENCRYPT

/* A TPM2B into a fixed field. */
static bool
get_2b(struct btz_rd *rd, uint8_t *out, uint16_t *len, size_t max)
{
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, max))
		return false;
	*len = (uint16_t)s.len;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	return true;
}

static bool
get_name(struct btz_rd *rd, struct btz_tpm_name *n)
{
	return get_2b(rd, n->b, &n->len, sizeof(n->b));
}

/* TPM2B_PUBLIC */
static void
put_public(struct btz_wr *wr, const struct btz_tpm_public *p)
{
	size_t mark = btz_wr_mark16(wr);

	btz_tpm_public_write(wr, p);
	btz_wr_patch16(wr, mark);
}

static bool
get_public(struct btz_rd *rd, struct btz_tpm_public *p)
{
	struct btz_span s;

	return btz_rd_bytes16(rd, &s, BTZ_TPM_PUBLIC_MAX) &&
	       btz_tpm_public_parse(s, p);
}

static void
put_startup(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_startup *a = in;

	btz_wr_u16(wr, a->type);
}

static void
put_capability(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_capability *a = in;

	btz_wr_u32(wr, a->cap);
	btz_wr_u32(wr, a->first);
	btz_wr_u32(wr, a->count);
}

static bool
get_bool(struct btz_rd *rd, bool *out)
{
	uint8_t v;

	if (!btz_rd_u8(rd, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

/* TPMS_CAPABILITY_DATA, Part 2 10.10.2: handles or tagged properties */
static bool
get_capability(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_capability *a = out;

	if (!get_bool(rd, &a->more) || !btz_rd_u32(rd, &a->cap) ||
	    (a->cap != BTZ_TPM_CAP_HANDLES &&
		a->cap != BTZ_TPM_CAP_PROPERTIES) ||
	    !btz_rd_u32(rd, &a->n) || a->n > BTZ_TPM_CAP_ROWS)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!btz_rd_u32(rd, &a->row[i].id) ||
		    (a->cap == BTZ_TPM_CAP_PROPERTIES &&
			!btz_rd_u32(rd, &a->row[i].value)))
			return false;
	}
	return true;
}

static void
put_hierarchy_control(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_hierarchy_control *a = in;

	btz_wr_u32(wr, a->enable);
	btz_wr_u8(wr, a->state ? 1 : 0);
}

/* 12.1, 24.1: inSensitive, inPublic, outsideInfo (empty), creationPCR (none) */
static void
put_create(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_create *a = in;
	size_t mark = btz_wr_mark16(wr);

	btz_wr_bytes16(wr, a->user_auth);
	btz_wr_bytes16(wr, a->data);
	btz_wr_patch16(wr, mark);
	put_public(wr, a->tmpl);
	btz_wr_u16(wr, 0);
	btz_wr_u32(wr, 0);
}

/* creationData, creationHash, creationTicket: read over, we do not use them */
static bool
skip_creation(struct btz_rd *rd)
{
	struct btz_span s;
	uint16_t tag;
	uint32_t hierarchy;

	return btz_rd_bytes16(rd, &s, 512) && btz_rd_bytes16(rd, &s, 64) &&
	       btz_rd_u16(rd, &tag) && tag == BTZ_TPM_ST_CREATION &&
	       btz_rd_u32(rd, &hierarchy) && btz_rd_bytes16(rd, &s, 64);
}

static bool
get_create(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_create *a = out;

	return get_2b(rd, a->priv, &a->priv_len, sizeof(a->priv)) &&
	       get_public(rd, &a->pub) && skip_creation(rd);
}

/* The handle is the first member of the struct, see parse_handle(). */
static bool
get_create_primary(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_create *a = out;

	return get_public(rd, &a->pub) && skip_creation(rd) &&
	       get_name(rd, &a->name);
}

static void
put_load(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_load *a = in;

	btz_wr_bytes16(wr, a->priv);
	put_public(wr, a->pub);
}

static bool
get_load(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_load *a = out;

	return get_name(rd, &a->name);
}

static bool
get_read_public(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_public *a = out;
	struct btz_tpm_name qualified;

	return get_public(rd, &a->pub) && get_name(rd, &a->name) &&
	       get_name(rd, &qualified);
}

static void
put_handle(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_handle *a = in;

	btz_wr_u32(wr, a->handle);
}

/* 20.2: digest, scheme, and the null ticket (the key is not restricted) */
static void
put_sign(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_sign *a = in;

	btz_wr_bytes16(wr, btz_span_of(a->digest, sizeof(a->digest)));
	btz_wr_u16(wr, BTZ_TPM_ALG_ECDSA);
	btz_wr_u16(wr, BTZ_TPM_ALG_SHA256);
	btz_wr_u16(wr, BTZ_TPM_ST_HASHCHECK);
	btz_wr_u32(wr, BTZ_TPM_RH_NULL);
	btz_wr_u16(wr, 0);
}

static bool
get_scalar(struct btz_rd *rd, uint8_t out[32])
{
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, 32) || s.len == 0)
		return false;
	memcpy(out + 32 - s.len, s.p, s.len);
	return true;
}

static bool
get_sign(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_sign *a = out;
	uint16_t alg, hash;

	return btz_rd_u16(rd, &alg) && alg == BTZ_TPM_ALG_ECDSA &&
	       btz_rd_u16(rd, &hash) && hash == BTZ_TPM_ALG_SHA256 &&
	       get_scalar(rd, a->r) && get_scalar(rd, a->s);
}

static bool
get_data(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_data *a = out;

	return get_2b(rd, a->b, &a->len, sizeof(a->b));
}

static void
put_random(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_random *a = in;

	btz_wr_u16(wr, a->len);
}

static void
put_nv_define(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_nv_define *a = in;
	size_t mark;

	btz_wr_bytes16(wr, a->auth);
	mark = btz_wr_mark16(wr);
	btz_tpm_nv_write_area(wr, a->nv);
	btz_wr_patch16(wr, mark);
}

static void
put_nv_write(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_nv_write *a = in;

	btz_wr_bytes16(wr, a->data);
	btz_wr_u16(wr, a->offset);
}

static void
put_nv_read(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_nv_read *a = in;

	btz_wr_u16(wr, a->len);
	btz_wr_u16(wr, a->offset);
}

static bool
get_nv_public(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_nv_public *a = out;
	struct btz_span s;

	return btz_rd_bytes16(rd, &s, BTZ_TPM_PUBLIC_MAX) &&
	       btz_tpm_nv_parse(s, &a->nv) && get_name(rd, &a->name);
}

static void
put_auth(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_auth *a = in;

	btz_wr_bytes16(wr, a->new_auth);
}

static void
put_clear_control(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_clear_control *a = in;

	btz_wr_u8(wr, a->disable ? 1 : 0);
}

/* TPMS_TIME_INFO, Part 2 10.11.2 */
static bool
get_clock(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_clock *a = out;

	return btz_rd_u64(rd, &a->time) && btz_rd_u64(rd, &a->clock) &&
	       btz_rd_u32(rd, &a->reset_count) &&
	       btz_rd_u32(rd, &a->restart_count) && get_bool(rd, &a->safe);
}

/* 11.1: an HMAC session with SHA-256 and AES-128-CFB, salted by ECDH */
static void
put_start(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_in_start *a = in;
	size_t mark;

	btz_wr_bytes16(wr, btz_span_of(a->nonce, sizeof(a->nonce)));
	mark = btz_wr_mark16(wr);
	btz_wr_bytes16(wr, btz_span_of(a->x, a->coord_len));
	btz_wr_bytes16(wr, btz_span_of(a->y, a->coord_len));
	btz_wr_patch16(wr, mark);
	btz_wr_u8(wr, BTZ_TPM_SE_HMAC);
	btz_wr_u16(wr, BTZ_TPM_ALG_AES);
	btz_wr_u16(wr, 128);
	btz_wr_u16(wr, BTZ_TPM_ALG_CFB);
	btz_wr_u16(wr, BTZ_TPM_ALG_SHA256);
}

static bool
get_start(struct btz_rd *rd, void *out)
{
	struct btz_tpm_out_start *a = out;
	struct btz_span s;

	if (!btz_rd_bytes16(rd, &s, sizeof(a->nonce)) ||
	    s.len != sizeof(a->nonce))
		return false;
	memcpy(a->nonce, s.p, sizeof(a->nonce));
	return true;
}

/* TPMS_CONTEXT, Part 2 14.5 */
static void
put_context(struct btz_wr *wr, const void *in)
{
	const struct btz_tpm_context *a = in;

	btz_wr_u64(wr, a->sequence);
	btz_wr_u32(wr, a->saved_handle);
	btz_wr_u32(wr, a->hierarchy);
	btz_wr_bytes16(wr, btz_span_of(a->blob, a->blob_len));
}

static bool
get_context(struct btz_rd *rd, void *out)
{
	struct btz_tpm_context *a = out;

	return btz_rd_u64(rd, &a->sequence) &&
	       btz_rd_u32(rd, &a->saved_handle) &&
	       btz_rd_u32(rd, &a->hierarchy) &&
	       get_2b(rd, a->blob, &a->blob_len, sizeof(a->blob));
}

/* clang-format off */
#define ROW(id, title, ...) [BTZ_TPM_##id] = { .name = (title), \
	.cc = BTZ_TPM_CC_##id, __VA_ARGS__ }
#define OUT(s) .out_size = sizeof(struct btz_tpm_##s)

static const struct btz_tpm_cmd table[BTZ_TPM_CMD_COUNT] = {
	ROW(STARTUP, "Startup", .sessionless = true, .put = put_startup),
	ROW(SHUTDOWN, "Shutdown", .put = put_startup),
	ROW(GET_CAPABILITY, "GetCapability", .put = put_capability,
	    .get = get_capability, OUT(out_capability)),
	ROW(HIERARCHY_CONTROL, "HierarchyControl", .handles = 1, .auth = true,
	    .put = put_hierarchy_control),
	ROW(CREATE_PRIMARY, "CreatePrimary", .handles = 1, .auth = true,
	    .out_handle = BTZ_TPM_HT_TRANSIENT, .crypt = D, .put = put_create,
	    .get = get_create_primary, OUT(out_create)),
	ROW(CREATE, "Create", .handles = 1, .auth = true, .crypt = D | E,
	    .put = put_create, .get = get_create, OUT(out_create)),
	ROW(LOAD, "Load", .handles = 1, .auth = true, .out_handle = BTZ_TPM_HT_TRANSIENT,
	    .crypt = D, .put = put_load, .get = get_load, OUT(out_load)),
	ROW(READ_PUBLIC, "ReadPublic", .handles = 1, .get = get_read_public,
	    OUT(out_public)),
	ROW(EVICT_CONTROL, "EvictControl", .handles = 2, .auth = true,
	    .put = put_handle),
	ROW(FLUSH_CONTEXT, "FlushContext", .sessionless = true,
	    .put = put_handle),
	ROW(SIGN, "Sign", .handles = 1, .auth = true, .crypt = D,
	    .put = put_sign, .get = get_sign, OUT(out_sign)),
	ROW(UNSEAL, "Unseal", .handles = 1, .auth = true, .crypt = E,
	    .get = get_data, OUT(out_data)),
	ROW(GET_RANDOM, "GetRandom", .crypt = E, .put = put_random,
	    .get = get_data, OUT(out_data)),
	ROW(NV_DEFINE_SPACE, "NV_DefineSpace", .handles = 1, .auth = true,
	    .crypt = D, .put = put_nv_define),
	ROW(NV_UNDEFINE_SPACE, "NV_UndefineSpace", .handles = 2, .auth = true),
	ROW(NV_WRITE, "NV_Write", .handles = 2, .auth = true, .crypt = D,
	    .put = put_nv_write),
	ROW(NV_READ, "NV_Read", .handles = 2, .auth = true, .crypt = E,
	    .put = put_nv_read, .get = get_data, OUT(out_data)),
	ROW(NV_READ_PUBLIC, "NV_ReadPublic", .handles = 1,
	    .get = get_nv_public, OUT(out_nv_public)),
	ROW(HIERARCHY_CHANGE_AUTH, "HierarchyChangeAuth", .handles = 1,
	    .auth = true, .crypt = D, .put = put_auth),
	ROW(CLEAR_CONTROL, "ClearControl", .handles = 1, .auth = true,
	    .put = put_clear_control),
	ROW(CLEAR, "Clear", .handles = 1, .auth = true),
	ROW(READ_CLOCK, "ReadClock", .get = get_clock, OUT(out_clock)),
	ROW(START_AUTH_SESSION, "StartAuthSession", .handles = 2,
	    .out_handle = BTZ_TPM_HT_HMAC_SESSION, .sessionless = true, .put = put_start,
	    .get = get_start, OUT(out_start)),
	ROW(CONTEXT_SAVE, "ContextSave", .handles = 1, .sessionless = true,
	    .get = get_context, OUT(context)),
	ROW(CONTEXT_LOAD, "ContextLoad", .out_handle = BTZ_TPM_HT_TRANSIENT,
	    .sessionless = true, .put = put_context, OUT(out_load)),
};
/* clang-format on */

const struct btz_tpm_cmd *
btz_tpm_cmd_of(enum btz_tpm_cmd_id id)
{
	return (unsigned)id < BTZ_TPM_CMD_COUNT ? &table[id] : NULL;
}
