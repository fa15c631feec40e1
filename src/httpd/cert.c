/* SPDX-License-Identifier: Apache-2.0 */
/* cert.c - identity out of a client certificate; contract in cert.h. */
#include "httpd/cert.h"

#include <string.h>

#include "der/x509.h"
#include "prim/prim.h"

/* More than one name would leave open which of them acts. */
static void
read_uri(const struct btz_x509 *x, struct btz_client_cert *out)
{
	struct btz_gn gn;
	struct btz_rd it;
	size_t n = 0;

	if (!btz_exts_has(&x->ext, BTZ_EXT_SAN))
		return;
	btz_rd_span(&it, x->ext.san);
	while (btz_gn_next(&it, &gn) == 1) {
		if (gn.type != BTZ_GN_URI)
			continue;
		n++;
		if (n > 1 || gn.value.len > sizeof(out->uri)) {
			out->uri_len = 0;
			return;
		}
		memcpy(out->uri, gn.value.p, gn.value.len);
		out->uri_len = gn.value.len;
	}
}

enum btz_rc
btz_client_cert_read(struct btz_span der, struct btz_client_cert *out)
{
	struct btz_x509 x;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = btz_x509_parse(der, &x)) != BTZ_OK)
		return rc;
	btz_sha256(x.spki, out->spki_hash);
	btz_hex(out->spki_hash, sizeof(out->spki_hash), out->cred);
	out->not_before = x.not_before;
	out->not_after = x.not_after;
	read_uri(&x, out);
	return BTZ_OK;
}

bool
btz_client_cert_valid(const struct btz_client_cert *c, uint64_t now)
{
	return c->not_before <= now && now <= c->not_after;
}

struct btz_span
btz_client_cert_uri(const struct btz_client_cert *c)
{
	return btz_span_of(c->uri, c->uri_len);
}
