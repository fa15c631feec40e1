/* SPDX-License-Identifier: Apache-2.0 */
/* confine.c - gives up what a process does not need; see confine.h. */
#include "base/confine.h"

#include <sys/prctl.h>

enum btz_rc
btz_confine_apply(const struct btz_confine *c, struct btz_err *err)
{
	(void)c;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_INTERNAL, "prctl");
	return BTZ_OK;
}
