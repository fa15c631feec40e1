/* SPDX-License-Identifier: Apache-2.0 */
/*
 * https_cert.c - bartizan-https-cert: the certificate of Apache. Started by
 * the supervisor under httpd's uid with a connection to ca's administration
 * on descriptor 3. What it makes goes to apache/run/, which is httpd's; the
 * supervisor moves it to apache/, which is not. The key stays the same over
 * renewals (a new one when there is none).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/home.h"
#include "base/log.h"
#include "cli/files.h"
#include "cli/userkey.h"
#include "client/call.h"
#include "der/pem.h"
#include "wire/limits.h"
#include "wire/msg_ca.h"

#define CA_FD 3
#define PEM_MAX (4 * BTZ_PEM_ROOM(BTZ_CERT_MAX))

struct job {
	const char *home, *names;
	struct btz_conn ca;
	char dns[256], ips[256];
	uint8_t csr[BTZ_CSR_MAX];
	struct btz_wr csr_wr;
	uint8_t pem[PEM_MAX];
};

static bool
is_address(const char *s)
{
	uint8_t buf[16];

	return inet_pton(AF_INET, s, buf) == 1 ||
	       inet_pton(AF_INET6, s, buf) == 1;
}

/* "localhost 127.0.0.1" -> dns "localhost", ips "127.0.0.1" */
static void
sort_names(struct job *j)
{
	char names[256], *save = NULL;

	(void)snprintf(names, sizeof(names), "%s", j->names);
	for (char *n = strtok_r(names, " ", &save); n != NULL;
	     n = strtok_r(NULL, " ", &save)) {
		char *list = is_address(n) ? j->ips : j->dns;
		size_t len = strlen(list);

		(void)snprintf(
		    list + len, 256 - len, "%s%s", len == 0 ? "" : " ", n);
	}
}

static enum btz_rc
make_csr(struct job *j, struct btz_err *err)
{
	struct btz_userkey *key;
	char path[512];
	enum btz_rc rc;

	rc = btz_home_path(
	    j->home, "apache/server.key", path, sizeof(path), err);
	if (rc == BTZ_OK && access(path, F_OK) != 0)
		rc = btz_home_path(
		    j->home, "apache/run/server.key", path, sizeof(path), err);
	if (rc == BTZ_OK)
		rc = btz_userkey_open(path, &key, NULL, err);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&j->csr_wr, j->csr, sizeof(j->csr));
	rc = btz_userkey_csr(key, &j->csr_wr, err);
	btz_userkey_free(key);
	return rc;
}

/* Certificates with u32 lengths to one PEM file; a root at the end of a
 * server's chain does no harm. */
static enum btz_rc
write_chain(
    struct job *j, struct btz_span certs, const char *rel, struct btz_err *err)
{
	struct btz_span der;
	struct btz_wr wr;
	struct btz_rd rd;
	char path[512];
	enum btz_rc rc;

	btz_wr_init(&wr, j->pem, sizeof(j->pem));
	btz_rd_span(&rd, certs);
	while (btz_rd_left(&rd) > 0) {
		if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX))
			return BTZ_FAIL(err, BTZ_E_PROTO, "chain");
		btz_pem_encode(&wr, BTZ_PEM_CERT, der);
	}
	if (!btz_wr_ok(&wr) || wr.len == 0)
		return BTZ_FAIL(err, BTZ_E_PROTO, "chain");
	rc = btz_home_path(j->home, rel, path, sizeof(path), err);
	if (rc != BTZ_OK)
		return rc;
	return btz_cli_write_file(path, 0644, btz_wr_span(&wr), err);
}

static enum btz_rc
run(struct job *j, struct btz_err *err)
{
	struct btz_issue_server rq;
	struct btz_chain chain;
	enum btz_rc rc;

	sort_names(j);
	btz_conn_adopt(&j->ca, CA_FD);
	if ((rc = make_csr(j, err)) != BTZ_OK)
		return rc;
	rc = btz_conn_call(&j->ca, BTZ_OP_CHAIN, NULL, NULL, &btz_def_chain,
	    &chain, NULL, err);
	if (rc == BTZ_OK)
		rc = write_chain(
		    j, chain.certs, "apache/run/client-ca.pem", err);
	if (rc != BTZ_OK)
		return rc;
	rq = (struct btz_issue_server){ .csr = btz_wr_span(&j->csr_wr),
		.dns = btz_span_str(j->dns),
		.ips = btz_span_str(j->ips) };
	rc = btz_conn_call(&j->ca, BTZ_OP_ISSUE_SERVER, &btz_def_issue_server,
	    &rq, &btz_def_chain, &chain, NULL, err);
	if (rc == BTZ_OK)
		rc = write_chain(j, chain.certs, "apache/run/server.pem", err);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct job j;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc;

	btz_log_init("https-cert", BTZ_LOG_INFO);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--home") == 0)
			j.home = argv[i + 1];
		else if (strcmp(argv[i], "--names") == 0)
			j.names = argv[i + 1];
	}
	if (j.home == NULL || j.names == NULL) {
		(void)fputs("bartizan-https-cert is started by 'bartizan up'\n",
		    stderr);
		return 2;
	}
	rc = run(&j, &err);
	btz_conn_close(&j.ca);
	if (rc != BTZ_OK)
		btz_log_err(0, &err);
	return btz_rc_exit(rc);
}
