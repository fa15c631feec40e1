/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the whole etc/bartizan.conf: read and checked once by the
 * supervisor, written when missing, and cut up so that each program gets only
 * its sections.
 */
#ifndef BTZ_UP_CONFIG_H
#define BTZ_UP_CONFIG_H

#include "base/backends.h"
#include "base/conf.h"
#include "up/progs.h"
#include "vpn/site.h"
#include "wire/cursor.h"

#define BTZ_UP_APPS 64
#define BTZ_UP_REACH 128
#define BTZ_UP_CONF_MAX 65536

struct btz_up_app {
	char name[64];
	struct btz_conf_app conf;
};

struct btz_up_reach {
	char name[64];
	struct btz_conf_reach conf;
};

struct btz_up_conf {
	struct btz_conf_box box;
	struct btz_conf_broker broker;
	struct btz_conf_crypto crypto;
	struct btz_conf_ca ca;
	struct btz_conf_access access;
	struct btz_conf_audit audit;
	struct btz_conf_https https;
	struct btz_conf_tpm tpm;
	struct btz_conf_tee tee;
	struct btz_conf_up up;
	struct btz_conf_parsec parsec;
	size_t n_apps;
	struct btz_up_app apps[BTZ_UP_APPS];
	struct btz_backends backends;
	struct btz_sites vpns;
	size_t n_reach;
	struct btz_up_reach reach[BTZ_UP_REACH];
};

/* [tee] device is a real one: nothing of the secure world is started. */
bool btz_up_real_tee(const struct btz_up_conf *cf);
/* Reads text into *cf; empty box names are filled in. name is for messages. */
BTZ_MUST_CHECK enum btz_rc btz_up_conf_parse(const char *name, const char *text,
    struct btz_up_conf *cf, struct btz_err *err);
/* Reads the file; a missing one is written first (unless check_only), with
 * every key as a comment. A file that others may write is refused. */
BTZ_MUST_CHECK enum btz_rc btz_up_conf_load(const char *home, bool check_only,
    struct btz_up_conf *cf, struct btz_err *err);
/* The commented default text. */
BTZ_MUST_CHECK enum btz_rc btz_up_conf_default(
    char *out, size_t cap, struct btz_err *err);
/* What one program gets: [box] and its own sections, every key spelled out. */
BTZ_MUST_CHECK enum btz_rc btz_up_conf_text(const struct btz_up_conf *cf,
    const struct btz_up_prog *p, char *out, size_t cap, struct btz_err *err);
/* The same in a sealed memory file (CLOEXEC). */
BTZ_MUST_CHECK enum btz_rc btz_up_conf_fd(const struct btz_up_conf *cf,
    const struct btz_up_prog *p, int *out, struct btz_err *err);

#endif
