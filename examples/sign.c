/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.c - signs standard input with a key of the box, by label.
 *
 *	cc sign.c $(pkg-config --cflags --libs bartizan) -o sign
 *	./sign mykey <report.pdf >report.sig     (makes the key when there is none)
 */
#include <bartizan.h>
#include <stdio.h>

static int
find_or_make(struct bartizan *b, const char *label, uint8_t *id)
{
	int rc = bartizan_find(b, label, id);

	if (rc != BARTIZAN_NOT_FOUND)
		return rc;
	return bartizan_generate(b, BARTIZAN_EC_P256,
	    BARTIZAN_USE_SIGN | BARTIZAN_USE_VERIFY, label, id);
}

static int
sign(struct bartizan *b, const char *label)
{
	static uint8_t text[60000]; /* longer: hash it, and set digest */
	const size_t n = fread(text, 1, sizeof(text), stdin);
	uint8_t id[BARTIZAN_ID_LEN];
	struct bartizan_result r;
	int rc = find_or_make(b, label, id);

	if (rc == BARTIZAN_OK)
		rc = bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, n, &r);
	if (rc == BARTIZAN_OK &&
	    fwrite(r.output.p, 1, r.output.len, stdout) != r.output.len)
		return BARTIZAN_INVALID;
	return rc;
}

int
main(int argc, char **argv)
{
	struct bartizan *b;
	int rc;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: sign LABEL <FILE >SIGNATURE\n");
		return 2;
	}
	rc = bartizan_open(NULL, NULL, &b);
	if (rc == BARTIZAN_OK)
		rc = sign(b, argv[1]);
	if (rc != BARTIZAN_OK)
		(void)fprintf(stderr, "sign: %s\n",
		    b != NULL ? bartizan_error(b) : bartizan_strerror(rc));
	bartizan_close(b);
	return rc == BARTIZAN_OK ? 0 : 1;
}
