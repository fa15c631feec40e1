/* SPDX-License-Identifier: Apache-2.0 */
/* p11shim.c - see p11shim.h. One row of WRAP per function that can fail. */
#include "crypto/p11shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLANS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool held;
static unsigned in_call;
static CK_FUNCTION_LIST own, *real;

static struct plan {
	char function[32];
	CK_RV rv;
	unsigned skip, times, calls;
} plans[PLANS];

static struct plan *
plan_of(const char *function)
{
	for (size_t i = 0; i < PLANS; i++) {
		if (plans[i].function[0] == '\0')
			strncpy(plans[i].function, function,
			    sizeof(plans[i].function) - 1);
		if (strcmp(plans[i].function, function) == 0)
			return &plans[i];
	}
	abort(); /* more PLANS */
}

static void
shim_plan(const char *function, CK_RV rv, unsigned skip, unsigned times)
{
	struct plan *p;

	pthread_mutex_lock(&lock);
	p = plan_of(function);
	p->rv = rv;
	p->skip = skip;
	p->times = times;
	pthread_mutex_unlock(&lock);
}

static unsigned
shim_calls(const char *function)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = plan_of(function)->calls;
	pthread_mutex_unlock(&lock);
	return n;
}

static void
shim_clear(void)
{
	pthread_mutex_lock(&lock);
	memset(plans, 0, sizeof(plans));
	pthread_mutex_unlock(&lock);
}

static void
shim_hold(bool on)
{
	pthread_mutex_lock(&lock);
	held = on;
	pthread_cond_broadcast(&released);
	pthread_mutex_unlock(&lock);
}

static unsigned
shim_inside(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = in_call;
	pthread_mutex_unlock(&lock);
	return n;
}

/* What the plan says to this call. */
static CK_RV
next(const char *function, bool waits)
{
	struct plan *p;
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&lock);
	in_call++;
	while (waits && held)
		pthread_cond_wait(&released, &lock);
	in_call--;
	for (size_t i = 0; i < PLANS; i++) {
		p = &plans[i];
		if (strcmp(p->function, function) != 0)
			continue;
		p->calls++;
		if (p->skip > 0) {
			p->skip--;
		} else if (p->times > 0) {
			p->times--;
			rv = p->rv;
		}
	}
	pthread_mutex_unlock(&lock);
	return rv;
}

#define WRAP(name, waits, args, ...)                                           \
	static CK_RV shim_##name args                                          \
	{                                                                      \
		CK_RV rv = next(#name, waits);                                 \
                                                                               \
		return rv != CKR_OK ? rv : real->name(__VA_ARGS__);            \
	}

/* clang-format off */
WRAP(C_OpenSession, false, (CK_SLOT_ID a, CK_FLAGS b, void *c, CK_NOTIFY d,
    CK_SESSION_HANDLE *e), a, b, c, d, e)
WRAP(C_Login, false, (CK_SESSION_HANDLE a, CK_USER_TYPE b, CK_UTF8CHAR *c,
    CK_ULONG d), a, b, c, d)
WRAP(C_GetTokenInfo, false, (CK_SLOT_ID a, CK_TOKEN_INFO *b), a, b)
WRAP(C_CreateObject, false, (CK_SESSION_HANDLE a, CK_ATTRIBUTE *b, CK_ULONG c,
    CK_OBJECT_HANDLE *d), a, b, c, d)
WRAP(C_UnwrapKey, false, (CK_SESSION_HANDLE a, CK_MECHANISM *b,
    CK_OBJECT_HANDLE c, CK_BYTE *d, CK_ULONG e, CK_ATTRIBUTE *f, CK_ULONG g,
    CK_OBJECT_HANDLE *h), a, b, c, d, e, f, g, h)
WRAP(C_SignInit, false, (CK_SESSION_HANDLE a, CK_MECHANISM *b,
    CK_OBJECT_HANDLE c), a, b, c)
WRAP(C_GenerateKeyPair, true, (CK_SESSION_HANDLE a, CK_MECHANISM *b,
    CK_ATTRIBUTE *c, CK_ULONG d, CK_ATTRIBUTE *e, CK_ULONG f,
    CK_OBJECT_HANDLE *g, CK_OBJECT_HANDLE *h), a, b, c, d, e, f, g, h)
/* clang-format on */

/* A module that cannot lock says so only when it is asked to. */
static CK_RV
shim_C_Initialize(void *args)
{
	const CK_C_INITIALIZE_ARGS *a = args;
	CK_RV rv = (a->flags & CKF_OS_LOCKING_OK) != 0
		       ? next("C_Initialize", false)
		       : CKR_OK;

	return rv != CKR_OK ? rv : real->C_Initialize(args);
}

extern const struct btz_shim btz_shim;
const struct btz_shim btz_shim = { shim_plan, shim_calls, shim_clear, shim_hold,
	shim_inside };

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	const char *path = getenv("BTZ_SHIM_MODULE");
	void *so = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *sym = so == NULL ? NULL : dlsym(so, "C_GetFunctionList");
	CK_C_GetFunctionList get;

	if (sym == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &sym, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	own = *real;
	own.C_Initialize = shim_C_Initialize;
	own.C_OpenSession = shim_C_OpenSession;
	own.C_Login = shim_C_Login;
	own.C_GetTokenInfo = shim_C_GetTokenInfo;
	own.C_CreateObject = shim_C_CreateObject;
	own.C_UnwrapKey = shim_C_UnwrapKey;
	own.C_SignInit = shim_C_SignInit;
	own.C_GenerateKeyPair = shim_C_GenerateKeyPair;
	*out = &own;
	return CKR_OK;
}
