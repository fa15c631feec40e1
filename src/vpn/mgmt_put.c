/* SPDX-License-Identifier: Apache-2.0 */
/* mgmt_put.c - the commands that we send to OpenVPN; contract in mgmt.h. */
#include <string.h>

#include "tlog/b64.h"
#include "vpn/mgmt_int.h"

static void
text(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

static void
number(struct btz_wr *wr, uint64_t n)
{
	text(wr, " ");
	btz_decimal_write(wr, n);
}

/* Notes the answer that is due, or takes back what was written. */
static enum btz_rc
done(struct btz_mgmt *m, struct btz_wr *wr, size_t from, enum btz_mgmt_cmd cmd,
    uint64_t cid, uint64_t kid)
{
	uint32_t at = (m->due_first + m->due_count) % BTZ_MGMT_DUE_MAX;

	if (!btz_wr_ok(wr)) {
		wr->len = from;
		wr->failed = false;
		return BTZ_E_TOOBIG;
	}
	m->due[at].cmd = cmd;
	m->due[at].cid = cid;
	m->due[at].kid = kid;
	m->due_count++;
	return BTZ_OK;
}

static enum btz_rc
may_put(const struct btz_mgmt *m, const struct btz_wr *wr)
{
	if (wr->failed)
		return BTZ_E_TOOBIG;
	if (m->state == BTZ_MG_DEAD)
		return BTZ_E_PROTO;
	return m->due_count >= BTZ_MGMT_DUE_MAX ? BTZ_E_AGAIN : BTZ_OK;
}

/* One line of a block: cannot end the line or the block. */
static bool
is_directive(struct btz_span s)
{
	return s.len > 0 && s.len <= BTZ_MGMT_TEXT_MAX &&
	       btz_mgmt_printable(s) && !btz_span_eq(s, btz_span_str("END"));
}

/* Goes between double quotes. */
static bool
is_quotable(struct btz_span s)
{
	return s.len <= BTZ_MGMT_TEXT_MAX && btz_mgmt_printable(s) &&
	       (s.len == 0 || (memchr(s.p, '"', s.len) == NULL &&
				  memchr(s.p, '\\', s.len) == NULL));
}

enum btz_rc
btz_mgmt_put_start(struct btz_mgmt *m, struct btz_wr *wr, uint32_t bytecount_s)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	/* `version` has no answer; without it PK_SIGN names no algorithm */
	text(wr, "version 3\nbytecount");
	number(wr, bytecount_s);
	text(wr, "\n");
	return done(m, wr, from, BTZ_MGMT_CMD_BYTECOUNT, 0, 0);
}

/* A command of one line without arguments. */
static enum btz_rc
put_plain(struct btz_mgmt *m, struct btz_wr *wr, const char *line,
    enum btz_mgmt_cmd cmd)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	text(wr, line);
	return done(m, wr, from, cmd, 0, 0);
}

enum btz_rc
btz_mgmt_put_release(struct btz_mgmt *m, struct btz_wr *wr)
{
	return put_plain(m, wr, "hold release\n", BTZ_MGMT_CMD_RELEASE);
}

enum btz_rc
btz_mgmt_put_alive(struct btz_mgmt *m, struct btz_wr *wr)
{
	return put_plain(m, wr, "pid\n", BTZ_MGMT_CMD_ALIVE);
}

enum btz_rc
btz_mgmt_put_restart(struct btz_mgmt *m, struct btz_wr *wr)
{
	return put_plain(m, wr, "signal SIGTERM\n", BTZ_MGMT_CMD_RESTART);
}

enum btz_rc
btz_mgmt_put_auth(struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid,
    uint64_t kid, const struct btz_span *lines, size_t n)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!is_directive(lines[i]))
			return BTZ_E_INVAL;
	text(wr, "client-auth");
	number(wr, cid);
	number(wr, kid);
	text(wr, "\n");
	for (size_t i = 0; i < n; i++) {
		btz_wr_raw(wr, lines[i].p, lines[i].len);
		text(wr, "\n");
	}
	text(wr, "END\n");
	return done(m, wr, from, BTZ_MGMT_CMD_AUTH, cid, kid);
}

enum btz_rc
btz_mgmt_put_wake(
    struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid, uint64_t kid)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	text(wr, "client-pending-auth");
	number(wr, cid);
	number(wr, kid);
	text(wr, " admitted 10\n");
	return done(m, wr, from, BTZ_MGMT_CMD_WAKE, cid, kid);
}

enum btz_rc
btz_mgmt_put_deny(struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid,
    uint64_t kid, struct btz_span log, struct btz_span shown)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	if (!is_quotable(log) || !is_quotable(shown))
		return BTZ_E_INVAL;
	text(wr, "client-deny");
	number(wr, cid);
	number(wr, kid);
	text(wr, " \"");
	btz_wr_raw(wr, log.p, log.len);
	text(wr, "\" \"");
	btz_wr_raw(wr, shown.p, shown.len);
	text(wr, "\"\n");
	return done(m, wr, from, BTZ_MGMT_CMD_DENY, cid, kid);
}

enum btz_rc
btz_mgmt_put_kill(struct btz_mgmt *m, struct btz_wr *wr, uint64_t cid)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	text(wr, "client-kill");
	number(wr, cid);
	text(wr, "\n");
	return done(m, wr, from, BTZ_MGMT_CMD_KILL, cid, 0);
}

enum btz_rc
btz_mgmt_put_signature(
    struct btz_mgmt *m, struct btz_wr *wr, struct btz_span signature)
{
	size_t from = wr->len;
	enum btz_rc rc = may_put(m, wr);

	if (rc != BTZ_OK)
		return rc;
	if (signature.len > BTZ_SIG_MAX)
		return BTZ_E_INVAL;
	text(wr, "pk-sig\n");
	for (size_t i = 0; i < signature.len; i += 48) { /* 64 characters */
		size_t n = signature.len - i < 48 ? signature.len - i : 48;

		btz_b64_write(wr, btz_span_of(signature.p + i, n));
		text(wr, "\n");
	}
	text(wr, "END\n");
	return done(m, wr, from, BTZ_MGMT_CMD_PK_SIG, 0, 0);
}
