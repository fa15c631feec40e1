/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_error.c - what a CK_RV means and what is to be done then; contract in
 * pkcs11.h. */
#include <stdio.h>

#include "crypto/backend/pkcs11.h"

enum meaning {	   /* of a CK_RV */
	LOGIN = 1, /* session or login gone */
	DEVICE,	   /* token or slot gone */
	UNSURE,	   /* asked whether the token still answers */
	REFUSED,   /* the token will not, however often it is asked */
};

#define ROW(rv, meaning, rc)                                                   \
	{                                                                      \
		rv, #rv, meaning, rc                                           \
	}

/* clang-format off */
static const struct row {
	CK_RV rv;
	const char *name;
	enum meaning meaning; /* 0: rc says it */
	enum btz_rc rc;
} rows[] = {
	ROW(CKR_SESSION_HANDLE_INVALID, LOGIN, 0),
	ROW(CKR_SESSION_CLOSED, LOGIN, 0),
	ROW(CKR_USER_NOT_LOGGED_IN, LOGIN, 0),
	ROW(CKR_OPERATION_ACTIVE, LOGIN, 0), /* one that failed half-way */
	/* All its sessions are over; it may be back already. */
	ROW(CKR_DEVICE_REMOVED, LOGIN, 0),
	ROW(CKR_TOKEN_NOT_PRESENT, LOGIN, 0),
	ROW(CKR_DEVICE_ERROR, DEVICE, 0),
	ROW(CKR_TOKEN_NOT_RECOGNIZED, DEVICE, 0),
	ROW(CKR_SLOT_ID_INVALID, DEVICE, 0),
	ROW(CKR_CRYPTOKI_NOT_INITIALIZED, DEVICE, 0),
	ROW(CKR_GENERAL_ERROR, UNSURE, BTZ_E_INTERNAL),
	ROW(CKR_FUNCTION_FAILED, UNSURE, BTZ_E_INTERNAL),
	ROW(CKR_KEY_HANDLE_INVALID, 0, BTZ_E_NOENT),
	ROW(CKR_OBJECT_HANDLE_INVALID, 0, BTZ_E_NOENT),
	ROW(CKR_MECHANISM_INVALID, REFUSED, BTZ_E_UNSUPPORTED),
	ROW(CKR_MECHANISM_PARAM_INVALID, 0, BTZ_E_UNSUPPORTED),
	ROW(CKR_ARGUMENTS_BAD, 0, BTZ_E_UNSUPPORTED),
	ROW(CKR_FUNCTION_NOT_SUPPORTED, REFUSED, BTZ_E_UNSUPPORTED),
	ROW(CKR_DOMAIN_PARAMS_INVALID, REFUSED, BTZ_E_UNSUPPORTED),
	ROW(CKR_CURVE_NOT_SUPPORTED, REFUSED, BTZ_E_UNSUPPORTED),
	ROW(CKR_KEY_SIZE_RANGE, REFUSED, BTZ_E_KEY_ALG),
	ROW(CKR_KEY_TYPE_INCONSISTENT, 0, BTZ_E_KEY_ALG),
	ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, REFUSED, BTZ_E_KEY_USAGE),
	ROW(CKR_DATA_INVALID, 0, BTZ_E_INVAL),
	ROW(CKR_DATA_LEN_RANGE, 0, BTZ_E_INVAL),
	ROW(CKR_ENCRYPTED_DATA_LEN_RANGE, 0, BTZ_E_INVAL),
	ROW(CKR_ENCRYPTED_DATA_INVALID, 0, BTZ_E_SIGNATURE),
	ROW(CKR_BUFFER_TOO_SMALL, 0, BTZ_E_TOOBIG),
	ROW(CKR_DEVICE_MEMORY, 0, BTZ_E_FULL),
	ROW(CKR_HOST_MEMORY, 0, BTZ_E_NOMEM),
	ROW(CKR_SESSION_COUNT, 0, BTZ_E_AGAIN),
	ROW(CKR_ACTION_PROHIBITED, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_ATTRIBUTE_READ_ONLY, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_ATTRIBUTE_SENSITIVE, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_ATTRIBUTE_TYPE_INVALID, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_ATTRIBUTE_VALUE_INVALID, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_TEMPLATE_INCOMPLETE, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_TEMPLATE_INCONSISTENT, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_FUNCTION_REJECTED, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_KEY_NOT_WRAPPABLE, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_WRAPPED_KEY_INVALID, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_SESSION_READ_ONLY, REFUSED, BTZ_E_TOKEN_REFUSED),
	ROW(CKR_TOKEN_WRITE_PROTECTED, REFUSED, BTZ_E_TOKEN_REFUSED),
	/* For its name. */
	ROW(CKR_PIN_INCORRECT, 0, BTZ_E_INTERNAL),
	ROW(CKR_PIN_LOCKED, 0, BTZ_E_INTERNAL),
	ROW(CKR_PIN_EXPIRED, 0, BTZ_E_INTERNAL),
	ROW(CKR_CANT_LOCK, 0, BTZ_E_INTERNAL),
};
/* clang-format on */

/* NULL: one that we do not expect. */
static const struct row *
row_of(CK_RV rv)
{
	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if (rows[i].rv == rv)
			return &rows[i];
	return NULL;
}

const char *
btz_p11_name(CK_RV rv)
{
	static char number[24];
	const struct row *row = row_of(rv);

	if (row != NULL)
		return row->name;
	(void)snprintf(number, sizeof(number), "0x%lx", rv);
	return number;
}

bool
btz_p11_refused(CK_RV rv)
{
	const struct row *row = row_of(rv);

	return row != NULL && row->meaning == REFUSED;
}

static enum btz_rc
lose(struct btz_p11 *t, CK_RV rv, const char *what, struct btz_err *err)
{
	t->lost = true;
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "token '%.32s': %s: %s",
	    t->token->conf.token, what, btz_p11_name(rv));
}

enum btz_rc
btz_p11_failed(
    struct btz_p11 *t, CK_RV rv, const char *what, struct btz_err *err)
{
	const struct row *row = row_of(rv);
	const enum meaning meaning = row == NULL ? 0 : row->meaning;

	if (t->helper) {
		t->helper_rv = t->helper_rv == CKR_OK ? rv : t->helper_rv;
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "%s: 0x%lx", what, rv);
	}
	/* A PIN is not told to another token in the same slot. */
	if (meaning == LOGIN && btz_p11_present(t) &&
	    btz_p11_login(t, err) == BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_NOENT, "logged in again");
	if (meaning == LOGIN || meaning == DEVICE ||
	    (meaning == UNSURE && !btz_p11_answers(t)))
		return lose(t, rv, what, err);
	return BTZ_FAIL(err, row == NULL ? BTZ_E_INTERNAL : row->rc,
	    "token '%.32s': %s: %s", t->token->conf.token, what,
	    btz_p11_name(rv));
}
