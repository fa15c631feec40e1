/* SPDX-License-Identifier: Apache-2.0 */
/* wychebox.c - see wychebox.h. */
#include "crypto/wychebox.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#ifdef BTZ_HAVE_PKCS11
#include "crypto/softhsm.h"
#endif
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "support/swtpm.h"

struct wyche wyche;

static struct btz_box *box;
static struct btz_auditor *audit;
static struct btz_swtpm tpm;
#ifdef BTZ_HAVE_PKCS11
static struct btz_softhsm hsm;
#endif

static bool
token_begin(char *conf, size_t cap)
{
#ifdef BTZ_HAVE_PKCS11
	if (btz_softhsm_module() != NULL) {
		btz_softhsm_begin(&hsm);
		btz_softhsm_conf(&hsm, "one", conf, cap);
		return true;
	}
#endif
	(void)conf, (void)cap;
	return false;
}

static void
token_end(void)
{
#ifdef BTZ_HAVE_PKCS11
	btz_softhsm_end(&hsm);
#endif
}

/* A section with the path of its socket in it. */
static bool
swtpm_begin(const char *before, const char *after, char *conf, size_t cap)
{
	char path[128];

	if (!btz_swtpm_present())
		return false;
	memset(&tpm, 0, sizeof(tpm));
	assert_true(btz_swtpm_start(&tpm));
	(void)close(tpm.fd); /* it serves one connection */
	tpm.fd = -1;
	btz_swtpm_socket(&tpm, path, sizeof(path));
	(void)snprintf(
	    conf, cap, "%s\ntcti = unix:%s\n%s", before, path, after);
	return true;
}

static bool
tpm_begin(char *conf, size_t cap)
{
	return swtpm_begin("backend = tpm-direct\n[tpm-direct]", "", conf, cap);
}

static bool
tee_begin(char *conf, size_t cap)
{
	return swtpm_begin(
	    "backend = tee\n[tpm]", "exclusive = yes\n", conf, cap);
}

static void
swtpm_end(void)
{
	btz_swtpm_end(&tpm);
}

const struct wyche_backend wyche_backends[WYCHE_BACKENDS] = {
	[WYCHE_SOFT] = { "soft", BTZ_PROG_CRYPTO_SOFT, NULL, NULL, 1, 0 },
	[WYCHE_TOKEN] = { "pkcs11:one", BTZ_PROG_CRYPTO_P11_1, token_begin,
	    token_end, 23, 32 },
	[WYCHE_TPM] = { "tpm-direct", BTZ_PROG_CRYPTO_TPM, tpm_begin, swtpm_end,
	    1, 0 },
	[WYCHE_TEE] = { "tee", BTZ_PROG_CRYPTO_TEE, tee_begin, swtpm_end, 1,
	    0 },
};

static void
lease(const char *socket, const char *backend, struct btz_conn *out)
{
	static struct btz_conn broker;
	struct btz_open_ok ok;

	btz_conn_adopt(&broker, btz_box_connect(box, socket));
	assert_int_equal(
	    btz_kms_open(&broker, backend, 0, out, &ok, &wyche.err), BTZ_OK);
	btz_conn_close(&broker);
}

static void
provision(void)
{
	static struct btz_conn admin;
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };
	struct btz_provision_ok ok;

	lease("admin/broker.sock", "tee", &admin);
	assert_int_equal(
	    btz_kms_provision(&admin, &rq, &ok, &wyche.err), BTZ_OK);
	btz_conn_close(&admin);
}

bool
wyche_start(enum wyche_which which)
{
	const struct wyche_backend *b = &wyche_backends[which];
	char section[1200] = "", conf[1600];

	if (b->begin != NULL && !b->begin(section, sizeof(section)))
		return false;
	memset(&wyche, 0, sizeof(wyche));
	wyche.which = which;
	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\nmax_keys_per_app = 100000\n[app vectors]\nuid = %u\n%s",
	    getuid(), section);
	box = btz_box_new(conf);
	if (which == WYCHE_TEE)
		btz_box_start(box, BTZ_PROG_TA, NULL);
	btz_box_start(box, b->prog, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(btz_box_take(box, b->prog, BTZ_PROG_AUDIT));
	if (which == WYCHE_TEE)
		provision();
	lease("kms.sock", b->name, &wyche.c);
	return true;
}

void
wyche_end(void)
{
	const struct wyche_backend *b = &wyche_backends[wyche.which];

	btz_conn_close(&wyche.c);
	btz_auditor_free(audit);
	assert_int_equal(btz_box_free(box), 0);
	if (b->end != NULL)
		b->end();
}
