/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ceremony_file.c - any bytes as a ceremony and as an approval: what is
 * taken can be written, read again and put in words. */
#include "cli/ceremony_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ceremony(struct btz_span in)
{
	static struct btz_ceremony a, b;
	static uint8_t words[4 * BTZ_CEREMONY_REQUEST_MAX];
	struct btz_err err;
	struct btz_wr wr;
	char *text;

	if (btz_ceremony_parse(in, &a, &err) != BTZ_OK)
		return;
	btz_wr_init(&wr, words, sizeof(words));
	btz_ceremony_words(&a, &wr);
	text = btz_ceremony_print(&a);
	if (text == NULL || wr.len == 0 ||
	    btz_ceremony_parse(btz_span_str(text), &b, &err) != BTZ_OK ||
	    a.request_len != b.request_len ||
	    memcmp(a.request, b.request, a.request_len) != 0)
		abort();
	free(text);
}

static void
approval(struct btz_span in)
{
	static struct btz_approval_file a, b;
	struct btz_err err;
	char *text;

	if (btz_approval_parse(in, &a, &err) != BTZ_OK)
		return;
	text = btz_approval_print(&a);
	if (text == NULL ||
	    btz_approval_parse(btz_span_str(text), &b, &err) != BTZ_OK ||
	    memcmp(&a, &b, sizeof(a)) != 0)
		abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ceremony(btz_span_of(data, size));
	approval(btz_span_of(data, size));
	return 0;
}
