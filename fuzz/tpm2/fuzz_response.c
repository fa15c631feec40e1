/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_response.c - answers of a hostile TPM or bus. Input: one octet that
 * chooses command and way to send, one octet of switches, the answer.
 *
 * PLAIN commands go the way of an unauthenticated answer. In a session the
 * crypto of the table is a toy whose HMAC and hash are constants that the
 * fuzzer may write, so that what lies behind the HMAC is reached; `forge`
 * makes the toy HMAC different for each answer, and then nothing may ever be
 * accepted. Asserted: an accepted answer's structures, written again, are the
 * bytes that were read; a refused one leaves an all-zero output and, in a
 * session, LOST or (TPM reports a failure) OPEN; the code is one of four.
 *
 * Seen to find planted bugs: each of these was put into src/tpm2, the target
 * built and run from the corpus here, and the bug taken out again. All were
 * found, the slowest (secret.c) after 1.2 million runs, 20 s:
 *   cmd.c     get_data without the limit of its buffer
 *   cmd.c     get_capability with a limit far above BTZ_TPM_CAP_ROWS
 *   object.c  btz_tpm_public_parse without btz_rd_end
 *   parse.c   the comparison of the response HMAC left out
 *   parse.c   a refused answer's output not wiped
 *   parse.c   a session OPEN after a false answer
 *   secret.c  the bound of an encrypted parameter two octets too high
 */
#include <stdlib.h>
#include <string.h>

#include "tpm2/tpm.h"

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

static bool forge;

static enum btz_rc
toy_hash(void *arg, uint16_t alg, const struct btz_span *parts, size_t n,
    uint8_t *out)
{
	uint8_t sum = 0;

	(void)arg;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < parts[i].len; j++)
			sum = (uint8_t)(sum + parts[i].p[j]);
	memset(out, 0, alg == BTZ_TPM_ALG_SHA384 ? 48 : 32);
	out[0] = (uint8_t)(forge ? sum : 0);
	return BTZ_OK;
}

static enum btz_rc
toy_hmac(void *arg, uint16_t alg, struct btz_span key,
    const struct btz_span *parts, size_t n, uint8_t *out)
{
	(void)arg;
	(void)key;
	memset(out, 0, alg == BTZ_TPM_ALG_SHA384 ? 48 : 32);
	/* not reachable by the answer's 32 octets: a false one always */
	if (forge && n == 4 && parts[0].len == 32)
		out[31] = 1;
	return BTZ_OK;
}

static enum btz_rc
toy_aes(void *arg, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	(void)arg;
	(void)key;
	(void)in;
	memset(out, 0, 16);
	return BTZ_OK;
}

static enum btz_rc
toy_random(void *arg, void *out, size_t len)
{
	(void)arg;
	memset(out, 0, len);
	return BTZ_OK;
}

static enum btz_rc
toy_ecdh(void *arg, uint16_t curve, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z)
{
	(void)arg;
	(void)curve;
	memcpy(x, peer_x, 32);
	memcpy(y, peer_y, 32);
	memset(z, 0, 32);
	return BTZ_OK;
}

static const struct btz_tpm_crypto toy = { .hash = toy_hash,
	.hmac = toy_hmac,
	.aes128_ecb = toy_aes,
	.random = toy_random,
	.ecdh = toy_ecdh };

static union {
	struct btz_tpm_out_capability cap;
	struct btz_tpm_out_create create;
	struct btz_tpm_out_load load;
	struct btz_tpm_out_public pub;
	struct btz_tpm_out_nv_public nv;
	struct btz_tpm_out_data data;
	struct btz_tpm_out_sign sign;
	struct btz_tpm_out_clock clock;
	struct btz_tpm_context context;
	uint8_t b[sizeof(struct btz_tpm_context)];
} out;

static union {
	struct btz_tpm_in_create create;
	struct btz_tpm_in_load load;
	struct btz_tpm_in_nv_define nv;
	struct btz_tpm_context context;
	uint8_t b[sizeof(struct btz_tpm_context)];
} in;

static struct btz_tpm_public tmpl;
static struct btz_tpm_nv nv_tmpl;

/* Any input struct will do for the command that is answered. */
static const void *
some_input(enum btz_tpm_cmd_id id)
{
	static const uint8_t unique[32];

	memset(&in, 0, sizeof(in));
	btz_tpm_tmpl_primary(&tmpl, unique);
	btz_tpm_tmpl_nv(&nv_tmpl, BTZ_TPM_NV_INDEX);
	if (id == BTZ_TPM_CREATE || id == BTZ_TPM_CREATE_PRIMARY)
		in.create.tmpl = &tmpl;
	else if (id == BTZ_TPM_LOAD)
		in.load.pub = &tmpl;
	else if (id == BTZ_TPM_NV_DEFINE_SPACE)
		in.nv.nv = &nv_tmpl;
	return &in;
}

static bool
contains(const uint8_t *hay, size_t len, const struct btz_wr *wr)
{
	return btz_wr_ok(wr) &&
	       (wr->len == 0 || memmem(hay, len, wr->buf, wr->len) != NULL);
}

/* What was read is what is there: written again, it is found in the answer. */
static void
check_again(enum btz_tpm_cmd_id id, const uint8_t *resp, size_t len)
{
	static uint8_t buf[BTZ_TPM_FRAME_MAX];
	struct btz_wr wr;
	size_t mark;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (id == BTZ_TPM_CREATE || id == BTZ_TPM_CREATE_PRIMARY) {
		mark = btz_wr_mark16(&wr);
		btz_tpm_public_write(&wr, &out.create.pub);
		btz_wr_patch16(&wr, mark);
		MUST(out.create.priv_len <= BTZ_TPM_PRIVATE_MAX);
	} else if (id == BTZ_TPM_READ_PUBLIC) {
		mark = btz_wr_mark16(&wr);
		btz_tpm_public_write(&wr, &out.pub.pub);
		btz_wr_patch16(&wr, mark);
	} else if (id == BTZ_TPM_NV_READ_PUBLIC) {
		mark = btz_wr_mark16(&wr);
		btz_tpm_nv_write_area(&wr, &out.nv.nv);
		btz_wr_patch16(&wr, mark);
	} else if (id == BTZ_TPM_CONTEXT_SAVE) {
		btz_tpm_cmd_of(BTZ_TPM_CONTEXT_LOAD)->put(&wr, &out.context);
	} else if (id == BTZ_TPM_UNSEAL || id == BTZ_TPM_NV_READ ||
		   id == BTZ_TPM_GET_RANDOM) {
		btz_wr_bytes16(&wr, btz_span_of(out.data.b, out.data.len));
	}
	MUST(contains(resp, len, &wr));
}

static void
check_refused(const struct btz_tpm_cmd *cmd, enum btz_rc rc,
    const struct btz_tpm_session *s, bool hmac)
{
	for (size_t i = 0; i < cmd->out_size; i++)
		MUST(out.b[i] == 0);
	MUST(rc == BTZ_E_TPM_AUTH || rc == BTZ_E_TPM_FORMAT ||
	     rc == BTZ_E_TPM_UNAVAILABLE);
	if (hmac)
		MUST(s->state == (rc == BTZ_E_TPM_UNAVAILABLE
					 ? BTZ_TPM_SESSION_OPEN
					 : BTZ_TPM_SESSION_LOST));
}

static void
one(enum btz_tpm_cmd_id id, enum btz_tpm_how how, uint8_t *resp, size_t len)
{
	struct btz_tpm_session s = { .crypto = &toy,
		.state = BTZ_TPM_SESSION_OPEN,
		.handle = 0x02000000 };
	struct btz_tpm_entity e = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[2] = { &e, &e };
	static uint8_t cmd[BTZ_TPM_FRAME_MAX];
	struct btz_tpm_call call;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, cmd, sizeof(cmd));
	if (btz_tpm_build(&s, how, id, ents, some_input(id), &call, &wr) !=
	    BTZ_OK)
		return;
	memset(&out, 0xee, sizeof(out));
	rc = btz_tpm_parse(&s, &call, resp, len, &out);
	MUST(call.why != NULL && call.cmd == NULL);
	if (rc != BTZ_OK) {
		check_refused(btz_tpm_cmd_of(id), rc, &s, how == BTZ_TPM_HMAC);
		return;
	}
	MUST(how != BTZ_TPM_HMAC || !forge);
	check_again(id, resp, len);
}

static void
session_start(uint8_t *resp, size_t len)
{
	struct btz_tpm_session s;
	struct btz_tpm_start st;
	static const uint8_t unique[32];
	uint8_t cmd[512];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_tpm_session_init(&s, &toy);
	btz_tpm_tmpl_primary(&tmpl, unique);
	tmpl.y_len = 32;
	btz_wr_init(&wr, cmd, sizeof(cmd));
	MUST(btz_tpm_start_build(&s, &st, 1, &tmpl, &wr) == BTZ_OK);
	rc = btz_tpm_start_parse(&s, &st, resp, len);
	MUST((rc == BTZ_OK) == (s.state == BTZ_TPM_SESSION_OPEN));
	MUST(rc != BTZ_OK || (len == 48 && s.handle >> 24 == 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t resp[8192];

	if (size < 2 || size - 2 > sizeof(resp))
		return 0;
	memcpy(resp, data + 2, size - 2);
	forge = (data[1] & 4) != 0;
	if (data[0] % (BTZ_TPM_CMD_COUNT + 1u) == BTZ_TPM_CMD_COUNT)
		session_start(resp, size - 2);
	else
		one((enum btz_tpm_cmd_id)(data[0] % (BTZ_TPM_CMD_COUNT + 1u)),
		    (enum btz_tpm_how)(data[1] & 3), resp, size - 2);
	return 0;
}
