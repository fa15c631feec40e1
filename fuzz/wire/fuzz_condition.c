/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_condition.c - any bytes as the condition of a grant: what is taken is
 * written and read again as the same, and every time can be asked of it. */
#include "wire/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char via[BTZ_VIA_TEXT], window[BTZ_WINDOW_TEXT], text[80];
	struct btz_condition c, again;

	if (!btz_condition_parse(btz_span_of(data, size), &c))
		return 0;
	btz_via_text(c.via, via);
	btz_window_text(&c.window, window);
	(void)snprintf(text, sizeof(text), "%s;%s", via, window);
	if (!btz_condition_parse(btz_span_str(text), &again) ||
	    again.via != c.via ||
	    memcmp(&again.window, &c.window, sizeof(c.window)) != 0)
		abort();
	if (c.window.days != 0 && btz_window_has(&c.window, 0) &&
	    c.window.from > 0 && c.window.to > c.window.from)
		abort(); /* midnight is not in a window that begins later */
	return 0;
}
