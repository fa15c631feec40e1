/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - plays what signs checkpoints: a P-256 key of libcrypto, the rules
 * of the trusted application (extends only what it signed last).
 */
#ifndef BTZ_TESTS_AUDIT_SIGNER_H
#define BTZ_TESTS_AUDIT_SIGNER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "audit/log.h"
#include "tlog/checkpoint.h"

struct signer {
	EVP_PKEY *key;
	uint8_t spki[256];
	size_t spki_len;
	const char *origin;
	const char *lines; /* extensions; NULL: a clean epoch */
};

static inline void
signer_init(struct signer *s, const char *origin)
{
	uint8_t *p = s->spki;

	s->origin = origin;
	s->lines = NULL;
	s->key = EVP_EC_gen("P-256");
	if (s->key == NULL)
		abort();
	s->spki_len = (size_t)i2d_PUBKEY(s->key, &p);
}

static inline void
signer_end(struct signer *s)
{
	EVP_PKEY_free(s->key);
}

static inline void
signer_note(const struct signer *s, const struct btz_tlog_head *head,
    struct btz_wr *out)
{
	struct btz_tlog_checkpoint cp = { .origin = btz_span_str(s->origin),
		.head = *head,
		.extensions = btz_span_str(
		    s->lines != NULL ? s->lines : "btz-epoch 1 clean\n") };
	uint8_t text[512], sig[128], id[BTZ_NOTE_ID_LEN];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = sizeof(sig);
	struct btz_wr wr;

	btz_wr_init(&wr, text, sizeof(text));
	btz_tlog_checkpoint_write(&wr, &cp);
	if (EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, s->key) != 1 ||
	    EVP_DigestSign(md, sig, &len, text, wr.len) != 1)
		abort();
	EVP_MD_CTX_free(md);
	btz_note_key_id(&btz_log_hash, cp.origin, BTZ_NOTE_ECDSA,
	    btz_span_of(s->spki, s->spki_len), id);
	btz_note_write_text(out, btz_wr_span(&wr));
	btz_note_write_sig(out, cp.origin, id, btz_span_of(sig, len));
}

#endif
