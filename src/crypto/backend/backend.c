/* SPDX-License-Identifier: Apache-2.0 */
/* backend.c - owns and wipes a backend's state; contract in backend.h. */
#include "crypto/backend/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum btz_rc
btz_backend_new(const struct btz_backend_ops *ops,
    const struct btz_backend_env *env, struct btz_backend **out,
    struct btz_err *err)
{
	struct btz_backend *be = calloc(1, sizeof(*be));
	enum btz_rc rc;

	*out = NULL;
	if (be == NULL || (be->st = calloc(1, ops->state_size)) == NULL) {
		free(be);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "backend '%s'", ops->name);
	}
	be->own = *ops;
	be->ops = &be->own;
	if ((rc = ops->open(be->st, env, err)) != BTZ_OK) {
		btz_backend_free(be);
		(void)btz_err_wrap(err, "open backend '%s'", ops->name);
		return rc;
	}
	if (ops->offers != NULL)
		ops->offers(be->st, &be->own);
	*out = be;
	return BTZ_OK;
}

void
btz_backend_free(struct btz_backend *be)
{
	if (be == NULL)
		return;
	be->ops->close(be->st);
	btz_wipe(be->st, be->ops->state_size);
	free(be->st);
	free(be);
}

const struct btz_backend_ops *
btz_backend_by_name(const char *name)
{
	for (size_t i = 0; btz_backends[i] != NULL; i++)
		if (strcmp(btz_backends[i]->name, name) == 0)
			return btz_backends[i];
	return NULL;
}

static bool
has(const struct btz_backend_ops *ops, size_t set, unsigned number)
{
	uint32_t bits;

	memcpy(&bits, (const uint8_t *)ops + set, sizeof(bits));
	return number < 32 && (bits & 1u << number) != 0;
}

const char *
btz_backends_having(size_t set, unsigned number)
{
	static char text[80];
	size_t n = 0, found = 0;

	for (size_t i = 0; btz_backends[i] != NULL && n < sizeof(text); i++)
		if (has(btz_backends[i], set, number))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", found++ > 0 ? ", " : "",
			    btz_backends[i]->name);
	if (n < sizeof(text))
		(void)snprintf(text + n, sizeof(text) - n, "%s",
		    found == 0	 ? "no backend has it"
		    : found == 1 ? " has it"
				 : " have it");
	return text;
}
