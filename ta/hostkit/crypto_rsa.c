/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_rsa.c - RSA keys, signatures and OAEP (GP Internal Core API 6.7). */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "object.h"

/* Order of struct __TEE_ObjectHandle's rsa[]. */
static const char *const names[HOSTKIT_RSA_NUMBERS] = { OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };

/* Public: n and e; a pair: d too, and all five of the primes or none. */
static bool
complete(const struct __TEE_ObjectHandle *o)
{
	size_t have = 0;

	while (have < HOSTKIT_RSA_NUMBERS && o->rsa[have].len > 0)
		have++;
	for (size_t i = have; i < HOSTKIT_RSA_NUMBERS; i++)
		if (o->rsa[i].len > 0)
			return false;
	if (8 * o->rsa[0].len > o->max_bits)
		return false;
	return o->type == TEE_TYPE_RSA_PUBLIC_KEY
		   ? have == 2
		   : have == 3 || have == HOSTKIT_RSA_NUMBERS;
}

bool
hostkit_rsa_make(struct __TEE_ObjectHandle *o)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *bn[HOSTKIT_RSA_NUMBERS] = { NULL };
	bool ok = bld != NULL && complete(o);

	for (size_t i = 0; ok && i < HOSTKIT_RSA_NUMBERS; i++) {
		if (o->rsa[i].len == 0)
			break;
		bn[i] = BN_bin2bn(o->rsa[i].b, (int)o->rsa[i].len, NULL);
		ok = bn[i] != NULL &&
		     OSSL_PARAM_BLD_push_BN(bld, names[i], bn[i]) == 1;
	}
	if (ok && (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		o->pkey = hostkit_pkey("RSA", params,
		    o->type == TEE_TYPE_RSA_KEYPAIR ? EVP_PKEY_KEYPAIR
						    : EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	for (size_t i = 0; i < HOSTKIT_RSA_NUMBERS; i++)
		BN_clear_free(bn[i]);
	return o->pkey != NULL;
}

/* The exponent may be given; 65537 is what is drawn here. */
TEE_Result
hostkit_rsa_generate(struct __TEE_ObjectHandle *o, uint32_t bits,
    const TEE_Attribute *params, uint32_t n)
{
	(void)params;
	if (n != 0)
		return TEE_ERROR_NOT_SUPPORTED;
	o->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	if (o->pkey == NULL)
		hostkit_panic("RSA key generation");
	for (size_t i = 0; i < HOSTKIT_RSA_NUMBERS; i++) {
		BIGNUM *bn = NULL;

		if (EVP_PKEY_get_bn_param(o->pkey, names[i], &bn) != 1)
			hostkit_panic("RSA key generation");
		o->rsa[i].len = (size_t)BN_bn2bin(bn, o->rsa[i].b);
		BN_clear_free(bn);
	}
	return TEE_SUCCESS;
}

static bool
is_pss(uint32_t alg)
{
	return alg == TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256 ||
	       alg == TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA384 ||
	       alg == TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA512;
}

/* Salt: as long as the hash unless TEE_ATTR_RSA_PSS_SALT_LENGTH says else. */
static bool
set_padding(TEE_OperationHandle op, EVP_PKEY_CTX *ctx,
    const TEE_Attribute *params, uint32_t n)
{
	const EVP_MD *md = EVP_get_digestbyname(op->alg->name);
	int salt = EVP_MD_get_size(md);

	for (uint32_t i = 0; i < n; i++)
		if (params[i].attributeID == TEE_ATTR_RSA_PSS_SALT_LENGTH)
			salt = (int)params[i].content.value.a;
		else
			hostkit_panic("attribute of a signature");
	if (!is_pss(op->alg->alg))
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) ==
			   1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1;
}

TEE_Result
hostkit_rsa_sign(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, void *sig,
    size_t *sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	const size_t need = (size_t)EVP_PKEY_get_size(op->key.pkey);
	bool ok;

	if (*sig_len < need) {
		EVP_PKEY_CTX_free(ctx);
		*sig_len = need;
		return TEE_ERROR_SHORT_BUFFER;
	}
	ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	     set_padding(op, ctx, params, n) &&
	     EVP_PKEY_sign(ctx, sig, sig_len, digest, digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		hostkit_panic("RSA signature");
	return TEE_SUCCESS;
}

TEE_Result
hostkit_rsa_verify(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, const void *sig,
    size_t sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		  set_padding(op, ctx, params, n) &&
		  EVP_PKEY_verify(ctx, sig, sig_len, digest, digest_len) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? TEE_SUCCESS : TEE_ERROR_SIGNATURE_INVALID;
}

static bool
set_oaep(TEE_OperationHandle op, EVP_PKEY_CTX *ctx, const TEE_Attribute *params,
    uint32_t n)
{
	const EVP_MD *md = EVP_get_digestbyname(op->alg->name);
	uint8_t *copy;
	size_t len;

	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1)
		return false;
	if (n == 0)
		return true;
	if (n != 1 || params[0].attributeID != TEE_ATTR_RSA_OAEP_LABEL)
		hostkit_panic("attribute of OAEP");
	len = params[0].content.ref.length;
	copy = OPENSSL_memdup(params[0].content.ref.buffer, len);
	if (copy != NULL &&
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)len) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

struct oaep_io {
	const void *in;
	size_t in_len;
	void *out;
	size_t *out_len;
};

static TEE_Result
oaep(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t n,
    struct oaep_io *io)
{
	const bool seal = op->mode == TEE_MODE_ENCRYPT;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	int done;

	if (ctx == NULL ||
	    (seal ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) !=
		1 ||
	    !set_oaep(op, ctx, params, n))
		hostkit_panic("OAEP");
	done = seal ? EVP_PKEY_encrypt(
			  ctx, io->out, io->out_len, io->in, io->in_len)
		    : EVP_PKEY_decrypt(
			  ctx, io->out, io->out_len, io->in, io->in_len);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return done == 1 ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
}

TEE_Result
TEE_AsymmetricEncrypt(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *src, size_t len, void *dst, size_t *dst_len)
{
	struct oaep_io io = { src, len, dst, dst_len };

	hostkit_expect(op, HOSTKIT_ENCRYPTION, TEE_MODE_ENCRYPT, false);
	if (*dst_len < (size_t)EVP_PKEY_get_size(op->key.pkey))
		return TEE_ERROR_SHORT_BUFFER;
	return oaep(op, params, n, &io);
}

TEE_Result
TEE_AsymmetricDecrypt(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *src, size_t len, void *dst, size_t *dst_len)
{
	struct oaep_io io = { src, len, dst, dst_len };

	hostkit_expect(op, HOSTKIT_ENCRYPTION, TEE_MODE_DECRYPT, false);
	if (*dst_len < (size_t)EVP_PKEY_get_size(op->key.pkey))
		return TEE_ERROR_SHORT_BUFFER;
	return oaep(op, params, n, &io);
}
