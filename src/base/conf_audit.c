/* SPDX-License-Identifier: Apache-2.0 */
/* conf_audit.c - keys of section [audit]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_audit, m)

static const struct btz_conf_key keys[] = {
	{ "reads_without_log", BTZ_CT_BOOL, AT(reads_without_log), "no", 0, 0,
	    "allow reads over HTTPS while the audit log is down" },
	{ "checkpoint_ms", BTZ_CT_INT, AT(checkpoint_ms), "1000", 10, 3600000,
	    "first uncovered record to signed checkpoint, milliseconds" },
	{ "queue", BTZ_CT_INT, AT(queue), "4096", 16, 65536,
	    "records that may wait for the disk" },
};

const struct btz_conf_section btz_conf_audit = { "audit",
	sizeof(struct btz_conf_audit), keys, BTZ_COUNT(keys) };
