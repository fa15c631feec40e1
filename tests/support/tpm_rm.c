/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_rm.c - see tpm_rm.h; start at btz_tpm_rm_manage(). */
#include "support/tpm_rm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tpm2/key.h"

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)
#define OK(call) MUST((call) == BTZ_OK)

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

static struct btz_tpm_rm_slot *
find(struct btz_tpm_rm *rm, uint32_t virt)
{
	for (size_t i = 0; i < BTZ_TPM_RM_SLOTS; i++)
		if (rm->slots[i].virt == virt)
			return &rm->slots[i];
	return NULL;
}

/* Loads what a handle in the command names; gives the handle to use. */
static uint32_t
load(struct btz_tpm_rm *rm, uint32_t handle)
{
	struct btz_tpm_rm_slot *s = handle != 0 ? find(rm, handle) : NULL;
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
	MUST(len == 14);
	MUST(get_u32(t->resp + 6) == 0);
	s->real = get_u32(t->resp + 10);
	return s->real;
}

static void
save(struct btz_tpm_rm *rm, struct btz_tpm_rm_slot *s)
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
	static const struct btz_tpm_cmd *const more[] = { &btz_tpm_key_import,
		&btz_tpm_key_zgen, &btz_tpm_key_rsa_decrypt, &btz_tpm_key_hmac,
		&btz_tpm_key_hmac_start, &btz_tpm_key_update,
		&btz_tpm_key_complete, &btz_tpm_key_cipher, &btz_tpm_key_test,
		&btz_tpm_key_policy_secret, &btz_tpm_key_activate };

	for (int i = 0; i < BTZ_TPM_CMD_COUNT; i++)
		if (btz_tpm_cmd_of((enum btz_tpm_cmd_id)i)->cc == cc)
			return btz_tpm_cmd_of((enum btz_tpm_cmd_id)i);
	for (size_t i = 0; i < BTZ_COUNT(more); i++)
		if (more[i]->cc == cc)
			return more[i];
	return NULL;
}

/* Where the handle of the second session is: behind the handles, the size of
 * the area, and the HMAC session. */
static size_t
policy_at(const struct btz_tpm_cmd *cmd)
{
	return 10 + 4u * cmd->handles + 4 + 4 + 2 + BTZ_TPM_NONCE + 1 + 2 + 32;
}

static void
map_command(struct btz_tpm_rm *rm, const struct btz_tpm_cmd *cmd, uint8_t *buf)
{
	size_t at = 10;

	for (unsigned i = 0; i < cmd->handles; i++, at += 4)
		put_u32(buf + at, load(rm, get_u32(buf + at)));
	if (buf[1] == 2) /* a session area: its size, then the session */
		put_u32(buf + at + 4, load(rm, get_u32(buf + at + 4)));
	if (cmd->policy)
		(void)load(rm, get_u32(buf + policy_at(cmd)));
}

static void
map_answer(struct btz_tpm_rm *rm, const struct btz_tpm_cmd *cmd, uint8_t *resp)
{
	struct btz_tpm_rm_slot *s;

	if (cmd->out_handle == 0 || get_u32(resp + 6) != 0)
		return;
	s = find(rm, 0);
	MUST(s != NULL);
	s->real = get_u32(resp + 10);
	s->virt = cmd->out_handle == BTZ_TPM_HT_TRANSIENT ? rm->last_virt--
							  : s->real;
	put_u32(resp + 10, s->virt);
}

/* Flushing what the manager holds: it forgets, or loads and flushes. */
static enum btz_rc
flush(struct btz_tpm_rm *rm, uint32_t handle, uint8_t *resp, size_t *len)
{
	static const uint8_t done[10] = { 0x80, 1, 0, 0, 0, 10 };
	struct btz_tpm_rm_slot *s = find(rm, handle);
	enum btz_rc rc;

	MUST(s != NULL);
	rc = btz_tpm_flush(&rm->plain, load(rm, handle));
	memset(s, 0, sizeof(*s));
	memcpy(resp, done, sizeof(done));
	*len = sizeof(done);
	return rc;
}

/* Has the client as many objects as it may, and asks for another one? */
static bool
full(const struct btz_tpm_rm *rm, const struct btz_tpm_cmd *row)
{
	unsigned n = 0;

	for (size_t i = 0; i < BTZ_TPM_RM_SLOTS; i++)
		n += rm->slots[i].virt >> 24 == BTZ_TPM_HT_TRANSIENT;
	return rm->objects_max != 0 && n >= rm->objects_max &&
	       row->out_handle == BTZ_TPM_HT_TRANSIENT;
}

enum btz_rc
btz_tpm_rm_manage(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp,
    size_t cap, size_t *resp_len)
{
	struct btz_tpm_rm *rm = arg;
	const struct btz_tpm_cmd *row = row_of(get_u32(cmd + 6));
	uint8_t buf[BTZ_TPM_FRAME_MAX];
	enum btz_rc rc;

	MUST(row != NULL);
	if (row->cc == BTZ_TPM_CC_FLUSH_CONTEXT)
		return flush(rm, get_u32(cmd + 10), resp, resp_len);
	if (full(rm, row)) {
		put_u32(resp + 2, 10);
		put_u32(resp + 6, BTZ_TPM_RC_OBJECT_MEMORY);
		resp[0] = 0x80;
		resp[1] = 1;
		*resp_len = 10;
		return BTZ_OK;
	}
	memcpy(buf, cmd, cmd_len);
	map_command(rm, row, buf);
	rc = rm->next(rm->next_arg, buf, cmd_len, resp, cap, resp_len);
	if (rc != BTZ_OK)
		return rc;
	map_answer(rm, row, resp);
	if (row->policy && get_u32(resp + 6) == 0) /* ends with a success */
		memset(find(rm, get_u32(buf + policy_at(row))), 0,
		    sizeof(struct btz_tpm_rm_slot));
	for (size_t i = 0; i < BTZ_TPM_RM_SLOTS; i++)
		if (rm->slots[i].real != 0)
			save(rm, &rm->slots[i]);
	return BTZ_OK;
}

void
btz_tpm_rm_init(struct btz_tpm_rm *rm, const struct btz_tpm_crypto *c,
    btz_tpm_transceive *next, void *next_arg)
{
	memset(rm, 0, sizeof(*rm));
	rm->next = next;
	rm->next_arg = next_arg;
	rm->last_virt = 0x80ffffff;
	btz_tpm_init(&rm->plain, c, next, next_arg);
}

void
btz_tpm_rm_gone(struct btz_tpm_rm *rm)
{
	uint8_t resp[10];
	size_t len;

	for (size_t i = 0; i < BTZ_TPM_RM_SLOTS; i++)
		if (rm->slots[i].virt != 0)
			OK(flush(rm, rm->slots[i].virt, resp, &len));
}

static void
serve_one(struct btz_tpm_rm *rm, int fd)
{
	static uint8_t cmd[BTZ_TPM_FRAME_MAX], resp[BTZ_TPM_FRAME_MAX];
	size_t len;
	ssize_t n;

	/* A client sends a frame in one piece and waits. */
	while ((n = read(fd, cmd, sizeof(cmd))) >= 10) {
		OK(btz_tpm_rm_manage(
		    rm, cmd, (size_t)n, resp, sizeof(resp), &len));
		MUST(write(fd, resp, len) == (ssize_t)len);
	}
	btz_tpm_rm_gone(rm);
	(void)close(fd);
}

_Noreturn void
btz_tpm_rm_serve(struct btz_tpm_rm *rm, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	MUST(fd >= 0 &&
	     bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	     listen(fd, 4) == 0);
	for (;;) {
		const int c = accept(fd, NULL, NULL);

		MUST(c >= 0);
		serve_one(rm, c);
	}
}
