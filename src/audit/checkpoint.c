/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.c - the tree gets signed in the TPM. Appends never wait for it.
 *
 *   state    what is under way                  leaves when
 *   IDLE     nothing                            a record is not covered
 *   DUE      timer: 1 s, at once from 1,024 on  it fires
 *   OPENING  OPEN asked of the broker           leased socket, or failure
 *   BASE     "from which size?" asked           size, or failure
 *   SIGNING  SIGN_CHECKPOINT asked              note stored, or failure
 *   BACKOFF  timer: 0.2 s doubling to 5 s       it fires
 *
 * The signer only extends what it signed last, and it may know of a newer
 * checkpoint (its answer was lost) or of an older one (it restarted): so it is
 * asked on each new socket and after each refusal. What is signed is durable
 * before: the head covers committed records only.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/files.h"
#include "audit/service.h"
#include "base/log.h"
#include "wire/alg.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_open.h"

#define FILE_NAME "checkpoint"
#define SOON 1024u /* uncovered records that do not wait for the timer */
#define OPEN_MS 10000u
#define SIGN_MS 30000u
#define BACKOFF_MIN_MS 200u
#define BACKOFF_MAX_MS 5000u
#define ASKERS 8u

enum state { IDLE, DUE, OPENING, BASE, SIGNING, BACKOFF };

struct btz_ckpt {
	struct btz_audit_svc *a;
	enum state state;
	struct btz_timer *timer;
	struct btz_chan *lease;
	bool base_known; /* for this socket */
	bool refused;	 /* this round: the second refusal counts */
	uint64_t base;	 /* size that the signer extends */
	struct btz_tlog_head target;
	uint64_t size; /* of the stored checkpoint */
	uint64_t at;
	size_t note_len;
	uint8_t note[BTZ_NOTE_MAX];
	enum btz_rc rc;
	uint32_t backoff_ms;
	size_t n_askers;
	struct btz_ticket askers[ASKERS]; /* CHECKPOINT_NOW */
};

static void begin(struct btz_ckpt *k);
static void ask(struct btz_ckpt *k);

static void
answer(const struct btz_ckpt *k, const struct btz_ticket *t)
{
	struct btz_checkpoint_ok ok = { .size = k->size,
		.note = btz_span_of(k->note, k->note_len) };

	btz_reply(t, BTZ_OK, &btz_def_checkpoint_ok, &ok);
}

static uint64_t
uncovered(const struct btz_ckpt *k)
{
	return btz_log_size(k->a->log) - k->size;
}

void
btz_ckpt_grown(struct btz_ckpt *k)
{
	if (!k->a->id.known || uncovered(k) == 0)
		return;
	if (k->state == IDLE) {
		k->state = DUE;
		btz_timer_set(k->timer, (uint32_t)k->a->conf.checkpoint_ms);
	}
	if (k->state == DUE && (uncovered(k) >= SOON || k->n_askers > 0))
		btz_timer_set(k->timer, 0);
}

static void
drop_lease(struct btz_ckpt *k)
{
	struct btz_chan *ch = k->lease;

	k->lease = NULL;
	k->base_known = false;
	btz_chan_free(ch);
}

static void
fail(struct btz_ckpt *k, enum btz_rc rc, const char *what)
{
	if (k->rc != rc)
		btz_log(BTZ_LOG_WARN, 0, "checkpoint is late: %s: %s", what,
		    btz_rc_text(rc));
	k->rc = rc;
	for (size_t i = 0; i < k->n_askers; i++)
		btz_reply(&k->askers[i], rc, NULL, NULL);
	k->n_askers = 0;
	k->state = BACKOFF;
	drop_lease(k);
	btz_timer_set(k->timer, k->backoff_ms);
	k->backoff_ms = k->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS
							   : k->backoff_ms * 2;
}

static void
on_time(void *arg)
{
	struct btz_ckpt *k = arg;

	if (k->state == DUE || k->state == BACKOFF)
		begin(k);
}

/* The signer is not where we thought: find out, then try once more. */
static void
refused(struct btz_ckpt *k, enum btz_rc rc)
{
	if (k->refused) {
		fail(k, rc, "signer refuses");
		return;
	}
	k->refused = true;
	k->base_known = false;
	ask(k);
}

static void
store(struct btz_ckpt *k, struct btz_span note)
{
	struct btz_err err;

	if (btz_files_write(btz_log_dir(k->a->log), FILE_NAME, note,
		BTZ_FILES_FULL, &err) != BTZ_OK) {
		fail(k, err.rc, err.msg);
		return;
	}
	memcpy(k->note, note.p, note.len);
	k->note_len = note.len;
	k->size = k->base = k->target.size;
	k->at = btz_unix_now();
	if (k->rc != BTZ_OK)
		btz_log(BTZ_LOG_INFO, 0, "checkpoints go on");
	k->rc = BTZ_OK;
	k->backoff_ms = BACKOFF_MIN_MS;
	k->state = IDLE;
	for (size_t i = 0; i < k->n_askers; i++)
		answer(k, &k->askers[i]);
	k->n_askers = 0;
	btz_ckpt_grown(k);
}

/* The note is checked like any verifier would before it replaces the old. */
static void
take_note(struct btz_ckpt *k, const struct btz_checkpoint_ok *ok)
{
	struct btz_tlog_head head;
	struct btz_err err;
	enum btz_rc rc;

	rc = btz_identity_check(&k->a->id, ok->note, &head, &err);
	if (rc == BTZ_OK &&
	    (head.size != k->target.size ||
		memcmp(head.root, k->target.root, sizeof(head.root)) != 0))
		rc = BTZ_FAIL(&err, BTZ_E_LOG_TREE, "not what was asked for");
	if (rc != BTZ_OK)
		fail(k, rc, err.msg);
	else
		store(k, ok->note);
}

static void
on_answer(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_ckpt *k = arg;
	struct btz_checkpoint_ok ok;

	(void)fd;
	if (k->lease == NULL) /* dropped meanwhile */
		return;
	if (rc == BTZ_OK &&
	    !btz_msg_decode(&btz_def_checkpoint_ok, f->body, &ok))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_E_LOG_FORKED || rc == BTZ_E_LOG_SMALLER ||
	    rc == BTZ_E_ROLLBACK)
		refused(k, rc);
	else if (rc != BTZ_OK)
		fail(k, rc, "signer");
	else if (k->state == SIGNING)
		take_note(k, &ok);
	else {
		k->base = ok.size;
		k->base_known = true;
		ask(k);
	}
}

static enum btz_rc
ask_signer(struct btz_ckpt *k, struct btz_checkpoint *m)
{
	memcpy(m->id, k->a->id.key_id, sizeof(m->id));
	return btz_chan_ask(k->lease, BTZ_OP_SIGN_CHECKPOINT,
	    btz_host_new_id(k->a->host), &btz_def_checkpoint, m, -1, SIGN_MS,
	    on_answer, k);
}

static enum btz_rc
ask_signature(struct btz_ckpt *k)
{
	struct btz_checkpoint m = { .size = k->target.size };
	struct btz_tlog_proof proof;
	struct btz_err err;

	if (k->base > k->target.size)
		return BTZ_E_LOG_SMALLER; /* the log lost what was signed */
	if (btz_log_prove(k->a->log, k->base, k->target.size, &proof, &err) !=
	    BTZ_OK) {
		btz_log_err(0, &err);
		return err.rc;
	}
	memcpy(m.root, k->target.root, sizeof(m.root));
	m.proof = btz_tlog_proof_span(&proof);
	return ask_signer(k, &m);
}

static void
ask(struct btz_ckpt *k)
{
	struct btz_checkpoint which = { .size = 0 };
	enum btz_rc rc;

	k->state = k->base_known ? SIGNING : BASE;
	rc = k->base_known ? ask_signature(k) : ask_signer(k, &which);
	if (rc != BTZ_OK)
		fail(k, rc, "ask signer");
}

static void
on_lease_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	(void)ch;
	(void)f;
	(void)peer;
	(void)arg;
	if (fd >= 0)
		(void)close(fd);
}

/* Withdrawn, or the service died; asks were answered with BTZ_E_GONE. */
static void
on_lease_close(struct btz_chan *ch, void *arg)
{
	struct btz_ckpt *k = arg;

	if (k->lease == ch) {
		k->lease = NULL;
		k->base_known = false;
	}
}

static const struct btz_chan_ops lease_ops = { on_lease_frame, on_lease_close };

static void
on_open(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_ckpt *k = arg;
	struct btz_open_ok ok;
	struct btz_err err;

	if (rc == BTZ_OK &&
	    (fd < 0 || !btz_msg_decode(&btz_def_open_ok, f->body, &ok)))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK) {
		if (fd >= 0)
			(void)close(fd);
		fail(k, rc, "lease");
		return;
	}
	rc = btz_chan_new(
	    btz_host_loop(k->a->host), fd, 0, &lease_ops, k, &k->lease, &err);
	if (rc == BTZ_OK)
		ask(k);
	else
		fail(k, rc, err.msg);
}

static void
open_lease(struct btz_ckpt *k)
{
	struct btz_open m = { .backend = btz_span_str("tee"),
		.ops = BTZ_USE_CHECKPOINT };
	enum btz_rc rc;

	k->state = OPENING;
	rc = btz_host_ask(k->a->host, BTZ_PROG_BROKER, BTZ_OP_OPEN,
	    btz_host_new_id(k->a->host), &btz_def_open, &m, -1, OPEN_MS,
	    on_open, k);
	if (rc != BTZ_OK)
		fail(k, rc, "broker");
}

static void
begin(struct btz_ckpt *k)
{
	struct btz_err err;

	btz_timer_cancel(k->timer);
	k->refused = false;
	btz_log_head(k->a->log, &k->target);
	if (btz_log_publish(k->a->log, k->target.size, &err) != BTZ_OK)
		fail(k, err.rc, err.msg);
	else if (k->lease == NULL)
		open_lease(k);
	else
		ask(k);
}

void
btz_ckpt_edge(struct btz_ckpt *k)
{
	if (k->state == BACKOFF)
		btz_timer_set(k->timer, 0);
}

/* The stored checkpoint must be of this log, or we do not start. */
static enum btz_rc
load(struct btz_ckpt *k, struct btz_err *err)
{
	struct btz_tlog_head head;
	enum btz_rc rc;

	rc = btz_files_read(btz_log_dir(k->a->log), FILE_NAME, k->note,
	    sizeof(k->note), &k->note_len, err);
	if (rc == BTZ_E_NOENT) {
		btz_log_forget_partials(k->a->log);
		return BTZ_OK;
	}
	if (rc == BTZ_OK && !k->a->id.known)
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "no key for the checkpoint");
	if (rc == BTZ_OK)
		rc = btz_identity_check(
		    &k->a->id, btz_span_of(k->note, k->note_len), &head, err);
	if (rc == BTZ_OK)
		rc = btz_log_extends(k->a->log, &head, err);
	if (rc != BTZ_OK)
		return rc;
	k->size = head.size;
	btz_log_forget_partials(k->a->log);
	if (btz_log_publish(k->a->log, head.size, err) != BTZ_OK)
		btz_log_err(0, err);
	return BTZ_OK;
}

enum btz_rc
btz_ckpt_new(struct btz_audit_svc *a, struct btz_err *err)
{
	struct btz_ckpt *k = calloc(1, sizeof(*k));
	enum btz_rc rc;

	a->ckpt = NULL;
	if (k == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "checkpoints");
	k->a = a;
	k->backoff_ms = BACKOFF_MIN_MS;
	k->timer = btz_timer_new(btz_host_loop(a->host), on_time, k);
	rc = k->timer == NULL ? BTZ_FAIL(err, BTZ_E_NOMEM, "timer")
			      : load(k, err);
	if (rc != BTZ_OK) {
		btz_ckpt_free(k);
		return rc;
	}
	a->ckpt = k;
	return BTZ_OK;
}

void
btz_ckpt_free(struct btz_ckpt *k)
{
	if (k == NULL)
		return;
	drop_lease(k);
	btz_timer_free(k->timer);
	free(k);
}

void
btz_ckpt_get(const struct btz_ckpt *k, struct btz_ckpt_status *out)
{
	*out = (struct btz_ckpt_status){ .size = k->size,
		.at = k->at,
		.rc = k->rc,
		.waiting = k->state != IDLE };
}

void
btz_op_checkpoint_now(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_audit_svc *a = btz_host_data(h);
	struct btz_ckpt *k = a->ckpt;

	(void)msg;
	btz_append_flush(a);
	if (!a->id.known) {
		btz_reply(&c->ticket, BTZ_E_UNPROVISIONED, NULL, NULL);
	} else if (uncovered(k) == 0 && k->note_len > 0) {
		answer(k, &c->ticket);
	} else if (k->n_askers == ASKERS) {
		btz_reply(&c->ticket, BTZ_E_AGAIN, NULL, NULL);
	} else if (btz_log_size(a->log) == 0) {
		btz_reply(&c->ticket, BTZ_E_STATE, NULL, NULL);
	} else {
		k->askers[k->n_askers++] = c->ticket;
		if (k->state == BACKOFF)
			btz_timer_set(k->timer, 0);
		else
			btz_ckpt_grown(k);
	}
}
