/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client.c - in the place of the Apache module: an invite and a request
 * become a certificate over ca's socket for relayed requests.
 *
 *   http_client SOCKET enrol INVITE DIR   key.pem and chain.pem in DIR
 *   http_client SOCKET get PATH FILE      a document that anybody may fetch
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/files.h"
#include "cli/invite.h"
#include "cli/userkey.h"
#include "client/call.h"
#include "der/pem.h"
#include "wire/msg_http.h"
#include "wire/ops.h"

static struct btz_conn conn;

static enum btz_rc
ask(const char *socket, const struct btz_http *rq, const char *path,
    struct btz_err *err)
{
	struct btz_http_ok ok;
	enum btz_rc rc = btz_conn_open(&conn, socket, err);
	FILE *f;

	if (rc == BTZ_OK)
		rc = btz_conn_call(&conn, BTZ_OP_HTTP, &btz_def_http, rq,
		    &btz_def_http_ok, &ok, NULL, err);
	if (rc != BTZ_OK)
		return rc;
	if (ok.status != 200)
		return BTZ_FAIL(err, BTZ_E_DENIED, "HTTP status %u: %.*s",
		    ok.status, (int)ok.body.len, (const char *)ok.body.p);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(ok.body.p, 1, ok.body.len, f) != ok.body.len ||
	    fclose(f) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", path);
	return BTZ_OK;
}

static enum btz_rc
enrol(
    const char *socket, const char *given, const char *dir, struct btz_err *err)
{
	static struct btz_invite invite;
	static uint8_t csr[2048], text[BTZ_PEM_ROOM(sizeof(csr))];
	struct btz_http rq = { .method = btz_span_str("POST"),
		.path = btz_span_str("/.bartizan/enrol"),
		.from = btz_span_str("127.0.0.1") };
	struct btz_userkey *key = NULL;
	char path[512];
	struct btz_wr wr, pem;
	enum btz_rc rc = btz_invite_parse(given, &invite, err);

	(void)mkdir(dir, 0700);
	(void)snprintf(path, sizeof(path), "%s/key.pem", dir);
	if (rc == BTZ_OK)
		rc = btz_userkey_open(path, &key, NULL, err);
	btz_wr_init(&wr, csr, sizeof(csr));
	if (rc == BTZ_OK)
		rc = btz_userkey_csr(key, &wr, err);
	btz_userkey_free(key);
	if (rc != BTZ_OK)
		return rc;
	rq.token = btz_span_str(invite.token);
	btz_wr_init(&pem, text, sizeof(text));
	btz_pem_encode(&pem, BTZ_PEM_CSR, btz_wr_span(&wr));
	rq.body = btz_wr_span(&pem);
	(void)snprintf(path, sizeof(path), "%s/chain.pem", dir);
	return ask(socket, &rq, path, err);
}

int
main(int argc, char **argv)
{
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_http rq = { .method = btz_span_str("GET"),
		.from = btz_span_str("127.0.0.1") };
	enum btz_rc rc = BTZ_E_USAGE;

	if (argc == 5 && strcmp(argv[2], "enrol") == 0)
		rc = enrol(argv[1], argv[3], argv[4], &err);
	if (argc == 5 && strcmp(argv[2], "get") == 0) {
		rq.path = btz_span_str(argv[3]);
		rc = ask(argv[1], &rq, argv[4], &err);
	}
	if (rc != BTZ_OK)
		(void)fprintf(
		    stderr, "http_client: %s: %s\n", err.msg, btz_rc_text(rc));
	return rc == BTZ_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
