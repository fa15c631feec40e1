/* SPDX-License-Identifier: Apache-2.0 */
/* invite.c - takes an invite apart, from both ends; see invite.h. */
#include "cli/invite.h"

#include <string.h>

#include "prim/prim.h"

#define PREFIX "bartizan-invite:v1:"
#define SCHEME "https://"

static bool
all_in(struct btz_span s, const char *set)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == 0 || strchr(set, s.p[i]) == NULL)
			return false;
	return s.len > 0;
}

static bool
copy(struct btz_span s, char *out, size_t cap)
{
	if (s.len >= cap)
		return false;
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

static bool
take_port(struct btz_span s, struct btz_url *out)
{
	unsigned n = 0;

	if (s.len == 0)
		return copy(btz_span_str("443"), out->port, sizeof(out->port));
	if (s.p[0] != ':' || s.len > 6 || s.len < 2)
		return false;
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(s.p[i] - '0');
	}
	return n > 0 && n < 65536 &&
	       copy(btz_span_of(s.p + 1, s.len - 1), out->port,
		   sizeof(out->port));
}

static bool
take_url(struct btz_span s, struct btz_url *out)
{
	static const char host_set[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const size_t scheme = strlen(SCHEME);
	size_t n = 0;

	if (s.len < scheme || memcmp(s.p, SCHEME, scheme) != 0)
		return false;
	s = btz_span_of(s.p + scheme, s.len - scheme);
	if (s.len > 0 && s.p[s.len - 1] == '/')
		s.len--;
	if (s.len > 0 && s.p[0] == '[') {
		while (n < s.len && s.p[n] != ']')
			n++;
		return n < s.len &&
		       all_in(btz_span_of(s.p + 1, n - 1),
			   "0123456789abcdefABCDEF:.") &&
		       copy(btz_span_of(s.p + 1, n - 1), out->host,
			   sizeof(out->host)) &&
		       take_port(btz_span_of(s.p + n + 1, s.len - n - 1), out);
	}
	while (n < s.len && s.p[n] != ':')
		n++;
	return all_in(btz_span_of(s.p, n), host_set) &&
	       copy(btz_span_of(s.p, n), out->host, sizeof(out->host)) &&
	       take_port(btz_span_of(s.p + n, s.len - n), out);
}

enum btz_rc
btz_url_parse(struct btz_span text, struct btz_url *out, struct btz_err *err)
{
	memset(out, 0, sizeof(*out));
	if (take_url(text, out))
		return BTZ_OK;
	memset(out, 0, sizeof(*out));
	return BTZ_FAIL(err, BTZ_E_INVAL, "'%.*s' is not https://HOST[:PORT]",
	    (int)(text.len > 100 ? 100 : text.len), (const char *)text.p);
}

/* Cuts what follows the last ':' off s. */
static bool
cut_last(struct btz_span *s, struct btz_span *out)
{
	size_t n = s->len;

	while (n > 0 && s->p[n - 1] != ':')
		n--;
	if (n == 0)
		return false;
	*out = btz_span_of(s->p + n, s->len - n);
	s->len = n - 1;
	return true;
}

static bool
take_pin(struct btz_span s, uint8_t pin[BTZ_SHA256_LEN])
{
	size_t len;

	if (s.len == 2 * BTZ_SHA256_LEN)
		return btz_unhex(s, pin, BTZ_SHA256_LEN);
	return btz_base64url_decode(s, pin, BTZ_SHA256_LEN, &len) &&
	       len == BTZ_SHA256_LEN;
}

enum btz_rc
btz_invite_parse(const char *text, struct btz_invite *out, struct btz_err *err)
{
	static const char token_set[] =
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct btz_span s = btz_span_str(text), token, pin;
	const size_t prefix = strlen(PREFIX);
	struct btz_err ignored;

	memset(out, 0, sizeof(*out));
	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == ' '))
		s.len--;
	if (s.len < prefix || memcmp(s.p, PREFIX, prefix) != 0)
		return BTZ_FAIL(err, BTZ_E_INVITE,
		    "invite does not begin with '" PREFIX "'");
	s = btz_span_of(s.p + prefix, s.len - prefix);
	if (!cut_last(&s, &pin) || !take_pin(pin, out->pin))
		return BTZ_FAIL(err, BTZ_E_INVITE,
		    "invite does not end with the pin of a root (was it cut?)");
	if (!cut_last(&s, &token) || token.len < 20 ||
	    !all_in(token, token_set) ||
	    !copy(token, out->token, sizeof(out->token)))
		return BTZ_FAIL(err, BTZ_E_INVITE, "token of the invite");
	if (btz_url_parse(s, &out->url, &ignored) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_INVITE, "address of the invite");
	return BTZ_OK;
}
