/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_epoch.c - what the signer says of itself in the extension lines of a
 * checkpoint: how the boot before this one ended (btz-epoch), and whether a
 * rolled-back storage was ever taken for the truth (btz-recovery). Lines of
 * other names are somebody else's.
 */
#include <string.h>

#include "cli/audit_walk.h"
#include "tlog/b64.h"

/* The rest of a line that begins with name and a space. */
static bool
after(struct btz_span line, const char *name, struct btz_span *rest)
{
	size_t n = strlen(name);

	if (line.len <= n + 1 || memcmp(line.p, name, n) != 0 ||
	    line.p[n] != ' ')
		return false;
	*rest = btz_span_of(line.p + n + 1, line.len - n - 1);
	return true;
}

static void
malformed(struct btz_walk *w, const char *name)
{
	btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, "checkpoint",
	    "line %s is malformed", name);
}

static void
say_epoch(struct btz_walk *w, struct btz_span rest)
{
	const uint8_t *space = memchr(rest.p, ' ', rest.len);
	size_t n = space != NULL ? (size_t)(space - rest.p) : rest.len;
	struct btz_span how = btz_span_of(rest.p + n, rest.len - n);
	uint64_t epoch;

	if (!btz_decimal_read(btz_span_of(rest.p, n), &epoch))
		malformed(w, "btz-epoch");
	else if (btz_span_eq(how, btz_span_str(" unclean")))
		btz_walk_say(w, BTZ_FOUND_EPOCH, BTZ_OK, "checkpoint",
		    "the boot before epoch %llu did not end cleanly: up to 256 "
		    "constrained signatures or 1 h of checkpoints are not "
		    "accounted for",
		    (unsigned long long)epoch);
	else if (!btz_span_eq(how, btz_span_str(" clean")))
		malformed(w, "btz-epoch");
}

static void
say_recovery(struct btz_walk *w, struct btz_span rest)
{
	uint64_t n;

	if (!btz_decimal_read(rest, &n) || n == 0)
		malformed(w, "btz-recovery");
	else
		btz_walk_say(w, BTZ_FOUND_EPOCH, BTZ_OK, "checkpoint",
		    "a rolled-back storage of the signer was taken for the "
		    "truth %llu times (RECOVER)",
		    (unsigned long long)n);
}

void
btz_walk_epoch(struct btz_walk *w, struct btz_span lines)
{
	while (lines.len > 0) {
		const uint8_t *end = memchr(lines.p, '\n', lines.len);
		size_t n = end != NULL ? (size_t)(end - lines.p) : lines.len;
		struct btz_span line = btz_span_of(lines.p, n), rest;

		if (after(line, "btz-epoch", &rest))
			say_epoch(w, rest);
		else if (after(line, "btz-recovery", &rest))
			say_recovery(w, rest);
		n += end != NULL ? 1 : 0;
		lines = btz_span_of(lines.p + n, lines.len - n);
	}
}
