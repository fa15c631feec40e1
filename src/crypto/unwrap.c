/* SPDX-License-Identifier: Apache-2.0 */
/* unwrap.c - RSA-OAEP and AES-KWP; contract in unwrap.h. */
#include "crypto/unwrap.h"

#include <string.h>

#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/kwp.h"

/* By the version in use, else by older ones: it may have been wrapped before
 * the key was rotated. */
static enum btz_rc
decrypt(struct btz_core *core, struct btz_hotkey *k, struct btz_span in,
    uint8_t kek[BTZ_KWP_KEK_LEN], struct btz_err *err)
{
	const struct btz_backend_crypt rq = { .verb = BTZ_VERB_DECRYPT,
		.alg = BTZ_CRYPT_RSA_OAEP_SHA256,
		.input = in };
	uint8_t room[BTZ_SIG_MAX]; /* a backend may want the modulus' length */
	struct btz_wr wr;
	enum btz_rc rc;

	for (int i = 0;; i++) {
		btz_wr_init(&wr, room, sizeof(room));
		rc = btz_keyuse_crypt(core, k, &rq, &wr, err);
		if (rc != BTZ_E_SIGNATURE || i == BTZ_HOT_TRIES ||
		    btz_hot_older(core->hot, k, &k, err) != BTZ_OK)
			break;
	}
	if (rc == BTZ_OK && (!btz_wr_ok(&wr) || wr.len != BTZ_KWP_KEK_LEN))
		rc = BTZ_E_SIGNATURE;
	if (rc == BTZ_OK)
		memcpy(kek, room, BTZ_KWP_KEK_LEN);
	btz_wipe(room, sizeof(room));
	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "wrapped AES-256 key");
}

/* NULL: err says why not. */
static struct btz_hotkey *
find_wrapping(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	struct btz_hotkey *k = NULL;
	enum btz_rc rc = btz_leased_check(
	    l, BTZ_USE_IMPORT | BTZ_USE_DECRYPT, btz_boot_ms());

	if (rc != BTZ_OK) {
		(void)BTZ_FAIL(err, rc, "decrypt by this lease");
		return NULL;
	}
	if (btz_keyuse_find(core, l, id, 0, &k, err) != BTZ_OK ||
	    btz_judge_use(&k->facts, BTZ_USE_DECRYPT, BTZ_CRYPT_RSA_OAEP_SHA256,
		btz_unix_now(), err) != BTZ_OK) {
		(void)btz_err_wrap(err, "wrapping key");
		return NULL;
	}
	return k;
}

enum btz_rc
btz_unwrap_judge(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	if (core->ops->crypt == NULL)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "'%s' unwraps no keys",
		    core->ops->name);
	return find_wrapping(core, l, id, err) != NULL ? BTZ_OK : err->rc;
}

enum btz_rc
btz_unwrap(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_span in, uint8_t *out, size_t *len,
    struct btz_err *err)
{
	uint8_t kek[BTZ_KWP_KEK_LEN];
	struct btz_hotkey *k = find_wrapping(core, l, id, err);
	size_t rsa;
	enum btz_rc rc;

	*len = 0;
	if (k == NULL)
		return err->rc;
	rsa = btz_alg_bits(k->facts.alg) / 8;
	if (in.len <= rsa)
		return BTZ_FAIL(
		    err, BTZ_E_SIGNATURE, "%zu wrapped bytes", in.len);
	rc = decrypt(core, k, btz_span_of(in.p, rsa), kek, err);
	if (rc == BTZ_OK)
		rc = btz_kwp_unwrap(
		    kek, btz_span_of(in.p + rsa, in.len - rsa), out, len, err);
	btz_wipe(kek, sizeof(kek));
	return rc;
}
