/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony_words.c - what a request means, in words: this is what an
 * administrator approves. Made of the request's bytes alone. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ceremony_file.h"
#include "cli/key.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/keyblob.h"
#include "wire/msg_backup.h"

__attribute__((format(printf, 2, 3))) static void
say(struct btz_wr *wr, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	btz_wr_raw(wr, text, strlen(text));
}

static void
say_hex(struct btz_wr *wr, const char *before, const void *p, size_t len)
{
	char hex[2 * BTZ_SHA256_LEN + 1];

	btz_hex(p, len, hex);
	say(wr, "%s%s\n", before, hex);
}

static void
say_time(struct btz_wr *wr, const char *before, uint64_t at)
{
	const time_t t = (time_t)at;
	char text[40] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	say(wr, "%s%s UTC (%llu)\n", before, text, (unsigned long long)at);
}

static void
issuing(struct btz_span rq, struct btz_wr *wr)
{
	struct btz_approve_issuing m;

	if (!btz_msg_decode(&btz_def_approve_issuing, rq, &m))
		return;
	say(wr, "The root certifies an issuing key of this box.\n");
	say_hex(wr, "  SHA-256 of the key: ", m.spki_digest, BTZ_SHA256_LEN);
	say_hex(wr, "  serial: ", m.serial, sizeof(m.serial));
	say_time(wr, "  valid until ", m.not_after);
}

static void
root_crl(struct btz_span rq, struct btz_wr *wr)
{
	struct btz_root_crl m;

	if (!btz_msg_decode(&btz_def_root_crl, rq, &m))
		return;
	if (m.emergency != 0)
		say(wr, "EMERGENCY list of the root, valid as long as the root "
			"itself: whoever publishes\nit ends these issuing "
			"certificates for ever.\n");
	else
		say(wr, "List of the root: these issuing certificates end, and "
			"all that they issued.\n");
	for (size_t i = 0; i + BTZ_ID_LEN <= m.serials.len; i += BTZ_ID_LEN)
		say_hex(wr, "  serial ", m.serials.p + i, BTZ_ID_LEN);
	if (m.serials.len == 0)
		say(wr, "  none (an empty list)\n");
	if (m.emergency == 0 && m.next_update == 0)
		say(wr, "  next list when the one before ends\n");
	else if (m.emergency == 0)
		say_time(wr, "  next list by ", m.next_update);
}

static void
admin_set(struct btz_span rq, struct btz_wr *wr)
{
	uint8_t id[BTZ_SHA256_LEN];
	struct btz_admin_set m;
	struct btz_span spki;
	struct btz_rd rd;

	if (!btz_msg_decode(&btz_def_admin_set, rq, &m))
		return;
	say(wr,
	    "Other administrators: from then on %u of these must approve. "
	    "Everybody else\nhas no say any more.\n",
	    m.k);
	btz_rd_span(&rd, m.admins);
	while (btz_rd_left(&rd) > 0 &&
	       btz_rd_bytes16(&rd, &spki, BTZ_ADMIN_SPKI_MAX)) {
		btz_sha256(spki, id);
		say_hex(wr, "  administrator ", id, sizeof(id));
	}
	if (m.recovery.len == 0) {
		say(wr, "  no recovery key\n");
		return;
	}
	btz_sha256(m.recovery, id);
	say_hex(wr, "  recovery key ", id, sizeof(id));
}

static void
time_set(struct btz_span rq, struct btz_wr *wr)
{
	struct btz_time_set m;

	if (!btz_msg_decode(&btz_def_time_set, rq, &m))
		return;
	say(wr, "The box takes this as the time. Compare it with a clock that "
		"you trust.\n");
	say_time(wr, "  ", m.time);
}

static void
recover(struct btz_span rq, struct btz_wr *wr)
{
	struct btz_recover m;

	if (!btz_msg_decode(&btz_def_recover, rq, &m))
		return;
	say(wr, "The storage that is there now counts again, although the TPM "
		"knows that a newer\none was written. What came after it is "
		"lost; keys destroyed since may work again.\n");
	say_hex(wr, "  record ", m.record_digest, BTZ_SHA256_LEN);
	say_hex(wr, "  TPM index ", m.index_digest, BTZ_SHA256_LEN);
}

/* Somebody else's words on an administrator's terminal: ASCII only. */
static void
say_text(struct btz_wr *wr, const char *before, struct btz_span s)
{
	say(wr, "%s", before);
	for (size_t i = 0; i < s.len; i++)
		btz_wr_u8(wr, s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?');
	say(wr, "\n");
}

static void
say_key(struct btz_wr *wr, const struct btz_restore_what *w)
{
	char uses[BTZ_KEY_USES_MAX];

	say_text(wr, "  application ", w->owner);
	say_text(wr, "  label ", w->label);
	say(wr, "  %s, %u %s\n", btz_alg_name(w->alg), w->versions,
	    w->versions == 1 ? "version" : "versions");
	if (btz_family(w->alg) < BTZ_FAMILY_AES)
		say_hex(wr, "  SHA-256 of the newest public key ",
		    w->spki_digest, sizeof(w->spki_digest));
	else
		say(wr, "  no public key to compare\n");
	say_hex(wr, "  id ", w->id, sizeof(w->id));
	btz_key_uses(w->usage, uses);
	say(wr, "  may %s\n", uses);
	if ((w->flags & BTZ_KEYBLOB_EXPORTABLE) != 0)
		say(wr, "  exportable: the box gives its private part away\n");
}

static void
restore(struct btz_span rq, struct btz_wr *wr)
{
	struct btz_approve_restore m;
	struct btz_restore_what w;

	if (!btz_msg_decode(&btz_def_approve_restore, rq, &m) ||
	    !btz_msg_decode(&btz_def_restore_what, m.what, &w))
		return;
	say(wr,
	    "A key of a backup becomes a key of this box. Whoever opened the "
	    "backup says the\nfile's SHA-256; a file of anybody else is "
	    "anybody's key.\n");
	say_hex(wr, "  SHA-256 of the file ", m.digest, sizeof(m.digest));
	say_key(wr, &w);
}

void
btz_ceremony_words(const struct btz_ceremony *c, struct btz_wr *wr)
{
	static void (*const fns[])(struct btz_span rq, struct btz_wr * wr) = {
		[BTZ_APPROVE_ISSUING] = issuing,
		[BTZ_APPROVE_ROOT_CRL] = root_crl,
		[BTZ_APPROVE_ADMIN_SET] = admin_set,
		[BTZ_APPROVE_TIME_SET] = time_set,
		[BTZ_APPROVE_RECOVER] = recover,
		[BTZ_APPROVE_RESTORE] = restore,
	};
	const uint8_t op = c->challenge.operation;

	if (op < BTZ_COUNT(fns) && fns[op] != NULL)
		fns[op](btz_span_of(c->request, c->request_len), wr);
}
