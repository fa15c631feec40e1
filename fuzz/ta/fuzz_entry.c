/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_entry.c - arbitrary commands and bodies through the entry points, in a
 * TA that is unprovisioned, and in one that is ready but whose TPM is away
 * (no answer, no writable storage). The instance is set up by hand, hence
 * entry.c is included: its only object is static.
 *
 * Input: u8 mode (bit 0: ready) | repeat { u8 command | u16 n | n bytes }.
 * Commands 0..: the numbers as they are; bit 7: the bytes are the input of a
 * ta_sign with a valid handle, which brings them to the parsers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "der/spki.h"
#include "hostkit.h"

#include "src/entry.c" /* NOLINT */

#define NOW 1790000000u

static void *session;
static struct ta ready; /* the instance at the start of a run */

/* The open keys of `ready`, and what they sign. */
static struct {
	uint8_t kind;
	uint32_t command; /* 0: whatever is no other row's */
	uint32_t handle;
	TEE_ObjectHandle key;
} kept[] = {
	{ .kind = BTZ_KIND_ISSUING },
	{ .kind = BTZ_KIND_OCSP, .command = BTZ_TA_SIGN_OCSP },
	{ .kind = BTZ_KIND_TLS, .command = BTZ_TA_SIGN_TLS },
};

static void
fail(const char *what)
{
	(void)fprintf(stderr, "fuzz_entry: %s\n", what);
	abort();
}

/* A public area that the TPM layer can parse: ours is any P-256 point. */
static void
fill_area(struct ta_area *a)
{
	const struct ta_ec *p256 = ta_ec_of(BTZ_ALG_EC_P256);
	uint8_t d[32], point[65];
	struct btz_tpm_public p;
	struct btz_wr wr;

	if (p256->generate(p256, d, point) != BTZ_OK)
		fail("point");
	btz_tpm_tmpl_sign(&p);
	p.x_len = p.y_len = 32;
	memcpy(p.x, point + 1, 32);
	memcpy(p.y, point + 33, 32);
	btz_wr_init(&wr, a->b, sizeof(a->b));
	btz_tpm_public_write(&wr, &p);
	a->len = (uint16_t)wr.len;
}

static size_t
constraints(uint8_t *buf, size_t cap)
{
	const struct btz_constraints c = {
		.trust_domain = btz_span_str("box.example"),
		.subject_cn = btz_span_str("ca"),
		.ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		.max_lifetime = 86400 * 30,
		.crl_uri = btz_span_str("http://b/c"),
		.n_dns = 1,
		.dns = { btz_span_str("b") },
		.issuer_key = btz_span_str("the bits of a key"),
	};
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_constraints_encode(&c, &wr);
	return wr.len;
}

static void
open_key(struct ta *ta, size_t row)
{
	struct ta_constrained like = { .kind = kept[row].kind };
	const struct ta_ec *p256 = ta_ec_of(BTZ_ALG_EC_P256);
	uint8_t d[32], point[65], spki[91], tlv[256], blob[1024];
	struct btz_keyblob b;
	struct btz_wr ws, wb;

	memset(&b, 0, sizeof(b));
	if (p256->generate(p256, d, point) != BTZ_OK)
		fail("key");
	btz_wr_init(&ws, spki, sizeof(spki));
	btz_spki_put_p256(&ws, point);
	b.alg = BTZ_ALG_EC_P256;
	b.kind = kept[row].kind;
	b.operations = BTZ_USE_SIGN;
	b.generation = 1;
	b.key_id[0] = like.id[0] = (uint8_t)row;
	b.spki = btz_wr_span(&ws);
	if (b.kind != BTZ_KIND_TLS)
		b.constraints = btz_span_of(tlv, constraints(tlv, sizeof(tlv)));
	btz_wr_init(&wb, blob, sizeof(blob));
	if (ta_blob_seal(ta, &b, btz_span_of(d, sizeof(d)), &wb) != BTZ_OK ||
	    (b.kind != BTZ_KIND_TLS &&
		ta_constrained_add(ta, &like, b.spki) != BTZ_OK) ||
	    ta_keys_open(ta, btz_wr_span(&wb), session, &kept[row].handle) !=
		BTZ_OK)
		fail("key of the start");
	kept[row].key = ta->keys[kept[row].handle & 0xff].key;
}

static void
make_ready(struct ta *ta)
{
	struct ta_record *r = &ta->rec;

	ta->state = BTZ_TA_READY;
	ta->last_rc = BTZ_OK;
	ta->has_record = ta->has_kek = ta->has_tee_secret = true;
	memset(ta->kek, 7, sizeof(ta->kek));
	memset(ta->slots, 0, sizeof(ta->slots));
	for (size_t i = 0; i < 4096; i++)
		ta->slots[i] = 1;
	r->phase = TA_PHASE_READY;
	r->reserved_slots = 4096;
	r->next_slot = 8;
	r->last_time = NOW;
	r->root_not_after = NOW + 86400ull * 7300;
	if (!ta_text_set(&r->box, btz_span_str("nas")) ||
	    !ta_text_set(&r->trust_domain, btz_span_str("box.example")) ||
	    !ta_text_set(&r->origin, btz_span_str("box.example/audit")))
		fail("names");
	fill_area(&r->primary_pub);
	fill_area(&r->root_pub);
	fill_area(&r->cp_pub);
	for (size_t i = 0; i < BTZ_COUNT(kept); i++)
		open_key(ta, i);
	/* After the first failure the TPM is not asked again. */
	ta->backoff = 1;
	ta->retry_at = UINT64_MAX;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char dir[] = "/tmp/btz-fuzz-ta-XXXXXX";
	const struct btz_hostkit_conf conf = { .dir = dir,
		.tpm = "unix:/nonexistent/tpm" };
	TEE_Param none[4];

	(void)argc, (void)argv;
	memset(none, 0, sizeof(none));
	if (mkdtemp(dir) == NULL || !btz_hostkit_open(&conf))
		fail("storage");
	btz_hostkit_fail_storage_after(0);
	btz_hostkit_fail_tpm_after(0);
	if (TA_CreateEntryPoint() != TEE_SUCCESS ||
	    TA_OpenSessionEntryPoint(0, none, &session) != TEE_SUCCESS)
		fail("start");
	make_ready(&instance);
	ready = instance;
	return 0;
}

static bool
is_kept(TEE_ObjectHandle key)
{
	for (size_t i = 0; i < BTZ_COUNT(kept); i++)
		if (kept[i].key == key)
			return true;
	return false;
}

/* Everything but the kept keys is as it was. */
static void
reset(bool is_ready)
{
	for (size_t i = 0; i < TA_OPEN_KEYS; i++) {
		struct ta_key *k = &instance.keys[i];

		if (!is_kept(k->key)) {
			TEE_FreeTransientObject(k->key);
			TEE_Free(k->constraints);
			TEE_Free(k->secret);
		}
	}
	instance = ready;
	if (is_ready)
		return;
	instance.state = BTZ_TA_UNPROVISIONED;
	instance.has_record = instance.has_kek = false;
	memset(&instance.rec, 0, sizeof(instance.rec));
}

static void
call(uint32_t command, struct btz_span in)
{
	static uint8_t out[BTZ_TA_ANSWER_MAX];
	uint8_t *copy = malloc(in.len + 1);
	TEE_Param p[4];
	TEE_Result res;

	memset(p, 0, sizeof(p));
	if (copy == NULL)
		return;
	if (in.len > 0)
		memcpy(copy, in.p, in.len);
	p[0].memref.buffer = copy;
	p[0].memref.size = in.len;
	p[1].memref.buffer = out;
	p[1].memref.size = sizeof(out);
	res = TA_InvokeCommandEntryPoint(session, command,
	    TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
		TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
		TEE_PARAM_TYPE_NONE),
	    p);
	if (res == TEE_SUCCESS && p[2].value.a != BTZ_OK &&
	    p[1].memref.size != 0)
		fail("a refused command has an answer");
	free(copy);
}

static uint32_t
handle_for(uint32_t command)
{
	for (size_t i = 1; i < BTZ_COUNT(kept); i++)
		if (kept[i].command == command)
			return kept[i].handle;
	return kept[0].handle;
}

static void
call_sign(uint32_t command, struct btz_span in)
{
	static uint8_t buf[BTZ_TA_REQUEST_MAX];
	struct btz_ta_sign m = { .handle = handle_for(command),
		.alg = BTZ_SIG_ECDSA_SHA256,
		.now = NOW,
		.input = in };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_ta_sign, &m, &wr);
	if (btz_wr_ok(&wr))
		call(command, btz_wr_span(&wr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_rd rd;
	uint8_t mode, c;
	struct btz_span body;

	btz_rd_init(&rd, data, size);
	if (!btz_rd_u8(&rd, &mode))
		return 0;
	reset((mode & 1) != 0);
	while (btz_rd_u8(&rd, &c) && btz_rd_bytes16(&rd, &body, UINT16_MAX)) {
		uint32_t command = table[(c & 0x7f) % BTZ_COUNT(table)].command;

		if ((c & 0x80) != 0)
			call_sign(command, body);
		else
			call(command, body);
	}
	return 0;
}
