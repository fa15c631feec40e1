/* SPDX-License-Identifier: Apache-2.0 */
/* test_checkpoint.c - tlog/checkpoint: the specification's body, bad ones. */
#include "tlog/checkpoint.h"

#include "support/cmocka_all.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SPEC "example.com/behind-the-sofa\n20852163\n" ROOT

static const struct {
	const char *name, *in;
	bool ok;
	uint64_t size;
} rows[] = {
	{ "empty", "", false, 0 },
	{ "no root", "o\n1\n", false, 0 },
	{ "empty origin", "\n1\n" ROOT, false, 0 },
	{ "space in origin", "a b\n1\n" ROOT, false, 0 },
	{ "plus in origin", "a+b\n1\n" ROOT, false, 0 },
	{ "empty size", "o\n\n" ROOT, false, 0 },
	{ "leading zero", "o\n01\n" ROOT, false, 0 },
	{ "negative", "o\n-1\n" ROOT, false, 0 },
	{ "over 64 bit", "o\n18446744073709551616\n" ROOT, false, 0 },
	{ "short root", "o\n1\nAAAA\n", false, 0 },
	{ "root without LF",
	    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", false, 0 },
	{ "empty extension", "o\n1\n" ROOT "\n", false, 0 },
	{ "empty line between", "o\n1\n" ROOT "a\n\nb\n", false, 0 },
	{ "extension without LF", "o\n1\n" ROOT "btz-epoch 1 clean", false, 0 },
	{ "size 0", "o\n0\n" ROOT, true, 0 },
	{ "extensions", "o\n7\n" ROOT "btz-epoch 1 clean\nbtz-chain a 1 b\n",
	    true, 7 },
	{ "specification", SPEC, true, 20852163 },
};

static void
parse_and_write(void **state)
{
	struct btz_tlog_checkpoint cp;
	uint8_t buf[512];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_span in = btz_span_str(rows[i].in);

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(btz_tlog_checkpoint_parse(in, &cp),
		    rows[i].ok ? BTZ_OK : BTZ_E_INVAL);
		if (!rows[i].ok)
			continue;
		assert_true(cp.head.size == rows[i].size);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_tlog_checkpoint_write(&wr, &cp);
		assert_true(btz_span_eq(btz_wr_span(&wr), in));
	}
}

static void
write_refuses(void **state)
{
	static const struct {
		const char *origin, *ext;
	} bad[] = { { "", "" }, { "a b", "" }, { "a\nb", "" }, { "a", "x" },
		{ "a", "\n" }, { "a", "x\n\ny\n" } };
	uint8_t buf[512];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		struct btz_tlog_checkpoint cp = {
			.origin = btz_span_str(bad[i].origin),
			.extensions = btz_span_str(bad[i].ext),
		};

		btz_wr_init(&wr, buf, sizeof(buf));
		btz_tlog_checkpoint_write(&wr, &cp);
		assert_false(btz_wr_ok(&wr));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_and_write),
		cmocka_unit_test(write_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
