/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - configuration as tables: one per section (conf_<section>.c). The
 * table gives parsing, defaults, limits, `up -n` and the manual page.
 * File form: inih (`[section]`, `key = value`, `;` or `#` comments).
 */
#ifndef BTZ_BASE_CONF_H
#define BTZ_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/cursor.h"

#define BTZ_CONF_TEXT 256

enum btz_conf_type {
	BTZ_CT_TEXT, /* char[BTZ_CONF_TEXT] */
	BTZ_CT_INT,  /* int64_t */
	BTZ_CT_BOOL, /* bool: yes/no */
};

struct btz_conf_key {
	const char *name;
	enum btz_conf_type type;
	size_t offset;
	const char *def;  /* default, as text; NULL: mandatory */
	int64_t min, max; /* INT: value; TEXT: length */
	const char *help;
};

struct btz_conf_section {
	const char *name;
	size_t size; /* of the struct that the keys' offsets point into */
	const struct btz_conf_key *keys;
	size_t n;
};

/* Where one section goes. A repeated section `[name LABEL]` calls on_repeat
 * with the label and a filled struct of the section's size instead. */
struct btz_conf_target {
	const struct btz_conf_section *section;
	void *into;
	enum btz_rc (*on_repeat)(const char *label, const void *conf, void *arg,
	    struct btz_err *err);
	void *arg;
};

/* Defaults first, then the text. Unknown section, unknown or duplicate key,
 * bad value, missing mandatory key: BTZ_E_CONFIG with "name:line: ...". */
BTZ_MUST_CHECK enum btz_rc btz_conf_parse(const char *name, const char *text,
    const struct btz_conf_target *targets, size_t n, struct btz_err *err);

/* All sections there are (conf_sections.c), for `up` and the manual page. */
extern const struct btz_conf_section *const btz_conf_sections[];
extern const size_t btz_conf_sections_count;

struct btz_conf_box {
	char name[BTZ_CONF_TEXT]; /* default: host name, cut to a name */
	char
	    trust_domain[BTZ_CONF_TEXT]; /* default: <name>.bartizan.internal */
};
struct btz_conf_broker {
	int64_t lease_s; /* how long a lease lasts */
	int64_t max_leases_per_uid;
};
struct btz_conf_app { /* [app NAME] */
	int64_t uid;
	char backend[BTZ_CONF_TEXT]; /* default route */
	int64_t rate;		     /* requests per second, 0: no limit */
	int64_t max_keys;	     /* 0: crypto.max_keys_per_app */
};
struct btz_conf_crypto {
	int64_t hot_keys; /* opened keys kept in memory */
	int64_t max_keys_per_app;
	int64_t destroy_grace, destroy_grace_min; /* seconds */
	char recovery[BTZ_CONF_TEXT]; /* base64 of a SPKI, or empty */
	int64_t nonce_limit;	      /* encryptions by one version of a key */
};
struct btz_conf_ca {
	int64_t user_days, issuing_days, root_days, server_days, crl_days;
};
struct btz_conf_access {
	int64_t invite_hours;
};
struct btz_conf_audit {
	bool reads_without_log;
	int64_t checkpoint_ms;
	int64_t queue; /* records that may wait */
};
struct btz_conf_https {
	char listen[BTZ_CONF_TEXT]; /* address:port, [v6]:port */
	char names[BTZ_CONF_TEXT];  /* DNS names and addresses of the server */
	int64_t max_body;
};
struct btz_conf_tpm {
	char tcti[BTZ_CONF_TEXT];  /* swtpm | device:PATH | unix:PATH */
	char ek_ca[BTZ_CONF_TEXT]; /* a path, or empty */
	bool exclusive;
	char ek_required[BTZ_CONF_TEXT]; /* yes | no; auto only in the file */
	char ek_chain[BTZ_CONF_TEXT];	 /* /PATH, empty: none */
};
struct btz_conf_tpm_direct {
	char tcti[BTZ_CONF_TEXT];      /* device:PATH | unix:PATH; empty: off */
	char srk[BTZ_CONF_TEXT];       /* 0x81000001 */
	char exclusive[BTZ_CONF_TEXT]; /* yes | no | auto */
};
struct btz_conf_tee {
	char device[BTZ_CONF_TEXT]; /* emulated | optee */
};
struct btz_conf_vpn { /* [vpn NAME] */
	char tenant[BTZ_CONF_TEXT], listen[BTZ_CONF_TEXT], proto[BTZ_CONF_TEXT],
	    network[BTZ_CONF_TEXT], network6[BTZ_CONF_TEXT],
	    remote[BTZ_CONF_TEXT];
	int64_t max_clients;
};
struct btz_conf_reach { /* [reach NAME]: a role of a VPN, and where to */
	char vpn[BTZ_CONF_TEXT], role[BTZ_CONF_TEXT], to[BTZ_CONF_TEXT],
	    service[BTZ_CONF_TEXT], addresses[BTZ_CONF_TEXT];
	bool route, dns;
};
struct btz_conf_parsec {
	bool enabled;
	char socket[BTZ_CONF_TEXT];    /* /PATH, or below home */
	char providers[BTZ_CONF_TEXT]; /* soft pkcs11 tpm-direct tee */
	char admins[BTZ_CONF_TEXT];    /* uids */
	int64_t body_limit, timeout;
};
struct btz_conf_pkcs11 { /* [pkcs11 NAME]; see backends.h */
	char module[BTZ_CONF_TEXT], token[BTZ_CONF_TEXT],
	    pin_file[BTZ_CONF_TEXT], paths[BTZ_CONF_TEXT], conf[BTZ_CONF_TEXT];
	int64_t slot; /* -1: by token */
};
struct btz_conf_up {
	int64_t uid_base;
};
extern const struct btz_conf_section btz_conf_box, btz_conf_broker,
    btz_conf_app, btz_conf_crypto, btz_conf_ca, btz_conf_access, btz_conf_audit,
    btz_conf_https, btz_conf_tpm, btz_conf_tpm_direct, btz_conf_tee,
    btz_conf_up, btz_conf_vpn, btz_conf_reach, btz_conf_parsec, btz_conf_pkcs11;

#endif
