/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_object.c - what an object is told to be, and how it is found again;
 * contract in pkcs11.h. */
#include "crypto/backend/pkcs11.h"

static CK_OBJECT_CLASS class_private = CKO_PRIVATE_KEY,
		       class_secret = CKO_SECRET_KEY;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static const char label_of_none[] = "bartizan";

void
btz_p11_add(struct btz_p11_template *tp, CK_ATTRIBUTE_TYPE type, const void *v,
    size_t len)
{
	/* PKCS #11 has no const; it does not write to a template given in. */
	tp->at[tp->n++] = (CK_ATTRIBUTE){ type, (void *)(uintptr_t)v, len };
}

void
btz_p11_add_bool(struct btz_p11_template *tp, CK_ATTRIBUTE_TYPE type, bool v)
{
	btz_p11_add(tp, type, v ? &yes : &no, sizeof(CK_BBOOL));
}

void
btz_p11_add_class(struct btz_p11_template *tp, CK_OBJECT_CLASS class)
{
	btz_p11_add(tp, CKA_CLASS,
	    class == CKO_SECRET_KEY ? &class_secret : &class_private,
	    sizeof(class));
}

void
btz_p11_describe(struct btz_p11_template *tp, const struct btz_generate *g,
    const uint8_t *id)
{
	const uint32_t both = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY;
	const bool symmetric = btz_family(g->alg) >= BTZ_FAMILY_AES;

	tp->n = 0;
	btz_p11_add_bool(tp, CKA_TOKEN, true);
	btz_p11_add_bool(tp, CKA_PRIVATE, true);
	btz_p11_add_bool(tp, CKA_SENSITIVE, true);
	btz_p11_add_bool(tp, CKA_EXTRACTABLE, false);
	btz_p11_add(tp, CKA_ID, id, BTZ_ID_LEN);
	if (g->label.len > 0)
		btz_p11_add(tp, CKA_LABEL, g->label.p, g->label.len);
	else
		btz_p11_add(
		    tp, CKA_LABEL, label_of_none, sizeof(label_of_none) - 1);
	/* A MAC is verified by making it. */
	btz_p11_add_bool(tp, CKA_SIGN,
	    (g->usage & (symmetric ? both : (uint32_t)BTZ_USE_SIGN)) != 0);
	btz_p11_add_bool(tp, CKA_DECRYPT, (g->usage & BTZ_USE_DECRYPT) != 0);
	if (symmetric)
		btz_p11_add_bool(
		    tp, CKA_ENCRYPT, (g->usage & BTZ_USE_ENCRYPT) != 0);
	if (btz_family(g->alg) == BTZ_FAMILY_EC)
		btz_p11_add_bool(
		    tp, CKA_DERIVE, (g->usage & BTZ_USE_DERIVE) != 0);
}

static CK_RV
find(struct btz_p11 *t, CK_OBJECT_CLASS class, const uint8_t *id,
    CK_OBJECT_HANDLE out[BTZ_P11_FIND_MAX], CK_ULONG *n)
{
	struct btz_p11_template tp = { .n = 0 };
	CK_RV rv;

	*n = 0;
	btz_p11_add_class(&tp, class);
	btz_p11_add(&tp, CKA_ID, id, BTZ_ID_LEN);
	btz_p11_add_bool(&tp, CKA_TOKEN, true);
	rv = t->f->C_FindObjectsInit(t->session, tp.at, tp.n);
	if (rv != CKR_OK)
		return rv;
	rv = t->f->C_FindObjects(t->session, out, BTZ_P11_FIND_MAX, n);
	(void)t->f->C_FindObjectsFinal(t->session);
	return rv;
}

enum btz_rc
btz_p11_find(struct btz_p11 *t, CK_OBJECT_CLASS class, const uint8_t *id,
    CK_OBJECT_HANDLE out[BTZ_P11_FIND_MAX], CK_ULONG *n, struct btz_err *err)
{
	CK_RV rv = find(t, class, id, out, n);
	enum btz_rc rc;

	/* Without a login private objects are not there (5.6 of the standard). */
	if (rv == CKR_OK && *n == 0 && !btz_p11_logged_in(t))
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		return BTZ_OK;
	rc = btz_p11_failed(t, rv, "find key", err);
	if (rc == BTZ_E_NOENT && find(t, class, id, out, n) == CKR_OK)
		return BTZ_OK;
	return rc == BTZ_E_NOENT ? BTZ_E_TEE_DOWN : rc;
}

enum btz_rc
btz_p11_missing(struct btz_p11 *t, struct btz_err *err)
{
	if (btz_p11_answers(t))
		return BTZ_FAIL(err, BTZ_E_KEY_GONE,
		    "key object is gone from token '%.32s'",
		    t->token->conf.token);
	t->lost = true;
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    "token '%.32s' does not have the key, and does not answer",
	    t->token->conf.token);
}
