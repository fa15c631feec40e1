/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony_file.c - reads and writes the files of a ceremony; contract in
 * ceremony_file.h. Start at btz_ceremony_parse. */
#include "cli/ceremony_file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "prim/prim.h"
#include "wire/msg_backup.h"

#define CEREMONY "bartizan-ceremony/1"
#define APPROVAL "bartizan-approval/1"
#define CHALLENGE_MAX 256u

const char *
btz_ceremony_name(uint8_t operation)
{
	return btz_approve_name(operation);
}

uint8_t
btz_ceremony_operation(struct btz_span name)
{
	for (uint8_t i = 1; btz_approve_name(i) != NULL; i++)
		if (btz_span_eq(name, btz_span_str(btz_approve_name(i))))
			return i;
	return 0;
}

/* The request is one of its operation: decoded and thrown away. */
static bool
well_formed(uint8_t operation, struct btz_span request)
{
	union {
		struct btz_approve_issuing issuing;
		struct btz_root_crl crl;
		struct btz_admin_set admins;
		struct btz_time_set time;
		struct btz_recover recover;
		struct btz_approve_restore restore;
	} m;
	struct btz_restore_what what;
	static const struct btz_msgdef *const defs[] = {
		[BTZ_APPROVE_ISSUING] = &btz_def_approve_issuing,
		[BTZ_APPROVE_ROOT_CRL] = &btz_def_root_crl,
		[BTZ_APPROVE_ADMIN_SET] = &btz_def_admin_set,
		[BTZ_APPROVE_TIME_SET] = &btz_def_time_set,
		[BTZ_APPROVE_RECOVER] = &btz_def_recover,
		[BTZ_APPROVE_RESTORE] = &btz_def_approve_restore,
	};

	if (operation == 0 || operation >= BTZ_COUNT(defs) ||
	    !btz_msg_decode(defs[operation], request, &m))
		return false;
	return operation != BTZ_APPROVE_RESTORE ||
	       btz_msg_decode(&btz_def_restore_what, m.restore.what, &what);
}

/* An object with n members, of this format; NULL and err else. */
static json_t *
load(struct btz_span text, const char *format, size_t n, struct btz_err *err)
{
	json_error_t e;
	json_t *o = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &e);
	const char *is = json_string_value(json_object_get(o, "format"));

	if (is != NULL && strcmp(is, format) == 0 && json_object_size(o) == n)
		return o;
	if (o == NULL)
		(void)BTZ_FAIL(err, BTZ_E_INVAL, "line %d: not JSON", e.line);
	else
		(void)BTZ_FAIL(
		    err, BTZ_E_INVAL, "not a file of format '%s'", format);
	json_decref(o);
	return NULL;
}

static enum btz_rc
bytes(const json_t *o, const char *name, void *out, size_t cap, size_t *len,
    struct btz_err *err)
{
	const json_t *v = json_object_get(o, name);
	const char *text = json_string_value(v);

	*len = 0;
	if (text == NULL ||
	    !btz_base64url_decode(
		btz_span_of(text, json_string_length(v)), out, cap, len))
		return BTZ_FAIL(err, BTZ_E_INVAL, "'%s'", name);
	return BTZ_OK;
}

static enum btz_rc
take_challenge(const json_t *o, struct btz_ceremony *out, struct btz_err *err)
{
	uint8_t raw[CHALLENGE_MAX];
	size_t len;
	enum btz_rc rc = bytes(o, "challenge", raw, sizeof(raw), &len, err);

	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_challenge,
				btz_span_of(raw, len), &out->challenge))
		rc = BTZ_FAIL(err, BTZ_E_INVAL, "'challenge'");
	return rc;
}

static enum btz_rc
judge(const json_t *o, const struct btz_ceremony *c, struct btz_err *err)
{
	const struct btz_span request = btz_span_of(c->request, c->request_len);
	const uint8_t named = btz_ceremony_operation(
	    btz_span_str(json_string_value(json_object_get(o, "operation"))));
	uint8_t digest[BTZ_SHA256_LEN];

	if (named == 0 || named != c->challenge.operation)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "'operation' is not the one of the challenge");
	btz_sha256(request, digest);
	if (memcmp(digest, c->challenge.digest, sizeof(digest)) != 0)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "the challenge is for another request");
	if (!well_formed(named, request))
		return BTZ_FAIL(err, BTZ_E_INVAL, "'request' of %s",
		    btz_ceremony_name(named));
	return BTZ_OK;
}

static enum btz_rc
take_ceremony(const json_t *o, struct btz_ceremony *out, struct btz_err *err)
{
	const json_t *until = json_object_get(o, "until");
	enum btz_rc rc = take_challenge(o, out, err);

	if (rc == BTZ_OK)
		rc = bytes(o, "request", out->request, sizeof(out->request),
		    &out->request_len, err);
	if (rc == BTZ_OK &&
	    (!json_is_integer(until) || json_integer_value(until) < 0))
		rc = BTZ_FAIL(err, BTZ_E_INVAL, "'until'");
	if (rc != BTZ_OK)
		return rc;
	out->until = (uint64_t)json_integer_value(until);
	return judge(o, out, err);
}

enum btz_rc
btz_ceremony_parse(
    struct btz_span json, struct btz_ceremony *out, struct btz_err *err)
{
	json_t *o;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if ((o = load(json, CEREMONY, 5, err)) == NULL)
		return err->rc;
	rc = take_ceremony(o, out, err);
	json_decref(o);
	return rc;
}

enum btz_rc
btz_approval_parse(
    struct btz_span json, struct btz_approval_file *out, struct btz_err *err)
{
	json_t *o;
	size_t len;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if ((o = load(json, APPROVAL, 4, err)) == NULL)
		return err->rc;
	rc = bytes(o, "nonce", out->nonce, sizeof(out->nonce), &len, err);
	if (rc == BTZ_OK && len != sizeof(out->nonce))
		rc = BTZ_FAIL(err, BTZ_E_INVAL, "'nonce'");
	if (rc == BTZ_OK)
		rc = bytes(o, "key", out->spki, sizeof(out->spki),
		    &out->spki_len, err);
	if (rc == BTZ_OK)
		rc = bytes(o, "signature", out->signature,
		    sizeof(out->signature), &out->signature_len, err);
	json_decref(o);
	return rc;
}

static void
put(json_t *o, const char *name, struct btz_span s)
{
	const size_t cap = s.len / 3 * 4 + 8;
	char *text = malloc(cap);

	if (text == NULL)
		return; /* print() sees that it is missing */
	(void)btz_base64url(s, text, cap);
	(void)json_object_set_new(o, name, json_string(text));
	free(text);
}

static char *
print(json_t *o, size_t n)
{
	char *text = NULL, *line = NULL;
	size_t len;

	if (o != NULL && json_object_size(o) == n)
		text = json_dumps(o, JSON_INDENT(1));
	json_decref(o);
	if (text != NULL) {
		len = strlen(text);
		line = realloc(text, len + 2);
		if (line == NULL)
			free(text);
		else
			memcpy(line + len, "\n", 2);
	}
	return line;
}

char *
btz_ceremony_print(const struct btz_ceremony *c)
{
	json_t *o = json_object();
	uint8_t raw[CHALLENGE_MAX];
	struct btz_wr wr;

	btz_wr_init(&wr, raw, sizeof(raw));
	btz_msg_write(&btz_def_challenge, &c->challenge, &wr);
	(void)json_object_set_new(o, "format", json_string(CEREMONY));
	(void)json_object_set_new(o, "operation",
	    json_string(btz_ceremony_name(c->challenge.operation)));
	put(o, "request", btz_span_of(c->request, c->request_len));
	put(o, "challenge", btz_wr_span(&wr));
	(void)json_object_set_new(
	    o, "until", json_integer((json_int_t)c->until));
	return print(o, 5);
}

char *
btz_approval_print(const struct btz_approval_file *a)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "format", json_string(APPROVAL));
	put(o, "nonce", btz_span_of(a->nonce, sizeof(a->nonce)));
	put(o, "key", btz_span_of(a->spki, a->spki_len));
	put(o, "signature", btz_span_of(a->signature, a->signature_len));
	return print(o, 4);
}
