/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_softhsm.c - what a PKCS#11 module does in this very process, without a
 * socket or a second process: P-256 signatures a second by one thread and by
 * more, and keys a second that stay in the token. Makes a token of its own in
 * what SOFTHSM2_CONF says. One JSON object on standard output.
 *
 *   bench_softhsm MODULE THREADS
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define SIGN_NS 1500000000ull
#define GENERATE_NS 3000000000ull
#define THREADS_MAX 16

static CK_FUNCTION_LIST *p11;
static CK_SLOT_ID slot;
static CK_UTF8CHAR pin[] = "1234";
static const CK_ULONG pin_len = sizeof(pin) - 1;

static void
check(const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return;
	(void)fprintf(stderr, "bench_softhsm: %s: 0x%lx\n", what, rv);
	exit(1);
}

static void
load(const char *path)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_C_GetFunctionList get = NULL;
	void *so = dlopen(path, RTLD_NOW), *sym;

	if (so == NULL || (sym = dlsym(so, "C_GetFunctionList")) == NULL) {
		(void)fprintf(stderr, "bench_softhsm: %s\n", dlerror());
		exit(1);
	}
	memcpy(&get, &sym, sizeof(get)); /* POSIX: object to function */
	check("C_GetFunctionList", get(&p11));
	check("C_Initialize", p11->C_Initialize(&args));
}

static CK_SESSION_HANDLE
session(void)
{
	CK_SESSION_HANDLE s;

	check("C_OpenSession",
	    p11->C_OpenSession(
		slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
	return s;
}

/* The slot gets another number by C_InitToken. */
static void
make_token(void)
{
	CK_UTF8CHAR label[32];
	CK_SESSION_HANDLE s;
	CK_ULONG n = 1;

	memset(label, ' ', sizeof(label));
	check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, &slot, &n));
	check("C_InitToken", p11->C_InitToken(slot, pin, pin_len, label));
	n = 1;
	(void)p11->C_GetSlotList(CK_TRUE, &slot, &n); /* the first of two */
	s = session();
	check("C_Login", p11->C_Login(s, CKU_SO, pin, pin_len));
	check("C_InitPIN", p11->C_InitPIN(s, pin, pin_len));
	check("C_Logout", p11->C_Logout(s));
	check("C_Login", p11->C_Login(s, CKU_USER, pin, pin_len));
}

static CK_OBJECT_HANDLE
generate(CK_SESSION_HANDLE s)
{
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07 };
	static CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE pub[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) } };
	CK_ATTRIBUTE priv[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE a, b;

	check("C_GenerateKeyPair",
	    p11->C_GenerateKeyPair(s, &m, pub, 2, priv, 3, &a, &b));
	return b;
}

struct worker {
	pthread_t thread;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key; /* 0: generates */
	uint64_t until, n;
};

static void
sign(struct worker *w)
{
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = "thirty-two bytes to be signed", sig[64];
	CK_ULONG len = sizeof(sig);

	check("C_SignInit", p11->C_SignInit(w->session, &m, w->key));
	check("C_Sign",
	    p11->C_Sign(w->session, digest, sizeof(digest), sig, &len));
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (; btz_now_ns() < w->until; w->n++)
		if (w->key != 0)
			sign(w);
		else
			(void)generate(w->session);
	return NULL;
}

/* Operations a second of so many threads. */
static double
rate(unsigned threads, CK_OBJECT_HANDLE key, uint64_t ns)
{
	struct worker w[THREADS_MAX];
	const uint64_t start = btz_now_ns();
	uint64_t n = 0;

	for (unsigned i = 0; i < threads; i++) {
		w[i] = (struct worker){
			.session = session(), .key = key, .until = start + ns
		};
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			btz_die("pthread_create");
	}
	for (unsigned i = 0; i < threads; i++) {
		(void)pthread_join(w[i].thread, NULL);
		n += w[i].n;
	}
	return (double)n * 1e9 / (double)(btz_now_ns() - start);
}

int
main(int argc, char **argv)
{
	CK_OBJECT_HANDLE key;
	unsigned threads;

	if (argc != 3)
		return 2;
	threads = (unsigned)strtoul(argv[2], NULL, 10);
	if (threads == 0 || threads > THREADS_MAX)
		return 2;
	load(argv[1]);
	make_token();
	key = generate(session());
	(void)printf("{\"sign_1\":%.6g,", rate(1, key, SIGN_NS));
	(void)printf("\"sign\":%.6g,", rate(threads, key, SIGN_NS));
	(void)printf("\"generate\":%.6g}\n", rate(threads, 0, GENERATE_NS));
	return 0;
}
