/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_beside.c - keys that take a token seconds (RSA), made by a thread in a
 * session of its own, while the service's thread goes on in its own; contract
 * in backend.h (generate_begin). A token cannot follow into a forked child:
 * what C_Initialize gave is not valid there (PKCS #11 2.40 6.6.1).
 *
 * The thread has a copy of the state and no part of the service: what its token
 * answered it only notes (helper_rv). Logging in again, losing the token, and
 * dropping a key that nobody waits for are the service's thread's, at the end.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "crypto/backend/pkcs11.h"

struct btz_p11_beside {
	pthread_t thread;
	int fd; /* eventfd: readable when it is over */
	struct btz_p11 mine;
	struct btz_generate g;
	const struct btz_p11_alg *a;
	struct btz_backend_key key;
	enum btz_rc rc;
};

static void *
work(void *arg)
{
	struct btz_p11_beside *b = arg;
	const uint64_t one = 1;
	struct btz_err err;

	b->rc = btz_p11_make(&b->mine, &b->g, b->a, &b->key, &err);
	while (write(b->fd, &one, sizeof(one)) < 0) /* EINTR */
		;
	return NULL;
}

/* Signals are the service's thread's. */
static bool
start(struct btz_p11_beside *b)
{
	sigset_t all, before;
	bool ok;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&b->thread, NULL, work, b) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

static void
drop(struct btz_p11 *t, struct btz_p11_beside *b)
{
	if (b->mine.session != 0)
		(void)t->f->C_CloseSession(b->mine.session);
	if (b->fd >= 0)
		(void)close(b->fd);
	btz_wipe(b, sizeof(*b));
	free(b);
}

/* BTZ_E_UNSUPPORTED: the token has no session to spare. */
static enum btz_rc
open_session(struct btz_p11 *t, CK_SESSION_HANDLE *out, struct btz_err *err)
{
	CK_RV rv = t->f->C_OpenSession(
	    t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, out);

	t->short_of_sessions = rv == CKR_SESSION_COUNT;
	if (rv == CKR_OK)
		return BTZ_OK;
	*out = 0;
	if (rv == CKR_SESSION_COUNT)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "token '%.32s' has no more sessions", t->token->conf.token);
	return btz_p11_failed(t, rv, "session", err);
}

static struct btz_p11_beside **
free_place(struct btz_p11 *t)
{
	for (size_t i = 0; i < BTZ_P11_BESIDE; i++)
		if (t->beside[i] == NULL)
			return &t->beside[i];
	return NULL;
}

/* *b is given up after any failure. */
static enum btz_rc
prepare(struct btz_p11 *t, struct btz_p11_beside *b, struct btz_err *err)
{
	enum btz_rc rc;

	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "eventfd");
	if ((rc = btz_p11_new_id(&b->key, err)) != BTZ_OK)
		return rc;
	b->mine = *t;
	b->mine.helper = true;
	b->mine.session = 0;
	rc = open_session(t, &b->mine.session, err);
	if (rc == BTZ_E_NOENT) /* logged in again */
		rc = open_session(t, &b->mine.session, err);
	if (rc == BTZ_OK && !start(b))
		rc = BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "no thread");
	return rc;
}

enum btz_rc
btz_p11_generate_begin(
    void *state, const struct btz_generate *g, int *fd, struct btz_err *err)
{
	struct btz_p11 *t = state;
	struct btz_p11_beside **at = free_place(t), *b;
	const struct btz_p11_alg *a;
	enum btz_rc rc = btz_p11_judge(t, g, &a, err);

	if (rc != BTZ_OK)
		return rc;
	if (!t->locks)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "module does no locking");
	if (at == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_AGAIN, "%u keys are being made", BTZ_P11_BESIDE);
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "helper");
	b->g = *g;
	b->a = a;
	rc = prepare(t, b, err);
	if (rc != BTZ_OK) {
		drop(t, b);
		return rc;
	}
	*at = b;
	*fd = b->fd;
	return BTZ_OK;
}

int
btz_p11_beside_fd(const struct btz_p11_beside *b)
{
	return b->fd;
}

/* A key that was made and that nobody will know of. */
static void
forget(struct btz_p11 *t, const struct btz_p11_beside *b)
{
	struct btz_err err;

	if (b->rc == BTZ_OK &&
	    btz_p11_destroy(
		t, btz_span_of(b->key.blob, b->key.blob_len), &err) != BTZ_OK)
		t->lost = true;
}

enum btz_rc
btz_p11_generate_end(
    void *state, int fd, struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_p11 *t = state;
	struct btz_p11_beside *b = NULL;
	enum btz_rc rc;

	for (size_t i = 0; i < BTZ_P11_BESIDE && b == NULL; i++)
		if (t->beside[i] != NULL && t->beside[i]->fd == fd) {
			b = t->beside[i];
			t->beside[i] = NULL;
		}
	if (b == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "nothing was begun");
	(void)pthread_join(b->thread, NULL);
	rc = b->rc;
	if (out == NULL)
		forget(t, b);
	else if (rc == BTZ_OK)
		*out = b->key;
	else if (b->mine.helper_rv != CKR_OK)
		rc = btz_p11_failed(t, b->mine.helper_rv, "generate", err);
	else
		(void)BTZ_FAIL(err, rc, "generate beside");
	if (rc == BTZ_E_NOENT && out != NULL) /* logged in again */
		rc = btz_p11_generate(t, &b->g, out, err);
	drop(t, b);
	return rc;
}
