/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_direct.c - backend "tpm-direct": opening, and the table; tpm_direct.h. */
#include "crypto/backend/tpm_direct.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/table.h"

/* A kernel's resource manager is known by its name. */
static bool
is_alone(const struct btz_conf_tpm_direct *conf)
{
	const char *name = strrchr(conf->tcti, '/');

	if (strcmp(conf->exclusive, "auto") != 0)
		return strcmp(conf->exclusive, "yes") == 0;
	return name == NULL || strncmp(name, "/tpmrm", 6) != 0;
}

/* Simulators; the makers of chips have other names (TCG Vendor ID Registry). */
static bool
is_emulated(const char *maker)
{
	return strcmp(maker, "IBM") == 0 || strcmp(maker, "MSFT") == 0 ||
	       strcmp(maker, "XYZZ") == 0;
}

static enum btz_rc
open_tpm(
    struct btz_tpmd *t, const struct btz_backend_env *env, struct btz_err *err)
{
	const uint32_t srk = (uint32_t)strtoul(env->tpm->srk, NULL, 0);
	enum btz_rc rc;

	if ((rc = btz_tpmd_connect(t, err)) != BTZ_OK ||
	    (rc = btz_tpmd_srk(t, srk, env->dir, err)) != BTZ_OK ||
	    (rc = btz_tpmd_ask(t, err)) != BTZ_OK)
		return rc;
	t->emulated = is_emulated(t->maker);
	return btz_tpm_property(&t->tpm, BTZ_TPM_PT_FIRMWARE_1, &t->firmware) ==
		       BTZ_OK
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_TEE_DOWN, "TPM: version");
}

static enum btz_rc
td_open(void *state, const struct btz_backend_env *env, struct btz_err *err)
{
	struct btz_tpmd *t = state;
	enum btz_rc rc;

	t->io.fd = -1;
	if (env->tpm == NULL || !btz_tpmd_io_set(&t->io, env->tpm->tcti))
		return BTZ_FAIL(err, BTZ_E_CONFIG, "no [tpm-direct] tcti");
	t->alone = is_alone(env->tpm);
	if ((rc = btz_kek_read(env->dir, t->kek, err)) != BTZ_OK)
		return rc;
	if ((t->prim = btz_tpmd_prim_new(&t->crypto)) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "TPM");
	btz_tpm_init(&t->tpm, &t->crypto, btz_tpmd_io_send, &t->io);
	return open_tpm(t, env, err);
}

static void
td_close(void *state)
{
	struct btz_tpmd *t = state;

	if (t->prim != NULL) {
		btz_tpm_close(&t->tpm);
		btz_tpm_end(&t->tpm);
	}
	btz_tpmd_io_drop(&t->io);
	btz_tpmd_prim_free(t->prim);
	btz_wipe(t, sizeof(*t));
}

static const char *
td_label(void *state)
{
	const struct btz_tpmd *t = state;

	return t->emulated ? "tpm-emulated" : "tpm-direct";
}

static void
td_offers(void *state, struct btz_backend_ops *ops)
{
	const struct btz_tpmd *t = state;

	ops->algs &= t->algs;
	ops->sigs &= t->sigs;
	ops->crypts &= t->crypts;
}

/* A TPM gives 32 bytes a command: they are mixed into libcrypto's generator,
 * which gives the rest. */
static enum btz_rc
td_random(void *state, void *out, size_t len, struct btz_err *err)
{
	struct btz_tpm_in_random in = { .len = 32 };
	struct btz_tpm_out_data got;
	struct btz_tpmd *t = state;
	enum btz_rc rc;

	rc = btz_tpmd_run(
	    t, NULL, btz_tpm_cmd_of(BTZ_TPM_GET_RANDOM), &in, &got, err);
	if (rc != BTZ_OK)
		return rc;
	RAND_add(got.b, got.len, 0);
	btz_wipe(&got, sizeof(got));
	return RAND_bytes(out, (int)len) > 0
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
}

/* The blob is all there is of it. */
static enum btz_rc
td_destroy(void *state, struct btz_span blob, struct btz_err *err)
{
	(void)state;
	(void)blob;
	(void)err;
	return BTZ_OK;
}

static void
row(struct btz_table_wr *rows, const char *item, const char *value,
    const char *level)
{
	btz_table_str(rows, item);
	btz_table_str(rows, value);
	btz_table_str(rows, level);
	(void)!btz_table_row_end(rows);
}

static void
td_status(void *state, struct btz_table_wr *rows)
{
	const struct btz_tpmd *t = state;
	char text[160];

	(void)snprintf(text, sizeof(text),
	    "maker %s, version %u.%u, SRK 0x%x, %s, %u sessions",
	    t->maker[0] != '\0' ? t->maker : "?", t->firmware >> 16,
	    t->firmware & 0xffffu, t->srk.handle,
	    t->alone ? "no resource manager" : "resource manager", t->sessions);
	row(rows, "TPM", text, "info");
	if (t->lost)
		row(rows, "TPM", "does not answer", "error");
	if (t->emulated)
		row(rows, "TPM", "is software", "weak");
	if (t->forged > 0) {
		(void)snprintf(text, sizeof(text),
		    "%u answers were not its own", t->forged);
		row(rows, "TPM", text, "error");
	}
}

static bool
td_lost(void *state)
{
	const struct btz_tpmd *t = state;

	return t->lost;
}

const struct btz_backend_ops btz_backend_tpm_direct = {
	.name = "tpm-direct",
	.protection = BTZ_PROT_TPM,
	.caps = BTZ_CAP_IMPORT | BTZ_CAP_ATTEST,
	.algs = BTZ_TPMD_ALGS,
	.kinds = 1u << BTZ_KIND_PLAIN | 1u << BTZ_KIND_TLS,
	.sigs = BTZ_TPMD_SIGS,
	.crypts = BTZ_TPMD_CRYPTS,
	.state_size = sizeof(struct btz_tpmd),
	.key_size = sizeof(struct btz_tpmd_key),
	.open = td_open,
	.close = td_close,
	.offers = td_offers,
	.label = td_label,
	.generate = btz_tpmd_generate,
	.destroy = td_destroy,
	.open_key = btz_tpmd_open_key,
	.close_key = btz_tpmd_close_key,
	.sign = btz_tpmd_sign,
	.random = td_random,
	.crypt = btz_tpmd_crypt,
	.import = btz_tpmd_import,
	.attest = btz_tpmd_attest,
	.status = td_status,
	.lost = td_lost,
};
