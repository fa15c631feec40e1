/* SPDX-License-Identifier: Apache-2.0 */
/* tee_status.c - what the trusted application says of itself, as rows of
 * `status`; tee.h. */
#include "crypto/backend/tee.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "wire/table.h"

static void
row(struct btz_table_wr *rows, const char *item, struct btz_span value,
    const char *level)
{
	btz_table_str(rows, item);
	btz_table_text(rows, value);
	btz_table_str(rows, level);
	if (!btz_table_row_end(rows))
		return; /* no room left: taken back */
}

/* What is said in other words than the TA's. */
static void
reword(char *item, size_t item_cap, char *value, size_t value_cap)
{
	if (strcmp(item, "root-approval") == 0)
		(void)snprintf(value, value_cap,
		    "local (no protection against Linux root)");
	if (strcmp(item, "test-ek-root") == 0) {
		(void)snprintf(item, item_cap, "ek");
		(void)snprintf(value, value_cap, "test root");
	}
}

/* "a: b,c,d: e+f" -> rows (a, b), (c, yes), (d, "e,f") */
static void
weakness_rows(struct btz_table_wr *rows, struct btz_span list)
{
	while (list.len > 0) {
		const uint8_t *comma = memchr(list.p, ',', list.len);
		size_t n = comma != NULL ? (size_t)(comma - list.p) : list.len;
		const uint8_t *colon = memchr(list.p, ':', n);
		size_t name = colon != NULL ? (size_t)(colon - list.p) : n;
		char item[64], value[64];
		int value_len = n > name + 2 ? (int)(n - name - 2) : 0;

		(void)snprintf(value, sizeof(value), "%.*s", value_len,
		    (const char *)list.p + n - value_len);
		for (char *p = strchr(value, '+'); p != NULL;
		     p = strchr(p, '+'))
			*p = ',';
		(void)snprintf(item, sizeof(item), "%.*s", (int)name,
		    (const char *)list.p);
		if (value_len == 0)
			(void)snprintf(value, sizeof(value), "yes");
		reword(item, sizeof(item), value, sizeof(value));
		row(rows, item, btz_span_str(value), "weak");
		list.p += n + (comma != NULL);
		list.len -= n + (comma != NULL);
	}
}

/* Neither of the two weaknesses that it has otherwise. */
static void
ek_row(struct btz_table_wr *rows, const struct btz_ta_info *i)
{
	static const char *const weak[] = { "ek: ", "test-ek-root" };

	for (size_t k = 0; k < BTZ_COUNT(weak); k++)
		if (memmem(i->weaknesses.p, i->weaknesses.len, weak[k],
			strlen(weak[k])) != NULL)
			return;
	row(rows, "ek", btz_span_str("checked"), "ok");
}

static void
hex_row(struct btz_table_wr *rows, const char *item,
    const uint8_t digest[BTZ_SHA256_LEN], const char *level)
{
	char hex[2 * BTZ_SHA256_LEN + 1];

	for (size_t i = 0; i < BTZ_SHA256_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	row(rows, item, btz_span_str(hex), level);
}

/* Who approves: key ids, as their approvals name them. */
static void
admin_rows(struct btz_table_wr *rows, struct btz_span encoded)
{
	uint8_t id[BTZ_SHA256_LEN];
	struct btz_admin_set set;
	struct btz_span spki;
	struct btz_rd rd;
	char text[32];

	if (encoded.len == 0 ||
	    !btz_msg_decode(&btz_def_admin_set, encoded, &set))
		return;
	(void)snprintf(text, sizeof(text), "%u must approve", set.k);
	row(rows, "administrators", btz_span_str(text), "info");
	btz_rd_span(&rd, set.admins);
	while (btz_rd_left(&rd) > 0 &&
	       btz_rd_bytes16(&rd, &spki, BTZ_ADMIN_SPKI_MAX))
		if (SHA256(spki.p, spki.len, id) != NULL)
			hex_row(rows, "administrator", id, "info");
	if (set.recovery.len > 0 &&
	    SHA256(set.recovery.p, set.recovery.len, id) != NULL)
		hex_row(rows, "recovery key", id, "info");
}

void
btz_tee_status(void *st, struct btz_table_wr *rows)
{
	struct tee *t = st;
	struct btz_ta_info i;
	struct btz_err err;
	char text[96];

	if (btz_tee_info(t, &i, &err) != BTZ_OK) {
		row(rows, "trusted application", btz_span_str(err.msg),
		    "error");
		return;
	}
	row(rows, "trusted application",
	    btz_span_str(btz_tee_state_name(i.state)),
	    i.state == BTZ_TA_READY || i.state == BTZ_TA_UNPROVISIONED
		? "ok"
		: "error");
	if (i.implementation.len > 0 && !t->emulated)
		row(rows, "tee", i.implementation, "info");
	(void)snprintf(text, sizeof(text), "%llu, before it: %s",
	    (unsigned long long)i.epoch,
	    i.previous_clean != 0 ? "clean" : "unclean");
	if (i.epoch > 0)
		row(rows, "epoch", btz_span_str(text), "info");
	(void)snprintf(text, sizeof(text), "%u", i.tpm_failures);
	if (i.tpm_failures > 0)
		row(rows, "tpm failures", btz_span_str(text), "warning");
	ek_row(rows, &i);
	admin_rows(rows, i.admins);
	if (i.state == BTZ_TA_STORAGE_ROLLED_BACK) {
		hex_row(rows, "record digest", i.record_digest, "error");
		hex_row(rows, "index digest", i.index_digest, "error");
	}
	weakness_rows(rows, i.weaknesses);
}
