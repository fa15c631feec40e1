/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_rollback.c - what the box remembers is put back, taken away or
 * exchanged: record and slot pages of the secure storage, the TPM (its index),
 * a blob of the key store; singly and in pairs. Each row names its state; the
 * true storage and TPM put back, the box is ready again.
 */
#include "mitm.h"
#include "ta_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ta.h"

/* Moments of one box: `old`, a key destroyed, `mid`, another, `last`, one
 * commit that touches no page, `now`. */
static struct box old, mid, last, now, box;
static struct rig_key gone;

enum record { R_SAME, R_OLD, R_MID, R_LAST, R_GONE, R_BENT };
enum pages { P_SAME, P_OLD, P_GONE, P_BENT };
enum tpm { T_SAME, T_OLD, T_MID, T_LAST, T_FRESH, T_NO_INDEX, T_OTHER_INDEX };

#define LOST BTZ_TA_STORAGE_LOST
#define ROLLED BTZ_TA_STORAGE_ROLLED_BACK
#define READY BTZ_TA_READY
#define AWAY BTZ_TA_TPM_UNAVAILABLE
#define SWAPPED BTZ_TA_TPM_SWAPPED

/* What a fresh TPM or another index makes of it is told apart only with a
 * record that can be read. */
static const struct {
	const char *name;
	enum record record;
	enum pages pages;
	enum tpm tpm;
	uint32_t want;
} rows[] = {
	{ "as it is", R_SAME, P_SAME, T_SAME, READY },
	{ "record old", R_OLD, P_SAME, T_SAME, LOST }, /* side was reused */
	{ "record older than one page", R_MID, P_SAME, T_SAME, ROLLED },
	{ "record one commit old", R_LAST, P_SAME, T_SAME, ROLLED },
	{ "record gone", R_GONE, P_SAME, T_SAME, LOST },
	{ "record bent", R_BENT, P_SAME, T_SAME, LOST },
	{ "pages old", R_SAME, P_OLD, T_SAME, LOST },
	{ "pages gone", R_SAME, P_GONE, T_SAME, LOST },
	{ "pages bent", R_SAME, P_BENT, T_SAME, LOST },
	{ "TPM old", R_SAME, P_SAME, T_OLD, ROLLED },
	{ "TPM a few commits old", R_SAME, P_SAME, T_MID, ROLLED },
	{ "TPM fresh", R_SAME, P_SAME, T_FRESH, SWAPPED },
	{ "index undefined", R_SAME, P_SAME, T_NO_INDEX, AWAY },
	{ "index defined anew", R_SAME, P_SAME, T_OTHER_INDEX, AWAY },
	/* pairs */
	{ "record and pages old", R_OLD, P_OLD, T_SAME, ROLLED },
	{ "record a page old, pages old", R_MID, P_OLD, T_SAME, LOST },
	{ "record old, pages gone", R_OLD, P_GONE, T_SAME, LOST },
	{ "record gone, pages old", R_GONE, P_OLD, T_SAME, LOST },
	{ "record and pages gone", R_GONE, P_GONE, T_SAME, LOST },
	{ "record gone, pages bent", R_GONE, P_BENT, T_SAME, LOST },
	{ "record bent, pages old", R_BENT, P_OLD, T_SAME, LOST },
	{ "record bent, pages gone", R_BENT, P_GONE, T_SAME, LOST },
	{ "record gone, TPM old", R_GONE, P_SAME, T_OLD, LOST },
	{ "record bent, TPM old", R_BENT, P_SAME, T_OLD, LOST },
	{ "record one commit old, TPM old", R_LAST, P_SAME, T_OLD, ROLLED },
	{ "record old, TPM one commit", R_OLD, P_SAME, T_LAST, LOST },
	{ "pages old, TPM old", R_SAME, P_OLD, T_OLD, LOST },
	{ "pages gone, TPM old", R_SAME, P_GONE, T_OLD, LOST },
	{ "record one commit old, TPM fresh", R_LAST, P_SAME, T_FRESH,
	    SWAPPED },
	{ "record bent, TPM fresh", R_BENT, P_SAME, T_FRESH, LOST },
	{ "pages old, TPM fresh", R_SAME, P_OLD, T_FRESH, LOST },
	{ "pages gone, TPM fresh", R_SAME, P_GONE, T_FRESH, LOST },
	{ "record one commit old, no index", R_LAST, P_SAME, T_NO_INDEX, AWAY },
	{ "record gone, no index", R_GONE, P_SAME, T_NO_INDEX, LOST },
	{ "record bent, no index", R_BENT, P_SAME, T_NO_INDEX, LOST },
	{ "pages old, no index", R_SAME, P_OLD, T_NO_INDEX, LOST },
	{ "record one commit old, index anew", R_LAST, P_SAME, T_OTHER_INDEX,
	    AWAY },
	{ "record gone, index anew", R_GONE, P_SAME, T_OTHER_INDEX, LOST },
	{ "pages gone, index anew", R_SAME, P_GONE, T_OTHER_INDEX, LOST },
	/* A newer record than the TPM's by one commit is what a power cut
	 * leaves: it is the newest there is. */
	{ "TPM one commit old", R_SAME, P_SAME, T_LAST, READY },
	/* What no TA can see (threat model): everything is the same age. */
	{ "record, pages and TPM old", R_OLD, P_OLD, T_OLD, READY },
};

static bool
is_record(const char *name)
{
	/* "record" in hexadecimal */
	return strcmp(name, "7265636f7264.obj") == 0;
}

struct take {
	const char *to;
	bool record;
};

static void
take_one(const char *path, const char *name, void *arg)
{
	const struct take *t = arg;

	if (strstr(name, ".obj") != NULL && is_record(name) == t->record)
		rig_copy_file(path, name, t->to);
}

static void
drop_one(const char *path, const char *name, void *arg)
{
	const struct take *t = arg;

	if (strstr(name, ".obj") != NULL && is_record(name) == t->record)
		assert_int_equal(unlink(path), 0);
}

static void
bend_one(const char *path, const char *name, void *arg)
{
	const struct take *t = arg;
	uint8_t c;
	int fd;

	if (strstr(name, ".obj") == NULL || is_record(name) != t->record)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pread(fd, &c, 1, 40) == 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, 40), 1);
	(void)close(fd);
}

static void
change_objects(bool record, const struct box *from, bool bent)
{
	struct take t = { box.r.dir, record };

	if (bent) {
		rig_each_file(box.r.dir, bend_one, &t);
		return;
	}
	rig_each_file(box.r.dir, drop_one, &t);
	if (from != NULL)
		rig_each_file(from->r.dir, take_one, &t);
}

/* Only with the owner's authorization, which Linux does not have: what would
 * be if it had. */
static void
index_by_owner(bool again)
{
	static struct ta ta;
	struct btz_tpm_entity owner, nv;
	const struct btz_tpm_entity *ents[2] = { &owner, &nv };
	struct btz_tpm_nv want;
	uint8_t other[32] = { 7 };

	box_start(&box);
	memset(&ta, 0, sizeof(ta));
	ta_boot(&ta);
	assert_int_equal(ta.state, BTZ_TA_READY);
	owner = btz_tpm_hierarchy(
	    BTZ_TPM_RH_OWNER, ta_auth(&ta, TA_AUTH_OWNER));
	assert_int_equal(ta_tpm_nv(&ta, true, &nv), BTZ_OK);
	assert_int_equal(
	    btz_tpm_exec(&ta.tpm, BTZ_TPM_NV_UNDEFINE_SPACE, ents, NULL, NULL),
	    BTZ_OK);
	btz_tpm_tmpl_nv(&want, ta.rec.nv_index);
	if (again)
		assert_int_equal(btz_tpm_nv_define(&ta.tpm, &owner, &want,
				     btz_span_of(other, sizeof(other))),
		    BTZ_OK);
	ta_tpm_down(&ta);
	box_kill(&box);
}

static const struct box *
tpm_of(enum tpm t)
{
	return t == T_OLD    ? &old
	       : t == T_MID  ? &mid
	       : t == T_LAST ? &last
			     : &now;
}

static void
arrange(size_t i)
{
	box_copy_tpm(&box, &now, tpm_of(rows[i].tpm));
	if (rows[i].tpm == T_NO_INDEX || rows[i].tpm == T_OTHER_INDEX)
		index_by_owner(rows[i].tpm == T_OTHER_INDEX);
	if (rows[i].tpm == T_FRESH) {
		btz_swtpm_end(&box.r.tpm);
		assert_true(btz_swtpm_start(&box.r.tpm));
		(void)close(box.r.tpm.fd);
		box.r.tpm.fd = -1;
		btz_swtpm_socket(
		    &box.r.tpm, box.r.socket, sizeof(box.r.socket));
	}
	if (rows[i].record != R_SAME)
		change_objects(true,
		    rows[i].record == R_OLD    ? &old
		    : rows[i].record == R_MID  ? &mid
		    : rows[i].record == R_LAST ? &last
					       : NULL,
		    rows[i].record == R_BENT);
	if (rows[i].pages != P_SAME)
		change_objects(false, rows[i].pages == P_OLD ? &old : NULL,
		    rows[i].pages == P_BENT);
}

/* In these states nothing is signed, made or begun anew. */
static void
check_refuses(void)
{
	struct btz_ta_step s;
	struct rig_key k;

	BOX_HOLD(rig_step(&box.r, &s) != BTZ_OK);
	BOX_HOLD(box_sign_plain(&box, &box.plain) != BTZ_OK);
	BOX_HOLD(box_create(&box, BTZ_KIND_PLAIN, &k) != BTZ_OK);
	BOX_HOLD(box_leaf(&box) != BTZ_OK);
	BOX_HOLD(box_certify(&box, &box.issuing) != BTZ_OK);
	BOX_HOLD(box_checkpoint(&box, 50, false) != BTZ_OK);
	BOX_HOLD(box_destroy(&box, &box.plain) != BTZ_OK);
}

static void
run_row(size_t i)
{
	struct btz_ta_info info;

	print_message("# case: %s\n", rows[i].name);
	box_case("%s", rows[i].name);
	arrange(i);
	box_start(&box);
	rig_info(&box.r, &info);
	if (info.state != rows[i].want)
		print_message(
		    "# state %u, wanted %u\n", info.state, rows[i].want);
	assert_int_equal(info.state, rows[i].want);
	/* A key that was destroyed is, whatever blob is put back, unless the
	 * whole box is that old. */
	if (rows[i].tpm != T_OLD || rows[i].want != READY)
		BOX_HOLD(box_sign_plain(&box, &gone) != BTZ_OK);
	if (rows[i].want != READY)
		check_refuses();
	rig_wait(&box.r);
	rig_info(&box.r, &info);
	BOX_HOLD(info.state == rows[i].want);
	box_end(&box);
}

static void
test_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		run_row(i);
	/* ... and nothing was lost of the box that it is */
	box_copy(&box, &now);
	box_start(&box);
	box_case("the true box");
	box_recovers(&box);
	box_end(&box);
}

/* One more commit on a copy of what there is, kept as another moment. */
static void
next_moment(struct box *to, const struct box *from, bool stop)
{
	box_copy(to, from);
	box_start(to);
	assert_int_equal(box_create(to, BTZ_KIND_PLAIN, &gone), BTZ_OK);
	assert_int_equal(box_destroy(to, &gone), BTZ_OK);
	if (stop)
		assert_int_equal(box_stop(to), BTZ_OK);
	box_kill(to);
	btz_swtpm_halt(&to->r.tpm);
}

static int
begin(void **state)
{
	(void)state;
	box_make(&old);
	next_moment(&mid, &old, true);
	next_moment(&last, &mid, false);
	box_copy(&now, &last);
	box_start(&now);
	box_kill(&now);
	btz_swtpm_halt(&now.r.tpm);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&old);
	box_end(&mid);
	box_end(&last);
	box_end(&now);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
