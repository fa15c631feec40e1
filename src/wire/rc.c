/* SPDX-License-Identifier: Apache-2.0 */
/* rc.c - texts of the result codes; the list itself is in rc.h. */
#include "wire/rc.h"

#include <stddef.h>

struct rc_row {
	uint32_t num;
	int exit_status;
	const char *name, *text, *hint;
};

static const struct rc_row rows[] = {
#define BTZ_RC_ROW(name, num, ex, text, hint) { (num), (ex), #name, (text), (hint) },
	BTZ_RC_LIST(BTZ_RC_ROW)
#undef BTZ_RC_ROW
};

static const struct rc_row unknown = { 0, 70, "E_UNKNOWN",
	"unknown result code", "check that all programs are of one release" };

static const struct rc_row *
find(uint32_t rc)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].num == rc)
			return &rows[i];
	return &unknown;
}

const char *
btz_rc_name(uint32_t rc)
{
	return find(rc)->name;
}

const char *
btz_rc_text(uint32_t rc)
{
	return find(rc)->text;
}

const char *
btz_rc_hint(uint32_t rc)
{
	return find(rc)->hint;
}

int
btz_rc_exit(uint32_t rc)
{
	return find(rc)->exit_status;
}

enum btz_rc
btz_rc_from_wire(uint32_t rc)
{
	return find(rc) == &unknown ? BTZ_E_PROTO : (enum btz_rc)rc;
}
