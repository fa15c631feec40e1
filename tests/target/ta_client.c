/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_client.c - the trusted application on OP-TEE, before and after a restart
 * of everything. Signatures are verified with libcrypto. Speaks TAP.
 *
 *   ta_client first      empty TPM and storage: provision, keys, certificates
 *   ta_client second     after a restart: the same box goes on
 *   ta_client speed      empty TPM and storage: how long each operation takes
 *   ta_client rolledback storage of `first` put back after `second`
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "der/build.h"
#include "der/dn.h"
#include "der/x509.h"
#include "speed.h"
#include "ta_call.h"
#include "tlog/checkpoint.h"
#include "wire/alg.h"
#include "wire/constraint.h"
#include "wire/keyblob.h"
#include "wire/msg_certify.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_provision.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msg_ta.h"

#define NOW 1790000000u
#define DAY 86400u
#define RATE_RUNS 10

static const struct btz_span none;
static uint64_t now = NOW;
static uint8_t key_alg = BTZ_ALG_EC_P256; /* of create and sign */
static uint16_t sig_alg = BTZ_SIG_ECDSA_SHA256;

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes of INFO that outlive the next call. */
static uint8_t root_cert[4096], cp_spki[256];

static bool
info(struct btz_ta_info *m)
{
	if (ta_do(BTZ_TA_INFO, NULL, NULL, &btz_def_ta_info, m) != BTZ_OK)
		return false;
	if (m->root_cert.len > sizeof(root_cert) ||
	    m->checkpoint_spki.len > sizeof(cp_spki))
		return false;
	(void)printf("# state %u, epoch %llu, last %u, %.*s\n", m->state,
	    (unsigned long long)m->epoch, m->last_rc, (int)m->weaknesses.len,
	    (const char *)m->weaknesses.p);
	if (m->root_cert.len > 0)
		memcpy(root_cert, m->root_cert.p, m->root_cert.len);
	if (m->checkpoint_spki.len > 0)
		memcpy(cp_spki, m->checkpoint_spki.p, m->checkpoint_spki.len);
	m->root_cert.p = root_cert;
	m->checkpoint_spki.p = cp_spki;
	return true;
}

static bool
admits(const struct btz_ta_info *m, const char *what)
{
	return memmem(m->weaknesses.p, m->weaknesses.len, what, strlen(what)) !=
	       NULL;
}

static bool
provision(void)
{
	const struct btz_provision req = {
		.trust_domain = btz_span_str("box.example"),
		.box = btz_span_str("nas"),
		.origin = btz_span_str("box.example/audit"),
		.now = NOW,
		.root_not_after = NOW + 7300ull * DAY,
	};
	struct btz_ta_step s = { 0 };

	for (int i = 0; i < 30 && s.done == 0; i++) {
		double t0 = seconds();
		enum btz_rc rc = ta_do(BTZ_TA_PROVISION, &btz_def_provision,
		    &req, &btz_def_ta_step, &s);

		if (rc != BTZ_OK) {
			(void)printf("# step after %u: rc %u\n", s.step, rc);
			return false;
		}
		(void)printf("# step %u of %u, %.1f s: %.*s\n", s.step, s.steps,
		    seconds() - t0, (int)s.text.len, (const char *)s.text.p);
	}
	return s.done == 1 && ta_state() == BTZ_TA_READY;
}

struct key {
	uint8_t spki_buf[256], blob_buf[BTZ_BLOB_MAX];
	struct btz_span spki, blob;
	uint32_t handle;
};

static enum btz_rc
create(uint8_t kind, struct btz_span constraints, struct key *out)
{
	const struct btz_ta_key_create req = { .alg = key_alg,
		.kind = kind,
		.operations = BTZ_USE_SIGN,
		.constraints = constraints };
	struct btz_ta_key k;
	enum btz_rc rc = ta_do(BTZ_TA_KEY_CREATE, &btz_def_ta_key_create, &req,
	    &btz_def_ta_key, &k);

	if (rc != BTZ_OK)
		return rc;
	if (k.spki.len > sizeof(out->spki_buf) ||
	    k.blob.len > sizeof(out->blob_buf))
		return BTZ_E_TOOBIG;
	memcpy(out->spki_buf, k.spki.p, k.spki.len);
	memcpy(out->blob_buf, k.blob.p, k.blob.len);
	out->spki = btz_span_of(out->spki_buf, k.spki.len);
	out->blob = btz_span_of(out->blob_buf, k.blob.len);
	return BTZ_OK;
}

static enum btz_rc
open_key(struct key *k)
{
	const struct btz_ta_blob req = { k->blob };
	struct btz_ta_handle h = { 0 };
	enum btz_rc rc = ta_do(
	    BTZ_TA_KEY_OPEN, &btz_def_ta_blob, &req, &btz_def_ta_handle, &h);

	k->handle = h.handle;
	return rc;
}

static enum btz_rc
sign(uint32_t command, const struct key *k, struct btz_span input,
    struct btz_span *sig)
{
	static uint8_t buf[256];
	const struct btz_ta_sign req = { .handle = k->handle,
		.alg = sig_alg,
		.now = now,
		.input = input,
		.previous = none };
	struct btz_signature s;
	enum btz_rc rc = ta_do(
	    command, &btz_def_ta_sign, &req, &btz_def_signature, &s);

	if (rc != BTZ_OK)
		return rc;
	if (s.signature.len > sizeof(buf))
		return BTZ_E_TOOBIG;
	memcpy(buf, s.signature.p, s.signature.len);
	*sig = btz_span_of(buf, s.signature.len);
	return rc;
}

static bool
sign_digest(const struct key *k)
{
	static const char text[] = "made on OP-TEE";
	const struct btz_span data = btz_span_str(text);
	struct btz_span sig;
	uint8_t digest[32];

	sha256_tlog.sha256(NULL, &data, 1, digest);
	return sign(BTZ_TA_SIGN_DIGEST, k, btz_span_of(digest, 32), &sig) ==
		   BTZ_OK &&
	       ecdsa_verify(k->spki, data, sig);
}

static void
rates(const struct key *k)
{
	double t0 = seconds();
	const struct btz_random one = { .n = 16 };
	struct btz_random_ok r;

	for (int i = 0; i < RATE_RUNS; i++)
		if (!sign_digest(k))
			return;
	(void)printf("# SIGN_DIGEST: %.2f/s\n", RATE_RUNS / (seconds() - t0));
	t0 = seconds();
	for (int i = 0; i < RATE_RUNS; i++)
		if (ta_do(BTZ_TA_RANDOM, &btz_def_random, &one,
			&btz_def_random_ok, &r) != BTZ_OK)
			return;
	(void)printf("# RANDOM: %.2f/s\n", RATE_RUNS / (seconds() - t0));
}

static struct btz_span
constraints(void)
{
	static const uint8_t range[] = { 192, 0, 2, 0, 255, 255, 255, 0 };
	static uint8_t buf[512];
	const struct btz_constraints c = {
		.trust_domain = btz_span_str("box.example"),
		.subject_cn = btz_span_str("nas issuing"),
		.ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		.max_lifetime = 30 * DAY,
		.crl_uri = btz_span_str("http://box.example/ca.crl"),
		.n_tenants = 1,
		.tenants = { btz_span_str("home") },
		.n_dns = 1,
		.dns = { btz_span_str("box.example") },
		.n_ips = 1,
		.ips = { btz_span_of(range, sizeof(range)) },
	};
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_constraints_encode(&c, &wr);
	return btz_wr_span(&wr);
}

static bool
certify(const struct key *issuing, struct btz_span root)
{
	const struct btz_ta_sign_issuing req = { .blob = issuing->blob,
		.serial = { 0x41, 1 },
		.not_before = now,
		.not_after = now + 365 * DAY,
		.now = now };
	struct btz_certificate c;
	struct btz_x509 x, r;
	enum btz_rc rc = ta_do(BTZ_TA_SIGN_ISSUING, &btz_def_ta_sign_issuing,
	    &req, &btz_def_certificate, &c);

	if (rc != BTZ_OK) {
		(void)printf("# SIGN_ISSUING: rc %u\n", rc);
		return false;
	}
	return btz_x509_parse(c.der, &x) == BTZ_OK &&
	       btz_x509_parse(root, &r) == BTZ_OK &&
	       ecdsa_verify(r.spki, x.tbs, x.signature) &&
	       btz_span_eq(x.spki, issuing->spki) &&
	       keep("issuing.der", c.der) && keep("root.der", root);
}

static struct btz_span
leaf(const struct key *issuing, const struct key *user, const char *uri,
    uint8_t serial)
{
	static uint8_t tbs[2048], name[64], ser[16], ski[20], aki[20];
	struct btz_wr wr, wn;

	ser[0] = serial;
	sha1(btz_span_of(user->spki.p + user->spki.len - 65, 65), ski);
	sha1(btz_span_of(issuing->spki.p + issuing->spki.len - 65, 65), aki);
	btz_wr_init(&wn, name, sizeof(name));
	btz_dn_put(&wn, btz_span_str("nas issuing"));
	const struct btz_cert_spec spec = { .profile = BTZ_PROFILE_USER,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(ser, 16),
		.issuer = btz_wr_span(&wn),
		.subject_cn = btz_span_str("alice"),
		.not_before = now,
		.not_after = now + 20 * DAY,
		.spki = user->spki,
		.ski = btz_span_of(ski, 20),
		.aki = btz_span_of(aki, 20),
		.ekus = BTZ_EKU_CLIENT_AUTH,
		.uri = btz_span_str(uri),
		.crl_uri = btz_span_str("http://box.example/ca.crl") };

	btz_wr_init(&wr, tbs, sizeof(tbs));
	if (btz_cert_build(&spec, &wr) != BTZ_OK)
		return none;
	return btz_wr_span(&wr);
}

/* The certificate of a key that the TA does not know: a point made here would
 * do; the generator of P-256 (SEC 2, 2.4.2) is one. */
static void
stranger(struct key *k)
{
	static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
		0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8,
		0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
		0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
		0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
		0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
		0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
		0x68, 0x37, 0xbf, 0x51, 0xf5 };

	memcpy(k->spki_buf, head, sizeof(head));
	k->spki = btz_span_of(k->spki_buf, sizeof(head));
}

static bool
issue(const struct key *issuing, const struct key *user, uint8_t serial,
    const char *file)
{
	static uint8_t cert[4096];
	struct btz_span sig,
	    tbs = leaf(
		issuing, user, "spiffe://box.example/home/user/alice", serial);
	enum btz_rc rc = sign(BTZ_TA_SIGN_TBS_CERT, issuing, tbs, &sig);
	struct btz_wr wr;

	if (rc != BTZ_OK) {
		(void)printf("# SIGN_TBS_CERT: rc %u\n", rc);
		return false;
	}
	btz_wr_init(&wr, cert, sizeof(cert));
	return ecdsa_verify(issuing->spki, tbs, sig) &&
	       btz_signed_put(&wr, tbs, BTZ_SIG_ECDSA_SHA256, sig) == BTZ_OK &&
	       keep(file, btz_wr_span(&wr));
}

/* A log of leaves whose hashes are their numbers. */
static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t out[32])
{
	uint64_t first = index << level, n = UINT64_C(1) << level;
	struct btz_tlog_tree t;

	(void)ctx;
	btz_tlog_tree_init(&t);
	for (uint64_t i = first; i < first + n; i++) {
		const uint8_t hash[32] = { (uint8_t)i };
		enum btz_rc rc = btz_tlog_append(&sha256_tlog, &t, hash);

		if (rc != BTZ_OK)
			return rc;
	}
	btz_tlog_root(&sha256_tlog, &t, out);
	return BTZ_OK;
}

static enum btz_rc
checkpoint_by(ta_call_fn *call, const struct btz_ta_info *m, uint64_t from,
    uint64_t size, struct btz_checkpoint_ok *ok)
{
	static const struct btz_tlog_source source = { .node = node };
	struct btz_checkpoint req = { .size = size };
	struct btz_tlog_proof proof = { 0 };
	enum btz_rc rc;

	memcpy(req.id, m->checkpoint_id, sizeof(req.id));
	rc = btz_tlog_source_root(&sha256_tlog, &source, size, req.root);
	if (rc == BTZ_OK && from > 0 && from <= size)
		rc = btz_tlog_prove_consistency(
		    &sha256_tlog, &source, from, size, &proof);
	if (rc != BTZ_OK)
		return rc;
	req.proof = btz_tlog_proof_span(&proof);
	return call(BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &req,
	    &btz_def_checkpoint_ok, ok);
}

static enum btz_rc
checkpoint(const struct btz_ta_info *m, uint64_t from, uint64_t size,
    struct btz_checkpoint_ok *ok)
{
	return checkpoint_by(ta_do, m, from, size, ok);
}

static enum btz_rc
note_sig(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_ta_info *m = ctx;

	return ecdsa_verify(m->checkpoint_spki, text, sig) ? BTZ_OK
							   : BTZ_E_SIGNATURE;
}

static bool
note_ok(struct btz_ta_info *m, struct btz_span in, uint64_t size)
{
	struct btz_note_verifier v = { .verify = note_sig, .ctx = m };
	struct btz_tlog_checkpoint cp;
	struct btz_note note;

	v.name = btz_span_str("box.example/audit");
	btz_note_key_id(
	    &sha256_tlog, v.name, BTZ_NOTE_ECDSA, m->checkpoint_spki, v.id);
	return btz_note_parse(in, &note) == BTZ_OK &&
	       btz_note_verify(&note, &v, 1) == BTZ_OK &&
	       btz_tlog_checkpoint_parse(note.text, &cp) == BTZ_OK &&
	       cp.head.size == size;
}

/* What goes on while the TPM is at work for the head of `size`. */
static void
begun(struct btz_ta_info *m, const struct key *plain, uint64_t size)
{
	struct btz_checkpoint_ok ok;
	enum btz_rc rc;

	tap(checkpoint_by(ta_once, m, size, size, &ok) == BTZ_E_PENDING,
	    "SIGN_CHECKPOINT begins: the TPM is at work");
	tap(checkpoint_by(ta_once, m, size, size, &ok) == BTZ_E_AGAIN,
	    "another one meanwhile: not now");
	tap(sign_digest(plain), "SIGN_DIGEST meanwhile verifies");
	do
		rc = ta_once(
		    BTZ_TA_TPM_END, NULL, NULL, &btz_def_checkpoint_ok, &ok);
	while (rc == BTZ_E_PENDING);
	tap(rc == BTZ_OK && note_ok(m, ok.note, size),
	    "TPM_END gives the note, which verifies");
	tap(ta_once(BTZ_TA_TPM_END, NULL, NULL, &btz_def_checkpoint_ok, &ok) ==
		BTZ_E_STATE,
	    "and gives it once");
}

static bool
stop(void)
{
	return ta_do(BTZ_TA_STOP, NULL, NULL, NULL, NULL) == BTZ_OK;
}

static void
first_keys(struct btz_ta_info *m)
{
	static struct key plain, issuing, alice;
	struct btz_checkpoint_ok ok;
	struct btz_span sig;
	uint8_t digest[32] = { 1 };

	tap(create(BTZ_KIND_PLAIN, none, &plain) == BTZ_OK &&
		open_key(&plain) == BTZ_OK,
	    "KEY_CREATE and KEY_OPEN, plain");
	tap(sign_digest(&plain), "SIGN_DIGEST verifies");
	rates(&plain);
	tap(create(BTZ_KIND_ISSUING, constraints(), &issuing) == BTZ_OK &&
		open_key(&issuing) == BTZ_OK,
	    "KEY_CREATE and KEY_OPEN, issuing");
	tap(sign(BTZ_TA_SIGN_DIGEST, &issuing, btz_span_of(digest, 32), &sig) ==
		BTZ_E_KEY_KIND,
	    "a raw digest with the issuing key is refused");
	tap(certify(&issuing, m->root_cert),
	    "SIGN_ISSUING verifies with the root");
	stranger(&alice);
	tap(sign(BTZ_TA_SIGN_TBS_CERT, &issuing,
		leaf(&issuing, &alice, "spiffe://box.example/shop/user/alice",
		    0x42),
		&sig) == BTZ_E_X509_SAN,
	    "a certificate of another tenant is refused");
	tap(sign(BTZ_TA_SIGN_TBS_CERT, &issuing,
		leaf(&issuing, &issuing, "spiffe://box.example/home/user/alice",
		    0x42),
		&sig) == BTZ_E_X509_SPKI_OURS,
	    "a certificate for the issuing key itself is refused");
	tap(issue(&issuing, &alice, 0x42, "leaf1.der"),
	    "SIGN_TBS_CERT verifies");
	tap(checkpoint(m, 0, 5, &ok) == BTZ_OK && note_ok(m, ok.note, 5),
	    "SIGN_CHECKPOINT of 5 entries verifies");
	tap(checkpoint(m, 0, 3, &ok) == BTZ_E_LOG_SMALLER,
	    "a smaller log is refused");
	tap(keep("plain.blob", plain.blob) && keep("plain.spki", plain.spki) &&
		keep("issuing.blob", issuing.blob) &&
		keep("issuing.spki", issuing.spki),
	    "blobs are kept");
}

static void
first(void)
{
	const struct btz_random ask = { .n = 32 };
	struct btz_random_ok r1;
	struct btz_ta_info m = { 0 };
	struct btz_x509 root;
	struct key none_yet;

	tap(info(&m) && m.state == BTZ_TA_UNPROVISIONED, "INFO: unprovisioned");
	tap(admits(&m, "hardening: test-huk+test-ta-key"),
	    "hardening: test-huk,test-ta-key");
	tap(!admits(&m, "tee-emulated"), "not emulated");
	tap(create(BTZ_KIND_PLAIN, none, &none_yet) == BTZ_E_UNPROVISIONED,
	    "no key before PROVISION");
	if (!tap(provision(), "PROVISION to the end"))
		return;
	tap(ta_do(BTZ_TA_RANDOM, &btz_def_random, &ask, &btz_def_random_ok,
		&r1) == BTZ_OK &&
		r1.bytes.len == 32,
	    "RANDOM");
	tap(info(&m) && m.state == BTZ_TA_READY && m.epoch == 1,
	    "INFO: ready, first epoch");
	tap(btz_x509_parse(m.root_cert, &root) == BTZ_OK &&
		ecdsa_verify(root.spki, root.tbs, root.signature),
	    "the root's certificate verifies");
	tap(keep("instance", btz_span_of(m.instance_id, 32)),
	    "identity is kept");
	first_keys(&m);
	tap(stop(), "STOP");
}

static void
second(void)
{
	static struct key plain, issuing, alice;
	struct btz_checkpoint_ok ok;
	struct btz_ta_info m = { 0 };

	now = NOW + 60;
	tap(info(&m) && m.state == BTZ_TA_READY, "INFO: ready after restart");
	tap(m.epoch == 2 && m.previous_clean == 1, "second epoch, first clean");
	tap(btz_span_eq(btz_span_of(m.instance_id, 32), kept("instance")),
	    "the same identity");
	tap(btz_span_eq(m.root_cert, kept("root.der")), "the same root");
	tap(m.checkpoint_size == 5, "the log's size is remembered");
	plain.blob = kept("plain.blob");
	plain.spki = kept("plain.spki");
	issuing.blob = kept("issuing.blob");
	issuing.spki = kept("issuing.spki");
	tap(open_key(&plain) == BTZ_OK && sign_digest(&plain),
	    "a kept key signs");
	stranger(&alice);
	tap(open_key(&issuing) == BTZ_OK &&
		issue(&issuing, &alice, 0x43, "leaf2.der"),
	    "the issuing key goes on");
	tap(checkpoint(&m, 5, 9, &ok) == BTZ_OK && note_ok(&m, ok.note, 9),
	    "SIGN_CHECKPOINT from 5 to 9 entries verifies");
	begun(&m, &plain, 9);
	const struct btz_ta_blob gone = { plain.blob };

	tap(ta_do(BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &gone, NULL, NULL) ==
		BTZ_OK,
	    "KEY_DESTROY");
	tap(open_key(&plain) == BTZ_E_KEY_GENERATION,
	    "a destroyed key does not open");
	tap(stop(), "STOP");
}

static void
rolled_back(void)
{
	struct btz_ta_info m = { 0 };
	static struct key plain;

	tap(info(&m) && m.state == BTZ_TA_STORAGE_ROLLED_BACK,
	    "INFO: storage-rolled-back");
	plain.blob = kept("plain.blob");
	tap(plain.blob.len > 0 && open_key(&plain) == BTZ_E_STORAGE_ROLLED,
	    "the destroyed key does not come back");
}

/* What a client of the trusted application waits for. */
struct timed {
	struct key k, user;
	struct btz_span input;
};

static bool
timed_create(void *arg)
{
	struct timed *t = arg;

	return create(BTZ_KIND_PLAIN, none, &t->k) == BTZ_OK;
}

static bool
timed_open(void *arg)
{
	struct timed *t = arg;

	return open_key(&t->k) == BTZ_OK;
}

static bool
timed_sign(void *arg)
{
	struct timed *t = arg;
	struct btz_span sig;

	return sign(BTZ_TA_SIGN_DIGEST, &t->k, t->input, &sig) == BTZ_OK;
}

/* Signed and, before it leaves, verified. */
static bool
timed_issue(void *arg)
{
	struct timed *t = arg;
	struct btz_span sig;

	return sign(BTZ_TA_SIGN_TBS_CERT, &t->k,
		   leaf(&t->k, &t->user, "spiffe://box.example/home/user/alice",
		       0x42),
		   &sig) == BTZ_OK;
}

static void
speed_part(void)
{
	static const struct {
		uint8_t alg;
		uint16_t sig;
		size_t len;
	} rows[] = {
		{ BTZ_ALG_ED25519, BTZ_SIG_ED25519, 32 },
		{ BTZ_ALG_EC_P384, BTZ_SIG_ECDSA_SHA384, 48 },
		{ BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA256, 32 },
	};
	static const uint8_t in[48] = { 1, 2, 3 };
	static struct timed t;

	if (!tap(provision(), "provisioned"))
		return;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const char *name = btz_alg_name(rows[i].alg);

		key_alg = rows[i].alg;
		sig_alg = rows[i].sig;
		t.input = btz_span_of(in, rows[i].len);
		(void)speed(name, "KEY_CREATE", timed_create, &t);
		(void)speed(name, "KEY_OPEN", timed_open, &t);
		(void)speed(name, "SIGN_DIGEST", timed_sign, &t);
	}
	stranger(&t.user);
	if (tap(create(BTZ_KIND_ISSUING, constraints(), &t.k) == BTZ_OK &&
		    open_key(&t.k) == BTZ_OK,
		"an issuing key"))
		(void)speed("ec-p256", "SIGN_TBS_CERT", timed_issue, &t);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} parts[] = {
		{ "first", first },
		{ "second", second },
		{ "rolledback", rolled_back },
		{ "speed", speed_part },
	};

	if (argc == 2 && tap(ta_open(), "session with the TA")) {
		for (size_t i = 0; i < BTZ_COUNT(parts); i++)
			if (strcmp(argv[1], parts[i].name) == 0)
				parts[i].fn();
		ta_close();
	}
	return tap_end();
}
