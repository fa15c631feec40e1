/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_token.c - slot, session, login, errors; contract in pkcs11.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/backend/pkcs11.h"

#define SLOTS_MAX 64u
#define PIN_MAX 255u

enum meaning {	   /* of a CK_RV */
	LOGIN = 1, /* session or login gone */
	DEVICE,	   /* token or slot gone */
	UNSURE,	   /* asked whether the token still answers */
};

static const struct {
	CK_RV rv;
	enum meaning meaning; /* 0: rc says it */
	enum btz_rc rc;
} meanings[] = {
	{ CKR_SESSION_HANDLE_INVALID, LOGIN, 0 },
	{ CKR_SESSION_CLOSED, LOGIN, 0 },
	{ CKR_USER_NOT_LOGGED_IN, LOGIN, 0 },
	{ CKR_OPERATION_ACTIVE, LOGIN, 0 }, /* one that failed half-way */
	{ CKR_DEVICE_REMOVED, DEVICE, 0 },
	{ CKR_DEVICE_ERROR, DEVICE, 0 },
	{ CKR_TOKEN_NOT_PRESENT, DEVICE, 0 },
	{ CKR_TOKEN_NOT_RECOGNIZED, DEVICE, 0 },
	{ CKR_SLOT_ID_INVALID, DEVICE, 0 },
	{ CKR_CRYPTOKI_NOT_INITIALIZED, DEVICE, 0 },
	{ CKR_GENERAL_ERROR, UNSURE, BTZ_E_INTERNAL },
	{ CKR_FUNCTION_FAILED, UNSURE, BTZ_E_INTERNAL },
	{ CKR_KEY_HANDLE_INVALID, 0, BTZ_E_NOENT },
	{ CKR_OBJECT_HANDLE_INVALID, 0, BTZ_E_NOENT },
	{ CKR_MECHANISM_INVALID, 0, BTZ_E_UNSUPPORTED },
	{ CKR_MECHANISM_PARAM_INVALID, 0, BTZ_E_UNSUPPORTED },
	{ CKR_ARGUMENTS_BAD, 0, BTZ_E_UNSUPPORTED },
	{ CKR_FUNCTION_NOT_SUPPORTED, 0, BTZ_E_UNSUPPORTED },
	{ CKR_DOMAIN_PARAMS_INVALID, 0, BTZ_E_UNSUPPORTED },
	{ CKR_KEY_SIZE_RANGE, 0, BTZ_E_KEY_ALG },
	{ CKR_KEY_TYPE_INCONSISTENT, 0, BTZ_E_KEY_ALG },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, 0, BTZ_E_KEY_USAGE },
	{ CKR_DATA_INVALID, 0, BTZ_E_INVAL },
	{ CKR_DATA_LEN_RANGE, 0, BTZ_E_INVAL },
	{ CKR_ENCRYPTED_DATA_LEN_RANGE, 0, BTZ_E_INVAL },
	{ CKR_ENCRYPTED_DATA_INVALID, 0, BTZ_E_SIGNATURE },
	{ CKR_BUFFER_TOO_SMALL, 0, BTZ_E_TOOBIG },
	{ CKR_DEVICE_MEMORY, 0, BTZ_E_FULL },
	{ CKR_HOST_MEMORY, 0, BTZ_E_NOMEM },
	{ CKR_TOKEN_WRITE_PROTECTED, 0, BTZ_E_STATE },
};

static bool
is_label(const CK_TOKEN_INFO *i, const char *label)
{
	size_t n = strlen(label);

	if (n > sizeof(i->label) || memcmp(i->label, label, n) != 0)
		return false;
	for (; n < sizeof(i->label); n++) /* blank padded */
		if (i->label[n] != ' ')
			return false;
	return true;
}

static bool
is_ours(struct btz_p11 *t, CK_SLOT_ID slot, CK_TOKEN_INFO *i)
{
	const struct btz_conf_pkcs11 *c = &t->token->conf;

	if (c->slot >= 0 && slot != (CK_SLOT_ID)c->slot)
		return false;
	return t->f->C_GetTokenInfo(slot, i) == CKR_OK &&
	       (i->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	       (c->token[0] == '\0' || is_label(i, c->token));
}

static void
take(struct btz_p11 *t, CK_SLOT_ID slot, const CK_TOKEN_INFO *i)
{
	int m = sizeof(i->model), k = sizeof(i->manufacturerID);

	t->slot = slot;
	t->pinpad = (i->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	memcpy(t->serial, i->serialNumber, sizeof(t->serial));
	while (m > 0 && i->model[m - 1] == ' ')
		m--;
	while (k > 0 && i->manufacturerID[k - 1] == ' ')
		k--;
	(void)snprintf(t->model, sizeof(t->model), "%.*s, %.*s", k,
	    (const char *)i->manufacturerID, m, (const char *)i->model);
	for (char *p = t->model; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

enum btz_rc
btz_p11_find_slot(struct btz_p11 *t, struct btz_err *err)
{
	const struct btz_conf_pkcs11 *c = &t->token->conf;
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO i, found;
	unsigned matches = 0;

	if (t->f->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		n = 0;
	for (CK_ULONG k = 0; k < n; k++) {
		if (!is_ours(t, slots[k], &i))
			continue;
		t->slot = slots[k];
		found = i;
		matches++;
	}
	if (matches == 0)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "token '%.32s' is not there (%lu others)", c->token, n);
	if (matches > 1)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "%u tokens are called '%.32s': name the slot", matches,
		    c->token);
	take(t, t->slot, &found);
	return BTZ_OK;
}

static enum btz_rc
read_pin(const struct btz_p11 *t, char *pin, size_t *len, struct stat *sb,
    struct btz_err *err)
{
	const char *path = t->token->conf.pin_file;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = -1;

	err->rc = BTZ_OK;
	if (fd < 0 || fstat(fd, sb) != 0 || !S_ISREG(sb->st_mode))
		(void)BTZ_FAIL_SYS(err, BTZ_E_TEE_DOWN,
		    "pin_file '%.80s', as uid %u", path, (unsigned)geteuid());
	else if ((sb->st_mode & 077) != 0)
		(void)BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "pin_file '%.80s': others may read it, chmod 0600", path);
	else if (btz_p11_pin_refused(t->module, sb))
		(void)BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "token '%.32s' refused this PIN: not tried again until "
		    "pin_file changes",
		    t->token->conf.token);
	else if ((n = read(fd, pin, PIN_MAX + 1)) > (ssize_t)PIN_MAX)
		n = -1;
	if (n < 0 && err->rc == BTZ_OK)
		(void)BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "pin_file '%.80s': cannot be a PIN", path);
	if (fd >= 0)
		(void)close(fd);
	while (n > 0 && (pin[n - 1] == '\n' || pin[n - 1] == '\r'))
		n--;
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? BTZ_E_TEE_DOWN : BTZ_OK;
}

static CK_RV
login(struct btz_p11 *t, char *pin, size_t len)
{
	CK_RV rv = t->f->C_Login(
	    t->session, CKU_USER, (CK_UTF8CHAR_PTR)pin, (CK_ULONG)len);

	t->logins++;
	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static enum btz_rc
login_with_file(struct btz_p11 *t, struct btz_err *err)
{
	char pin[PIN_MAX + 1];
	struct stat sb;
	size_t len;
	enum btz_rc rc = read_pin(t, pin, &len, &sb, err);
	CK_RV rv = CKR_OK;

	if (rc == BTZ_OK)
		rv = login(t, pin, len);
	btz_wipe(pin, sizeof(pin));
	if (rc != BTZ_OK || rv == CKR_OK)
		return rc;
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED ||
	    rv == CKR_PIN_EXPIRED || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE)
		btz_p11_pin_refuse(t->module, &sb);
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "token '%.32s': login: 0x%lx%s",
	    t->token->conf.token, rv,
	    rv == CKR_PIN_INCORRECT ? " (wrong PIN)"
	    : rv == CKR_PIN_LOCKED  ? " (PIN is locked)"
				    : "");
}

enum btz_rc
btz_p11_login(struct btz_p11 *t, struct btz_err *err)
{
	CK_RV rv;

	if (t->session != 0)
		(void)t->f->C_CloseSession(t->session);
	t->session = 0;
	rv = t->f->C_OpenSession(t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &t->session);
	if (rv != CKR_OK) {
		t->session = 0;
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "token '%.32s': session: 0x%lx", t->token->conf.token, rv);
	}
	if (t->token->conf.pin_file[0] != '\0')
		return login_with_file(t, err);
	if (!t->pinpad)
		return BTZ_OK;
	rv = login(t, NULL, 0);
	return rv == CKR_OK ? BTZ_OK
			    : BTZ_FAIL(err, BTZ_E_TEE_DOWN,
				  "token '%.32s': login: 0x%lx",
				  t->token->conf.token, rv);
}

bool
btz_p11_logged_in(const struct btz_p11 *t)
{
	CK_SESSION_INFO s;

	return (t->token->conf.pin_file[0] == '\0' && !t->pinpad) ||
	       (t->f->C_GetSessionInfo(t->session, &s) == CKR_OK &&
		   s.state == CKS_RW_USER_FUNCTIONS);
}

bool
btz_p11_answers(const struct btz_p11 *t)
{
	CK_SESSION_INFO s;
	CK_TOKEN_INFO i;

	return t->session != 0 &&
	       t->f->C_GetSessionInfo(t->session, &s) == CKR_OK &&
	       t->f->C_GetTokenInfo(t->slot, &i) == CKR_OK &&
	       (i.flags & CKF_TOKEN_INITIALIZED) != 0 &&
	       memcmp(i.serialNumber, t->serial, sizeof(t->serial)) == 0;
}

static enum btz_rc
lose(struct btz_p11 *t, CK_RV rv, const char *what, struct btz_err *err)
{
	t->lost = true;
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "token '%.32s': %s: 0x%lx",
	    t->token->conf.token, what, rv);
}

enum btz_rc
btz_p11_failed(
    struct btz_p11 *t, CK_RV rv, const char *what, struct btz_err *err)
{
	enum meaning meaning = 0;
	enum btz_rc rc = BTZ_E_INTERNAL;

	for (size_t i = 0; i < BTZ_COUNT(meanings); i++)
		if (meanings[i].rv == rv) {
			meaning = meanings[i].meaning;
			rc = meanings[i].rc;
		}
	if (meaning == LOGIN && btz_p11_login(t, err) == BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_NOENT, "logged in again");
	if (meaning == LOGIN || meaning == DEVICE ||
	    (meaning == UNSURE && !btz_p11_answers(t)))
		return lose(t, rv, what, err);
	return BTZ_FAIL(err, rc, "token '%.32s': %s: 0x%lx",
	    t->token->conf.token, what, rv);
}
