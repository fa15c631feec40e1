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
	t->read_only = (i->flags & CKF_WRITE_PROTECTED) != 0;
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
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "token '%.32s': login: %s%s",
	    t->token->conf.token, btz_p11_name(rv),
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
		    "token '%.32s': session: %s", t->token->conf.token,
		    btz_p11_name(rv));
	}
	if (t->token->conf.pin_file[0] != '\0')
		return login_with_file(t, err);
	if (!t->pinpad)
		return BTZ_OK;
	rv = login(t, NULL, 0);
	return rv == CKR_OK
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_TEE_DOWN, "token '%.32s': login: %s",
			 t->token->conf.token, btz_p11_name(rv));
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
btz_p11_present(const struct btz_p11 *t)
{
	CK_TOKEN_INFO i;

	return t->f->C_GetTokenInfo(t->slot, &i) == CKR_OK &&
	       (i.flags & CKF_TOKEN_INITIALIZED) != 0 &&
	       memcmp(i.serialNumber, t->serial, sizeof(t->serial)) == 0;
}

bool
btz_p11_answers(const struct btz_p11 *t)
{
	CK_SESSION_INFO s;

	return t->session != 0 &&
	       t->f->C_GetSessionInfo(t->session, &s) == CKR_OK &&
	       btz_p11_present(t);
}
