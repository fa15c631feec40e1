/* SPDX-License-Identifier: Apache-2.0 */
/* test_identity.c - origin and key of the log: stored once, read strictly. */
#include "audit/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "audit/files.h"
#include "signer.h"
#include "support/cmocka_all.h"
#include "tmpdir.h"

static char path[64];
static int dir;
static struct signer signer;
static struct btz_audit_init init;

static int
setup(void **state)
{
	(void)state;
	tmpdir_make(path);
	dir = open(path, O_RDONLY);
	signer_init(&signer, "box.example/audit");
	init = (struct btz_audit_init){ .origin = btz_span_str(signer.origin),
		.checkpoint_spki = btz_span_of(signer.spki, signer.spki_len),
		.checkpoint_id = { 1, 2, 3 } };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(dir);
	signer_end(&signer);
	tmpdir_remove(path);
	return 0;
}

static void
stored_once(void **state)
{
	struct btz_identity id, read;

	(void)state;
	assert_int_equal(btz_identity_load(dir, &id, NULL), BTZ_OK);
	assert_false(id.known);
	init.origin = btz_span_str("has space");
	assert_int_equal(btz_identity_set(dir, &id, &init, NULL), BTZ_E_INVAL);
	init.origin = btz_span_str(signer.origin);
	assert_int_equal(btz_identity_set(dir, &id, &init, NULL), BTZ_OK);
	assert_int_equal(btz_identity_load(dir, &read, NULL), BTZ_OK);
	assert_true(read.known);
	assert_string_equal(read.origin, signer.origin);
	assert_int_equal(read.spki_len, signer.spki_len);
	assert_memory_equal(read.spki, signer.spki, signer.spki_len);
	assert_memory_equal(read.key_id, init.checkpoint_id, BTZ_ID_LEN);
	assert_int_equal(btz_identity_set(dir, &read, &init, NULL), BTZ_OK);
	init.checkpoint_id[0] = 9;
	assert_int_equal(
	    btz_identity_set(dir, &read, &init, NULL), BTZ_E_PROVISIONED);
}

static void
damaged(void **state)
{
	static const char *const files[] = { "origin", "checkpoint.pub",
		"checkpoint.id" };
	struct btz_identity id = { 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(files); i++) {
		print_message("# case: %s\n", files[i]);
		id.known = false;
		assert_int_equal(
		    btz_identity_set(dir, &id, &init, NULL), BTZ_OK);
		assert_int_equal(btz_files_write(dir, files[i],
				     btz_span_str("x"), BTZ_FILES_LAZY, NULL),
		    BTZ_OK);
		assert_int_equal(
		    btz_identity_load(dir, &id, NULL), BTZ_E_CORRUPT);
	}
}

static void
notes(void **state)
{
	struct btz_tlog_head head = { .size = 5 }, got;
	struct btz_identity id = { 0 };
	uint8_t note[1024];
	struct btz_wr wr;
	struct signer other;

	(void)state;
	assert_int_equal(btz_identity_set(dir, &id, &init, NULL), BTZ_OK);
	assert_int_equal(
	    btz_identity_check(&id, btz_span_str("x\n"), &got, NULL),
	    BTZ_E_LOG_TREE);
	signer_init(&other, "other/audit");
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(&other, &head, &wr);
	assert_int_equal(btz_identity_check(&id, btz_wr_span(&wr), &got, NULL),
	    BTZ_E_LOG_FORKED);
	other.origin = signer.origin;
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(&other, &head, &wr);
	assert_int_equal(btz_identity_check(&id, btz_wr_span(&wr), &got, NULL),
	    BTZ_E_SIGNATURE);
	btz_wr_init(&wr, note, sizeof(note));
	signer_note(&signer, &head, &wr);
	assert_int_equal(
	    btz_identity_check(&id, btz_wr_span(&wr), &got, NULL), BTZ_OK);
	assert_true(got.size == 5);
	signer_end(&other);
}

#define ON_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DIR(stored_once),
		ON_DIR(damaged),
		ON_DIR(notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
