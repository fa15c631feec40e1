/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c - origin and checkpoint key of the log; contract in identity.h. */
#include "audit/identity.h"

#include <string.h>

#include "audit/files.h"
#include "audit/log.h"
#include "prim/prim.h"
#include "tlog/b64.h"
#include "wire/alg.h"

#define ORIGIN "origin"
#define PUB "checkpoint.pub"
#define ID "checkpoint.id"
#define BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define END "-----END PUBLIC KEY-----\n"
#define LINE 64u
#define PEM_MAX 2048u

static void
put_str(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

/* RFC 7468 3: 64 characters a line. */
static void
put_pem(struct btz_wr *wr, struct btz_span der)
{
	uint8_t b64[BTZ_B64_LEN(BTZ_SPKI_MAX)];
	struct btz_wr b;

	btz_wr_init(&b, b64, sizeof(b64));
	btz_b64_write(&b, der);
	put_str(wr, BEGIN);
	for (size_t at = 0; at < b.len; at += LINE) {
		btz_wr_raw(wr, b64 + at, b.len - at < LINE ? b.len - at : LINE);
		btz_wr_u8(wr, '\n');
	}
	put_str(wr, END);
}

/* Only what put_pem wrote. */
static bool
take_pem(struct btz_span text, uint8_t der[BTZ_SPKI_MAX], size_t *len)
{
	uint8_t b64[PEM_MAX], again[PEM_MAX];
	size_t head = strlen(BEGIN), tail = strlen(END), n = 0;
	struct btz_wr wr;

	if (text.len < head + tail || text.len > sizeof(b64))
		return false;
	for (size_t i = head; i < text.len - tail; i++)
		if (text.p[i] != '\n')
			b64[n++] = text.p[i];
	if (!btz_b64_read(btz_span_of(b64, n), der, BTZ_SPKI_MAX, len))
		return false;
	btz_wr_init(&wr, again, sizeof(again));
	put_pem(&wr, btz_span_of(der, *len));
	return btz_span_eq(btz_wr_span(&wr), text);
}

enum btz_rc
btz_identity_load(int dir, struct btz_identity *id, struct btz_err *err)
{
	char hex[2 * BTZ_ID_LEN + 1];
	uint8_t pem[PEM_MAX];
	enum btz_rc rc;
	size_t n;

	memset(id, 0, sizeof(*id));
	rc = btz_files_read(
	    dir, ORIGIN, id->origin, sizeof(id->origin), &n, err);
	if (rc == BTZ_E_NOENT)
		return BTZ_OK;
	if (rc != BTZ_OK)
		return rc;
	if (n == 0 || id->origin[n - 1] != '\n')
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "file '%s'", ORIGIN);
	id->origin[n - 1] = '\0';
	rc = btz_files_read(dir, PUB, pem, sizeof(pem), &n, err);
	if (rc != BTZ_OK)
		return rc;
	if (!take_pem(btz_span_of(pem, n), id->spki, &id->spki_len))
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "file '%s'", PUB);
	rc = btz_files_read(dir, ID, hex, sizeof(hex), &n, err);
	if (rc != BTZ_OK)
		return rc;
	if (n != sizeof(hex) || hex[n - 1] != '\n' ||
	    !btz_unhex(btz_span_of(hex, n - 1), id->key_id, BTZ_ID_LEN))
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "file '%s'", ID);
	id->known = true;
	return BTZ_OK;
}

static bool
same(const struct btz_identity *id, const struct btz_audit_init *m)
{
	return btz_span_eq(btz_span_str(id->origin), m->origin) &&
	       btz_span_eq(
		   btz_span_of(id->spki, id->spki_len), m->checkpoint_spki) &&
	       memcmp(id->key_id, m->checkpoint_id, BTZ_ID_LEN) == 0;
}

static enum btz_rc
store(int dir, const struct btz_audit_init *m, struct btz_err *err)
{
	char hex[2 * BTZ_ID_LEN + 1];
	uint8_t buf[PEM_MAX];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	put_pem(&wr, m->checkpoint_spki);
	rc = btz_files_write(dir, PUB, btz_wr_span(&wr), BTZ_FILES_FULL, err);
	if (rc != BTZ_OK)
		return rc;
	btz_hex(m->checkpoint_id, BTZ_ID_LEN, hex);
	hex[2 * BTZ_ID_LEN] = '\n';
	rc = btz_files_write(
	    dir, ID, btz_span_of(hex, sizeof(hex)), BTZ_FILES_FULL, err);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_wr_raw(&wr, m->origin.p, m->origin.len);
	btz_wr_u8(&wr, '\n');
	return btz_files_write(
	    dir, ORIGIN, btz_wr_span(&wr), BTZ_FILES_FULL, err);
}

enum btz_rc
btz_identity_set(int dir, struct btz_identity *id,
    const struct btz_audit_init *m, struct btz_err *err)
{
	enum btz_rc rc;

	if (id->known && same(id, m))
		return BTZ_OK;
	if (id->known)
		return BTZ_FAIL(err, BTZ_E_PROVISIONED,
		    "the log belongs to '%s'", id->origin);
	if (!btz_note_name_ok(m->origin) || m->checkpoint_spki.len == 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "origin or checkpoint key");
	rc = store(dir, m, err);
	return rc == BTZ_OK ? btz_identity_load(dir, id, err) : rc;
}

static enum btz_rc
verify(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_identity *id = ctx;

	return btz_verify(btz_span_of(id->spki, id->spki_len),
	    BTZ_SIG_ECDSA_SHA256, text, sig);
}

enum btz_rc
btz_identity_check(const struct btz_identity *id, struct btz_span note,
    struct btz_tlog_head *out, struct btz_err *err)
{
	struct btz_identity copy = *id;
	struct btz_note_verifier v = {
		.name = btz_span_str(id->origin), .verify = verify, .ctx = &copy
	};
	struct btz_tlog_checkpoint cp;
	struct btz_note n;

	btz_note_key_id(&btz_log_hash, v.name, BTZ_NOTE_ECDSA,
	    btz_span_of(id->spki, id->spki_len), v.id);
	if (btz_note_parse(note, &n) != BTZ_OK ||
	    btz_tlog_checkpoint_parse(n.text, &cp) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_LOG_TREE,
		    "checkpoint is malformed (C2SP tlog-checkpoint)");
	if (!btz_span_eq(cp.origin, v.name))
		return BTZ_FAIL(
		    err, BTZ_E_LOG_FORKED, "checkpoint is of another log");
	if (btz_note_verify(&n, &v, 1) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_SIGNATURE, "checkpoint");
	*out = cp.head;
	return BTZ_OK;
}
