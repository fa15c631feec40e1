/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_file.h - the two files of a ceremony, JSON: what is to be approved
 * ("bartizan-ceremony/1", from the box to the administrators) and one
 * administrator's approval ("bartizan-approval/1", back). Nothing in them is
 * secret. Bytes are base64url without padding.
 */
#ifndef BTZ_CLI_CEREMONY_FILE_H
#define BTZ_CLI_CEREMONY_FILE_H

#include "base/err.h"
#include "wire/msg_approval.h"

#define BTZ_CEREMONY_REQUEST_MAX 49152u
#define BTZ_CEREMONY_FILE_MAX 131072u

struct btz_ceremony {
	struct btz_challenge challenge;
	uint64_t until; /* Unix seconds; a hint, the box decides */
	uint8_t request[BTZ_CEREMONY_REQUEST_MAX];
	size_t request_len;
};

struct btz_approval_file {
	uint8_t nonce[BTZ_SHA256_LEN]; /* of the challenge it answers */
	uint8_t spki[BTZ_ADMIN_SPKI_MAX];
	size_t spki_len;
	uint8_t signature[256];
	size_t signature_len;
};

/* "root-crl"; NULL: no such operation. */
const char *btz_ceremony_name(uint8_t operation);
uint8_t btz_ceremony_operation(struct btz_span name); /* 0: none */

/* BTZ_E_INVAL. A ceremony that is taken has a request of its operation's form,
 * and a challenge for exactly this request. */
BTZ_MUST_CHECK enum btz_rc btz_ceremony_parse(
    struct btz_span json, struct btz_ceremony *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_approval_parse(
    struct btz_span json, struct btz_approval_file *out, struct btz_err *err);
/* Text with a line end, freed with free; NULL: no memory. */
char *btz_ceremony_print(const struct btz_ceremony *c);
char *btz_approval_print(const struct btz_approval_file *a);

/* What the request means, for a person. Failure is remembered in wr. */
void btz_ceremony_words(const struct btz_ceremony *c, struct btz_wr *wr);

#endif
