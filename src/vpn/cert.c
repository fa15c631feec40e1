/* SPDX-License-Identifier: Apache-2.0 */
/* cert.c - the server's certificate and OpenVPN's files; see cert.h. */
#include "vpn/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "der/pem.h"
#include "der/x509.h"
#include "vpn/site.h"

bool
btz_vpn_server_name(
    const char *vpn, const char *https_names, char out[BTZ_CN_MAX + 1])
{
	for (const char *at = https_names; *at != '\0';) {
		size_t len = strcspn(at, " ");
		struct btz_vpn_dest d;
		char host[256];
		int n;

		if (len >= sizeof(host))
			return false;
		memcpy(host, at, len);
		host[len] = '\0';
		at += len + strspn(at + len, " ");
		if (len == 0 || btz_dest_parse(host, &d))
			continue; /* an address */
		n = snprintf(out, BTZ_CN_MAX + 1, "%s.vpn.%s", vpn, host);
		return n > 0 && (size_t)n <= BTZ_CN_MAX;
	}
	return false;
}

bool
btz_cert_due(uint64_t from, uint64_t to, uint64_t now)
{
	return from >= to || now >= to || to - now <= (to - from) / 3;
}

bool
btz_vpn_cert_good(struct btz_span pem, struct btz_span spki,
    struct btz_span name, uint64_t now)
{
	static uint8_t der[BTZ_CERT_MAX];
	struct btz_span cn;
	struct btz_x509 x;
	struct btz_wr wr;
	struct btz_rd rd;

	btz_rd_span(&rd, pem);
	btz_wr_init(&wr, der, sizeof(der));
	return btz_pem_next(&rd, BTZ_PEM_CERT, &wr) == BTZ_OK &&
	       btz_x509_parse(btz_wr_span(&wr), &x) == BTZ_OK &&
	       btz_span_eq(x.spki, spki) && btz_dn_cn(x.subject, &cn) &&
	       btz_span_eq(cn, name) &&
	       !btz_cert_due(x.not_before, x.not_after, now);
}

size_t
btz_vpn_read_file(const char *path, uint8_t *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? 0 : read(fd, out, cap);

	if (fd >= 0)
		(void)close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static enum btz_rc
write_file(const char *path, struct btz_span text, struct btz_err *err)
{
	char tmp[640];
	enum btz_rc rc = BTZ_OK;
	int fd;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", tmp);
	errno = 0; /* a disk that is full writes less than it was given */
	if (write(fd, text.p, text.len) != (ssize_t)text.len ||
	    fsync(fd) != 0 || rename(tmp, path) != 0) {
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", path);
		(void)unlink(tmp);
	}
	(void)close(fd);
	return rc;
}

enum btz_rc
btz_vpn_write_chain(
    const char *path, struct btz_span certs, bool *changed, struct btz_err *err)
{
	static uint8_t pem[BTZ_VPN_PEM_MAX], old[BTZ_VPN_PEM_MAX];
	struct btz_span der, was;
	struct btz_rd rd;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_rd_span(&rd, certs);
	btz_wr_init(&wr, pem, sizeof(pem));
	while (btz_rd_left(&rd) > 0) {
		if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX))
			return BTZ_FAIL(err, BTZ_E_PROTO, "chain");
		btz_pem_encode(&wr, BTZ_PEM_CERT, der);
	}
	if (!btz_wr_ok(&wr) || wr.len == 0)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "chain");
	was = btz_span_of(old, btz_vpn_read_file(path, old, sizeof(old)));
	if (btz_span_eq(was, btz_wr_span(&wr)))
		return BTZ_OK;
	rc = write_file(path, btz_wr_span(&wr), err);
	if (rc == BTZ_OK && was.len > 0)
		*changed = true;
	return rc;
}
