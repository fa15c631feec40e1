/* SPDX-License-Identifier: Apache-2.0 */
/* transport.c - notes of transport keys, and sealing for one; contract in
 * transport.h. The other end: ta/src/op_transport.c, ta/src/recovery.c. */
#include "cli/transport.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "cli/recovery_key.h"
#include "prim/prim.h"
#include "tlog/note.h"
#include "wire/alg.h"
#include "wire/msg_generate.h"

#define TITLE BTZ_TRANSPORT_TITLE "\n"

static void
sha256(void *ctx, const struct btz_span *parts, size_t n, uint8_t *out)
{
	(void)ctx;
	btz_sha256_parts(parts, n, out);
}

static enum btz_rc
verify(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_span *spki = ctx;

	return btz_verify(*spki, BTZ_SIG_ECDSA_SHA256, text, sig);
}

bool
btz_transport_is(struct btz_span text)
{
	const size_t n = strlen(TITLE);

	return text.len > n && memcmp(text.p, TITLE, n) == 0;
}

/* "NAME value\n"; false: the next line is another one. */
static bool
take_line(struct btz_span *rest, const char *name, struct btz_span *value)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->len);
	const size_t n = strlen(name);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - rest->p);
	if (len < n || memcmp(rest->p, name, n) != 0)
		return false;
	*value = btz_span_of(rest->p + n, len - n);
	*rest = btz_span_of(end + 1, rest->len - len - 1);
	return true;
}

static bool
take_text(
    struct btz_span text, struct btz_transport *out, struct btz_span *name)
{
	struct btz_span title, instance, key;
	uint8_t id[BTZ_SHA256_LEN];

	if (!take_line(&text, BTZ_TRANSPORT_TITLE, &title) || title.len != 0 ||
	    !take_line(&text, "", name) ||
	    !take_line(&text, "instance ", &instance) ||
	    !btz_unhex(instance, id, sizeof(id)) ||
	    !take_line(&text, "key ", &key) ||
	    !btz_unhex(key, out->point, sizeof(out->point)) ||
	    !take_line(&text, "weak ", &out->weak) || text.len != 0)
		return false;
	btz_hex(id, sizeof(id), out->instance);
	return true;
}

enum btz_rc
btz_transport_parse(struct btz_span note, struct btz_span checkpoint,
    struct btz_transport *out, struct btz_err *err)
{
	static const struct btz_tlog_hash hash = { sha256, NULL };
	struct btz_note_verifier v = { .verify = verify, .ctx = &checkpoint };
	struct btz_note n;

	memset(out, 0, sizeof(*out));
	if (btz_note_parse(note, &n) != BTZ_OK ||
	    !take_text(n.text, out, &v.name))
		return BTZ_FAIL(err, BTZ_E_INVAL, "not a transport note");
	btz_note_key_id(&hash, v.name, BTZ_NOTE_ECDSA, checkpoint, v.id);
	if (btz_note_verify(&n, &v, 1) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_SIGNATURE,
		    "the transport note is not by this checkpoint key");
	return BTZ_OK;
}

/* What is in it, once more in the clear. */
static enum btz_rc
describe(struct btz_span plain, struct btz_wr *what, struct btz_err *err)
{
	struct btz_restore_what m;
	struct btz_backup b;
	struct btz_generate g;

	if (!btz_msg_decode(&btz_def_backup, plain, &b) ||
	    !btz_msg_decode(&btz_def_generate, b.key, &g) ||
	    !btz_restore_describe(&b, btz_sha256, &m))
		return BTZ_FAIL(err, BTZ_E_INVAL, "form of a backup");
	if (g.kind != BTZ_KIND_PLAIN)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "backup");
	btz_msg_write(&btz_def_restore_what, &m, what);
	return btz_wr_ok(what) ? BTZ_OK
			       : BTZ_FAIL(err, BTZ_E_TOOBIG, "description");
}

static bool
put_head(struct btz_wr *out, EVP_PKEY *own, struct btz_span what,
    const uint8_t digest[BTZ_SHA256_LEN])
{
	struct btz_transport_file f = { .what = what };
	uint8_t *point = NULL;
	const size_t n = EVP_PKEY_get1_encoded_public_key(own, &point);

	if (n != sizeof(f.point)) {
		OPENSSL_free(point);
		return false;
	}
	memcpy(f.point, point, n);
	OPENSSL_free(point);
	memcpy(f.id, digest, sizeof(f.id));
	btz_transport_file_head(&f, out);
	return btz_wr_ok(out);
}

enum btz_rc
btz_transport_seal(const struct btz_transport *t, struct btz_span plain,
    struct btz_wr *out, struct btz_err *err)
{
	uint8_t buf[BTZ_TRANSPORT_WHAT_MAX], digest[BTZ_SHA256_LEN], z[32],
	    key[BTZ_SHA256_LEN];
	const size_t at = out->len;
	struct btz_wr what;
	EVP_PKEY *own;
	enum btz_rc rc;
	bool ok;

	btz_wr_init(&what, buf, sizeof(buf));
	if ((rc = describe(plain, &what, err)) != BTZ_OK)
		return rc;
	if (plain.len > BTZ_TRANSPORT_PLAIN_MAX)
		return BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "backup: raise the least version and make a new one");
	btz_sha256(btz_span_of(t->point, sizeof(t->point)), digest);
	own = EVP_EC_gen("P-256");
	ok = own != NULL && put_head(out, own, btz_wr_span(&what), digest) &&
	     btz_recovery_agree(own, t->point, z) &&
	     btz_recovery_derive(btz_span_of(digest, sizeof(digest)), z,
		 BTZ_TRANSPORT_INFO, out->buf + at + 6 + BTZ_ID_LEN,
		 key) == BTZ_OK &&
	     btz_recovery_encrypt(
		 key, btz_span_of(out->buf + at, out->len - at), plain, out);
	EVP_PKEY_free(own);
	btz_wipe(z, sizeof(z));
	btz_wipe(key, sizeof(key));
	return ok ? BTZ_OK
		  : BTZ_FAIL(err, BTZ_E_INVAL, "transport key of the note");
}
