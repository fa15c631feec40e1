/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c - peers of the authority; contract in fake.h. */
#include "fake.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "der/build.h"
#include "der/crl.h"
#include "der/spki.h"
#include "wire/alg.h"
#include "wire/constraint.h"
#include "wire/msg_certify.h"
#include "wire/msg_credential.h"
#include "wire/msg_generate.h"
#include "wire/msg_invite.h"
#include "wire/msg_key.h"
#include "wire/msg_list.h"
#include "wire/msg_open.h"
#include "wire/msg_sign.h"

static struct btz_daemon daemon_desc = {
	.name = "test", .ops = btz_ca_ops, .on_edge = btz_ca_on_edge
};

static void on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg);
static void on_close(struct btz_chan *ch, void *arg);
static const struct btz_chan_ops peer_ops = { on_frame, on_close };

void
fake_key_new(struct fake_key *k)
{
	struct btz_span bits;
	uint8_t *p = k->spki;

	k->pkey = EVP_EC_gen("P-256");
	assert_non_null(k->pkey);
	k->spki_len = (size_t)i2d_PUBKEY(k->pkey, &p);
	assert_int_equal(btz_spki_alg(fake_spki(k), &bits), BTZ_ALG_EC_P256);
	SHA1(bits.p, bits.len, k->ski);
}

void
fake_key_end(struct fake_key *k)
{
	EVP_PKEY_free(k->pkey);
	k->pkey = NULL;
}

struct btz_span
fake_spki(const struct fake_key *k)
{
	return btz_span_of(k->spki, k->spki_len);
}

static struct btz_span
sign(const struct fake_key *k, struct btz_span m)
{
	static uint8_t sig[128];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(sig);

	assert_int_equal(
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, m.p, m.len), 1);
	EVP_MD_CTX_free(ctx);
	return btz_span_of(sig, len);
}

static size_t
make_cert(const struct btz_cert_spec *s, const struct fake_key *by, void *out,
    size_t cap)
{
	uint8_t tbs[2048];
	struct btz_wr wr, der;

	btz_wr_init(&wr, tbs, sizeof(tbs));
	assert_int_equal(btz_cert_build(s, &wr), BTZ_OK);
	btz_wr_init(&der, out, cap);
	assert_int_equal(btz_signed_put(&der, btz_wr_span(&wr),
			     BTZ_SIG_ECDSA_SHA256, sign(by, btz_wr_span(&wr))),
	    BTZ_OK);
	return der.len;
}

static void
make_root(struct fake *f)
{
	static const uint8_t serial[16] = { 0x41, 1 };
	struct btz_cert_spec s = { .profile = BTZ_PROFILE_ROOT,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(serial, 16),
		.subject_cn = btz_span_str("edge-1 root CA"),
		.not_before = btz_unix_now() - 3600,
		.not_after = btz_unix_now() + 7300ull * 86400,
		.spki = fake_spki(&f->root),
		.ski = btz_span_of(f->root.ski, 20) };

	f->root_cert_len = make_cert(
	    &s, &f->root, f->root_cert, sizeof(f->root_cert));
}

static bool mute; /* FAKE_LOSE: done, but the answer is lost */

static void
reply(struct btz_chan *ch, const struct btz_frame *f, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg, int fd)
{
	struct btz_frame head = { .flags = BTZ_FRAME_ANSWER,
		.op = f->op,
		.status = rc,
		.tag = f->tag,
		.id = f->id };

	if (mute)
		return;
	(void)!btz_chan_send(ch, &head, rc == BTZ_OK ? def : NULL, msg, fd);
}

static struct btz_key_info
info_of(const struct fake *f, bool issuing)
{
	const struct fake_key *k = issuing ? &f->issuing : &f->root;
	struct btz_key_info i = { .owner = btz_span_str("ca"),
		.label = btz_span_str(issuing ? "issuing-1" : "root"),
		.alg = BTZ_ALG_EC_P256,
		.kind = issuing ? BTZ_KIND_ISSUING : BTZ_KIND_ROOT,
		.protection = issuing ? BTZ_PROT_TEE : BTZ_PROT_TPM,
		.state = BTZ_KEY_ENABLED,
		.spki = fake_spki(k) };

	memset(i.id, issuing ? 2 : 1, sizeof(i.id));
	if (issuing)
		i.constraints = btz_span_of(f->constraints, f->constraints_len);
	return i;
}

static void
op_open(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_open_ok ok = { .lease = 7,
		.backend = btz_span_str("tee-emulated") };
	struct btz_err err;
	int fd[2];

	assert_int_equal(btz_sock_pair(true, fd, &err), BTZ_OK);
	btz_chan_free(f->crypto);
	assert_int_equal(
	    btz_chan_new(f->h.loop, fd[1], 0, &peer_ops, f, &f->crypto, &err),
	    BTZ_OK);
	reply(ch, fr, BTZ_OK, &btz_def_open_ok, &ok, fd[0]);
	close(fd[0]);
}

static void
op_list_keys(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	uint8_t buf[4096];
	struct btz_key_rows rows = { .more = 0 };
	struct btz_key_info k = info_of(f, false);
	struct btz_list_keys rq;
	struct btz_wr wr;

	assert_true(btz_msg_decode(&btz_def_list_keys, fr->body, &rq));
	btz_wr_init(&wr, buf, sizeof(buf));
	if (rq.after[0] == 0) { /* two pages of one key */
		btz_msg_write(&btz_def_key_info, &k, &wr);
		rows.more = 1;
	} else if (f->has_issuing) {
		k = info_of(f, true);
		btz_msg_write(&btz_def_key_info, &k, &wr);
	}
	rows.rows = btz_wr_span(&wr);
	reply(ch, fr, BTZ_OK, &btz_def_key_rows, &rows, -1);
}

static void
op_generate(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_generate rq;
	struct btz_key_info k;

	assert_true(btz_msg_decode(&btz_def_generate, fr->body, &rq));
	assert_int_equal(rq.kind, BTZ_KIND_ISSUING);
	f->generates++;
	f->has_issuing = true;
	memcpy(f->constraints, rq.constraints.p, rq.constraints.len);
	f->constraints_len = rq.constraints.len;
	k = info_of(f, true);
	reply(ch, fr, BTZ_OK, &btz_def_key_info, &k, -1);
}

static void
op_certify(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_certify_issuing rq;
	struct btz_constraints c;
	struct btz_certificate out;
	struct btz_x509 root;
	uint8_t der[4096];

	assert_true(btz_msg_decode(&btz_def_certify_issuing, fr->body, &rq));
	f->certifies++;
	memcpy(f->serial, rq.serial, sizeof(f->serial));
	memcpy(f->nonce, rq.nonce, sizeof(f->nonce));
	f->approvals_len = rq.approvals.len;
	assert_true(btz_constraints_decode(
	    btz_span_of(f->constraints, f->constraints_len), &c));
	assert_int_equal(
	    btz_x509_parse(btz_span_of(f->root_cert, f->root_cert_len), &root),
	    BTZ_OK);
	struct btz_cert_spec s = { .profile = BTZ_PROFILE_ISSUING,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(rq.serial, 16),
		.issuer = root.subject,
		.subject_cn = c.subject_cn,
		.not_before = rq.not_before,
		.not_after = rq.not_after,
		.spki = fake_spki(&f->issuing),
		.ski = btz_span_of(f->issuing.ski, 20),
		.aki = root.ext.ski,
		.ekus = c.ekus,
		.uri = c.trust_domain,
		.dns = c.dns,
		.n_dns = c.n_dns,
		.ips = c.ips,
		.n_ips = c.n_ips };
	out.der = btz_span_of(der, make_cert(&s, &f->root, der, sizeof(der)));
	reply(ch, fr, BTZ_OK, &btz_def_certificate, &out, -1);
}

/* As the trusted application does it: one further than the list that comes
 * along, which must not be older than what was counted; the same once more. */
static enum btz_rc
judge_crl(struct fake *f, const struct btz_sign *rq)
{
	struct btz_crl crl, old = { .number = 0 };
	uint8_t digest[32];

	SHA256(rq->input.p, rq->input.len, digest);
	assert_int_equal(btz_crl_parse_tbs(rq->input, &crl), BTZ_OK);
	if (f->crl_number > 0 && memcmp(digest, f->last_crl, 32) == 0)
		return BTZ_OK;
	if (rq->previous.len > 0)
		assert_int_equal(btz_crl_parse(rq->previous, &old), BTZ_OK);
	if (old.number < f->crl_number || crl.number != old.number + 1)
		return BTZ_E_CRL_NUMBER;
	f->crl_number = crl.number;
	memcpy(f->last_crl, digest, 32);
	return BTZ_OK;
}

static void
op_sign(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_signature out;
	struct btz_sign rq;
	enum btz_rc rc = BTZ_OK;

	assert_true(btz_msg_decode(&btz_def_sign, fr->body, &rq));
	assert_int_equal(rq.id[0], 2);
	f->signs++;
	if (rq.input_kind == BTZ_IN_TBS_CRL)
		rc = judge_crl(f, &rq);
	out.signature = sign(&f->issuing, rq.input);
	reply(ch, fr, rc, &btz_def_signature, &out, -1);
}

static void
op_reserve(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_invite_reserve_ok ok = { .tenant = btz_span_str(f->tenant),
		.kind = btz_span_str(f->kind),
		.name = btz_span_str(f->name) };
	struct btz_invite_reserve rq;
	uint8_t want[32];

	assert_true(btz_msg_decode(&btz_def_invite_reserve, fr->body, &rq));
	SHA256((const uint8_t *)"test-token-12345", 16, want);
	reply(ch, fr,
	    memcmp(want, rq.token_hash, 32) == 0 && !f->invite_used
		? BTZ_OK
		: BTZ_E_INVITE,
	    &btz_def_invite_reserve_ok, &ok, -1);
}

static struct fake_cred *
find_cred(struct fake *f, const uint8_t hash[32])
{
	for (size_t i = 0; i < f->n_creds; i++)
		if (memcmp(f->creds[i].spki_hash, hash, 32) == 0)
			return &f->creds[i];
	return NULL;
}

static void
op_add(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_credential_ok ok = { .generation = 5 };
	struct btz_credential_add rq;
	struct fake_cred *c;

	assert_true(btz_msg_decode(&btz_def_credential_add, fr->body, &rq));
	c = find_cred(f, rq.spki_hash);
	if (c == NULL)
		c = &f->creds[f->n_creds++];
	memcpy(c->spki_hash, rq.spki_hash, 32);
	memcpy(c->serial, rq.serial, 16);
	c->state = 1;
	(void)snprintf(c->principal, sizeof(c->principal), "%.*s",
	    (int)rq.principal.len, (const char *)rq.principal.p);
	f->invite_used = true;
	reply(ch, fr, BTZ_OK, &btz_def_credential_ok, &ok, -1);
}

static void
op_disable(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_credential_ok ok = { .generation = 6 };
	struct btz_credential_ref rq;
	struct fake_cred *c;

	assert_true(btz_msg_decode(&btz_def_credential_ref, fr->body, &rq));
	c = find_cred(f, rq.spki_hash);
	if (c != NULL)
		c->state = 2;
	reply(ch, fr, c == NULL ? BTZ_E_NOENT : BTZ_OK, &btz_def_credential_ok,
	    &ok, -1);
}

/* One credential a page. */
static void
op_states(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_credential_rows out = { .rows = { NULL, 0 } };
	struct btz_credential_row row = { .not_after = 1 };
	uint8_t buf[128], next[1];
	struct btz_list rq;
	struct btz_wr wr;
	size_t i;

	assert_true(btz_msg_decode(&btz_def_list, fr->body, &rq));
	i = rq.after.len == 0 ? 0 : rq.after.p[0];
	btz_wr_init(&wr, buf, sizeof(buf));
	if (i < f->n_creds) {
		memcpy(row.spki_hash, f->creds[i].spki_hash, 32);
		row.state = f->creds[i].state;
		btz_msg_write(&btz_def_credential_row, &row, &wr);
	}
	next[0] = (uint8_t)(i + 1);
	if (i + 1 < f->n_creds)
		out.next = btz_span_of(next, 1);
	out.rows = btz_wr_span(&wr);
	reply(ch, fr, BTZ_OK, &btz_def_credential_rows, &out, -1);
}

static void
op_append(struct fake *f, struct btz_chan *ch, const struct btz_frame *fr)
{
	struct btz_audit_ok ok = { .seq = 1 };
	struct btz_audit a;
	size_t n = strlen(f->log);

	assert_true(btz_msg_decode(&btz_def_audit, fr->body, &a));
	(void)snprintf(f->log + n, sizeof(f->log) - n, "%.*s/%s/%.*s%s\n",
	    (int)a.act.len, (const char *)a.act.p,
	    a.decision == BTZ_DEC_ALLOW	 ? "allow"
	    : a.decision == BTZ_DEC_DENY ? "deny"
					 : "-",
	    (int)a.out.len, (const char *)a.out.p, a.wait != 0 ? " w" : "");
	assert_int_equal(a.wait == 0, (fr->flags & BTZ_FRAME_EVENT) != 0);
	if (a.wait != 0)
		reply(ch, fr, BTZ_OK, &btz_def_audit_ok, &ok, -1);
}

static const struct {
	uint16_t op;
	void (*fn)(
	    struct fake *f, struct btz_chan *ch, const struct btz_frame *fr);
} table[] = {
	{ BTZ_OP_OPEN, op_open },
	{ BTZ_OP_LIST_KEYS, op_list_keys },
	{ BTZ_OP_GENERATE, op_generate },
	{ BTZ_OP_CERTIFY_ISSUING, op_certify },
	{ BTZ_OP_SIGN, op_sign },
	{ BTZ_OP_INVITE_RESERVE, op_reserve },
	{ BTZ_OP_CREDENTIAL_ADD, op_add },
	{ BTZ_OP_CREDENTIAL_DISABLE, op_disable },
	{ BTZ_OP_CREDENTIAL_STATES, op_states },
	{ BTZ_OP_APPEND, op_append },
};

static struct btz_chan **
peer_of(struct fake *f, const struct btz_chan *ch)
{
	struct btz_chan **all[] = { &f->broker, &f->access, &f->audit,
		&f->crypto, &f->admin, &f->http };

	for (size_t i = 0; i < BTZ_COUNT(all); i++)
		if (*all[i] == ch)
			return all[i];
	return NULL;
}

static void
on_frame(struct btz_chan *ch, const struct btz_frame *fr, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct fake *f = arg;

	(void)peer;
	assert_int_equal(fd, -1);
	if (fr->op == f->bad_op && f->how == FAKE_SILENT)
		return;
	if (fr->op == f->bad_op && f->how == FAKE_DIE) {
		*peer_of(f, ch) = NULL;
		btz_chan_free(ch);
		return;
	}
	if (fr->op == f->bad_op && f->how == FAKE_REFUSE) {
		reply(ch, fr, f->rc, NULL, NULL, -1);
		return;
	}
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].op == fr->op) {
			mute = fr->op == f->bad_op && f->how == FAKE_LOSE;
			table[i].fn(f, ch, fr);
			mute = false;
			return;
		}
	fail_msg("op 0x%x", fr->op);
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct btz_chan **at = peer_of(arg, ch);

	if (at != NULL)
		*at = NULL;
}

static struct btz_chan **
slot_of(struct fake *f, enum btz_prog peer)
{
	return peer == BTZ_PROG_BROKER	 ? &f->broker
	       : peer == BTZ_PROG_ACCESS ? &f->access
					 : &f->audit;
}

void
fake_connect(struct fake *f, enum btz_prog peer)
{
	struct btz_err err;
	int fd[2];

	for (size_t i = 0; i < f->h.n_slots; i++) {
		const struct btz_edge *e = f->h.slots[i].edge;

		if (e == NULL || e->to != peer)
			continue;
		assert_int_equal(btz_sock_pair(true, fd, &err), BTZ_OK);
		assert_int_equal(btz_chan_new(f->h.loop, fd[1], 0, &peer_ops, f,
				     slot_of(f, peer), &err),
		    BTZ_OK);
		assert_int_equal(
		    btz_host_open_edge(&f->h, i, fd[0], &err), BTZ_OK);
		return;
	}
	fail_msg("no edge");
}

void
fake_kill(struct fake *f, enum btz_prog peer)
{
	struct btz_chan **at = slot_of(f, peer);

	btz_chan_free(*at);
	*at = NULL;
	fake_run(f, 20);
}

static struct btz_chan *
connect_as(struct fake *f, uint32_t role)
{
	struct btz_conn_entry like = { .role = role };
	struct btz_chan *ch;
	struct btz_err err;
	int fd[2];

	assert_int_equal(btz_sock_pair(true, fd, &err), BTZ_OK);
	assert_int_equal(
	    btz_host_add(&f->h, fd[0], 0, &like, NULL, &err), BTZ_OK);
	assert_int_equal(
	    btz_chan_new(f->h.loop, fd[1], 0, &peer_ops, f, &ch, &err), BTZ_OK);
	return ch;
}

void
fake_run(struct fake *f, unsigned ms)
{
	uint64_t end = btz_boot_ms() + ms;

	while (btz_boot_ms() < end)
		btz_loop_once(f->h.loop, 5);
}

static void
on_answer(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct fake_answer *a = arg;

	assert_int_equal(fd, -1);
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0) {
		a->progress++;
		return;
	}
	assert_false(a->done); /* exactly once */
	a->done = true;
	a->rc = rc;
	if (rc == BTZ_OK) {
		memcpy(a->body, f->body.p, f->body.len);
		a->len = f->body.len;
	}
}

void
fake_ask(struct fake *f, struct btz_chan *ch, uint16_t op,
    const struct btz_msgdef *def, const void *msg, struct fake_answer *a)
{
	uint64_t end = btz_boot_ms() + 8000;

	a->done = false;
	a->progress = 0;
	a->len = 0;
	assert_int_equal(
	    btz_chan_ask(ch, op, 99, def, msg, -1, 0, on_answer, a), BTZ_OK);
	while (!a->done && btz_boot_ms() < end)
		btz_loop_once(f->h.loop, 5);
	if (!a->done)
		fail_msg("op 0x%x: no answer", op);
}

enum btz_rc
fake_init(struct fake *f)
{
	static struct fake_answer a;
	struct btz_ca_init rq = { .root_cert = btz_span_of(
				      f->root_cert, f->root_cert_len),
		.trust_domain = btz_span_str(FAKE_TD),
		.box = btz_span_str("edge-1"),
		.base_url = btz_span_str("https://edge-1.lan:8443") };

	fake_ask(f, f->admin, BTZ_OP_CA_INIT, &btz_def_ca_init, &rq, &a);
	return a.rc;
}

unsigned
fake_enrol(struct fake *f, struct btz_span pem, const char *token,
    struct fake_answer *a, struct btz_http_ok *ok)
{
	struct btz_http rq = { .method = btz_span_str("POST"),
		.path = btz_span_str("enrol"),
		.token = btz_span_str(token),
		.from = btz_span_str("127.0.0.1:5"),
		.body = pem };

	fake_ask(f, f->http, BTZ_OP_HTTP, &btz_def_http, &rq, a);
	assert_int_equal(a->rc, BTZ_OK);
	assert_true(
	    btz_msg_decode(&btz_def_http_ok, btz_span_of(a->body, a->len), ok));
	return ok->status;
}

size_t
fake_csr(const struct fake_key *k, const char *ext, const char *value,
    char *pem, size_t cap)
{
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	size_t len;
	char *p;

	X509_REQ_set_pubkey(req, k->pkey);
	if (ext != NULL) {
		STACK_OF(X509_EXTENSION) *list = NULL;
		X509_EXTENSION *e = X509V3_EXT_conf(NULL, NULL, ext, value);

		assert_non_null(e);
		X509v3_add_ext(&list, e, -1);
		X509_EXTENSION_free(e);
		X509_REQ_add_extensions(req, list);
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	}
	assert_true(X509_REQ_sign(req, k->pkey, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	len = (size_t)BIO_get_mem_data(bio, &p);
	assert_true(len < cap);
	memcpy(pem, p, len);
	BIO_free(bio);
	X509_REQ_free(req);
	return len;
}

void
fake_new(struct fake *f, const char *reuse_dir)
{
	struct btz_err err;

	memset(f, 0, sizeof(*f));
	btz_log_init("test", BTZ_LOG_ERROR);
	strcpy(f->dir, reuse_dir != NULL ? reuse_dir : "/tmp/btz-ca-XXXXXX");
	if (reuse_dir == NULL)
		assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/ca.db", f->dir);
	strcpy(f->tenant, "home");
	strcpy(f->kind, "user");
	strcpy(f->name, "alice");
	fake_key_new(&f->root);
	fake_key_new(&f->issuing);
	make_root(f);
	daemon_desc.n_ops = btz_ca_ops_count;
	f->h.d = &daemon_desc;
	f->h.prog = BTZ_PROG_CA;
	f->h.n_slots = btz_slots(BTZ_PROG_CA, f->h.slots);
	assert_int_equal(btz_loop_new(&f->h.loop, &err), BTZ_OK);
	f->ca = calloc(1, sizeof(*f->ca));
	f->ca->conf = (struct btz_conf_ca){ .user_days = 30,
		.issuing_days = 365,
		.root_days = 7300,
		.server_days = 7,
		.crl_days = 7 };
	strcpy(f->ca->https.names, "localhost edge-1.lan 192.168.1.1");
	assert_int_equal(btz_ca_open(f->ca, &f->h, f->path, &err), BTZ_OK);
	f->ca->step_ms = 1500;
	fake_connect(f, BTZ_PROG_BROKER);
	fake_connect(f, BTZ_PROG_ACCESS);
	fake_connect(f, BTZ_PROG_AUDIT);
	f->admin = connect_as(f, BTZ_ROLE_ADMIN);
	f->http = connect_as(f, BTZ_ROLE_HTTP);
	btz_ca_ready(f->ca);
}

void
fake_end(struct fake *f, bool keep_dir)
{
	char cmd[128];

	while (f->h.conns != NULL)
		btz_host_remove(f->h.conns);
	btz_ca_close(f->ca);
	fake_run(f, 10); /* the test's ends see that the others are gone */
	btz_chan_free(f->broker);
	btz_chan_free(f->access);
	btz_chan_free(f->audit);
	btz_chan_free(f->crypto);
	btz_chan_free(f->admin);
	btz_chan_free(f->http);
	btz_loop_free(f->h.loop);
	free(f->ca);
	fake_key_end(&f->root);
	fake_key_end(&f->issuing);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	if (!keep_dir)
		assert_int_equal(system(cmd), 0);
}
