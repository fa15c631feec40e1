/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_marshal.c - our bytes against tpm2-tss' marshalling (Tss2_MU_*): for
 * each command its code and parameters, for each structure of an answer what
 * we read from the bytes that tpm2-tss writes.
 */
#include "support/cmocka_all.h"

#include <string.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tpm2_types.h>

#include "support/tpm_crypto_ossl.h"
#include "tpm2/session.h"

/* What tpm2-tss has written so far. */
struct ref {
	uint8_t b[4096];
	size_t len;
};

#define PUT(r, type, v)                                                        \
	assert_int_equal(                                                      \
	    Tss2_MU_##type##_Marshal((v), (r)->b, sizeof((r)->b), &(r)->len),  \
	    TSS2_RC_SUCCESS)

static const uint8_t auth32[32] = { 0xa0, 0xa1, 0xa2, 0xa3 };
static const uint8_t unique32[32] = { 0xb0, 0xb1 };
static const uint8_t data32[32] = { 0xc0, 0xc1, 0xc2 };

#define FILL_2B(dst, src, n)                                                   \
	do {                                                                   \
		(dst).size = (UINT16)(n);                                      \
		memcpy((dst).buffer, (src), (n));                              \
	} while (0)

static TPM2B_PUBLIC
ref_ecc(uint32_t attrs)
{
	TPM2B_PUBLIC p = { 0 };

	p.publicArea.type = TPM2_ALG_ECC;
	p.publicArea.nameAlg = TPM2_ALG_SHA256;
	p.publicArea.objectAttributes = attrs;
	p.publicArea.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p.publicArea.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	p.publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	p.publicArea.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	return p;
}

static TPM2B_PUBLIC
ref_storage(uint32_t attrs)
{
	TPM2B_PUBLIC p = ref_ecc(attrs);
	TPMT_SYM_DEF_OBJECT *sym = &p.publicArea.parameters.eccDetail.symmetric;

	sym->algorithm = TPM2_ALG_AES;
	sym->keyBits.aes = 128;
	sym->mode.aes = TPM2_ALG_CFB;
	p.publicArea.unique.ecc.x.size = 32;
	return p;
}

static TPM2B_PUBLIC
ref_primary(void)
{
	TPM2B_PUBLIC p = ref_storage(
	    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
	    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);

	FILL_2B(p.publicArea.unique.ecc.x, unique32, 32);
	return p;
}

static TPM2B_PUBLIC
ref_sign_key(void)
{
	TPM2B_PUBLIC p = ref_ecc(
	    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
	    TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT);
	TPMT_ECC_SCHEME *scheme = &p.publicArea.parameters.eccDetail.scheme;

	scheme->scheme = TPM2_ALG_ECDSA;
	scheme->details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	return p;
}

static TPM2B_PUBLIC
ref_sealed(void)
{
	TPM2B_PUBLIC p = { 0 };

	p.publicArea.type = TPM2_ALG_KEYEDHASH;
	p.publicArea.nameAlg = TPM2_ALG_SHA256;
	p.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM |
					TPMA_OBJECT_FIXEDPARENT |
					TPMA_OBJECT_USERWITHAUTH |
					TPMA_OBJECT_NODA;
	p.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	return p;
}

static TPM2B_NV_PUBLIC
ref_nv(bool written)
{
	TPM2B_NV_PUBLIC p = { 0 };

	p.nvPublic.nvIndex = 0x01800100;
	p.nvPublic.nameAlg = TPM2_ALG_SHA256;
	p.nvPublic.attributes = TPMA_NV_AUTHWRITE | TPMA_NV_AUTHREAD |
				TPMA_NV_NO_DA;
	if (written)
		p.nvPublic.attributes |= TPMA_NV_WRITTEN;
	p.nvPublic.dataSize = 32;
	return p;
}

static void
ref_create(struct ref *r, const TPM2B_PUBLIC *pub, const uint8_t *data,
    size_t data_len)
{
	TPM2B_SENSITIVE_CREATE sens = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcr = { 0 };

	FILL_2B(sens.sensitive.userAuth, auth32, 32);
	FILL_2B(sens.sensitive.data, data, data_len);
	PUT(r, TPM2B_SENSITIVE_CREATE, &sens);
	PUT(r, TPM2B_PUBLIC, pub);
	PUT(r, TPM2B_DATA, &outside);
	PUT(r, TPML_PCR_SELECTION, &pcr);
}

static void
same(enum btz_tpm_cmd_id id, uint32_t cc, const void *in, const struct ref *r)
{
	const struct btz_tpm_cmd *cmd = btz_tpm_cmd_of(id);
	uint8_t buf[4096];
	struct btz_wr wr;

	print_message("# case: %s\n", cmd->name);
	assert_int_equal(cmd->cc, cc);
	btz_wr_init(&wr, buf, sizeof(buf));
	if (cmd->put != NULL)
		cmd->put(&wr, in);
	assert_true(btz_wr_ok(&wr));
	assert_int_equal(wr.len, r->len);
	assert_memory_equal(buf, r->b, r->len);
}

static void
creations(void **state)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { auth32, 32 } };
	TPM2B_PUBLIC pub;
	struct ref r = { .len = 0 };

	(void)state;
	btz_tpm_tmpl_primary(&tmpl, unique32);
	pub = ref_primary();
	ref_create(&r, &pub, data32, 0);
	same(BTZ_TPM_CREATE_PRIMARY, TPM2_CC_CreatePrimary, &in, &r);
	r.len = 0;
	btz_tpm_tmpl_srk(&tmpl);
	pub = ref_storage(pub.publicArea.objectAttributes);
	pub.publicArea.unique.ecc.y.size = 32;
	ref_create(&r, &pub, data32, 0);
	same(BTZ_TPM_CREATE_PRIMARY, TPM2_CC_CreatePrimary, &in, &r);
	r.len = 0;
	btz_tpm_tmpl_sign(&tmpl);
	pub = ref_sign_key();
	ref_create(&r, &pub, data32, 0);
	same(BTZ_TPM_CREATE, TPM2_CC_Create, &in, &r);
	r.len = 0;
	btz_tpm_tmpl_sealed(&tmpl);
	pub = ref_sealed();
	in.data = btz_span_of(data32, 32);
	ref_create(&r, &pub, data32, 32);
	same(BTZ_TPM_CREATE, TPM2_CC_Create, &in, &r);
}

static void
loading(void **state)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_load in = { .priv = { data32, 32 }, .pub = &tmpl };
	struct btz_tpm_in_handle h = { .handle = 0x81008000 };
	TPM2B_PRIVATE priv = { 0 };
	TPM2B_PUBLIC pub = ref_sign_key();
	struct ref r = { .len = 0 };

	(void)state;
	btz_tpm_tmpl_sign(&tmpl);
	FILL_2B(priv, data32, 32);
	PUT(&r, TPM2B_PRIVATE, &priv);
	PUT(&r, TPM2B_PUBLIC, &pub);
	same(BTZ_TPM_LOAD, TPM2_CC_Load, &in, &r);
	r.len = 0;
	PUT(&r, UINT32, 0x81008000);
	same(BTZ_TPM_EVICT_CONTROL, TPM2_CC_EvictControl, &h, &r);
	same(BTZ_TPM_FLUSH_CONTEXT, TPM2_CC_FlushContext, &h, &r);
	r.len = 0;
	same(BTZ_TPM_READ_PUBLIC, TPM2_CC_ReadPublic, NULL, &r);
	same(BTZ_TPM_UNSEAL, TPM2_CC_Unseal, NULL, &r);
	same(BTZ_TPM_CLEAR, TPM2_CC_Clear, NULL, &r);
	same(BTZ_TPM_READ_CLOCK, TPM2_CC_ReadClock, NULL, &r);
	same(BTZ_TPM_CONTEXT_SAVE, TPM2_CC_ContextSave, NULL, &r);
	same(BTZ_TPM_NV_READ_PUBLIC, TPM2_CC_NV_ReadPublic, NULL, &r);
	same(BTZ_TPM_NV_UNDEFINE_SPACE, TPM2_CC_NV_UndefineSpace, NULL, &r);
}

static void
signing(void **state)
{
	struct btz_tpm_in_sign in;
	TPM2B_DIGEST digest;
	TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_ECDSA,
		.details.ecdsa.hashAlg = TPM2_ALG_SHA256 };
	TPMT_TK_HASHCHECK ticket = { .tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL };
	struct ref r = { .len = 0 };

	(void)state;
	memcpy(in.digest, data32, 32);
	FILL_2B(digest, data32, 32);
	PUT(&r, TPM2B_DIGEST, &digest);
	PUT(&r, TPMT_SIG_SCHEME, &scheme);
	PUT(&r, TPMT_TK_HASHCHECK, &ticket);
	same(BTZ_TPM_SIGN, TPM2_CC_Sign, &in, &r);
}

static void
nv_commands(void **state)
{
	struct btz_tpm_nv nv;
	struct btz_tpm_in_nv_define def = { .auth = { auth32, 32 }, .nv = &nv };
	struct btz_tpm_in_nv_write w = { .data = { data32, 32 }, .offset = 5 };
	struct btz_tpm_in_nv_read rd = { .len = 32, .offset = 7 };
	TPM2B_NV_PUBLIC pub = ref_nv(false);
	TPM2B_AUTH auth;
	TPM2B_MAX_NV_BUFFER data;
	struct ref r = { .len = 0 };

	(void)state;
	btz_tpm_tmpl_nv(&nv, 0x01800100);
	FILL_2B(auth, auth32, 32);
	PUT(&r, TPM2B_DIGEST, &auth);
	PUT(&r, TPM2B_NV_PUBLIC, &pub);
	same(BTZ_TPM_NV_DEFINE_SPACE, TPM2_CC_NV_DefineSpace, &def, &r);
	r.len = 0;
	FILL_2B(data, data32, 32);
	PUT(&r, TPM2B_MAX_NV_BUFFER, &data);
	PUT(&r, UINT16, 5);
	same(BTZ_TPM_NV_WRITE, TPM2_CC_NV_Write, &w, &r);
	r.len = 0;
	PUT(&r, UINT16, 32);
	PUT(&r, UINT16, 7);
	same(BTZ_TPM_NV_READ, TPM2_CC_NV_Read, &rd, &r);
}

static void
small_commands(void **state)
{
	struct btz_tpm_in_startup su = { .type = TPM2_SU_STATE };
	struct btz_tpm_in_capability cap = { TPM2_CAP_TPM_PROPERTIES,
		TPM2_PT_STARTUP_CLEAR, 1 };
	struct btz_tpm_in_hierarchy_control hc = { TPM2_RH_PLATFORM, false };
	struct btz_tpm_in_random rnd = { 32 };
	struct btz_tpm_in_auth auth = { { auth32, 32 } };
	struct btz_tpm_in_clear_control cc = { true };
	TPM2B_AUTH ref_auth;
	struct ref r = { .len = 0 };

	(void)state;
	PUT(&r, UINT16, TPM2_SU_STATE);
	same(BTZ_TPM_STARTUP, TPM2_CC_Startup, &su, &r);
	same(BTZ_TPM_SHUTDOWN, TPM2_CC_Shutdown, &su, &r);
	r.len = 0;
	PUT(&r, UINT32, BTZ_TPM_CAP_PROPERTIES);
	PUT(&r, UINT32, BTZ_TPM_PT_STARTUP_CLEAR);
	PUT(&r, UINT32, 1);
	same(BTZ_TPM_GET_CAPABILITY, TPM2_CC_GetCapability, &cap, &r);
	r.len = 0;
	PUT(&r, UINT32, BTZ_TPM_RH_PLATFORM);
	PUT(&r, BYTE, 0);
	same(BTZ_TPM_HIERARCHY_CONTROL, TPM2_CC_HierarchyControl, &hc, &r);
	r.len = 0;
	PUT(&r, UINT16, 32);
	same(BTZ_TPM_GET_RANDOM, TPM2_CC_GetRandom, &rnd, &r);
	r.len = 0;
	FILL_2B(ref_auth, auth32, 32);
	PUT(&r, TPM2B_DIGEST, &ref_auth);
	same(BTZ_TPM_HIERARCHY_CHANGE_AUTH, TPM2_CC_HierarchyChangeAuth, &auth,
	    &r);
	r.len = 0;
	PUT(&r, BYTE, 1);
	same(BTZ_TPM_CLEAR_CONTROL, TPM2_CC_ClearControl, &cc, &r);
}

static void
session_start(void **state)
{
	static const uint8_t x[32] = { 1, 2 }, y[32] = { 3, 4 };
	struct btz_tpm_in_start in = { .coord_len = 32 };
	TPM2B_NONCE nonce;
	TPM2B_ECC_POINT point = { 0 };
	TPM2B_ENCRYPTED_SECRET secret = { 0 };
	size_t n = 0;
	TPMT_SYM_DEF sym = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	struct ref r = { .len = 0 };

	(void)state;
	memcpy(in.nonce, data32, 32);
	memcpy(in.x, x, 32);
	memcpy(in.y, y, 32);
	FILL_2B(nonce, data32, 32);
	FILL_2B(point.point.x, x, 32);
	FILL_2B(point.point.y, y, 32);
	assert_int_equal(Tss2_MU_TPMS_ECC_POINT_Marshal(&point.point,
			     secret.secret, sizeof(secret.secret), &n),
	    0);
	secret.size = (UINT16)n;
	PUT(&r, TPM2B_NONCE, &nonce);
	PUT(&r, TPM2B_ENCRYPTED_SECRET, &secret);
	PUT(&r, BYTE, TPM2_SE_HMAC);
	PUT(&r, TPMT_SYM_DEF, &sym);
	PUT(&r, UINT16, TPM2_ALG_SHA256);
	same(BTZ_TPM_START_AUTH_SESSION, TPM2_CC_StartAuthSession, &in, &r);
}

static void
context(void **state)
{
	static struct btz_tpm_context in, out;
	TPMS_CONTEXT ref = { .sequence = 0x0102030405060708,
		.savedHandle = 0x80000000,
		.hierarchy = TPM2_RH_OWNER };
	const struct btz_tpm_cmd *save = btz_tpm_cmd_of(BTZ_TPM_CONTEXT_SAVE);
	struct ref r = { .len = 0 };
	struct btz_rd rd;

	(void)state;
	ref.contextBlob.size = 300;
	memset(ref.contextBlob.buffer, 0x5a, 300);
	PUT(&r, TPMS_CONTEXT, &ref);
	in.sequence = ref.sequence;
	in.saved_handle = ref.savedHandle;
	in.hierarchy = ref.hierarchy;
	in.blob_len = 300;
	memset(in.blob, 0x5a, 300);
	same(BTZ_TPM_CONTEXT_LOAD, TPM2_CC_ContextLoad, &in, &r);
	btz_rd_init(&rd, r.b, r.len);
	assert_true(save->get(&rd, &out) && btz_rd_end(&rd));
	assert_memory_equal(&in, &out, sizeof(in));
}

/* The whole of a command in a password session, header and area included. */
static void
frames(void **state)
{
	struct btz_tpm_entity h = btz_tpm_hierarchy(
	    BTZ_TPM_RH_PLATFORM, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &h };
	struct btz_tpm_in_hierarchy_control in = { TPM2_RH_OWNER, true };
	TPMS_AUTH_COMMAND area = { .sessionHandle = TPM2_RS_PW,
		.sessionAttributes = TPMA_SESSION_CONTINUESESSION };
	struct btz_tpm_call call;
	uint8_t buf[256];
	struct btz_wr wr;
	struct ref r = { .len = 0 };

	(void)state;
	PUT(&r, TPM2_ST, TPM2_ST_SESSIONS);
	PUT(&r, UINT32, 10 + 4 + 4 + 9 + 5);
	PUT(&r, UINT32, TPM2_CC_HierarchyControl);
	PUT(&r, UINT32, TPM2_RH_PLATFORM);
	PUT(&r, UINT32, 9);
	PUT(&r, TPMS_AUTH_COMMAND, &area);
	PUT(&r, UINT32, TPM2_RH_OWNER);
	PUT(&r, BYTE, 1);
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_tpm_build(NULL, BTZ_TPM_PASSWORD,
			     BTZ_TPM_HIERARCHY_CONTROL, ents, &in, &call, &wr),
	    BTZ_OK);
	assert_int_equal(wr.len, r.len);
	assert_memory_equal(buf, r.b, r.len);
}

/* Header and session area of a command in an HMAC session. */
static void
session_area(void **state)
{
	struct btz_tpm_session s = { .crypto = &btz_tpm_crypto_ossl,
		.state = BTZ_TPM_SESSION_OPEN,
		.handle = 0x02000001 };
	struct btz_tpm_call call;
	uint8_t buf[256];
	struct btz_wr wr;
	TPMS_AUTH_COMMAND area = { 0 };
	size_t at = 14;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_tpm_build(&s, BTZ_TPM_HMAC, BTZ_TPM_READ_CLOCK,
			     NULL, NULL, &call, &wr),
	    BTZ_OK);
	assert_int_equal(
	    Tss2_MU_TPMS_AUTH_COMMAND_Unmarshal(buf, wr.len, &at, &area),
	    TSS2_RC_SUCCESS);
	assert_int_equal(at, wr.len);
	assert_int_equal(area.sessionHandle, 0x02000001);
	assert_int_equal(area.sessionAttributes,
	    TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_AUDIT);
	assert_int_equal(area.nonce.size, 32);
	assert_memory_equal(area.nonce.buffer, call.nonce_caller, 32);
	assert_int_equal(area.hmac.size, 32);
}

static void
take(enum btz_tpm_cmd_id id, const struct ref *r, void *out)
{
	const struct btz_tpm_cmd *cmd = btz_tpm_cmd_of(id);
	uint8_t scratch[sizeof(struct btz_tpm_context)];
	struct btz_rd rd;

	print_message("# case: answer of %s\n", cmd->name);
	/* bad first: every truncation, and a byte too many */
	for (size_t n = 0; n < r->len; n++) {
		btz_rd_init(&rd, r->b, n);
		assert_false(cmd->get(&rd, scratch) && btz_rd_end(&rd));
	}
	btz_rd_init(&rd, r->b, r->len + 1);
	assert_false(cmd->get(&rd, scratch) && btz_rd_end(&rd));
	memset(out, 0, cmd->out_size);
	btz_rd_init(&rd, r->b, r->len);
	assert_true(cmd->get(&rd, out) && btz_rd_end(&rd));
}

static void
put_creation(struct ref *r)
{
	TPM2B_CREATION_DATA data = { 0 };
	TPM2B_DIGEST hash;
	TPMT_TK_CREATION ticket = { .tag = TPM2_ST_CREATION,
		.hierarchy = TPM2_RH_OWNER };

	data.creationData.parentNameAlg = TPM2_ALG_SHA256;
	FILL_2B(hash, data32, 32);
	FILL_2B(ticket.digest, data32, 32);
	PUT(r, TPM2B_CREATION_DATA, &data);
	PUT(r, TPM2B_DIGEST, &hash);
	PUT(r, TPMT_TK_CREATION, &ticket);
}

static void
created_answers(void **state)
{
	static struct btz_tpm_out_create out;
	struct btz_tpm_public want;
	TPM2B_PUBLIC pub = ref_primary();
	TPM2B_PRIVATE priv = { 0 };
	TPM2B_NAME name = { .size = 34, .name = { 0, 0x0b, 1, 2, 3 } };
	struct ref r = { .len = 0 };

	(void)state;
	btz_tpm_tmpl_primary(&want, unique32);
	FILL_2B(priv, data32, 32);
	PUT(&r, TPM2B_PRIVATE, &priv);
	PUT(&r, TPM2B_PUBLIC, &pub);
	put_creation(&r);
	take(BTZ_TPM_CREATE, &r, &out);
	assert_memory_equal(&out.pub, &want, sizeof(want));
	assert_int_equal(out.priv_len, 32);
	assert_memory_equal(out.priv, data32, 32);
	r.len = 0;
	PUT(&r, TPM2B_PUBLIC, &pub);
	put_creation(&r);
	PUT(&r, TPM2B_NAME, &name);
	take(BTZ_TPM_CREATE_PRIMARY, &r, &out);
	assert_memory_equal(&out.pub, &want, sizeof(want));
	assert_int_equal(out.name.len, 34);
	assert_memory_equal(out.name.b, name.name, 34);
}

static void
public_answers(void **state)
{
	static struct btz_tpm_out_public out;
	struct btz_tpm_out_nv_public nv_out;
	struct btz_tpm_nv nv;
	TPM2B_PUBLIC pub = ref_sealed();
	TPM2B_NV_PUBLIC nv_pub = ref_nv(true);
	TPM2B_NAME name = { .size = 34, .name = { 0, 0x0b, 1, 2, 3 } };
	struct ref r = { .len = 0 };

	(void)state;
	FILL_2B(pub.publicArea.unique.keyedHash, data32, 32);
	PUT(&r, TPM2B_PUBLIC, &pub);
	PUT(&r, TPM2B_NAME, &name);
	PUT(&r, TPM2B_NAME, &name);
	take(BTZ_TPM_READ_PUBLIC, &r, &out);
	assert_int_equal(out.pub.attrs, 0x452);
	assert_memory_equal(out.pub.x, data32, 32);
	r.len = 0;
	PUT(&r, TPM2B_NV_PUBLIC, &nv_pub);
	PUT(&r, TPM2B_NAME, &name);
	take(BTZ_TPM_NV_READ_PUBLIC, &r, &nv_out);
	btz_tpm_tmpl_nv(&nv, 0x01800100);
	assert_int_equal(btz_tpm_nv_check(&nv, true, &nv_out.nv), BTZ_OK);
	assert_int_equal(
	    btz_tpm_nv_check(&nv, false, &nv_out.nv), BTZ_E_TPM_TEMPLATE);
}

static void
other_answers(void **state)
{
	static struct btz_tpm_out_capability cap;
	struct btz_tpm_out_sign sig;
	struct btz_tpm_out_clock clk;
	struct btz_tpm_out_data data;
	TPMS_CAPABILITY_DATA ref_cap = {
		.capability = TPM2_CAP_TPM_PROPERTIES
	};
	TPMT_SIGNATURE ref_sig = { .sigAlg = TPM2_ALG_ECDSA };
	TPMS_TIME_INFO ti = { .time = 5,
		.clockInfo = { 1u << 20, 3, 4, TPM2_YES } };
	TPM2B_SENSITIVE_DATA sens;
	struct ref r = { .len = 0 };

	(void)state;
	ref_cap.data.tpmProperties.count = 2;
	ref_cap.data.tpmProperties.tpmProperty[0].property = 0x200;
	ref_cap.data.tpmProperties.tpmProperty[1].property = 0x201;
	ref_cap.data.tpmProperties.tpmProperty[1].value = 0x80000006;
	PUT(&r, BYTE, 1);
	PUT(&r, TPMS_CAPABILITY_DATA, &ref_cap);
	take(BTZ_TPM_GET_CAPABILITY, &r, &cap);
	assert_true(cap.more && cap.n == 2 && cap.row[1].id == 0x201 &&
		    cap.row[1].value == 0x80000006);
	r.len = 0;
	ref_sig.signature.ecdsa.hash = TPM2_ALG_SHA256;
	FILL_2B(ref_sig.signature.ecdsa.signatureR, data32, 31);
	FILL_2B(ref_sig.signature.ecdsa.signatureS, auth32, 32);
	PUT(&r, TPMT_SIGNATURE, &ref_sig);
	take(BTZ_TPM_SIGN, &r, &sig);
	assert_int_equal(sig.r[0], 0); /* padded on the left */
	assert_memory_equal(sig.r + 1, data32, 31);
	assert_memory_equal(sig.s, auth32, 32);
	r.len = 0;
	PUT(&r, TPMS_TIME_INFO, &ti);
	take(BTZ_TPM_READ_CLOCK, &r, &clk);
	assert_true(clk.time == 5 && clk.clock == 1u << 20 &&
		    clk.reset_count == 3 && clk.restart_count == 4 && clk.safe);
	r.len = 0;
	FILL_2B(sens, data32, 32);
	PUT(&r, TPM2B_SENSITIVE_DATA, &sens);
	take(BTZ_TPM_UNSEAL, &r, &data);
	assert_int_equal(data.len, 32);
	assert_memory_equal(data.b, data32, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creations),
		cmocka_unit_test(loading),
		cmocka_unit_test(signing),
		cmocka_unit_test(nv_commands),
		cmocka_unit_test(small_commands),
		cmocka_unit_test(session_start),
		cmocka_unit_test(context),
		cmocka_unit_test(frames),
		cmocka_unit_test(session_area),
		cmocka_unit_test(created_answers),
		cmocka_unit_test(public_answers),
		cmocka_unit_test(other_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
