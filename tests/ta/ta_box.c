/* SPDX-License-Identifier: Apache-2.0 */
/* ta_box.c - see ta_box.h. */
#include "ta_box.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypt.h"
#include "der/build.h"
#include "der/crl.h"
#include "der/dn.h"
#include "der/x509.h"
#include "mitm.h"
#include "tlog/checkpoint.h"

static char under_way[256];

void
box_case(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(under_way, sizeof(under_way), fmt, ap);
	va_end(ap);
}

void
box_say(void)
{
	print_message("# %s\n", under_way);
	(void)fflush(stdout);
}

void
box_hold(bool cond, const char *what, const char *file, int line)
{
	if (cond)
		return;
	print_message("# in: %s\n", under_way);
	_assert_true(0, what, file, line);
}

static struct btz_span
blob_of(const struct rig_key *k)
{
	return btz_span_of(k->blob, k->blob_len);
}

/* The log: leaf i is i + 1 repeated; of a forked one the last bit differs. */
static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t out[32])
{
	const bool *fork = ctx;
	uint64_t first = index << level, n = UINT64_C(1) << level;
	struct btz_tlog_tree t;
	uint8_t leaf[32];

	btz_tlog_tree_init(&t);
	for (uint64_t i = first; i < first + n; i++) {
		memset(leaf, (int)(i + 1) & 0xff, sizeof(leaf));
		leaf[31] ^= *fork ? 1 : 0;
		assert_int_equal(
		    btz_tlog_append(&ta_tlog_hash, &t, leaf), BTZ_OK);
	}
	btz_tlog_root(&ta_tlog_hash, &t, out);
	return BTZ_OK;
}

static enum btz_rc
verify_note(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct box *b = ctx;

	return rig_verify(btz_span_of(b->cp_spki, 91), text, sig)
		   ? BTZ_OK
		   : BTZ_E_SIGNATURE;
}

static void
check_note(
    struct box *b, struct btz_span text, const struct btz_tlog_head *head)
{
	struct btz_note_verifier v = { .verify = verify_note, .ctx = b };
	struct btz_tlog_checkpoint cp;
	struct btz_note note;

	BOX_HOLD(btz_note_parse(text, &note) == BTZ_OK);
	BOX_HOLD(btz_tlog_checkpoint_parse(note.text, &cp) == BTZ_OK);
	BOX_HOLD(cp.head.size == head->size);
	BOX_HOLD(memcmp(cp.head.root, head->root, 32) == 0);
	v.name = btz_span_str("box.example/audit");
	btz_note_key_id(&ta_tlog_hash, v.name, BTZ_NOTE_ECDSA,
	    btz_span_of(b->cp_spki, 91), v.id);
	BOX_HOLD(btz_note_verify(&note, &v, 1) == BTZ_OK);
}

static enum btz_rc
ask_checkpoint(
    struct box *b, struct btz_checkpoint *req, struct btz_checkpoint_ok *ok)
{
	memcpy(req->id, b->cp_id, sizeof(req->id));
	return rig_do(&b->r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, req,
	    &btz_def_checkpoint_ok, ok);
}

enum btz_rc
box_checkpoint(struct box *b, uint64_t size, bool fork)
{
	struct btz_checkpoint req = { 0 };
	struct btz_checkpoint_ok ok = { 0 };
	struct btz_tlog_proof proof = { 0 };
	const struct btz_tlog_source log = { .node = node, .ctx = &fork };
	struct btz_tlog_head head = { .size = size };
	enum btz_rc rc = ask_checkpoint(b, &req, &ok);

	if (rc != BTZ_OK)
		return rc;
	BOX_HOLD(ok.note.len == 0);
	req.size = size;
	assert_int_equal(
	    btz_tlog_source_root(&ta_tlog_hash, &log, size, head.root), BTZ_OK);
	memcpy(req.root, head.root, 32);
	if (ok.size > 0 && ok.size <= size)
		assert_int_equal(btz_tlog_prove_consistency(&ta_tlog_hash, &log,
				     ok.size, size, &proof),
		    BTZ_OK);
	req.proof = btz_tlog_proof_span(&proof);
	rc = ask_checkpoint(b, &req, &ok);
	if (rc != BTZ_OK)
		return rc;
	BOX_HOLD(!fork && ok.size == size);
	check_note(b, ok.note, &head);
	if (size > b->cp_size)
		b->cp_size = size;
	return rc;
}

uint64_t
box_ta_size(struct box *b)
{
	struct btz_checkpoint req = { 0 };
	struct btz_checkpoint_ok ok = { 0 };

	BOX_HOLD(ask_checkpoint(b, &req, &ok) == BTZ_OK);
	return ok.size;
}

unsigned long
box_count(struct box *b, const uint8_t id[16])
{
	struct btz_checkpoint_ok ok = { 0 };
	char line[64] = "btz-chain ";
	const char *at;
	size_t n = strlen(line);

	BOX_HOLD(box_checkpoint(b, box_ta_size(b), false) == BTZ_OK);
	BOX_HOLD(btz_msg_decode(&btz_def_checkpoint_ok,
	    btz_span_of(b->r.answer, b->r.answer_len), &ok));
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n, "%02x", id[i]);
	at = memmem(ok.note.p, ok.note.len, line, n);
	BOX_HOLD(at != NULL);
	return at == NULL ? 0 : strtoul(at + n, NULL, 10);
}

uint32_t
box_state(struct box *b)
{
	struct btz_ta_info info;

	rig_info(&b->r, &info);
	BOX_HOLD(info.state != BTZ_TA_UNPROVISIONED &&
		 info.state != BTZ_TA_PROVISIONING);
	if (info.state != BTZ_TA_READY)
		return info.state;
	BOX_HOLD(info.epoch >= b->epoch);
	BOX_HOLD(memcmp(info.instance_id, b->instance_id, 32) == 0);
	BOX_HOLD(
	    btz_span_eq(info.checkpoint_spki, btz_span_of(b->cp_spki, 91)));
	b->epoch = info.epoch;
	return info.state;
}

enum btz_rc
box_open(struct box *b, const struct rig_key *k, uint32_t *handle)
{
	return rig_open(&b->r, blob_of(k), handle);
}

/* What the last answer signs. */
static void
check_signature(struct box *b, struct btz_span spki, struct btz_span data)
{
	struct btz_signature sig;

	BOX_HOLD(btz_msg_decode(&btz_def_signature,
	    btz_span_of(b->r.answer, b->r.answer_len), &sig));
	BOX_HOLD(rig_verify(spki, data, sig.signature));
}

enum btz_rc
box_sign_plain(struct box *b, const struct rig_key *k)
{
	struct btz_span text = btz_span_str("text");
	uint8_t digest[32];
	uint32_t h;
	enum btz_rc rc = box_open(b, k, &h);

	assert_int_equal(ta_sha256(&text, 1, digest), BTZ_OK);
	if (rc == BTZ_OK)
		rc = rig_sign(&b->r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
		    btz_span_of(digest, 32), btz_span_of(NULL, 0));
	if (rc == BTZ_OK)
		check_signature(b, btz_span_of(k->spki, k->spki_len), text);
	return rc;
}

enum btz_rc
box_create(struct box *b, uint8_t kind, struct rig_key *k)
{
	uint8_t tlv[512];
	size_t n = kind == BTZ_KIND_ISSUING ? rig_constraints(tlv, sizeof(tlv))
					    : 0;

	return rig_create(&b->r, kind, btz_span_of(tlv, n), k);
}

enum btz_rc
box_destroy(struct box *b, const struct rig_key *k)
{
	struct btz_ta_blob req = { blob_of(k) };
	uint32_t h;
	enum btz_rc rc = rig_do(
	    &b->r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &req, NULL, NULL);

	BOX_HOLD(rc != BTZ_OK || box_open(b, k, &h) != BTZ_OK);
	return rc;
}

enum btz_rc
box_certify(struct box *b, const struct rig_key *k)
{
	static unsigned n; /* never the same one again */
	struct btz_ta_sign_issuing req = { .blob = blob_of(k),
		.serial = { 0x41, (uint8_t)(++n >> 8), (uint8_t)n },
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + 365 * BOX_DAY,
		.now = RIG_NOW };
	struct btz_certificate c;
	struct btz_x509 x;
	enum btz_rc rc = rig_do(&b->r, BTZ_TA_SIGN_ISSUING,
	    &btz_def_ta_sign_issuing, &req, &btz_def_certificate, &c);

	if (rc != BTZ_OK)
		return rc;
	BOX_HOLD(btz_x509_parse(c.der, &x) == BTZ_OK);
	BOX_HOLD(rig_verify(btz_span_of(b->root_spki, 91), x.tbs, x.signature));
	BOX_HOLD(btz_span_eq(x.spki, btz_span_of(k->spki, k->spki_len)));
	if (k == &b->issuing)
		memcpy(b->ski, x.ext.ski.p, 20);
	return rc;
}

static struct btz_span
issuer_name(void)
{
	static uint8_t name[64];
	struct btz_wr wr;

	btz_wr_init(&wr, name, sizeof(name));
	btz_dn_put(&wr, btz_span_str("nas issuing"));
	return btz_wr_span(&wr);
}

size_t
box_tbs(struct box *b, uint8_t *buf, size_t cap, struct btz_span spki)
{
	static const uint8_t serial[16] = { 0x42 };
	uint8_t key_id[20];
	struct btz_wr wr;
	struct btz_cert_spec spec = { .profile = BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.issuer = issuer_name(),
		.subject_cn = btz_span_str("alice"),
		.not_before = RIG_NOW,
		.not_after = RIG_NOW + 30 * BOX_DAY,
		.spki = spki,
		.aki = btz_span_of(b->ski, 20),
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str("spiffe://box.example/home/user/alice"),
		.crl_uri = btz_span_str("http://box.example/ca.crl") };

	/* the bits are the last 65 octets of a P-256 key */
	spec.ski = btz_span_of(
	    key_id, rig_sha1(spki.p + spki.len - 65, 65, key_id));
	btz_wr_init(&wr, buf, cap);
	assert_int_equal(btz_cert_build(&spec, &wr), BTZ_OK);
	return wr.len;
}

static enum btz_rc
sign_issued(struct box *b, uint32_t command, struct btz_span tbs,
    struct btz_span previous)
{
	enum btz_rc rc = BTZ_OK;

	if (b->handle == 0)
		rc = box_open(b, &b->issuing, &b->handle);
	if (rc == BTZ_OK)
		rc = rig_sign(
		    &b->r, command, b->handle, RIG_NOW, tbs, previous);
	if (rc == BTZ_OK)
		check_signature(
		    b, btz_span_of(b->issuing.spki, b->issuing.spki_len), tbs);
	return rc;
}

enum btz_rc
box_leaf(struct box *b)
{
	uint8_t tbs[2048];
	size_t n = box_tbs(
	    b, tbs, sizeof(tbs), btz_span_of(b->plain.spki, b->plain.spki_len));

	return sign_issued(
	    b, BTZ_TA_SIGN_TBS_CERT, btz_span_of(tbs, n), btz_span_of(NULL, 0));
}

enum btz_rc
box_list(struct box *b)
{
	const struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.issuer = issuer_name(),
		.this_update = RIG_NOW,
		.next_update = RIG_NOW + BOX_DAY,
		.number = b->crl_number + 1,
		.aki = btz_span_of(b->ski, 20) };
	uint8_t tbs[1024];
	struct btz_signature sig;
	struct btz_crl_build cb;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, tbs, sizeof(tbs));
	btz_crl_begin(&cb, &spec, &wr);
	btz_crl_add(&cb, btz_span_of(&b->crl_entry, 1), RIG_NOW, 0);
	assert_int_equal(btz_crl_end(&cb), BTZ_OK);
	rc = sign_issued(b, BTZ_TA_SIGN_TBS_CRL, btz_wr_span(&wr),
	    btz_span_of(b->crl, b->crl_len));
	if (rc != BTZ_OK)
		return rc;
	assert_true(btz_msg_decode(&btz_def_signature,
	    btz_span_of(b->r.answer, b->r.answer_len), &sig));
	struct btz_wr out;

	btz_wr_init(&out, b->crl, sizeof(b->crl));
	assert_int_equal(btz_signed_put(&out, btz_wr_span(&wr),
			     BTZ_SIG_ECDSA_SHA256, sig.signature),
	    BTZ_OK);
	b->crl_len = out.len;
	b->crl_number++;
	return rc;
}

enum btz_rc
box_stop(struct box *b)
{
	return rig_do(&b->r, BTZ_TA_STOP, NULL, NULL, NULL, NULL);
}

void
box_kill(struct box *b)
{
	rig_kill(&b->r);
	b->handle = 0;
}

void
box_start(struct box *b)
{
	rig_start(&b->r);
	b->handle = 0;
}
