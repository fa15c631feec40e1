/* SPDX-License-Identifier: Apache-2.0 */
/* ta_box_life.c - how a box of ta_box.h is made, copied, and comes back. */
#include "ta_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "der/x509.h"
#include "mitm.h"

static void
pin(struct box *b)
{
	struct btz_ta_info info;
	struct btz_x509 root;

	rig_info(&b->r, &info);
	assert_int_equal(btz_x509_parse(info.root_cert, &root), BTZ_OK);
	assert_int_equal(root.spki.len, 91);
	memcpy(b->root_spki, root.spki.p, 91);
	memcpy(b->cp_spki, info.checkpoint_spki.p, 91);
	memcpy(b->root_id, info.root_id, 16);
	memcpy(b->cp_id, info.checkpoint_id, 16);
	memcpy(b->instance_id, info.instance_id, 32);
}

void
box_make(struct box *b)
{
	box_make_heard(b, NULL);
}

void
box_make_heard(struct box *b, rig_hook *hook)
{
	memset(b, 0, sizeof(*b));
	b->crl_entry = 9;
	rig_begin(&b->r);
	rig_arm(&b->r, hook, NULL);
	box_start(b);
	mitm_define_decoy();
	rig_provision(&b->r);
	pin(b);
	assert_int_equal(box_create(b, BTZ_KIND_PLAIN, &b->plain), BTZ_OK);
	assert_int_equal(box_create(b, BTZ_KIND_ISSUING, &b->issuing), BTZ_OK);
	assert_int_equal(box_certify(b, &b->issuing), BTZ_OK);
	assert_int_equal(box_list(b), BTZ_OK);
	assert_int_equal(box_checkpoint(b, BOX_SIZE, false), BTZ_OK);
	assert_int_equal(box_stop(b), BTZ_OK);
	box_kill(b);
	btz_swtpm_halt(&b->r.tpm);
}

void
box_copy(struct box *to, const struct box *from)
{
	box_copy_tpm(to, from, from);
}

void
box_copy_tpm(struct box *to, const struct box *from, const struct box *tpm)
{
	char name[64];

	*to = *from;
	to->handle = 0;
	(void)snprintf(to->r.dir, sizeof(to->r.dir), "/tmp/btz-ta-XXXXXX");
	assert_non_null(mkdtemp(to->r.dir));
	rig_copy_dir(from->r.dir, to->r.dir);
	(void)snprintf(name, sizeof(name), "%s", tpm->r.tpm.dir);
	assert_true(btz_swtpm_start_copy(&to->r.tpm, name));
	(void)close(to->r.tpm.fd);
	to->r.tpm.fd = -1;
	btz_swtpm_socket(&to->r.tpm, to->r.socket, sizeof(to->r.socket));
}

void
box_end(struct box *b)
{
	rig_end(&b->r);
}

static void
goes_on(struct box *b)
{
	rig_wait(&b->r);
	BOX_HOLD(box_state(b) == BTZ_TA_READY);
	BOX_HOLD(box_sign_plain(b, &b->plain) == BTZ_OK);
	BOX_HOLD(box_leaf(b) == BTZ_OK);
}

void
box_recovers(struct box *b)
{
	uint64_t size;

	goes_on(b);
	/* Within a boot no other log of a size that may have been signed. */
	size = box_ta_size(b);
	BOX_HOLD(size >= b->cp_size);
	BOX_HOLD(box_checkpoint(b, size, true) == BTZ_E_LOG_FORKED);
	BOX_HOLD(box_checkpoint(b, size + 1, false) == BTZ_OK);
	box_kill(b);
	box_start(b);
	goes_on(b);
	BOX_HOLD(box_ta_size(b) >= BOX_SIZE);
	BOX_HOLD(box_checkpoint(b, size + 2, false) == BTZ_OK);
	BOX_HOLD(box_stop(b) == BTZ_OK);
}
