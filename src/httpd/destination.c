/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination.c - the Destination header: scheme and authority checked, the
 * path percent-decoded once and normalised the way the server does with a
 * request's own path. Start with btz_destination at the end.
 */
#include <string.h>
#include <strings.h>

#include "httpd/place.h"

struct dest {
	uint8_t *out;
	size_t cap, len;
	int status;
	const char *why;
};

static bool
refuse(struct dest *d, int status, const char *why)
{
	d->status = status;
	d->why = why;
	return false;
}

static bool
equal_nocase(struct btz_span a, struct btz_span b)
{
	return a.len == b.len &&
	       (a.len == 0 || strncasecmp((const char *)a.p, (const char *)b.p,
				  a.len) == 0);
}

/* Without ":443", the port that https has anyway. */
static struct btz_span
without_port(struct btz_span authority)
{
	if (authority.len > 4 &&
	    memcmp(authority.p + authority.len - 4, ":443", 4) == 0)
		authority.len -= 4;
	return authority;
}

static bool
is_https(struct btz_span s)
{
	return s.len >= 8 && strncasecmp((const char *)s.p, "https://", 8) == 0;
}

static bool
has_scheme(struct btz_span s)
{
	for (size_t i = 0; i < s.len && s.p[i] != '/'; i++)
		if (s.p[i] == ':')
			return true;
	return false;
}

/* Takes scheme and authority off *in. */
static bool
take_site(struct dest *d, struct btz_span *in, struct btz_span host)
{
	struct btz_span authority;
	size_t n = 0;

	if (in->p[0] == '/') {
		if (in->len > 1 && in->p[1] == '/')
			return refuse(d, 400, "Destination without scheme");
		return true;
	}
	if (!is_https(*in))
		return has_scheme(*in)
			   ? refuse(d, 502, "Destination has another scheme")
			   : refuse(d, 400, "Destination is not absolute");
	in->p += 8;
	in->len -= 8;
	while (n < in->len && in->p[n] != '/')
		n++;
	authority = btz_span_of(in->p, n);
	if (n > 0 && memchr(authority.p, '@', n) != NULL)
		return refuse(d, 400, "Destination with user information");
	if (n == 0 || host.len == 0 ||
	    !equal_nocase(without_port(authority), without_port(host)))
		return refuse(d, 502, "Destination on another server");
	in->p += n;
	in->len -= n;
	return in->len > 0 || refuse(d, 400, "Destination without path");
}

static bool
visible(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '?' ||
		    s.p[i] == '#' || s.p[i] == '\\')
			return false;
	return true;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte, decoded; *i moves behind it. */
static bool
take_byte(struct dest *d, struct btz_span in, size_t *i, uint8_t *out)
{
	int hi, lo;

	*out = in.p[(*i)++];
	if (*out != '%')
		return true;
	if (in.len - *i < 2 || (hi = hex_digit(in.p[*i])) < 0 ||
	    (lo = hex_digit(in.p[*i + 1])) < 0)
		return refuse(d, 400, "Destination with a malformed escape");
	*i += 2;
	*out = (uint8_t)(hi * 16 + lo);
	if (*out == '/' || *out == '\0')
		return refuse(d, 400, "Destination with an encoded separator");
	return true;
}

static bool
put(struct dest *d, uint8_t c)
{
	if (d->len >= d->cap)
		return refuse(d, 400, "Destination too long");
	d->out[d->len++] = c;
	return true;
}

/* Resolves the segment that ends at d->len: out is "/.../segment". */
static bool
close_segment(struct dest *d)
{
	size_t from = d->len;

	while (d->out[from - 1] != '/')
		from--;
	if (d->len - from == 1 && d->out[from] == '.') {
		d->len = from;
	} else if (d->len - from == 2 && d->out[from] == '.' &&
		   d->out[from + 1] == '.') {
		if (from == 1)
			return refuse(d, 400, "Destination above the top");
		for (from--; d->out[from - 1] != '/'; from--)
			;
		d->len = from;
	}
	return true;
}

/* in begins with a slash. After each step out begins with one too. */
static bool
normalise(struct dest *d, struct btz_span in)
{
	size_t i = 0;
	uint8_t c;

	if (!put(d, '/'))
		return false;
	while (i < in.len) {
		if (!take_byte(d, in, &i, &c))
			return false;
		if (c != '/') {
			if (!put(d, c))
				return false;
			continue;
		}
		if (!close_segment(d) ||
		    (d->out[d->len - 1] != '/' && !put(d, '/')))
			return false;
	}
	return close_segment(d);
}

int
btz_destination(struct btz_span header, struct btz_span host, uint8_t *out,
    size_t cap, size_t *len, const char **why)
{
	struct dest d = { .out = out, .cap = cap };

	if (header.len == 0 || header.len > 3u * BTZ_PATH_MAX + BTZ_URI_MAX ||
	    !visible(header))
		(void)refuse(&d, 400, "Destination is not a plain URI");
	else if (take_site(&d, &header, host))
		(void)normalise(&d, header);
	*len = d.status == 0 ? d.len : 0;
	*why = d.why;
	return d.status;
}
