/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h - the commands of the TPM as a table, their parameters as structs.
 *
 * Each row of btz_tpm_cmd says how many handles the command has, whether the
 * first needs authorization, which parameters cross the bus encrypted, and
 * how its parameters are written and its answer is read. session.h uses the
 * rows; callers only need the numbers and the structs here.
 *
 * Input spans are borrowed for the call. Outputs are copies: a response
 * buffer may be wiped at once.
 */
#ifndef BTZ_TPM2_CMD_H
#define BTZ_TPM2_CMD_H

#include "tpm2/object.h"

enum btz_tpm_cmd_id {		       /* handles; in; out */
	BTZ_TPM_STARTUP,	       /* -; in_startup; - */
	BTZ_TPM_SHUTDOWN,	       /* -; in_startup; - */
	BTZ_TPM_GET_CAPABILITY,	       /* -; in_capability; out_capability */
	BTZ_TPM_HIERARCHY_CONTROL,     /* platform; in_hierarchy_control; - */
	BTZ_TPM_CREATE_PRIMARY,	       /* hierarchy; in_create; out_create */
	BTZ_TPM_CREATE,		       /* parent; in_create; out_create */
	BTZ_TPM_LOAD,		       /* parent; in_load; out_load */
	BTZ_TPM_READ_PUBLIC,	       /* object; -; out_public */
	BTZ_TPM_EVICT_CONTROL,	       /* owner, object; in_handle; - */
	BTZ_TPM_FLUSH_CONTEXT,	       /* -; in_handle; - */
	BTZ_TPM_SIGN,		       /* key; in_sign; out_sign */
	BTZ_TPM_UNSEAL,		       /* object; -; out_data */
	BTZ_TPM_GET_RANDOM,	       /* -; in_random; out_data */
	BTZ_TPM_NV_DEFINE_SPACE,       /* owner; in_nv_define; - */
	BTZ_TPM_NV_UNDEFINE_SPACE,     /* owner, index; -; - */
	BTZ_TPM_NV_WRITE,	       /* index, index; in_nv_write; - */
	BTZ_TPM_NV_READ,	       /* index, index; in_nv_read; out_data */
	BTZ_TPM_NV_READ_PUBLIC,	       /* index; -; out_nv_public */
	BTZ_TPM_HIERARCHY_CHANGE_AUTH, /* hierarchy; in_auth; - */
	BTZ_TPM_CLEAR_CONTROL,	       /* lockout; in_clear_control; - */
	BTZ_TPM_CLEAR,		       /* lockout or platform; -; - */
	BTZ_TPM_READ_CLOCK,	       /* -; -; out_clock */
	BTZ_TPM_START_AUTH_SESSION,    /* tpmKey, bind; in_start; out_start */
	BTZ_TPM_CONTEXT_SAVE,	       /* object; -; context */
	BTZ_TPM_CONTEXT_LOAD,	       /* -; context; out_load (no name) */
	BTZ_TPM_CMD_COUNT
};

#define BTZ_TPM_CAP_ROWS 64u	  /* most rows in one answer that we accept */
#define BTZ_TPM_DATA_MAX 128u	  /* sealed data, random, NV */
#define BTZ_TPM_CONTEXT_MAX 3072u /* a saved context */

struct btz_tpm_in_startup {
	uint16_t type; /* BTZ_TPM_SU_* */
};

struct btz_tpm_in_capability {
	uint32_t cap; /* BTZ_TPM_CAP_HANDLES or _PROPERTIES */
	uint32_t first;
	uint32_t count;
};

struct btz_tpm_out_capability {
	bool more;
	uint32_t cap;
	uint32_t n;
	struct {
		uint32_t id;	/* property or handle */
		uint32_t value; /* of the property; 0 for handles */
	} row[BTZ_TPM_CAP_ROWS];
};

struct btz_tpm_in_hierarchy_control {
	uint32_t enable; /* which hierarchy */
	bool state;
};

struct btz_tpm_in_create {
	const struct btz_tpm_public *tmpl;
	struct btz_span user_auth;
	struct btz_span data; /* to be sealed; empty for keys */
};

/* CREATE gives priv, CREATE_PRIMARY gives handle and name. */
struct btz_tpm_out_create {
	uint32_t handle;
	struct btz_tpm_public pub;
	struct btz_tpm_name name;
	uint16_t priv_len;
	uint8_t priv[BTZ_TPM_PRIVATE_MAX];
};

struct btz_tpm_in_load {
	struct btz_span priv; /* as out_create.priv */
	const struct btz_tpm_public *pub;
};

struct btz_tpm_out_load {
	uint32_t handle;
	struct btz_tpm_name name;
};

struct btz_tpm_out_public {
	struct btz_tpm_public pub;
	struct btz_tpm_name name;
};

struct btz_tpm_in_handle {
	uint32_t handle; /* persistent handle, or what is to be flushed */
};

struct btz_tpm_in_sign {
	uint8_t digest[32];
};

struct btz_tpm_out_sign {
	uint8_t r[32], s[32]; /* padded with zeros on the left */
};

struct btz_tpm_out_data { /* wipe it after use */
	uint16_t len;
	uint8_t b[BTZ_TPM_DATA_MAX];
};

struct btz_tpm_in_random {
	uint16_t len; /* at most 32 are given by every TPM in one answer */
};

struct btz_tpm_in_nv_define {
	struct btz_span auth;
	const struct btz_tpm_nv *nv;
};

struct btz_tpm_in_nv_write {
	struct btz_span data;
	uint16_t offset;
};

struct btz_tpm_in_nv_read {
	uint16_t len;
	uint16_t offset;
};

struct btz_tpm_out_nv_public {
	struct btz_tpm_nv nv;
	struct btz_tpm_name name;
};

struct btz_tpm_in_auth {
	struct btz_span new_auth;
};

struct btz_tpm_in_clear_control {
	bool disable;
};

struct btz_tpm_out_clock {
	uint64_t time;	/* ms since the TPM's start */
	uint64_t clock; /* ms, survives a restart */
	uint32_t reset_count, restart_count;
	bool safe;
};

struct btz_tpm_in_start {
	uint8_t nonce[32];
	uint16_t coord_len;
	uint8_t x[BTZ_TPM_COORD_MAX], y[BTZ_TPM_COORD_MAX]; /* ephemeral */
};

struct btz_tpm_out_start {
	uint32_t handle;
	uint8_t nonce[32];
};

struct btz_tpm_context {
	uint64_t sequence;
	uint32_t saved_handle, hierarchy;
	uint16_t blob_len;
	uint8_t blob[BTZ_TPM_CONTEXT_MAX];
};

/* One row; private to this folder and its tests. */
struct btz_tpm_cmd {
	const char *name;
	uint32_t cc;
	uint8_t handles;    /* in the command */
	bool auth;	    /* the first of them is authorized */
	uint8_t out_handle; /* type of the answer's handle, 0: none */
	bool sessionless;   /* never sent with a session */
	bool nameless;	    /* its first handle is a sequence: no Name */
	bool policy;	    /* a policy session authorizes its second handle:
			     * one more entity, behind those of its handles */
	uint8_t crypt;	    /* BTZ_TPM_SA_DECRYPT and/or _ENCRYPT */
	uint16_t out_size;
	void (*put)(struct btz_wr *wr, const void *in); /* NULL: no params */
	bool (*get)(struct btz_rd *rd, void *out);	/* NULL: no params */
};

/* NULL for a number that is none. */
const struct btz_tpm_cmd *btz_tpm_cmd_of(enum btz_tpm_cmd_id id);

#endif
