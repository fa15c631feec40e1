/* SPDX-License-Identifier: Apache-2.0 */
/* alive.c - when OpenVPN counts as hung; table in alive.h. */
#include "vpn/alive.h"

void
btz_alive_start(struct btz_alive *a, uint64_t now)
{
	*a = (struct btz_alive){ .since = now, .looked = now };
}

void
btz_alive_heard(struct btz_alive *a)
{
	a->asked = false;
}

void
btz_alive_signed(struct btz_alive *a, uint64_t now)
{
	a->since = now;
}

enum btz_alive_do
btz_alive_look(struct btz_alive *a, uint64_t now, bool signature_due)
{
	const bool late = now - a->looked > BTZ_ALIVE_MS + BTZ_ALIVE_LATE_MS;

	a->looked = now;
	if (!a->asked) {
		a->asked = true;
		a->since = now;
		return BTZ_ALIVE_ASK;
	}
	if (late || signature_due)
		a->since = now;
	/* timers may be a little early */
	return now - a->since + BTZ_ALIVE_LATE_MS < BTZ_ALIVE_MS
		   ? BTZ_ALIVE_WAIT
		   : BTZ_ALIVE_HUNG;
}
