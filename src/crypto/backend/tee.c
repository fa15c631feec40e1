/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee.c - backend "tee": keys that exist only in the trusted application,
 * reached by the GlobalPlatform client API. One verb is one TA command
 * (ta/include/btz_ta.h); the bodies are those of src/wire/msg_ta.h. Nothing
 * is decided here and no key is kept: hot keys are the TA's handles.
 */
#include "crypto/backend/tee.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/edges.h"

static enum btz_rc
no_device(
    const struct btz_backend_env *env, TEEC_Result res, struct btz_err *err)
{
	if (env->device_fd >= 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "no connection");
	if (access(BTZ_TEE_DEVICE, F_OK) != 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "no " BTZ_TEE_DEVICE ": no OP-TEE, or its driver is not "
		    "loaded");
	if (access(BTZ_TEE_DEVICE, R_OK | W_OK) != 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    BTZ_TEE_DEVICE " may not be opened: give it to a group "
				   "(tee-supplicant's package does)");
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    BTZ_TEE_DEVICE ": TEE result %#x%s", res,
	    res == TEEC_ERROR_BAD_PARAMETERS
		? ": this build knows only the emulation"
		: "");
}

static enum btz_rc
no_session(TEEC_Result res, uint32_t origin, struct btz_err *err)
{
	if (res == TEEC_ERROR_ITEM_NOT_FOUND)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "no trusted application: is it in the directory of "
		    "tee-supplicant, and does that run?");
	if (res == TEEC_ERROR_SECURITY)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "trusted application: its signature is not by the key "
		    "that this OP-TEE trusts");
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    "trusted application: TEE result %#x from %u", res, origin);
}

static enum btz_rc
tee_open(void *st, const struct btz_backend_env *env, struct btz_err *err)
{
	static const TEEC_UUID uuid = BTZ_TA_UUID;
	static const char emulated[] = "tee-emulated";
	struct tee *t = st;
	struct btz_ta_info m;
	char name[16] = "";
	TEEC_Result res;
	uint32_t origin = 0;
	enum btz_rc rc;

	/* The context takes the descriptor over, the environment keeps its. */
	if (env->device_fd >= 0)
		(void)snprintf(
		    name, sizeof(name), "fd:%d", dup(env->device_fd));
	res = TEEC_InitializeContext(name[0] != '\0' ? name : NULL, &t->ctx);
	if (res != TEEC_SUCCESS)
		return no_device(env, res, err);
	t->connected = true;
	res = TEEC_OpenSession(&t->ctx, &t->session, &uuid, TEEC_LOGIN_PUBLIC,
	    NULL, NULL, &origin);
	if (res != TEEC_SUCCESS)
		return no_session(res, origin, err);
	t->opened = true;
	rc = btz_tee_info(t, &m, err);
	if (rc == BTZ_OK)
		rc = btz_tee_call(t, BTZ_TA_OFFERS, NULL, NULL,
		    &btz_def_ta_offers, &t->offers, err);
	if (rc != BTZ_OK)
		return rc;
	t->emulated = m.weaknesses.len >= sizeof(emulated) - 1 &&
		      memcmp(m.weaknesses.p, emulated, sizeof(emulated) - 1) ==
			  0;
	return BTZ_OK;
}

static void
tee_close(void *st)
{
	struct tee *t = st;

	if (t->opened)
		TEEC_CloseSession(&t->session);
	if (t->connected)
		TEEC_FinalizeContext(&t->ctx);
	t->opened = t->connected = false;
}

/* What this trusted application has no algorithm for is not asked of it. */
static void
tee_offers(void *st, struct btz_backend_ops *narrowed)
{
	const struct tee *t = st;

	narrowed->algs &= t->offers.algs;
	narrowed->slow_algs &= t->offers.algs;
	narrowed->sigs &= t->offers.sigs;
	narrowed->crypts &= t->offers.crypts;
}

static const char *
tee_label(void *st)
{
	const struct tee *t = st;

	return t->emulated ? "tee-emulated" : "tee";
}

static bool
tee_lost(void *st)
{
	const struct tee *t = st;

	return t->lost;
}

static void
tee_stop(void *st)
{
	struct btz_err err;

	/* Not committed: the next epoch says unclean, nothing is lost. */
	if (btz_tee_call(st, BTZ_TA_STOP, NULL, NULL, NULL, NULL, &err) !=
	    BTZ_OK)
		return;
}

const struct btz_backend_ops btz_backend_tee = {
	.name = "tee",
	.protection = BTZ_PROT_TEE,
	.caps = BTZ_CAP_CERTIFY | BTZ_CAP_CHECKPOINT | BTZ_CAP_PROVISION |
		BTZ_CAP_IMPORT | BTZ_CAP_EXPORT | BTZ_CAP_BACKUP,
	/* GP's API has no ChaCha20 (decision 0021). */
	.algs = 1u << BTZ_ALG_EC_P256 | 1u << BTZ_ALG_EC_P384 |
		1u << BTZ_ALG_ED25519 | 1u << BTZ_ALG_EC_P521 |
		1u << BTZ_ALG_X25519 | 1u << BTZ_ALG_RSA_2048 |
		1u << BTZ_ALG_RSA_3072 | 1u << BTZ_ALG_RSA_4096 |
		1u << BTZ_ALG_AES_128 | 1u << BTZ_ALG_AES_192 |
		1u << BTZ_ALG_AES_256 | 1u << BTZ_ALG_SECRET,
	.sigs = 1u << BTZ_SIG_ECDSA_SHA256 | 1u << BTZ_SIG_ECDSA_SHA384 |
		1u << BTZ_SIG_RSA_PKCS1_SHA256 |
		1u << BTZ_SIG_RSA_PKCS1_SHA384 |
		1u << BTZ_SIG_RSA_PKCS1_SHA512 | 1u << BTZ_SIG_RSA_PSS_SHA256 |
		1u << BTZ_SIG_RSA_PSS_SHA384 | 1u << BTZ_SIG_RSA_PSS_SHA512 |
		1u << BTZ_SIG_ECDSA_SHA512 | 1u << BTZ_SIG_ED25519,
	.crypts = 1u << BTZ_CRYPT_RSA_OAEP_SHA256 |
		  1u << BTZ_CRYPT_RSA_OAEP_SHA384 |
		  1u << BTZ_CRYPT_RSA_OAEP_SHA512 | 1u << BTZ_CRYPT_AES_GCM |
		  1u << BTZ_CRYPT_AES_CCM | 1u << BTZ_CRYPT_AES_CBC |
		  1u << BTZ_CRYPT_AES_CTR | 1u << BTZ_CRYPT_AES_CBC_NOPAD |
		  1u << BTZ_CRYPT_HMAC_SHA256 | 1u << BTZ_CRYPT_HMAC_SHA384 |
		  1u << BTZ_CRYPT_HMAC_SHA512 | 1u << BTZ_CRYPT_CMAC |
		  1u << BTZ_CRYPT_ECDH | 1u << BTZ_CRYPT_HKDF_SHA256 |
		  1u << BTZ_CRYPT_HKDF_SHA384 | 1u << BTZ_CRYPT_HKDF_SHA512,
	.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_ISSUING |
		 1u << BTZ_KIND_OCSP | 1u << BTZ_KIND_TLS,
	.state_size = sizeof(struct tee),
	.key_size = sizeof(struct tee_key),
	.open = tee_open,
	.close = tee_close,
	.label = tee_label,
	.offers = tee_offers,
	.generate = btz_tee_generate,
	.destroy = btz_tee_destroy,
	.open_key = btz_tee_open_key,
	.close_key = btz_tee_close_key,
	.sign = btz_tee_sign,
	.crypt = btz_tee_crypt,
	.random = btz_tee_random,
	.import = btz_tee_import,
	.export_key = btz_tee_export_key,
	.backup = btz_tee_backup,
	.transport = btz_tee_transport,
	.restore = btz_tee_restore,
	.certify_issuing = btz_tee_certify_issuing,
	.root_cert = btz_tee_root_cert,
	.approval_nonce = btz_tee_approval_nonce,
	.approval_cancel = btz_tee_approval_cancel,
	.approved = btz_tee_approved,
	.checkpoint = btz_tee_checkpoint,
	.end = btz_tee_end,
	.provision = btz_tee_provision,
	.identity = btz_tee_identity,
	.status = btz_tee_status,
	.lost = tee_lost,
	.stop = tee_stop,
};
