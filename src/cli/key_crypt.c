/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_crypt.c - bartizan key encrypt, decrypt: files of any size, a piece at a
 * time (sealed.h), or one message as it is (--raw). Start at run().
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/backends.h"
#include "cli/key.h"
#include "cli/sealed.h"

#define AAD_MAX 4096u

struct job {
	struct btz_cli *c;
	bool rewraps;
	const char *from, *to; /* NULL: standard output */
	FILE *in;
	struct btz_cli_file out; /* path NULL: standard output */
	struct btz_sealed_head head;
	struct btz_crypt rq;
	struct btz_span users; /* associated data */
	uint8_t buf[BTZ_SEALED_BYTES], aad[BTZ_SEALED_AAD + AAD_MAX];
};

static enum btz_rc
put(struct job *j, struct btz_span data, struct btz_err *err)
{
	int fd = j->out.path != NULL ? j->out.fd : STDOUT_FILENO;

	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "write %s",
			    j->out.path != NULL ? j->out.path
						: "standard output");
		data.p += n;
		data.len -= (size_t)n;
	}
	return BTZ_OK;
}

/* Up to cap bytes into j->buf; last: nothing is behind them. */
static enum btz_rc
take(struct job *j, size_t cap, struct btz_span *got, bool *last,
    struct btz_err *err)
{
	size_t n = fread(j->buf, 1, cap, j->in);
	int next = n == cap ? getc(j->in) : EOF;

	if (next != EOF)
		(void)ungetc(next, j->in);
	*got = btz_span_of(j->buf, n);
	*last = next == EOF;
	if (ferror(j->in) != 0)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "read %s", j->from);
	return BTZ_OK;
}

static void
set_aad(struct job *j, uint64_t number, bool last)
{
	struct btz_wr wr;

	j->rq.aad = j->users;
	if (!btz_crypt_is_aead(j->head.alg))
		return;
	btz_wr_init(&wr, j->aad, sizeof(j->aad));
	btz_sealed_aad(&j->head, number, last, j->users, &wr);
	j->rq.aad = btz_wr_span(&wr);
}

static enum btz_rc
put_piece(struct job *j, const struct btz_crypt_ok *ok, struct btz_err *err)
{
	const struct btz_sealed_piece p = { .version = ok->version,
		.nonce = ok->nonce,
		.len = (uint32_t)ok->output.len };
	uint8_t head[BTZ_SEALED_PIECE];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, head, sizeof(head));
	btz_sealed_piece_put(&p, &wr);
	rc = put(j, btz_wr_span(&wr), err);
	return rc == BTZ_OK ? put(j, ok->output, err) : rc;
}

static enum btz_rc
encrypt(struct job *j, struct btz_err *err)
{
	uint8_t head[BTZ_SEALED_HEAD];
	struct btz_crypt_ok ok;
	struct btz_wr wr;
	uint64_t number = 0;
	bool last = false;
	enum btz_rc rc;

	if (getrandom(j->head.id, sizeof(j->head.id), 0) !=
	    (ssize_t)sizeof(j->head.id))
		return BTZ_FAIL_SYS(err, BTZ_E_INTERNAL, "random id");
	btz_wr_init(&wr, head, sizeof(head));
	btz_sealed_head_put(&j->head, &wr);
	rc = put(j, btz_wr_span(&wr), err);
	for (; rc == BTZ_OK && !last; number++) {
		rc = take(j, BTZ_SEALED_PLAIN, &j->rq.input, &last, err);
		if (rc == BTZ_OK && !last && !btz_crypt_is_aead(j->head.alg))
			rc = BTZ_FAIL(err, BTZ_E_TOOBIG,
			    "%s takes at most %u bytes, aes-gcm any number",
			    btz_crypt_name(j->head.alg), BTZ_SEALED_PLAIN);
		set_aad(j, number, last);
		if (rc == BTZ_OK)
			rc = btz_kms_encrypt(btz_key_conn(), &j->rq, &ok, err);
		if (rc == BTZ_OK)
			rc = put_piece(j, &ok, err);
	}
	return rc;
}

static enum btz_rc
malformed(const struct job *j, struct btz_err *err)
{
	return BTZ_FAIL(err, BTZ_E_INVAL,
	    "%.80s is not a whole file of 'key encrypt'", j->from);
}

/* The next piece into j->rq. */
static enum btz_rc
take_piece(struct job *j, uint8_t nonce[BTZ_NONCE_MAX], bool *last,
    struct btz_err *err)
{
	struct btz_sealed_piece p;
	struct btz_span got;
	enum btz_rc rc = take(j, BTZ_SEALED_PIECE, &got, last, err);

	if (rc != BTZ_OK)
		return rc;
	if (got.len != BTZ_SEALED_PIECE || !btz_sealed_piece_get(got, &p))
		return malformed(j, err);
	memcpy(nonce, p.nonce.p, p.nonce.len);
	j->rq.version = p.version;
	j->rq.nonce = btz_span_of(nonce, p.nonce.len);
	rc = take(j, p.len, &j->rq.input, last, err);
	if (rc == BTZ_OK && j->rq.input.len != p.len)
		rc = malformed(j, err);
	return rc;
}

static enum btz_rc
decrypt(struct job *j, struct btz_err *err)
{
	uint8_t nonce[BTZ_NONCE_MAX];
	struct btz_crypt_ok ok;
	uint64_t number = 0;
	bool last = false;
	enum btz_rc rc = BTZ_OK;

	for (; rc == BTZ_OK && !last; number++) {
		rc = take_piece(j, nonce, &last, err);
		if (rc == BTZ_OK && !btz_crypt_is_aead(j->head.alg) && !last)
			rc = malformed(j, err);
		set_aad(j, number, last);
		if (rc == BTZ_OK)
			rc = btz_kms_decrypt(btz_key_conn(), &j->rq, &ok, err);
		if (rc == BTZ_OK)
			rc = put(j, ok.output, err);
	}
	return rc;
}

/* A piece as an item of REWRAP, and what it is under the newest version. */
static enum btz_rc
rewrap_piece(struct job *j, struct btz_err *err)
{
	static uint8_t item[BTZ_LIST_MAX];
	struct btz_crypt_ok ok;
	struct btz_span out;
	struct btz_wr wr;
	struct btz_rd rd;
	enum btz_rc rc;

	btz_wr_init(&wr, item, sizeof(item));
	btz_msg_write(&btz_def_crypt, &j->rq, &wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "piece of the file");
	rc = btz_kms_rewrap(btz_key_conn(), btz_wr_span(&wr), &out, err);
	if (rc != BTZ_OK)
		return rc;
	btz_rd_span(&rd, out);
	if (!btz_msg_read(&btz_def_crypt_ok, &rd, &ok) || !btz_rd_end(&rd))
		return BTZ_FAIL(err, BTZ_E_PROTO, "answer of rewrap");
	return put_piece(j, &ok, err);
}

/* The head stays: the associated data of the pieces hang on it. */
static enum btz_rc
rewrap(struct job *j, struct btz_err *err)
{
	uint8_t nonce[BTZ_NONCE_MAX], head[BTZ_SEALED_HEAD];
	struct btz_wr wr;
	uint64_t number = 0;
	bool last = false;
	enum btz_rc rc;

	btz_wr_init(&wr, head, sizeof(head));
	btz_sealed_head_put(&j->head, &wr);
	rc = put(j, btz_wr_span(&wr), err);
	for (; rc == BTZ_OK && !last; number++) {
		rc = take_piece(j, nonce, &last, err);
		if (rc == BTZ_OK && !btz_crypt_is_aead(j->head.alg) && !last)
			rc = malformed(j, err);
		set_aad(j, number, last);
		if (rc == BTZ_OK)
			rc = rewrap_piece(j, err);
	}
	return rc;
}

/* One message: nonce || what the service gives or wants. */
static enum btz_rc
raw(struct job *j, bool seals, struct btz_err *err)
{
	const size_t n = seals ? 0 : btz_crypt_nonce_len(j->head.alg);
	struct btz_crypt_ok ok;
	struct btz_span got;
	bool last;
	enum btz_rc rc = take(j, sizeof(j->buf), &got, &last, err);

	if (rc == BTZ_OK && !last)
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "--raw takes one message, at most %u bytes", BTZ_INPUT_MAX);
	if (rc == BTZ_OK && got.len < n)
		rc = BTZ_FAIL(err, BTZ_E_INVAL, "no nonce of %zu bytes", n);
	if (rc != BTZ_OK)
		return rc;
	j->rq.aad = j->users;
	j->rq.nonce = btz_span_of(got.p, n);
	j->rq.input = btz_span_of(got.p + n, got.len - n);
	rc = seals ? btz_kms_encrypt(btz_key_conn(), &j->rq, &ok, err)
		   : btz_kms_decrypt(btz_key_conn(), &j->rq, &ok, err);
	if (rc == BTZ_OK && seals)
		rc = put(j, ok.nonce, err);
	return rc == BTZ_OK ? put(j, ok.output, err) : rc;
}

/* The algorithm stands in the file. */
static enum btz_rc
take_head(struct job *j, struct btz_err *err)
{
	const char *name = btz_cli_opt(j->c, "alg");
	struct btz_span got;
	bool last;
	enum btz_rc rc = take(j, BTZ_SEALED_HEAD, &got, &last, err);

	if (rc != BTZ_OK)
		return rc;
	if (got.len != BTZ_SEALED_HEAD || !btz_sealed_head_get(got, &j->head))
		return malformed(j, err);
	if (name != NULL &&
	    btz_crypt_by_name(name, strlen(name)) != j->head.alg)
		return BTZ_FAIL(err, BTZ_E_INVAL, "the file is %s",
		    btz_crypt_name(j->head.alg));
	return BTZ_OK;
}

static enum btz_rc
prepare(struct job *j, bool seals, struct btz_err *err)
{
	const bool is_raw = btz_cli_opt(j->c, "raw") != NULL;
	struct btz_key_info k;
	enum btz_rc rc = btz_key_find(j->c, &k, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(j->rq.id, k.id, sizeof(j->rq.id));
	if (seals || is_raw)
		rc = btz_key_crypt_alg(j->c, &k,
		    seals ? BTZ_VERB_ENCRYPT : BTZ_VERB_DECRYPT, &j->head.alg,
		    err);
	else
		rc = take_head(j, err);
	j->rq.alg = j->head.alg;
	return rc;
}

static enum btz_rc
work(struct job *j, bool seals, struct btz_err *err)
{
	enum btz_rc rc = prepare(j, seals, err);

	if (rc != BTZ_OK)
		return rc;
	if (btz_cli_opt(j->c, "raw") != NULL)
		return raw(j, seals, err);
	if (j->rewraps)
		return rewrap(j, err);
	return seals ? encrypt(j, err) : decrypt(j, err);
}

static enum btz_rc
open_files(struct job *j, unsigned mode, struct btz_err *err)
{
	enum btz_rc rc;

	j->out.fd = -1;
	j->in = strcmp(j->from, "-") == 0 ? stdin : fopen(j->from, "rbe");
	if (j->in == NULL)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "open %s", j->from);
	rc = btz_cli_file_begin(&j->out, j->to, mode, err);
	if (rc == BTZ_OK && j->from == j->to) /* in place */
		rc = btz_cli_file_like_old(&j->out, err);
	return rc;
}

static enum btz_rc
run_file(struct job *j, bool seals, struct btz_err *err)
{
	const struct btz_cli *c = j->c;
	enum btz_rc rc = open_files(j, seals ? 0644 : 0600, err);

	if (rc == BTZ_OK)
		rc = work(j, seals, err);
	btz_backends_hint(j->c, rc, btz_key_conn()->peer, "operations",
	    btz_crypt_name(j->rq.alg));
	if (rc == BTZ_OK)
		rc = btz_cli_file_end(&j->out, btz_span_of(NULL, 0), err);
	else
		(void)btz_err_wrap(err, "%s '%s' with '%s'", c->cmd->verb,
		    j->from, btz_cli_arg(c, 0));
	btz_cli_file_drop(&j->out);
	if (j->in != NULL && j->in != stdin)
		(void)fclose(j->in);
	btz_wipe(j->buf, sizeof(j->buf));
	btz_key_close();
	return rc;
}

/* Each file becomes the new one when that is whole; the first that does not
 * ends it. */
static enum btz_rc
rewrap_all(struct job *j, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	for (int i = 1; rc == BTZ_OK && i < j->c->n_args; i++) {
		j->from = j->to = btz_cli_arg(j->c, i);
		if (strcmp(j->from, "-") == 0)
			return BTZ_FAIL(err, BTZ_E_USAGE,
			    "standard input is in no place: give --out");
		rc = run_file(j, false, err);
		if (rc == BTZ_OK)
			btz_cli_say(
			    j->c, "%d of %d: %s", i, j->c->n_args - 1, j->from);
	}
	return rc;
}

static enum btz_rc
check_rewrap(const struct btz_cli *c, struct btz_err *err)
{
	const bool in_place = btz_cli_opt(c, "in-place") != NULL;

	if ((btz_cli_opt(c, "out") != NULL) == in_place)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "give one of --out and --in-place");
	if (c->n_args > 2 && !in_place)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "several files only with --in-place");
	return BTZ_OK;
}

static enum btz_rc
run(struct btz_cli *c, bool seals, struct btz_err *err)
{
	static struct job job;
	struct job *j = &job;
	const char *aad = btz_cli_opt(c, "aad");
	enum btz_rc rc;

	j->c = c;
	j->rewraps = strcmp(c->cmd->verb, "rewrap") == 0;
	if (j->rewraps && (rc = check_rewrap(c, err)) != BTZ_OK)
		return rc;
	j->users = btz_span_str(aad);
	if (j->users.len > AAD_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_TOOBIG, "--aad of more than %u bytes", AAD_MAX);
	if (j->rewraps && btz_cli_opt(c, "in-place") != NULL)
		return rewrap_all(j, err);
	if (c->json && btz_cli_opt(c, "out") == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--json does not hold the bytes: give --out FILE");
	j->from = btz_cli_arg(c, 1);
	j->to = btz_cli_opt(c, "out");
	return run_file(j, seals, err);
}

enum btz_rc
btz_key_run_encrypt(struct btz_cli *c, struct btz_err *err)
{
	return run(c, true, err);
}

enum btz_rc
btz_key_run_decrypt(struct btz_cli *c, struct btz_err *err)
{
	return run(c, false, err);
}

#define ALG_HELP(usual)                                                        \
	{                                                                      \
		0, "alg", "NAME", (usual)                                      \
	}
#define AAD                                                                    \
	{                                                                      \
		0, "aad", "TEXT",                                              \
		    "bound to it, not in it; the same to decrypt (OAEP: "      \
		    "label)"                                                   \
	}
#define RAW                                                                    \
	{                                                                      \
		0, "raw", NULL,                                                \
		    "one message as nonce, ciphertext, tag; no file format"    \
	}

const struct btz_cli_option btz_key_crypt_options[] = {
	ALG_HELP("aes-gcm, aes-ccm, aes-cbc, aes-ctr, chacha20-poly1305, "
		 "rsa-oaep-sha256 (-sha384, -sha512), rsa-pkcs1"),
	AAD,
	RAW,
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_rewrap_options[] = {
	AAD,
	BTZ_KEY_OUT,
	{ 0, "in-place", NULL,
	    "each FILE becomes the new one, when that is whole" },
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
const struct btz_cli_option btz_key_decrypt_options[] = {
	ALG_HELP("with --raw; else it stands in the file"),
	AAD,
	RAW,
	BTZ_KEY_OUT,
	BTZ_KEY_BACKEND,
	BTZ_KEY_AS_APP,
	BTZ_KEY_END,
};
