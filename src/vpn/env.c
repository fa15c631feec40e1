/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.c - ENV blocks of the management interface: the table of names that we
 * use, each taken once; all others are passed over. A value that is not as
 * expected makes the block bad (its client is denied), not the link.
 */
#include <string.h>

#include "tlog/b64.h"
#include "vpn/mgmt_int.h"

bool
btz_mgmt_printable(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
copy(struct btz_span in, char *out, size_t cap)
{
	if (in.len >= cap || !btz_mgmt_printable(in))
		return false;
	if (in.len > 0)
		memcpy(out, in.p, in.len);
	out[in.len] = '\0';
	return true;
}

bool
btz_mgmt_addr_copy(struct btz_span in, char *out, size_t cap)
{
	static const char allowed[] = "0123456789abcdefABCDEF.:/";

	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] == 0 || strchr(allowed, in.p[i]) == NULL)
			return false;
	return in.len > 0 && copy(in, out, cap);
}

static int
nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "71:02:...": exactly n octets in lower case. */
static bool
octets(struct btz_span in, uint8_t *out, size_t n)
{
	if (in.len != 3 * n - 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(in.p[3 * i]), lo = nibble(in.p[3 * i + 1]);

		if (hi < 0 || lo < 0 || (i + 1 < n && in.p[3 * i + 2] != ':'))
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static bool
set_serial(struct btz_mgmt_env *e, struct btz_span v)
{
	e->has_serial = octets(v, e->serial, sizeof(e->serial));
	return e->has_serial;
}

static bool
set_digest(struct btz_mgmt_env *e, struct btz_span v)
{
	e->has_digest = octets(v, e->digest, sizeof(e->digest));
	return e->has_digest;
}

static bool
set_issuer(struct btz_mgmt_env *e, struct btz_span v)
{
	e->has_issuer = octets(v, e->issuer, sizeof(e->issuer));
	return e->has_issuer;
}

static bool
set_san(struct btz_mgmt_env *e, struct btz_span v)
{
	return copy(v, e->san, sizeof(e->san));
}

static bool
set_ip(struct btz_mgmt_env *e, struct btz_span v)
{
	return btz_mgmt_addr_copy(v, e->ip, sizeof(e->ip));
}

static bool
set_port(struct btz_mgmt_env *e, struct btz_span v)
{
	uint64_t n;

	return btz_decimal_read(v, &n) && n <= 65535 &&
	       copy(v, e->port, sizeof(e->port));
}

static bool
set_duration(struct btz_mgmt_env *e, struct btz_span v)
{
	return btz_decimal_read(v, &e->duration);
}

static bool
set_sent(struct btz_mgmt_env *e, struct btz_span v)
{
	return btz_decimal_read(v, &e->to_client);
}

static bool
set_received(struct btz_mgmt_env *e, struct btz_span v)
{
	return btz_decimal_read(v, &e->from_client);
}

static const struct {
	const char *name;
	bool (*set)(struct btz_mgmt_env *e, struct btz_span v);
	uint32_t slot; /* two names may fill one */
	const char *bad;
} names[] = {
	{ "tls_serial_hex_0", set_serial, 1u << 0, "serial is not ours" },
	{ "tls_digest_sha256_0", set_digest, 1u << 1, "digest is malformed" },
	{ "tls_digest_sha256_1", set_issuer, 1u << 8, "digest is malformed" },
	{ "X509_0_subjectAltName", set_san, 1u << 2, "name is malformed" },
	{ "untrusted_ip", set_ip, 1u << 3, "address is malformed" },
	{ "untrusted_ip6", set_ip, 1u << 3, "address is malformed" },
	{ "untrusted_port", set_port, 1u << 4, "port is malformed" },
	{ "time_duration", set_duration, 1u << 5, "duration is malformed" },
	{ "bytes_sent", set_sent, 1u << 6, "counter is malformed" },
	{ "bytes_received", set_received, 1u << 7, "counter is malformed" },
};

void
btz_mgmt_env_begin(struct btz_mgmt *m)
{
	m->env = (struct btz_mgmt_env){ .bad = NULL };
	m->env_lines = 0;
	m->seen = 0;
}

static void
take(struct btz_mgmt *m, size_t i, struct btz_span value)
{
	struct btz_mgmt_env *e = &m->env;

	if ((m->seen & names[i].slot) != 0)
		e->bad = "a field came twice";
	else if (!names[i].set(e, value))
		e->bad = names[i].bad;
	m->seen |= names[i].slot;
}

bool
btz_mgmt_env_line(struct btz_mgmt *m, struct btz_span line)
{
	struct btz_span name;

	if (++m->env_lines > BTZ_MGMT_ENV_MAX)
		return false;
	/* a client's own text (peer information) need not have the form */
	if (!btz_mgmt_cut(&line, '=', &name))
		return true;
	for (size_t i = 0; i < BTZ_COUNT(names); i++)
		if (btz_span_eq(name, btz_span_str(names[i].name)))
			take(m, i, line);
	return true;
}
