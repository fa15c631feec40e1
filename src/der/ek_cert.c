/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_cert.c - endorsement key certificates; contract in ek_cert.h. Start at
 * btz_ek_check; what single certificates may say is in ek_form.c.
 */
#include "der/ek_cert.h"

#include "der/ek_form.h"

#define N_CERTS (1u + BTZ_EK_CHAIN_MAX)

/* Breadth first from the leaf (certificate 0): each certificate is reached
 * once, by the shortest way, which is the best for every path length. */
struct walk {
	struct btz_ek_form c[N_CERTS];
	size_t n;
	size_t queue[N_CERTS], queued;
	unsigned below[N_CERTS]; /* intermediates between it and the leaf */
	bool reached[N_CERTS];
	btz_ek_verify *verify;
	void *arg;
};

/* BTZ_OK with *yes, or what ends the walk. */
static enum btz_rc
signed_by(const struct walk *w, const struct btz_ek_form *c,
    struct btz_span spki, bool *yes)
{
	enum btz_rc rc = BTZ_E_UNSUPPORTED;

	if (btz_ek_sig_of(c->alg) != BTZ_EK_SIG_NONE)
		rc = w->verify(w->arg, spki, c->alg, c->tbs, c->signature);
	*yes = rc == BTZ_OK;
	return rc == BTZ_E_SIGNATURE || rc == BTZ_E_UNSUPPORTED ? BTZ_OK : rc;
}

static enum btz_rc
find_anchor(const struct walk *w, size_t at, const struct btz_span *anchors,
    size_t n, size_t *out)
{
	bool yes;

	for (size_t i = 0; i < n; i++) {
		enum btz_rc rc = signed_by(w, &w->c[at], anchors[i], &yes);

		if (rc != BTZ_OK)
			return rc;
		if (yes) {
			*out = i;
			return BTZ_OK;
		}
	}
	return BTZ_OK;
}

static void
reach(struct walk *w, size_t i, unsigned below)
{
	w->reached[i] = true;
	w->below[i] = below;
	w->queue[w->queued++] = i;
}

/* RFC 5280 6.1.4 (k)-(n); self-issued ones count as well */
static bool
may_issue(
    const struct btz_ek_form *issuer, struct btz_span name, unsigned below)
{
	return btz_ek_form_ca(issuer) && btz_span_eq(issuer->subject, name) &&
	       (!issuer->has_path_len || issuer->path_len >= below);
}

static enum btz_rc
find_issuers(struct walk *w, size_t at)
{
	const unsigned below = at == 0 ? 0 : w->below[at] + 1;
	bool yes;

	for (size_t i = 1; i < w->n; i++) {
		enum btz_rc rc;

		if (w->reached[i] ||
		    !may_issue(&w->c[i], w->c[at].issuer, below))
			continue;
		rc = signed_by(w, &w->c[at], w->c[i].spki, &yes);
		if (rc != BTZ_OK)
			return rc;
		if (yes)
			reach(w, i, below);
	}
	return BTZ_OK;
}

static enum btz_rc
walk(struct walk *w, const struct btz_span *anchors, size_t n, size_t *anchor)
{
	enum btz_rc rc;

	reach(w, 0, 0);
	for (size_t q = 0; q < w->queued; q++) {
		rc = find_anchor(w, w->queue[q], anchors, n, anchor);
		if (rc != BTZ_OK || *anchor < n)
			return rc;
		if ((rc = find_issuers(w, w->queue[q])) != BTZ_OK)
			return rc;
	}
	return BTZ_E_EK_CERT;
}

static bool
is_padding(struct btz_span rest)
{
	for (size_t i = 0; i < rest.len; i++)
		if (rest.p[i] != 0x00 && rest.p[i] != 0xff)
			return false;
	return true;
}

static bool
take_leaf(struct btz_span in, struct btz_ek_form *out)
{
	struct btz_span der;
	struct btz_rd rd;

	btz_rd_span(&rd, in);
	return btz_der_whole(&rd, BTZ_DER_SEQ, &der) &&
	       is_padding(btz_span_of(in.p + der.len, in.len - der.len)) &&
	       btz_ek_form_parse(der, out) && btz_ek_form_leaf(out);
}

static bool
take_chain(struct btz_span in, struct walk *w)
{
	struct btz_span der;
	struct btz_rd rd;

	btz_rd_span(&rd, in);
	while (!btz_rd_end(&rd))
		if (w->n == N_CERTS || !btz_der_whole(&rd, BTZ_DER_SEQ, &der) ||
		    !btz_ek_form_parse(der, &w->c[w->n++]))
			return false;
	return true;
}

enum btz_rc
btz_ek_check(struct btz_span leaf, struct btz_span chain,
    const struct btz_span *anchors, size_t n, btz_ek_verify *verify, void *arg,
    struct btz_span *spki, size_t *anchor)
{
	struct walk w = { .n = 1, .verify = verify, .arg = arg };
	enum btz_rc rc;

	*spki = btz_span_of(NULL, 0);
	*anchor = n;
	if (!take_leaf(leaf, &w.c[0]) || !take_chain(chain, &w))
		return BTZ_E_EK_CERT;
	if ((rc = walk(&w, anchors, n, anchor)) == BTZ_OK)
		*spki = w.c[0].spki;
	return rc;
}
