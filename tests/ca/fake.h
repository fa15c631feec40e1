/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - the whole authority in the test's process, with peers that speak
 * real frames over real socketpairs: broker and crypto service (it signs with
 * libcrypto), access, audit. Each peer can be told to refuse, to be silent or
 * to die at an operation.
 */
#ifndef BTZ_TESTS_CA_FAKE_H
#define BTZ_TESTS_CA_FAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/host.h"
#include "base/sock.h"
#include "ca/ca.h"
#include "support/cmocka_all.h"

#define FAKE_TOKEN "dGVzdC10b2tlbi0xMjM0NQ"
#define FAKE_TD "edge-1.bartizan.internal"
#define FAKE_CREDS 64

enum fake_how { FAKE_REFUSE = 1, FAKE_SILENT, FAKE_DIE, FAKE_LOSE };

struct fake_key {
	EVP_PKEY *pkey;
	uint8_t spki[128];
	size_t spki_len;
	uint8_t ski[20];
};

struct fake_cred {
	uint8_t spki_hash[32], serial[16];
	uint8_t state;
	char principal[256];
};

struct fake {
	struct btz_host h;
	struct btz_ca *ca;
	char dir[64], path[96];
	struct btz_chan *broker, *access, *audit, *crypto, *admin, *http;
	struct fake_key root, issuing;
	bool has_issuing;
	uint8_t root_cert[2048];
	size_t root_cert_len;
	uint8_t constraints[2048];
	size_t constraints_len;
	uint8_t last_crl[32]; /* SHA-256 of what it signed last */
	uint64_t crl_number;  /* recorded by the signer */
	unsigned signs, generates, certifies;
	uint8_t serial[16], nonce[32]; /* of the last certification */
	size_t approvals_len;
	/* one operation that goes wrong */
	uint16_t bad_op;
	enum fake_how how;
	enum btz_rc rc;
	/* access */
	char tenant[64], kind[64], name[64]; /* whom the invite is for */
	bool invite_used;
	struct fake_cred creds[FAKE_CREDS];
	size_t n_creds;
	/* audit: "act/decision/out" lines, in order */
	char log[8192];
};

struct fake_answer {
	bool done;
	enum btz_rc rc;
	unsigned progress;
	uint8_t body[65536];
	size_t len;
};

void fake_new(struct fake *f, const char *reuse_dir); /* NULL: a new one */
void fake_end(struct fake *f, bool keep_dir);
/* Connects a peer again, as the supervisor would. */
void fake_connect(struct fake *f, enum btz_prog peer);
void fake_kill(struct fake *f, enum btz_prog peer);
/* Runs the loop for a while. */
void fake_run(struct fake *f, unsigned ms);
/* Asks over a connection and runs the loop until the answer, at most 8 s. */
void fake_ask(struct fake *f, struct btz_chan *ch, uint16_t op,
    const struct btz_msgdef *def, const void *msg, struct fake_answer *a);
enum btz_rc fake_init(struct fake *f); /* CA_INIT */
/* POST /.bartizan/enrol; the HTTP status. body of the answer in a. */
unsigned fake_enrol(struct fake *f, struct btz_span pem, const char *token,
    struct fake_answer *a, struct btz_http_ok *ok);
void fake_key_new(struct fake_key *k);
void fake_key_end(struct fake_key *k);
/* A PEM request by libcrypto; ext NULL: none. */
size_t fake_csr(const struct fake_key *k, const char *ext, const char *value,
    char *pem, size_t cap);
struct btz_span fake_spki(const struct fake_key *k);

#endif
