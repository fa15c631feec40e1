/* SPDX-License-Identifier: Apache-2.0 */
/* test_entry.c - the boundary: parameter layouts, sizes, unknown numbers. */
#include "ta_rig.h"

#include <stdlib.h>
#include <string.h>

static struct rig r;

#define T(a, b, c, d)                                                          \
	TEE_PARAM_TYPES(TEE_PARAM_TYPE_##a, TEE_PARAM_TYPE_##b,                \
	    TEE_PARAM_TYPE_##c, TEE_PARAM_TYPE_##d)
#define GOOD T(MEMREF_INPUT, MEMREF_OUTPUT, VALUE_OUTPUT, NONE)

static const struct {
	const char *name;
	uint32_t types;
	size_t in, out;
	uint32_t command;
	TEE_Result want;
} rows[] = {
	{ "no parameters", 0, 0, BTZ_TA_ANSWER_MAX, BTZ_TA_INFO,
	    TEE_ERROR_BAD_PARAMETERS },
	{ "a value for a memref",
	    T(VALUE_INPUT, MEMREF_OUTPUT, VALUE_OUTPUT, NONE), 0,
	    BTZ_TA_ANSWER_MAX, BTZ_TA_INFO, TEE_ERROR_BAD_PARAMETERS },
	{ "in and out exchanged",
	    T(MEMREF_OUTPUT, MEMREF_INPUT, VALUE_OUTPUT, NONE), 0,
	    BTZ_TA_ANSWER_MAX, BTZ_TA_INFO, TEE_ERROR_BAD_PARAMETERS },
	{ "inout", T(MEMREF_INOUT, MEMREF_OUTPUT, VALUE_OUTPUT, NONE), 0,
	    BTZ_TA_ANSWER_MAX, BTZ_TA_INFO, TEE_ERROR_BAD_PARAMETERS },
	{ "one more", T(MEMREF_INPUT, MEMREF_OUTPUT, VALUE_OUTPUT, VALUE_INPUT),
	    0, BTZ_TA_ANSWER_MAX, BTZ_TA_INFO, TEE_ERROR_BAD_PARAMETERS },
	{ "high bits", GOOD | 0x10000, 0, BTZ_TA_ANSWER_MAX, BTZ_TA_INFO,
	    TEE_ERROR_BAD_PARAMETERS },
	{ "request too long", GOOD, BTZ_TA_REQUEST_MAX + 1, BTZ_TA_ANSWER_MAX,
	    BTZ_TA_INFO, TEE_ERROR_BAD_PARAMETERS },
	{ "unknown command", GOOD, 0, BTZ_TA_ANSWER_MAX, 0x0700,
	    TEE_ERROR_NOT_SUPPORTED },
	{ "command of another program", GOOD, 0, BTZ_TA_ANSWER_MAX, 0x0112,
	    TEE_ERROR_NOT_SUPPORTED },
	{ "no room", GOOD, 0, 0, BTZ_TA_INFO, TEE_ERROR_SHORT_BUFFER },
	{ "a byte short", GOOD, 0, BTZ_TA_ANSWER_MAX - 1, BTZ_TA_INFO,
	    TEE_ERROR_SHORT_BUFFER },
	{ "longest request", GOOD, BTZ_TA_REQUEST_MAX, BTZ_TA_ANSWER_MAX,
	    BTZ_TA_RANDOM, TEE_SUCCESS },
	{ "info", GOOD, 0, BTZ_TA_ANSWER_MAX, BTZ_TA_INFO, TEE_SUCCESS },
};

static void
test_parameters(void **state)
{
	static uint8_t in[BTZ_TA_REQUEST_MAX + 1], out[BTZ_TA_ANSWER_MAX];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		TEE_Param p[4];

		print_message("# case: %s\n", rows[i].name);
		memset(p, 0, sizeof(p));
		p[0].memref.buffer = in;
		p[0].memref.size = rows[i].in;
		p[1].memref.buffer = out;
		p[1].memref.size = rows[i].out;
		assert_int_equal(TA_InvokeCommandEntryPoint(r.session,
				     rows[i].command, rows[i].types, p),
		    rows[i].want);
		if (rows[i].want == TEE_ERROR_SHORT_BUFFER)
			assert_int_equal(p[1].memref.size, BTZ_TA_ANSWER_MAX);
	}
}

static void
test_reserved(void **state)
{
	(void)state;
	assert_int_equal(rig_call(&r, BTZ_TA_SIGN_CSR, btz_span_of(NULL, 0)),
	    BTZ_E_UNSUPPORTED);
}

static void
test_random(void **state)
{
	struct btz_random rq = { BTZ_RANDOM_MAX + 1 };

	(void)state;
	assert_int_equal(
	    rig_do(&r, BTZ_TA_RANDOM, &btz_def_random, &rq, NULL, NULL),
	    BTZ_E_TOOBIG);
	rq.n = BTZ_RANDOM_MAX;
	assert_int_equal(
	    rig_do(&r, BTZ_TA_RANDOM, &btz_def_random, &rq, NULL, NULL),
	    BTZ_OK);
	assert_int_equal(r.answer_len, 4 + BTZ_RANDOM_MAX);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
