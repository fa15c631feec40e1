/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code as it is printed, read back block by block. */
#include "cli/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

#define QUIET 2

static char *
print(struct btz_span data, enum btz_rc want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct btz_err err;

	assert_non_null(f);
	assert_int_equal(btz_qr_print(f, data, &err), want);
	(void)fclose(f);
	return text;
}

/* One character: bit 0 the upper half is dark, bit 1 the lower. */
static int
block(const char **at)
{
	static const struct {
		const char *text;
		int bits;
	} blocks[] = { { " ", 0 }, { "\xe2\x96\x80", 1 }, { "\xe2\x96\x84", 2 },
		{ "\xe2\x96\x88", 3 } };

	for (size_t i = 0; i < BTZ_COUNT(blocks); i++) {
		size_t n = strlen(blocks[i].text);

		if (strncmp(*at, blocks[i].text, n) == 0) {
			*at += n;
			return blocks[i].bits;
		}
	}
	fail_msg("not a block: %.10s", *at);
	return 0;
}

static int
want(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       (qr->data[y * qr->width + x] & 1) != 0;
}

static void
pass_by(const char **at, const char *text)
{
	assert_memory_equal(*at, text, strlen(text));
	*at += strlen(text);
}

static void
test_blocks(void **state)
{
	static const char data[] = "remote box.example 1194 udp\n";
	QRcode *qr = QRcode_encodeData(
	    (int)sizeof(data) - 1, (const uint8_t *)data, 0, QR_ECLEVEL_L);
	char *text = print(btz_span_str(data), BTZ_OK);
	const char *at = text;

	(void)state;
	assert_non_null(qr);
	for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
		pass_by(&at, "\033[30;107m");
		for (int x = -QUIET; x < qr->width + QUIET; x++)
			assert_int_equal(block(&at),
			    want(qr, x, y) + 2 * want(qr, x, y + 1));
		pass_by(&at, "\033[0m\n");
	}
	assert_int_equal(*at, '\0');
	QRcode_free(qr);
	free(text);
}

static void
test_sizes(void **state)
{
	static uint8_t data[BTZ_QR_MAX + 1];

	(void)state;
	memset(data, 'x', sizeof(data));
	free(print(btz_span_of(NULL, 0), BTZ_E_TOOBIG));
	free(print(btz_span_of(data, BTZ_QR_MAX + 1), BTZ_E_TOOBIG));
	free(print(btz_span_of(data, BTZ_QR_MAX), BTZ_OK));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
