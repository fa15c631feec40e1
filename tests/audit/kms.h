/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms.h - plays broker and crypto service for bartizan-audit, as a process of
 * its own: OPEN gives a leased socket, SIGN_CHECKPOINT follows the rules of
 * the trusted application. What it knows is in shared memory, so it outlives
 * the process and the test can look and meddle.
 */
#ifndef BTZ_TESTS_AUDIT_KMS_H
#define BTZ_TESTS_AUDIT_KMS_H

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"
#include "signer.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_open.h"
#include "wire/ops.h"

enum kms_mode {
	KMS_OK,
	KMS_NO_LEASE, /* the broker answers BTZ_E_DOWN */
	KMS_NO_TPM,   /* the signer answers BTZ_E_TPM_UNAVAILABLE */
	KMS_SILENT,   /* signs and remembers it, then hangs up */
	KMS_LIES,     /* signs another root */
};

struct kms_shared {
	volatile int mode;
	volatile unsigned opens, signatures, refusals;
	struct btz_tlog_head head; /* last signed */
	uint8_t key_id[BTZ_ID_LEN];
};

struct kms {
	struct kms_shared *s;
	struct signer signer;
	pid_t pid;
};

#define KMS_LEASES 8

static inline void
kms_answer(int fd, const struct btz_frame *q, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg, int pass)
{
	static struct btz_msgbuf out;
	struct btz_frame f = { .flags = BTZ_FRAME_ANSWER,
		.op = q->op,
		.status = rc,
		.tag = q->tag,
		.id = q->id };

	if (pass >= 0)
		f.flags |= BTZ_FRAME_FD;
	if (btz_sock_pack(&out, &f, rc == BTZ_OK ? def : NULL, msg) == BTZ_OK)
		(void)!btz_sock_send(fd, out.bytes, out.len, pass);
}

/* False: hang up. */
static inline bool
kms_sign(struct kms *k, int fd, const struct btz_frame *q)
{
	struct btz_checkpoint_ok ok = { 0 };
	struct btz_tlog_head head;
	struct btz_checkpoint m;
	uint8_t note[1024];
	struct btz_wr wr;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_checkpoint, q->body, &m))
		return false;
	head.size = m.size;
	memcpy(head.root, m.root, sizeof(head.root));
	rc = memcmp(m.id, k->s->key_id, BTZ_ID_LEN) != 0 ? BTZ_E_NOENT : BTZ_OK;
	if (rc == BTZ_OK && k->s->mode == KMS_NO_TPM)
		rc = BTZ_E_TPM_UNAVAILABLE;
	if (rc == BTZ_OK && m.size > 0)
		rc = btz_tlog_verify_consistency(
		    &btz_log_hash, &k->s->head, &head, m.proof);
	btz_wr_init(&wr, note, sizeof(note));
	if (rc == BTZ_OK && m.size > 0) {
		k->s->head = head;
		if (k->s->mode == KMS_SILENT)
			return false;
		if (k->s->mode == KMS_LIES)
			head.root[0] ^= 1;
		signer_note(&k->signer, &head, &wr);
		k->s->signatures++;
	}
	if (rc != BTZ_OK)
		k->s->refusals++;
	ok.size = k->s->head.size;
	ok.note = btz_wr_span(&wr);
	kms_answer(fd, q, rc, &btz_def_checkpoint_ok, &ok, -1);
	return true;
}

static inline void
kms_open(
    struct kms *k, int fd, const struct btz_frame *q, struct pollfd *leases)
{
	struct btz_open_ok ok = { .lease = 1,
		.backend = btz_span_str("tee-emulated") };
	struct btz_open m;
	int pair[2];

	if (k->s->mode == KMS_NO_LEASE ||
	    !btz_msg_decode(&btz_def_open, q->body, &m) ||
	    !btz_span_eq(m.backend, btz_span_str("tee"))) {
		kms_answer(fd, q, BTZ_E_DOWN, NULL, NULL, -1);
		return;
	}
	if (btz_sock_pair(false, pair, NULL) != BTZ_OK)
		_exit(9);
	k->s->opens++;
	for (int i = 0; i < KMS_LEASES; i++)
		if (leases[i].fd < 0) {
			leases[i].fd = pair[0];
			break;
		}
	kms_answer(fd, q, BTZ_OK, &btz_def_open_ok, &ok, pair[1]);
	(void)close(pair[1]);
}

/* One message; false: the other side is gone, or is to be hung up. */
static inline bool
kms_message(struct kms *k, struct pollfd *p, struct pollfd *leases, bool broker)
{
	static struct btz_msgbuf in;
	struct btz_frame f;
	int fd;

	if (btz_sock_recv(p->fd, &in, &fd, NULL) != BTZ_OK ||
	    !btz_frame_decode(btz_span_of(in.bytes, in.len), &f))
		return false;
	if (broker && f.op == BTZ_OP_OPEN)
		kms_open(k, p->fd, &f, leases);
	else if (!broker && k->s->mode == KMS_NO_LEASE)
		return false; /* the lease is gone */
	else if (!broker && f.op == BTZ_OP_SIGN_CHECKPOINT)
		return kms_sign(k, p->fd, &f);
	return true;
}

static inline void
kms_run(struct kms *k, int broker)
{
	struct pollfd p[1 + KMS_LEASES];

	p[0] = (struct pollfd){ .fd = broker, .events = POLLIN };
	for (int i = 1; i <= KMS_LEASES; i++)
		p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	while (poll(p, 1 + KMS_LEASES, -1) > 0)
		for (int i = 0; i <= KMS_LEASES; i++) {
			if (p[i].fd < 0 || p[i].revents == 0 ||
			    kms_message(k, &p[i], p + 1, i == 0))
				continue;
			if (i == 0)
				_exit(0);
			(void)close(p[i].fd);
			p[i].fd = -1;
		}
	_exit(0);
}

static inline void
kms_init(struct kms *k, const char *origin)
{
	signer_init(&k->signer, origin);
	k->pid = 0;
	k->s = mmap(NULL, sizeof(*k->s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->s == MAP_FAILED)
		abort();
	memset(k->s->key_id, 0x5a, sizeof(k->s->key_id));
}

static inline void
kms_stop(struct kms *k)
{
	if (k->pid > 0) {
		(void)kill(k->pid, SIGKILL);
		(void)waitpid(k->pid, NULL, 0);
	}
	k->pid = 0;
}

/* Takes the broker's end of the edge. */
static inline void
kms_start(struct kms *k, int broker)
{
	kms_stop(k);
	k->pid = fork();
	if (k->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		kms_run(k, broker);
	}
	(void)close(broker);
}

static inline void
kms_end(struct kms *k)
{
	kms_stop(k);
	(void)munmap(k->s, sizeof(*k->s));
	signer_end(&k->signer);
}

#endif
