/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_decide.c - method, path, Host and Destination, separated by newlines.
 *
 * The policy here grants everything on /home/photos and nothing elsewhere.
 * Whatever is allowed must lie there, by a check that shares no code with the
 * decision, and a normalised Destination must be stable under normalising.
 */
#include <stdlib.h>
#include <string.h>

#include "httpd/decide.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
grants(void *arg, struct btz_span tenant, struct btz_span share,
    uint32_t actions, struct btz_policy_answer *out)
{
	(void)arg;
	(void)actions;
	out->reason = "fuzz";
	out->verdict = btz_span_eq(tenant, btz_span_str("home")) &&
			       btz_span_eq(share, btz_span_str("photos"))
			   ? BTZ_ALLOW
			   : BTZ_DENY_ABSENT;
}

static struct btz_span
line(const uint8_t **p, size_t *left)
{
	const uint8_t *nl = *left == 0 ? NULL : memchr(*p, '\n', *left);
	size_t n = nl == NULL ? *left : (size_t)(nl - *p);
	struct btz_span s = btz_span_of(*p, n);

	*p += n + (nl != NULL ? 1 : 0);
	*left -= n + (nl != NULL ? 1 : 0);
	return s;
}

static bool
has(struct btz_span s, const char *word)
{
	return s.len > 0 && memmem(s.p, s.len, word, strlen(word)) != NULL;
}

static void
must_be_in_photos(struct btz_span path)
{
	if (path.len < 12 || memcmp(path.p, "/home/photos", 12) != 0 ||
	    (path.len > 12 && path.p[12] != '/'))
		abort();
	if (has(path, "//") || has(path, "/../") || has(path, "/./") ||
	    has(path, "\\") || has(path, "/.DAV/"))
		abort();
	if (path.len >= 3 && memcmp(path.p + path.len - 3, "/..", 3) == 0)
		abort();
	if (memchr(path.p, '\0', path.len) != NULL)
		abort();
}

/* What came out, escaped byte by byte, must come out again. */
static void
must_be_stable(const struct btz_want *w)
{
	static const char hex[] = "0123456789abcdef";
	static uint8_t header[3 * BTZ_PATH_MAX], out[BTZ_PATH_MAX];
	const char *why;
	size_t len, n = 0;

	for (size_t i = 0; i < w->dst_len; i++) {
		uint8_t c = w->dst_path[i];

		if (c == '/') {
			header[n++] = c;
			continue;
		}
		header[n++] = '%';
		header[n++] = (uint8_t)hex[c >> 4];
		header[n++] = (uint8_t)hex[c & 15];
	}
	if (btz_destination(btz_span_of(header, n), btz_span_of(NULL, 0), out,
		sizeof(out), &len, &why) != 0 ||
	    len != w->dst_len || memcmp(out, w->dst_path, len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct btz_want w;
	struct btz_policy_answer answer;
	struct btz_decision d;
	struct btz_hreq q = { .keep_existing = size > 0 && (data[0] & 1) };

	q.method = line(&data, &size);
	q.path = line(&data, &size);
	q.host = line(&data, &size);
	q.has_destination = size > 0;
	q.destination = line(&data, &size);
	if (!btz_want_parse(&q, &w, &d)) {
		if (d.status < 400 || d.why == NULL)
			abort();
		return 0;
	}
	if (btz_want_reserved(&w)) {
		if (q.path.len < 10 || q.path.p[1] != '.')
			abort();
		return 0;
	}
	if (w.has_dst && w.dst.kind >= BTZ_PLACE_TENANT)
		must_be_stable(&w);
	btz_want_judge(&w, grants, NULL, &answer, &d);
	if (d.status != 0)
		return 0;
	if (w.src.kind == BTZ_PLACE_TOP || w.src.kind == BTZ_PLACE_STAR) {
		if (!btz_span_eq(q.method, btz_span_str("OPTIONS")))
			abort();
		return 0;
	}
	must_be_in_photos(q.path);
	if (w.has_dst)
		must_be_in_photos(btz_span_of(w.dst_path, w.dst_len));
	return 0;
}
