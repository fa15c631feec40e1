/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - a request that has come whole: the checks in Parsec's order,
 * the table of operations, and the end of every job. Start at
 * btz_pjob_start().
 */
#include <stdlib.h>
#include <string.h>

#include "core.pb-c.h"
#include "crypto.pb-c.h"
#include "parsec/parsec.h"

static const struct btz_pop table[] = {
#define IN(m) &parsec__##m##__descriptor
#define CORE true, BTZ_PCALL_ANY
#define CRYPTO false, BTZ_PCALL_CLIENT
	{ 0x01, CORE, NULL, btz_pop_ping },
	{ 0x02, CRYPTO, IN(generate_in), btz_pop_generate },
	{ 0x03, CRYPTO, IN(name_in), btz_pop_destroy },
	{ 0x04, CRYPTO, IN(sign_in), btz_pop_sign_hash },
	{ 0x05, CRYPTO, IN(verify_in), btz_pop_verify_hash },
	{ 0x06, CRYPTO, IN(import_in), btz_pop_import },
	{ 0x07, CRYPTO, IN(name_in), btz_pop_export_public },
	{ 0x08, CORE, NULL, btz_pop_list_providers },
	{ 0x09, CORE, IN(list_opcodes_in), btz_pop_list_opcodes },
	{ 0x0a, CRYPTO, IN(asymmetric_in), btz_pop_asymmetric_encrypt },
	{ 0x0b, CRYPTO, IN(asymmetric_in), btz_pop_asymmetric_decrypt },
	{ 0x0c, CRYPTO, IN(name_in), btz_pop_export },
	{ 0x0d, false, BTZ_PCALL_ANY, IN(random_in), btz_pop_random },
	{ 0x0e, CORE, NULL, btz_pop_list_authenticators },
	{ 0x0f, false, BTZ_PCALL_ANY, IN(hash_in), btz_pop_hash_compute },
	{ 0x10, false, BTZ_PCALL_ANY, IN(hash_in), btz_pop_hash_compare },
	{ 0x11, CRYPTO, IN(aead_in), btz_pop_aead_encrypt },
	{ 0x12, CRYPTO, IN(aead_in), btz_pop_aead_decrypt },
	{ 0x13, CRYPTO, IN(agreement_in), btz_pop_agree },
	{ 0x14, CRYPTO, IN(cipher_in), btz_pop_cipher_encrypt },
	{ 0x15, CRYPTO, IN(cipher_in), btz_pop_cipher_decrypt },
	{ 0x18, CRYPTO, IN(sign_in), btz_pop_sign_message },
	{ 0x19, CRYPTO, IN(verify_in), btz_pop_verify_message },
	{ 0x1a, true, BTZ_PCALL_CLIENT, NULL, btz_pop_list_keys },
	{ 0x1b, true, BTZ_PCALL_ADMIN, NULL, btz_pop_list_clients },
	{ 0x1c, true, BTZ_PCALL_ADMIN, IN(delete_client_in),
	    btz_pop_delete_client },
	{ 0x1e, CRYPTO, IN(attest_in), btz_pop_attest },
	{ 0x1f, CRYPTO, IN(prepare_attestation_in),
	    btz_pop_prepare_attestation },
	{ 0x20, CRYPTO, IN(can_do_crypto_in), btz_pop_can_do },
};

const struct btz_pop *
btz_pop_find(uint32_t opcode)
{
	for (size_t i = 0; i < BTZ_COUNT(table); i++)
		if (table[i].opcode == opcode)
			return &table[i];
	return NULL;
}

bool
btz_pjob_put(struct btz_pjob *j, struct btz_span s)
{
	const size_t limit = (size_t)j->d->conf.body_limit;
	size_t cap = j->out_cap == 0 ? 4096 : j->out_cap;
	uint8_t *p;

	if (s.len > limit - j->out_len)
		return false;
	while (cap < j->out_len + s.len)
		cap *= 2;
	if (cap != j->out_cap) {
		if (j->conn == NULL ||
		    !btz_pconn_hold(j->conn, cap - j->out_cap))
			return false;
		if ((p = malloc(cap)) == NULL) {
			btz_pconn_release(j->conn, cap - j->out_cap);
			return false;
		}
		if (j->out_len > 0) {
			memcpy(p, j->out, j->out_len);
			btz_wipe(j->out, j->out_len);
		}
		free(j->out);
		j->out = p;
		j->out_cap = cap;
	}
	if (s.len > 0)
		memcpy(j->out + j->out_len, s.p, s.len);
	j->out_len += s.len;
	return true;
}

/* Sends the answer, if somebody still waits for it, and forgets the job. */
static void
finish(struct btz_pjob *j, const struct btz_parsec_header *head,
    struct btz_span body)
{
	btz_pkey_unclaim(j);
	if (j->conn != NULL) {
		btz_pconn_release(j->conn, j->out_cap);
		btz_pconn_answer(j->conn, head, body);
	}
	btz_parena_end(&j->arena);
	if (j->out != NULL)
		btz_wipe(j->out, j->out_len);
	free(j->out);
	btz_wipe(j, sizeof(*j));
	free(j);
}

/* What Parsec's service cannot even name gets an answer of its own form. */
static void
refuse(struct btz_pjob *j, uint16_t status)
{
	const struct btz_parsec_header h = btz_parsec_answer(NULL, status, 0);

	finish(j, &h, btz_span_of(NULL, 0));
}

void
btz_pjob_fail(struct btz_pjob *j, uint16_t status)
{
	const struct btz_parsec_header h = btz_parsec_answer(
	    &j->head, status, 0);

	finish(j, &h, btz_span_of(NULL, 0));
}

void
btz_pjob_fail_rc(struct btz_pjob *j, enum btz_rc rc)
{
	btz_pjob_fail(j, btz_parsec_status(rc));
}

void
btz_pjob_ok(struct btz_pjob *j)
{
	btz_pjob_fail(j, BTZ_PS_OK);
}

void
btz_pjob_reply(struct btz_pjob *j, const ProtobufCMessage *body)
{
	const size_t len = protobuf_c_message_get_packed_size(body);
	struct btz_parsec_header h;
	uint8_t *p;

	if (len > (size_t)j->d->conf.body_limit + 16) {
		btz_pjob_fail(j, BTZ_PS_TOO_LARGE);
		return;
	}
	if ((p = malloc(len + 1)) == NULL) {
		btz_pjob_fail(j, BTZ_PS_MEMORY);
		return;
	}
	(void)protobuf_c_message_pack(body, p);
	h = btz_parsec_answer(&j->head, BTZ_PS_OK, (uint32_t)len);
	finish(j, &h, btz_span_of(p, len));
	btz_wipe(p, len);
	free(p);
}

bool
btz_pjob_put_row(struct btz_pjob *j, const ProtobufCMessage *row)
{
	const size_t len = protobuf_c_message_get_packed_size(row);
	uint8_t buf[1024], head[6] = { 0x0a };
	size_t n = 1, left = len;

	if (len > sizeof(buf))
		return false;
	for (; left > 0x7f; left >>= 7)
		head[n++] = (uint8_t)(0x80u | left);
	head[n++] = (uint8_t)left;
	(void)protobuf_c_message_pack(row, buf);
	return btz_pjob_put(j, btz_span_of(head, n)) &&
	       btz_pjob_put(j, btz_span_of(buf, len));
}

void
btz_pjob_out(struct btz_pjob *j)
{
	const struct btz_parsec_header h = btz_parsec_answer(
	    &j->head, BTZ_PS_OK, (uint32_t)j->out_len);

	finish(j, &h, btz_span_of(j->out, j->out_len));
}

void
btz_pjob_data(struct btz_pjob *j, struct btz_span data)
{
	Parsec__DataOut out = PARSEC__DATA_OUT__INIT;

	/* protobuf-c only reads; the cast away of const has no other way */
	memcpy(&out.data.data, &data.p, sizeof(data.p));
	out.data.len = data.len;
	btz_pjob_reply(j, &out.base);
}

/* The kernel's word against the client's (UnixPeerCredentials). Nobody may
 * say something in the auth field that is not looked at. */
static uint16_t
authenticate(struct btz_pjob *j, struct btz_span auth, uint32_t peer_uid)
{
	uint32_t uid = 0;

	if (j->head.auth == BTZ_PAUTH_NONE)
		return BTZ_PS_OK;
	if (j->head.auth != BTZ_PAUTH_PEER)
		return BTZ_PS_NO_AUTHENTICATOR;
	if (auth.len != 4)
		return BTZ_PS_AUTH;
	for (size_t i = 0; i < 4; i++)
		uid |= (uint32_t)auth.p[i] << (8 * i);
	if (uid != peer_uid)
		return BTZ_PS_AUTH;
	j->known = true;
	j->uid = uid;
	return BTZ_PS_OK;
}

static uint16_t
find_provider(struct btz_pjob *j)
{
	if (j->head.provider != BTZ_PP_CORE) {
		j->provider = btz_pprovider_of(j->d, j->head.provider);
		if (j->provider == NULL)
			return BTZ_PS_NO_PROVIDER;
	}
	j->op = btz_pop_find(j->head.opcode);
	if (j->op == NULL)
		return BTZ_PS_OPCODE;
	return j->op->core == (j->provider == NULL) ? BTZ_PS_OK
						    : BTZ_PS_NOT_SUPPORTED;
}

static uint16_t
may_ask(const struct btz_pjob *j)
{
	if (j->op->who != BTZ_PCALL_ANY && !j->known)
		return BTZ_PS_NOT_AUTHENTICATED;
	if (j->op->who == BTZ_PCALL_ADMIN && !btz_padmin(j->d, j->uid))
		return BTZ_PS_ADMIN;
	return BTZ_PS_OK;
}

void
btz_pjob_start(struct btz_pjob *j, struct btz_span body, struct btz_span auth,
    uint32_t peer_uid)
{
	uint16_t status = btz_parsec_check_rest(&j->head);

	if (status != BTZ_PS_OK) {
		refuse(j, status);
		return;
	}
	j->id = btz_host_new_id(j->d->host);
	if ((status = authenticate(j, auth, peer_uid)) == BTZ_PS_OK &&
	    (status = find_provider(j)) == BTZ_PS_OK && j->op->in != NULL &&
	    (j->msg = btz_parsec_decode(&j->arena, j->op->in, body)) == NULL)
		status = BTZ_PS_BODY;
	if (status == BTZ_PS_OK)
		status = may_ask(j);
	if (status != BTZ_PS_OK)
		btz_pjob_fail(j, status);
	else
		j->op->fn(j);
}
