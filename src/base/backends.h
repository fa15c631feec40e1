/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backends.h - the backends of a box: which program serves which, read from
 * the configuration by broker, crypto services and supervisor alike. To add
 * one: a program in edges.h and a row in backends.c.
 */
#ifndef BTZ_BASE_BACKENDS_H
#define BTZ_BASE_BACKENDS_H

#include "base/conf.h"
#include "base/edges.h"
#include "wire/limits.h"

/* "pkcs11:NAME" fits where names do; inih cuts a section at 49 characters. */
#define BTZ_TOKEN_NAME_MAX 40u
#define BTZ_TOKEN_PATHS 4u
#define BTZ_BACKENDS_MAX 7u

struct btz_token { /* [pkcs11 NAME] */
	char name[BTZ_NAME_MAX + 1];
	char backend[BTZ_NAME_MAX + 1]; /* "pkcs11:NAME" */
	struct btz_conf_pkcs11 conf;
};

struct btz_backends {
	size_t n_tokens;
	struct btz_token token[BTZ_TOKENS_MAX];
	struct btz_conf_tpm_direct tpm; /* tcti empty: no such backend */
};

/* For btz_conf_target: arg is a struct btz_backends. Names and paths are
 * checked. */
enum btz_rc btz_backends_on_token(
    const char *label, const void *conf, void *arg, struct btz_err *err);

/* The i-th crypto service, whether configured or not; NONE ends. */
enum btz_prog btz_backends_prog(size_t i);
/* Its backend in this configuration; NULL: it has none, or is no crypto
 * service. Borrows from b. */
const char *btz_backends_name(const struct btz_backends *b, enum btz_prog prog);
/* Is there a backend of this name? */
bool btz_backends_have(const struct btz_backends *b, const char *name);
/* The section of a program; NULL: none. */
const struct btz_token *btz_backends_token(
    const struct btz_backends *b, enum btz_prog prog);
/* Values of [tpm-direct]. */
enum btz_rc btz_backends_check_tpm(
    const struct btz_backends *b, struct btz_err *err);
/* Is it a device, and which? Else *path is NULL. */
bool btz_backends_tpm_device(const struct btz_backends *b, const char **path);
/* The i-th of `paths` into out: false behind the last. */
bool btz_token_path(
    const struct btz_token *t, size_t i, char out[BTZ_CONF_TEXT]);

#endif
