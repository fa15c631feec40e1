/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rm.c - the layer behind a resource manager. The packaged one needs a
 * D-Bus, so this file simulates what one does, the kernel's included: handles
 * of transient objects are virtual, and after each command every object and
 * session is saved and taken out of the TPM.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm2/box.h"

#define OK(call) assert_int_equal((call), BTZ_OK)
#define SLOTS 8u

struct slot {
	uint32_t virt; /* 0: free; sessions keep their handle */
	uint32_t real; /* 0: saved */
	struct btz_tpm_context ctx;
};

struct rm {
	btz_tpm_transceive *next;
	void *next_arg;
	struct btz_tpm plain; /* for the manager's own commands */
	struct slot slots[SLOTS];
	uint32_t last_virt;
	unsigned saved;
};

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static struct slot *
find(struct rm *rm, uint32_t virt)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (rm->slots[i].virt == virt)
			return &rm->slots[i];
	return NULL;
}

/* Loads what a handle in the command names; gives the handle to use. */
static uint32_t
load(struct rm *rm, uint32_t handle)
{
	struct slot *s = handle != 0 ? find(rm, handle) : NULL;
	struct btz_tpm *t = &rm->plain;
	struct btz_tpm_call call;
	struct btz_wr wr;
	size_t len;

	if (s == NULL)
		return handle;
	if (s->real != 0)
		return s->real;
	/* not by exec: the answer may be the handle of a session */
	btz_wr_init(&wr, t->cmd, sizeof(t->cmd));
	OK(btz_tpm_build(NULL, BTZ_TPM_PLAIN, BTZ_TPM_CONTEXT_LOAD, NULL,
	    &s->ctx, &call, &wr));
	OK(rm->next(
	    rm->next_arg, wr.buf, wr.len, t->resp, sizeof(t->resp), &len));
	assert_int_equal(len, 14);
	assert_int_equal(get_u32(t->resp + 6), 0);
	s->real = get_u32(t->resp + 10);
	return s->real;
}

static void
save(struct rm *rm, struct slot *s)
{
	struct btz_tpm_entity e = { .handle = s->real };
	const struct btz_tpm_entity *ents[1] = { &e };

	OK(btz_tpm_exec(&rm->plain, BTZ_TPM_CONTEXT_SAVE, ents, NULL, &s->ctx));
	rm->saved++;
	if (s->real >> 24 == BTZ_TPM_HT_TRANSIENT) /* sessions leave by it */
		OK(btz_tpm_flush(&rm->plain, s->real));
	s->real = 0;
}

static const struct btz_tpm_cmd *
row_of(uint32_t cc)
{
	for (int i = 0; i < BTZ_TPM_CMD_COUNT; i++)
		if (btz_tpm_cmd_of((enum btz_tpm_cmd_id)i)->cc == cc)
			return btz_tpm_cmd_of((enum btz_tpm_cmd_id)i);
	return NULL;
}

static void
map_command(struct rm *rm, const struct btz_tpm_cmd *cmd, uint8_t *buf)
{
	size_t at = 10;

	for (unsigned i = 0; i < cmd->handles; i++, at += 4)
		put_u32(buf + at, load(rm, get_u32(buf + at)));
	if (buf[1] == 2) /* a session area: its size, then the session */
		put_u32(buf + at + 4, load(rm, get_u32(buf + at + 4)));
}

static void
map_answer(struct rm *rm, const struct btz_tpm_cmd *cmd, uint8_t *resp)
{
	struct slot *s;

	if (cmd->out_handle == 0 || get_u32(resp + 6) != 0)
		return;
	s = find(rm, 0);
	assert_non_null(s);
	s->real = get_u32(resp + 10);
	s->virt = cmd->out_handle == BTZ_TPM_HT_TRANSIENT ? rm->last_virt--
							  : s->real;
	put_u32(resp + 10, s->virt);
}

/* Flushing what the manager holds: it forgets, or loads and flushes. */
static enum btz_rc
flush(struct rm *rm, uint32_t handle, uint8_t *resp, size_t *len)
{
	static const uint8_t done[10] = { 0x80, 1, 0, 0, 0, 10 };
	struct slot *s = find(rm, handle);
	enum btz_rc rc;

	assert_non_null(s);
	rc = btz_tpm_flush(&rm->plain, load(rm, handle));
	memset(s, 0, sizeof(*s));
	memcpy(resp, done, sizeof(done));
	*len = sizeof(done);
	return rc;
}

static enum btz_rc
manage(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp, size_t cap,
    size_t *resp_len)
{
	struct rm *rm = arg;
	const struct btz_tpm_cmd *row = row_of(get_u32(cmd + 6));
	uint8_t buf[BTZ_TPM_FRAME_MAX];
	enum btz_rc rc;

	assert_non_null(row);
	if (row->cc == BTZ_TPM_CC_FLUSH_CONTEXT)
		return flush(rm, get_u32(cmd + 10), resp, resp_len);
	memcpy(buf, cmd, cmd_len);
	map_command(rm, row, buf);
	rc = rm->next(rm->next_arg, buf, cmd_len, resp, cap, resp_len);
	if (rc != BTZ_OK)
		return rc;
	map_answer(rm, row, resp);
	for (size_t i = 0; i < SLOTS; i++)
		if (rm->slots[i].real != 0)
			save(rm, &rm->slots[i]);
	return BTZ_OK;
}

static void
five_keys(struct box *b)
{
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl,
		.user_auth = { b->key_auth, 32 } };
	struct btz_tpm_out_create out[5];
	struct btz_tpm_in_load ld;
	struct btz_tpm_entity keys[5];
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 4 };

	btz_tpm_tmpl_sign(&tmpl);
	for (int i = 0; i < 5; i++) {
		OK(btz_tpm_create(&b->t, &b->primary, &in, &out[i]));
		ld.priv = btz_span_of(out[i].priv, out[i].priv_len);
		ld.pub = &out[i].pub;
		OK(btz_tpm_load(
		    &b->t, &b->primary, &ld, in.user_auth, &keys[i]));
		assert_true(keys[i].handle > 0x80f00000);
	}
	for (int i = 0; i < 5; i++) {
		OK(btz_tpm_sign(&b->t, &keys[i], digest, &sig));
		assert_true(box_verify(&out[i].pub, digest, &sig));
		OK(btz_tpm_flush(&b->t, keys[i].handle));
	}
}

static void
managed(void **state)
{
	struct rm *rm = calloc(1, sizeof(*rm));
	struct box *b = box_new();
	struct btz_tpm_out_sign sig;
	uint8_t digest[32] = { 4 };

	(void)state;
	assert_non_null(rm);
	assert_non_null(b);
	rm->next = b->t.transceive;
	rm->next_arg = b->t.arg;
	rm->last_virt = 0x80ffffff;
	btz_tpm_init(&rm->plain, b->t.crypto, rm->next, rm->next_arg);
	b->t.transceive = manage;
	b->t.arg = rm;
	OK(box_provision(b));
	OK(btz_tpm_sign(&b->t, &b->key, digest, &sig));
	assert_true(box_verify(&b->key_pub, digest, &sig));
	five_keys(b); /* the TPM has three slots */
	print_message("# %u contexts saved\n", rm->saved);
	assert_true(rm->saved > 20);
	box_free(b);
	free(rm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(managed),
	};

	if (!btz_swtpm_present()) {
		printf("1..0 # SKIP swtpm is not installed\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
