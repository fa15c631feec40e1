/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_policy.c - arbitrary bytes as a policy file, then decisions. A hash
 * would stop every mutation, so it is made right first; the input as it came
 * is tried as well.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/format.h"
#include "policy/policy.h"
#include "prim/prim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask_everything(const struct btz_policy *p, struct btz_span image)
{
	struct btz_policy_view v;
	struct btz_policy_answer a;
	struct btz_err err;
	char why[300];

	if (btz_policy_view_init(&v, image, &err) != BTZ_OK)
		abort(); /* accepted before */
	for (uint32_t i = 0; i < 8; i++) {
		const uint8_t *c = btz_policy_entry(&v, BTZ_PS_CREDENTIALS, i);
		const uint8_t *pr = btz_policy_entry(
		    &v, BTZ_PS_PRINCIPALS, btz_policy_u32(c, BTZ_PC_PRINCIPAL));
		const uint8_t *s = btz_policy_entry(&v, BTZ_PS_SHARES, i);
		const uint8_t *t = btz_policy_entry(
		    &v, BTZ_PS_TENANTS, btz_policy_u32(s, BTZ_PH_TENANT));
		struct btz_policy_ask ask = { .spki_hash = c,
			.uri = btz_policy_name(&v, pr, BTZ_PP_URI),
			.tenant = btz_policy_name(&v, t, BTZ_PT_NAME),
			.share = btz_policy_name(&v, s, BTZ_PH_NAME),
			.actions = 1u << i,
			.via = (uint8_t)i };

		btz_policy_decide(p, 1000, &ask, &a);
		if (a.verdict == BTZ_ALLOW &&
		    (c == NULL || c[BTZ_PC_STATE] != BTZ_POLICY_ACTIVE ||
			(a.granted & ask.actions) == 0))
			abort();
		btz_policy_explain(p, 1000, &ask, &a, why, sizeof(why));
	}
}

static void
try(struct btz_span image)
{
	struct btz_policy *p;
	struct btz_err err;

	if (btz_policy_from_bytes(image, &p, &err) == BTZ_OK)
		ask_everything(p, image);
	btz_policy_put(p);
}

/* Hash and the length field made right. */
static void
repair(uint8_t *p, size_t n)
{
	struct btz_wr wr;

	if (n < BTZ_POLICY_HEADER + BTZ_SHA256_LEN)
		return;
	btz_wr_init(&wr, p + BTZ_PO_LENGTH, 8);
	btz_wr_u64(&wr, n);
	btz_sha256(btz_span_of(p, n - BTZ_SHA256_LEN), p + n - BTZ_SHA256_LEN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	try(btz_span_of(copy, size));
	repair(copy, size);
	try(btz_span_of(copy, size));
	free(copy);
	return 0;
}
