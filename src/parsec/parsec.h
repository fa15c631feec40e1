/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parsec.h - the inside of bartizan-parsec, the front end for Parsec's
 * clients (docs/protocol/parsec.md). A request goes
 *
 *   serve.c     bytes of a connection to header, body, auth field
 *   dispatch.c  checks in Parsec's order, table of operations, the answer
 *   op_*.c      one operation: decides, asks, answers
 *   keys.c      name to key: the key of that name in the client's name space
 *   kms.c       leases, one per client and backend, asked without blocking
 *
 * A job is one request from its last byte to its answer. Its connection waits
 * for it; when that is gone first, the job ends all the same and its answer
 * is dropped.
 */
#ifndef BTZ_PARSEC_PARSEC_H
#define BTZ_PARSEC_PARSEC_H

#include "base/daemon.h"
#include "parsec/arena.h"
#include "parsec/attributes.h"
#include "parsec/header.h"
#include "wire/alg.h"
#include "wire/msg_open.h"

#define BTZ_PARSEC_CONNS 512u	      /* in all */
#define BTZ_PARSEC_CONNS_PER_UID 128u /* half-open ones give way first */
#define BTZ_PARSEC_BYTES (32u << 20)  /* of bodies and answers */
#define BTZ_PARSEC_BYTES_PER_UID (8u << 20)
#define BTZ_PARSEC_LEASES 200u
#define BTZ_PARSEC_PROVIDERS 4u
#define BTZ_PARSEC_ADMINS 32u
#define BTZ_PARSEC_NAME_MAX BTZ_LABEL_MAX
#define BTZ_PARSEC_RAW_MAX (2u * 66u) /* r || s of P-521 */

struct btz_pconn;
struct btz_please;
struct btz_pjob;
struct btz_pserve;

enum btz_pprovider_id {
	BTZ_PP_CORE = 0,
	BTZ_PP_MBED = 1,
	BTZ_PP_PKCS11 = 2,
	BTZ_PP_TPM = 3,
	BTZ_PP_TRUSTED = 4,
};

struct btz_pprovider { /* providers.c */
	uint8_t id;
	const char *backend; /* word of [parsec] providers, and of OPEN */
	const char *uuid, *description;
};

struct btz_parsec {
	struct btz_host *host;
	struct btz_conf_parsec conf;
	const struct btz_pprovider *providers[BTZ_PARSEC_PROVIDERS];
	size_t n_providers;
	uint32_t admins[BTZ_PARSEC_ADMINS];
	size_t n_admins;
	struct btz_pserve *serve;
	struct btz_please *leases;
	size_t n_leases;
	bool ending;
	uint64_t ticks; /* counts uses of leases: the oldest goes first */
};

/* A key as far as requests need it. */
struct btz_pkey {
	uint8_t id[BTZ_ID_LEN];
	uint8_t alg; /* enum btz_key_alg */
	struct btz_pattr attr;
};

enum btz_pcall { /* who may ask */
	BTZ_PCALL_ANY,
	BTZ_PCALL_CLIENT, /* authenticated */
	BTZ_PCALL_ADMIN,
};

struct btz_pop { /* a row of the table in dispatch.c */
	uint32_t opcode;
	bool core;
	enum btz_pcall who;
	const ProtobufCMessageDescriptor *in; /* NULL: body not looked at */
	void (*fn)(struct btz_pjob *j);
};

struct btz_pjob {
	struct btz_parsec *d;
	struct btz_pconn *conn; /* NULL: gone */
	struct btz_parsec_header head;
	const struct btz_pop *op;
	const struct btz_pprovider *provider; /* NULL: Core */
	bool known;			      /* authenticated, as: */
	uint32_t uid;
	uint64_t id; /* for logs */
	void *msg;   /* decoded body, in arena */
	struct btz_parena arena;
	struct btz_pkey key; /* btz_pkey_use */
	struct btz_palg alg;
	struct btz_span name; /* in the arena */
	uint32_t flags;	      /* one of them is needed; 0: none */
	/* Steps of an operation: what to do (again) when a lease is there. */
	struct btz_please *lease;
	enum btz_rc rc; /* why there is none, where that is no failure */
	bool tolerant;	/* there may be none */
	void (*step)(struct btz_pjob *j);
	void (*got)(struct btz_pjob *j, enum btz_rc rc, struct btz_span body);
	void (*found)(struct btz_pjob *j); /* after the key was found */
	struct btz_pjob *next_waiting, *next_creating;
	bool again;  /* a lease or a remembered key was of no use once */
	bool cached; /* key is a remembered one */
	bool creating;
	size_t which;	  /* provider of a walk over all */
	uint32_t present; /* providers that are there: bits */
	uint8_t after[BTZ_ID_LEN];
	uint8_t *out; /* grows: random bytes, lists */
	size_t out_len, out_cap;
	size_t taken; /* of out */
};

/* dispatch.c */
void btz_pjob_start(struct btz_pjob *j, struct btz_span body,
    struct btz_span auth, uint32_t peer_uid);
/* The answer; frees the job. */
void btz_pjob_fail(struct btz_pjob *j, uint16_t status);
void btz_pjob_fail_rc(struct btz_pjob *j, enum btz_rc rc);
void btz_pjob_reply(struct btz_pjob *j, const ProtobufCMessage *body);
void btz_pjob_ok(struct btz_pjob *j);			      /* empty body */
void btz_pjob_data(struct btz_pjob *j, struct btz_span data); /* DataOut */
const struct btz_pop *btz_pop_find(uint32_t opcode);
/* Appends to j->out; false: more than the limit of an answer, or memory. */
bool btz_pjob_put(struct btz_pjob *j, struct btz_span s) BTZ_MUST_CHECK;
/* Appends a row of field 1, as all lists have it. */
bool btz_pjob_put_row(
    struct btz_pjob *j, const ProtobufCMessage *row) BTZ_MUST_CHECK;
void btz_pjob_out(struct btz_pjob *j); /* answers with the rows in out */

/* providers.c */
enum btz_rc btz_pproviders_init(struct btz_parsec *d, struct btz_err *err);
const struct btz_pprovider *btz_pprovider_of(
    const struct btz_parsec *d, uint8_t id);
bool btz_padmin(const struct btz_parsec *d, uint32_t uid);

/* keys.c */
static inline struct btz_span
btz_pbytes(ProtobufCBinaryData b)
{
	return btz_span_of(b.data, b.len);
}
/* BTZ_PS_OK, BTZ_PS_BODY (not UTF-8) or BTZ_PS_INVALID (empty, longer than
 * 128 bytes, control characters, '@' or '#' at the start). */
uint16_t btz_pname_check(struct btz_span name);
/* Finds the key, needs one of `flags` and (j->alg.cls not 0) that its policy
 * permits j->alg; then calls fn with j->key and j->lease. Answers otherwise. */
void btz_pkey_use(struct btz_pjob *j, struct btz_span name, uint32_t flags,
    void (*fn)(struct btz_pjob *j));
/* The service refused: if it did not know a remembered key, that is looked up
 * once more and fn called again; else the job fails. */
void btz_pkey_failed(struct btz_pjob *j, enum btz_rc rc);
/* Makes sure that no key has this name, and that no other job makes one until
 * this ends; then calls fn with j->lease. Answers otherwise. */
void btz_pkey_absent(
    struct btz_pjob *j, struct btz_span name, void (*fn)(struct btz_pjob *j));
void btz_pkey_unclaim(struct btz_pjob *j); /* by the end of a job */
void btz_pkey_keep(struct btz_pjob *j);	   /* j->name is j->key */
void btz_pkey_forget(struct btz_pjob *j);  /* j->name */
/* A plain key of the client's own; a lease lists what is shared with it, too. */
bool btz_pkey_own(uint32_t uid, const struct btz_key_info *info);
/* Attributes as kept with a key; false: not made through Parsec. */
bool btz_pkey_attributes(const struct btz_key_info *info, struct btz_pkey *out);

/* serve.c */
enum btz_rc btz_pserve_new(struct btz_parsec *d, struct btz_err *err);
bool btz_pserve_listen(struct btz_host *h, int fd);
void btz_pserve_free(struct btz_pserve *s);
/* Memory for the answer of a job, counted like that of requests; false: the
 * client has too much of it already. */
bool btz_pconn_hold(struct btz_pconn *c, size_t more) BTZ_MUST_CHECK;
void btz_pconn_release(struct btz_pconn *c, size_t less);
/* head and body are copied. */
void btz_pconn_answer(struct btz_pconn *c, const struct btz_parsec_header *head,
    struct btz_span body);

void btz_pop_ping(struct btz_pjob *j);
void btz_pop_list_providers(struct btz_pjob *j);
void btz_pop_list_opcodes(struct btz_pjob *j);
void btz_pop_list_authenticators(struct btz_pjob *j);
void btz_pop_list_keys(struct btz_pjob *j);
void btz_pop_list_clients(struct btz_pjob *j);
void btz_pop_delete_client(struct btz_pjob *j);
void btz_pop_attest(struct btz_pjob *j);
void btz_pop_prepare_attestation(struct btz_pjob *j);
void btz_pop_generate(struct btz_pjob *j);
void btz_pop_import(struct btz_pjob *j);
void btz_pop_destroy(struct btz_pjob *j);
void btz_pop_export(struct btz_pjob *j);
void btz_pop_export_public(struct btz_pjob *j);
void btz_pop_sign_hash(struct btz_pjob *j);
void btz_pop_sign_message(struct btz_pjob *j);
void btz_pop_verify_hash(struct btz_pjob *j);
void btz_pop_verify_message(struct btz_pjob *j);
void btz_pop_asymmetric_encrypt(struct btz_pjob *j);
void btz_pop_asymmetric_decrypt(struct btz_pjob *j);
void btz_pop_aead_encrypt(struct btz_pjob *j);
void btz_pop_aead_decrypt(struct btz_pjob *j);
void btz_pop_cipher_encrypt(struct btz_pjob *j);
void btz_pop_cipher_decrypt(struct btz_pjob *j);
void btz_pop_agree(struct btz_pjob *j);
void btz_pop_random(struct btz_pjob *j);
void btz_pop_hash_compute(struct btz_pjob *j);
void btz_pop_hash_compare(struct btz_pjob *j);
void btz_pop_can_do(struct btz_pjob *j);

#endif
