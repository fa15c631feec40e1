/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11_module.c - the module as code; contract in pkcs11.h. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/backend/pkcs11.h"

struct btz_p11_module {
	char path[BTZ_CONF_TEXT];
	CK_FUNCTION_LIST *f; /* NULL: could not be loaded */
	char why[160];
	unsigned users;
	bool locks;
	bool refused;
	struct timespec refused_mtime;
	ino_t refused_ino;
};

static struct btz_p11_module modules[BTZ_TOKENS_MAX];

static void
load(struct btz_p11_module *m)
{
	CK_C_GetFunctionList get;
	void *so = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	void *sym = so == NULL ? NULL : dlsym(so, "C_GetFunctionList");
	const char *why = sym == NULL ? dlerror() : NULL;

	if (sym == NULL) {
		(void)snprintf(m->why, sizeof(m->why), "%.150s",
		    why == NULL ? "no C_GetFunctionList" : why);
		return;
	}
	memcpy(&get, &sym, sizeof(get)); /* ISO C has no cast for it */
	if (get(&m->f) != CKR_OK || m->f == NULL || m->f->version.major != 2) {
		m->f = NULL;
		(void)snprintf(
		    m->why, sizeof(m->why), "no functions of PKCS #11 2.x");
	}
}

static struct btz_p11_module *
find(const char *path)
{
	for (size_t i = 0; i < BTZ_COUNT(modules); i++) {
		if (strcmp(modules[i].path, path) == 0)
			return &modules[i];
		if (modules[i].path[0] != '\0')
			continue;
		(void)snprintf(
		    modules[i].path, sizeof(modules[i].path), "%s", path);
		load(&modules[i]);
		return &modules[i];
	}
	return NULL;
}

/* Our threads: one, and those of pkcs11_beside.c if the module locks. Its
 * threads: none, seccomp has no room for more than ours. */
static CK_RV
initialize(struct btz_p11_module *m)
{
	CK_C_INITIALIZE_ARGS args = {
		.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK
	};
	CK_RV rv = m->f->C_Initialize(&args);

	m->locks = rv == CKR_OK;
	if (rv != CKR_CANT_LOCK && rv != CKR_ARGUMENTS_BAD)
		return rv;
	args.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS;
	return m->f->C_Initialize(&args);
}

enum btz_rc
btz_p11_module_get(
    const char *path, struct btz_p11_module **out, struct btz_err *err)
{
	struct btz_p11_module *m = find(path);
	CK_RV rv = CKR_OK;

	*out = NULL;
	if (m == NULL)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "more modules than 4");
	if (m->f == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "module '%.60s': %s; restart when it is there", path,
		    m->why);
	if (m->users == 0)
		rv = initialize(m);
	if (rv != CKR_OK)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
		    "module '%.60s': C_Initialize: %s", path, btz_p11_name(rv));
	m->users++;
	*out = m;
	return BTZ_OK;
}

void
btz_p11_module_put(struct btz_p11_module *m)
{
	if (m != NULL && --m->users == 0)
		(void)m->f->C_Finalize(NULL);
}

CK_FUNCTION_LIST *
btz_p11_functions(struct btz_p11_module *m)
{
	return m->f;
}

bool
btz_p11_locks(const struct btz_p11_module *m)
{
	return m->locks;
}

bool
btz_p11_pin_refused(const struct btz_p11_module *m, const struct stat *file)
{
	return m->refused && m->refused_ino == file->st_ino &&
	       m->refused_mtime.tv_sec == file->st_mtim.tv_sec &&
	       m->refused_mtime.tv_nsec == file->st_mtim.tv_nsec;
}

void
btz_p11_pin_refuse(struct btz_p11_module *m, const struct stat *file)
{
	m->refused = true;
	m->refused_ino = file->st_ino;
	m->refused_mtime = file->st_mtim;
}
