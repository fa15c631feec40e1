/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_vpn_profile.c - any bytes as what a box says of its VPN, and as a
 * remote: what is taken gives a profile of known directives only. */
#include "cli/vpn_profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct btz_vpn_place *p)
{
	static const struct btz_vpn_keys none;
	static char buf[8192];
	size_t lines = 0;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_vpn_profile_put(&wr, p, &none);
	if (!btz_wr_ok(&wr))
		abort();
	for (size_t i = 0; i < wr.len; i++)
		lines += buf[i] == '\n';
	if (lines != 13 + p->n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_vpn_place p, q = { .server = "box" };
	char text[300];
	struct btz_err err;

	if (btz_vpn_place_parse(btz_span_of(data, size), "main", &p, &err) ==
	    BTZ_OK)
		check(&p);
	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (btz_vpn_place_add(&q, text, false, &err) == BTZ_OK)
		check(&q);
	return 0;
}
