/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mgmt.c - lines of the management interface to events; contract and table of
 * states in mgmt.h. Start reading at btz_mgmt_next; env.c reads the blocks,
 * mgmt_put.c writes commands.
 */
#include "vpn/mgmt.h"

#include <string.h>

#include "tlog/b64.h"
#include "vpn/mgmt_int.h"

void
btz_mgmt_init(struct btz_mgmt *m)
{
	*m = (struct btz_mgmt){ .state = BTZ_MG_START };
}

void
btz_mgmt_end(struct btz_mgmt *m)
{
	btz_wipe(m, sizeof(*m));
	m->state = BTZ_MG_DEAD;
}

bool
btz_mgmt_cut(struct btz_span *s, uint8_t sep, struct btz_span *head)
{
	const uint8_t *at = s->len == 0 ? NULL : memchr(s->p, sep, s->len);

	*head = *s;
	if (at == NULL) {
		*s = btz_span_of(NULL, 0);
		return false;
	}
	head->len = (size_t)(at - s->p);
	*s = btz_span_of(at + 1, s->len - head->len - 1);
	return true;
}

/* Takes a prefix off; false: it is not there. */
static bool
skip(struct btz_span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len < n || memcmp(s->p, prefix, n) != 0)
		return false;
	*s = btz_span_of(s->p + n, s->len - n);
	return true;
}

/* "a,b,...": exactly n decimal numbers. */
static bool
numbers(struct btz_span rest, uint64_t *const *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct btz_span word;
		bool more = btz_mgmt_cut(&rest, ',', &word);

		if (more != (i + 1 < n) || !btz_decimal_read(word, out[i]))
			return false;
	}
	return true;
}

static bool
on_hold(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)m;
	ev->kind = BTZ_MGMT_HOLD;
	return skip(&rest, "Waiting for hold release");
}

static bool
on_fatal(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)m;
	(void)rest;
	ev->kind = BTZ_MGMT_FATAL;
	return true;
}

static bool
on_info(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)ev;
	if (!skip(&rest, "OpenVPN Management Interface Version ") ||
	    rest.len == 0 || rest.p[0] != '5')
		return false;
	m->state = BTZ_MG_READY;
	return true;
}

static bool
on_sign(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	struct btz_span b64;
	size_t len;

	if (!btz_mgmt_cut(&rest, ',', &b64) ||
	    !btz_span_eq(
		rest, btz_span_str("ECDSA,hashalg=SHA256,data=message")))
		return false;
	if (!btz_b64_read(b64, m->input, sizeof(m->input), &len) || len == 0)
		return false;
	ev->kind = BTZ_MGMT_SIGN;
	ev->input = btz_span_of(m->input, len);
	return true;
}

static bool
on_bytes(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	uint64_t *const out[] = { &ev->cid, &ev->from_client, &ev->to_client };

	(void)m;
	ev->kind = BTZ_MGMT_BYTES;
	return numbers(rest, out, BTZ_COUNT(out));
}

static bool
open_block(struct btz_mgmt *m, enum btz_mgmt_kind kind)
{
	m->state = BTZ_MG_BLOCK;
	m->block = kind;
	btz_mgmt_env_begin(m);
	return true;
}

static bool
on_cid_kid(struct btz_mgmt *m, struct btz_span rest, enum btz_mgmt_kind kind)
{
	uint64_t *const out[] = { &m->cid, &m->kid };

	return numbers(rest, out, 2) && open_block(m, kind);
}

static bool
on_connect(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)ev;
	return on_cid_kid(m, rest, BTZ_MGMT_CONNECT);
}

static bool
on_reauth(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)ev;
	return on_cid_kid(m, rest, BTZ_MGMT_REAUTH);
}

/* A client that is in can send this at any time and with any text: taken and
 * dropped, or it could cut the link for everybody. */
static bool
on_response(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)rest;
	(void)ev;
	return open_block(m, BTZ_MGMT_NONE);
}

/* ">NOTIFY:info,remote-exit,EXIT": a client says good-bye (it may do so at any
 * time, with text of its own after EXIT); CLIENT:DISCONNECT follows. */
static bool
on_notify(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)m;
	(void)rest;
	(void)ev;
	return true;
}

static bool
on_cid(struct btz_mgmt *m, struct btz_span rest, enum btz_mgmt_kind kind)
{
	uint64_t *const out[] = { &m->cid };

	m->kid = 0;
	return numbers(rest, out, 1) && open_block(m, kind);
}

static bool
on_established(
    struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)ev;
	return on_cid(m, rest, BTZ_MGMT_ESTABLISHED);
}

static bool
on_disconnect(
    struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	(void)ev;
	return on_cid(m, rest, BTZ_MGMT_DISCONNECT);
}

static bool
on_address(struct btz_mgmt *m, struct btz_span rest, struct btz_mgmt_event *ev)
{
	struct btz_span cid, addr;

	(void)m;
	ev->kind = BTZ_MGMT_ADDRESS;
	if (!btz_mgmt_cut(&rest, ',', &cid) ||
	    !btz_decimal_read(cid, &ev->cid) ||
	    !btz_mgmt_cut(&rest, ',', &addr))
		return false;
	if (rest.len != 1 || (rest.p[0] != '0' && rest.p[0] != '1'))
		return false;
	return btz_mgmt_addr_copy(addr, ev->addr, sizeof(ev->addr));
}

static const struct {
	const char *prefix;
	bool (*fn)(struct btz_mgmt *m, struct btz_span rest,
	    struct btz_mgmt_event *ev);
} notices[] = {
	{ ">HOLD:", on_hold },
	{ ">PK_SIGN:", on_sign },
	{ ">CLIENT:CONNECT,", on_connect },
	{ ">CLIENT:REAUTH,", on_reauth },
	{ ">CLIENT:CR_RESPONSE,", on_response },
	{ ">CLIENT:ESTABLISHED,", on_established },
	{ ">CLIENT:DISCONNECT,", on_disconnect },
	{ ">CLIENT:ADDRESS,", on_address },
	{ ">BYTECOUNT_CLI:", on_bytes },
	{ ">NOTIFY:", on_notify },
	{ ">FATAL:", on_fatal },
};

static bool
on_answer(struct btz_mgmt *m, bool ok, struct btz_mgmt_event *ev)
{
	if (m->due_count == 0)
		return false;
	ev->kind = BTZ_MGMT_ANSWER;
	ev->ok = ok;
	ev->cmd = m->due[m->due_first].cmd;
	ev->cid = m->due[m->due_first].cid;
	ev->kid = m->due[m->due_first].kid;
	m->due_first = (m->due_first + 1) % BTZ_MGMT_DUE_MAX;
	m->due_count--;
	return true;
}

static bool
on_ready(struct btz_mgmt *m, struct btz_span line, struct btz_mgmt_event *ev)
{
	if (!btz_mgmt_printable(line))
		return false;
	for (size_t i = 0; i < BTZ_COUNT(notices); i++)
		if (skip(&line, notices[i].prefix))
			return notices[i].fn(m, line, ev);
	if (skip(&line, "SUCCESS: "))
		return on_answer(m, true, ev);
	return skip(&line, "ERROR: ") && on_answer(m, false, ev);
}

static bool
on_block(struct btz_mgmt *m, struct btz_span line, struct btz_mgmt_event *ev)
{
	if (!skip(&line, ">CLIENT:ENV,"))
		return false;
	if (!btz_span_eq(line, btz_span_str("END")))
		return btz_mgmt_env_line(m, line);
	m->state = BTZ_MG_READY;
	if (m->block == BTZ_MGMT_NONE)
		return true; /* nothing of it in the next event */
	ev->kind = m->block;
	ev->cid = m->cid;
	ev->kid = m->kid;
	ev->env = &m->env;
	return true;
}

static bool
on_line(struct btz_mgmt *m, struct btz_span line, struct btz_mgmt_event *ev)
{
	switch (m->state) {
	case BTZ_MG_START:
		return skip(&line, ">INFO:") && on_info(m, line, ev);
	case BTZ_MG_READY:
		return on_ready(m, line, ev);
	case BTZ_MG_BLOCK:
		return on_block(m, line, ev);
	case BTZ_MG_DEAD:
		break;
	}
	return false;
}

/* One line is whole: without its end, which is LF or CR LF. */
static bool
take_line(struct btz_mgmt *m, struct btz_mgmt_event *ev)
{
	size_t len = m->len;
	bool ok;

	if (len > 0 && m->line[len - 1] == '\r')
		len--;
	ok = on_line(m, btz_span_of(m->line, len), ev);
	btz_wipe(m->line, m->len);
	m->len = 0;
	return ok;
}

/* Bytes up to the end of a line; *whole says whether it came. */
static bool
collect(struct btz_mgmt *m, struct btz_span *in, bool *whole)
{
	struct btz_span part;

	*whole = btz_mgmt_cut(in, '\n', &part);
	if (part.len > sizeof(m->line) - m->len)
		return false;
	if (part.len > 0)
		memcpy(m->line + m->len, part.p, part.len);
	m->len += part.len;
	return true;
}

enum btz_rc
btz_mgmt_next(struct btz_mgmt *m, struct btz_span *in,
    struct btz_mgmt_event *ev, struct btz_err *err)
{
	*ev = (struct btz_mgmt_event){ .kind = BTZ_MGMT_NONE };
	if (m->state == BTZ_MG_DEAD)
		return BTZ_FAIL(err, BTZ_E_PROTO, "management link is dead");
	while (in->len > 0 && ev->kind == BTZ_MGMT_NONE) {
		bool whole;

		if (!collect(m, in, &whole)) {
			m->state = BTZ_MG_DEAD;
			return BTZ_FAIL(err, BTZ_E_TOOBIG,
			    "OpenVPN sent a line of more than %u bytes",
			    BTZ_MGMT_LINE_MAX);
		}
		if (!whole || take_line(m, ev))
			continue;
		m->state = BTZ_MG_DEAD;
		*ev = (struct btz_mgmt_event){ .kind = BTZ_MGMT_NONE };
		return BTZ_FAIL(err, BTZ_E_PROTO,
		    "unexpected line on OpenVPN's management socket");
	}
	return BTZ_OK;
}

bool
btz_mgmt_is_server_verify(struct btz_span in)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";

	/* 64 spaces, the context, one zero (its NUL), the transcript's hash */
	if (in.len != 64 + sizeof(context) + 32 &&
	    in.len != 64 + sizeof(context) + 48)
		return false;
	for (size_t i = 0; i < 64; i++)
		if (in.p[i] != ' ')
			return false;
	return memcmp(in.p + 64, context, sizeof(context)) == 0;
}
