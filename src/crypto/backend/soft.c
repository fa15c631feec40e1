/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft.c - keys in libcrypto, wrapped under a key in a file. For boxes and
 * applications that have nothing better; every listing says so.
 */
#include <openssl/rand.h>

#include "crypto/backend/backend.h"
#include "crypto/backend/kek.h"
#include "crypto/backend/softkey.h"
#include "wire/table.h"

struct soft {
	uint8_t kek[BTZ_KEK_LEN];
};

static enum btz_rc
soft_open(void *state, const struct btz_backend_env *env, struct btz_err *err)
{
	struct soft *st = state;

	return btz_kek_read(env->dir, st->kek, err);
}

static void
soft_close(void *state)
{
	btz_wipe(state, sizeof(struct soft));
}

static const char *
soft_label(void *state)
{
	(void)state;
	return "soft";
}

static enum btz_rc
soft_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	const struct soft *st = state;

	return btz_softkey_generate(st->kek, g, out, err);
}

static enum btz_rc
soft_destroy(void *state, struct btz_span blob, struct btz_err *err)
{
	(void)state;
	(void)blob;
	(void)err;
	return BTZ_OK;
}

static enum btz_rc
soft_open_key(void *state, const uint8_t id[BTZ_ID_LEN], struct btz_span blob,
    void *key, struct btz_err *err)
{
	const struct soft *st = state;

	return btz_softkey_open(st->kek, id, blob, key, err);
}

static void
soft_close_key(void *state, void *key)
{
	(void)state;
	btz_softkey_close(key);
}

static enum btz_rc
soft_sign(void *state, void *key, const struct btz_backend_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	(void)state;
	return btz_softkey_sign(key, rq->alg, btz_backend_signed(rq), out, err);
}

static enum btz_rc
soft_crypt(void *state, void *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	(void)state;
	return btz_softkey_crypt(key, rq, out, err);
}

static enum btz_rc
soft_import(void *state, const struct btz_generate *g, struct btz_span secret,
    struct btz_backend_key *out, struct btz_err *err)
{
	const struct soft *st = state;

	return btz_softkey_import(st->kek, g, secret, out, err);
}

static enum btz_rc
soft_export_key(void *state, void *key, struct btz_wr *out, struct btz_err *err)
{
	(void)state;
	return btz_softkey_export(key, BTZ_KEYBLOB_EXPORTABLE, out, err);
}

static enum btz_rc
soft_backup(void *state, const char *recovery, struct btz_span whole,
    struct btz_wr *out, struct btz_err *err)
{
	const struct soft *st = state;

	return btz_softkey_backup(st->kek, recovery, whole, out, err);
}

static enum btz_rc
soft_random(void *state, void *out, size_t len, struct btz_err *err)
{
	(void)state;
	if (RAND_bytes(out, (int)len) <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
	return BTZ_OK;
}

static void
soft_status(void *state, struct btz_table_wr *rows)
{
	static const char *const weak[][2] = {
		{ "wrapping", "keys wrapped under a file key" },
		{ "destroy", "an old copy of the database brings keys back" },
	};

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(weak); i++) {
		btz_table_str(rows, weak[i][0]);
		btz_table_str(rows, weak[i][1]);
		btz_table_str(rows, "weak");
		if (!btz_table_row_end(rows))
			return;
	}
}

const struct btz_backend_ops btz_backend_soft = {
	.name = "soft",
	.protection = BTZ_PROT_SOFT,
	.caps = BTZ_CAP_IMPORT | BTZ_CAP_EXPORT | BTZ_CAP_BACKUP,
	/* All there are: bit 0 of each is none. */
	.algs = (2u << BTZ_ALG_MAX) - 2,
	.slow_algs = 1u << BTZ_ALG_RSA_2048 | 1u << BTZ_ALG_RSA_3072 |
		     1u << BTZ_ALG_RSA_4096,
	.sigs = (2u << BTZ_SIG_ALG_MAX) - 2,
	.crypts = 1u << BTZ_CRYPT_AES_GCM | 1u << BTZ_CRYPT_AES_CCM |
		  1u << BTZ_CRYPT_AES_CBC | 1u << BTZ_CRYPT_AES_CTR |
		  1u << BTZ_CRYPT_CHACHA20_POLY1305 |
		  1u << BTZ_CRYPT_RSA_OAEP_SHA256 |
		  1u << BTZ_CRYPT_RSA_OAEP_SHA384 |
		  1u << BTZ_CRYPT_RSA_OAEP_SHA512 | 1u << BTZ_CRYPT_RSA_PKCS1 |
		  1u << BTZ_CRYPT_AES_CBC_NOPAD | 1u << BTZ_CRYPT_HMAC_SHA256 |
		  1u << BTZ_CRYPT_HMAC_SHA384 | 1u << BTZ_CRYPT_HMAC_SHA512 |
		  1u << BTZ_CRYPT_CMAC | 1u << BTZ_CRYPT_ECDH |
		  1u << BTZ_CRYPT_HKDF_SHA256 | 1u << BTZ_CRYPT_HKDF_SHA384 |
		  1u << BTZ_CRYPT_HKDF_SHA512,
	.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_TLS,
	.state_size = sizeof(struct soft),
	.key_size = sizeof(struct btz_softkey),
	.open = soft_open,
	.close = soft_close,
	.label = soft_label,
	.generate = soft_generate,
	.destroy = soft_destroy,
	.open_key = soft_open_key,
	.close_key = soft_close_key,
	.sign = soft_sign,
	.random = soft_random,
	.crypt = soft_crypt,
	.import = soft_import,
	.export_key = soft_export_key,
	.backup = soft_backup,
	.status = soft_status,
};
