/* SPDX-License-Identifier: Apache-2.0 */
/* qr.c - QR codes by libqrencode, as half blocks of UTF-8. */
#include "cli/qr.h"

#ifdef BTZ_QRENCODE
#include <qrencode.h>

#define QUIET 2 /* modules around it; scanners are content with less than 4 */

static bool
dark(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       (qr->data[y * qr->width + x] & 1) != 0;
}

/* Black on white by the escape sequence: upper half, lower half. */
static void
print_row(FILE *to, const QRcode *qr, int y)
{
	static const char *const blocks[2][2] = { { " ", "\xe2\x96\x84" },
		{ "\xe2\x96\x80", "\xe2\x96\x88" } };

	(void)fputs("\033[30;107m", to);
	for (int x = -QUIET; x < qr->width + QUIET; x++)
		(void)fputs(blocks[dark(qr, x, y)][dark(qr, x, y + 1)], to);
	(void)fputs("\033[0m\n", to);
}

enum btz_rc
btz_qr_print(FILE *to, struct btz_span data, struct btz_err *err)
{
	QRcode *qr = NULL;

	if (data.len > 0 && data.len <= BTZ_QR_MAX)
		qr = QRcode_encodeData((int)data.len, data.p, 0, QR_ECLEVEL_L);
	if (qr == NULL)
		return BTZ_FAIL(err, BTZ_E_TOOBIG,
		    "QR code of %zu bytes: it holds %u", data.len, BTZ_QR_MAX);
	for (int y = -QUIET; y < qr->width + QUIET; y += 2)
		print_row(to, qr, y);
	btz_wipe(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return BTZ_OK;
}
#else
enum btz_rc
btz_qr_print(FILE *to, struct btz_span data, struct btz_err *err)
{
	(void)to;
	(void)data;
	return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "built without libqrencode");
}
#endif
