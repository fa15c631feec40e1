/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - what a request leaves in the audit log, as messages to audit.
 *
 * An allowed change: a decision (durable before it happens), then an outcome.
 * An allowed read: one event at its end. A denial: one event. Spans of the
 * message borrow from the facts.
 */
#ifndef BTZ_HTTPD_RECORD_H
#define BTZ_HTTPD_RECORD_H

#include "base/flood.h"
#include "wire/msg_audit.h"

struct btz_facts {
	struct btz_span tenant, who, cred; /* empty: not known */
	uint8_t via;			   /* enum btz_audit_via */
	struct btz_span from;		   /* address:port */
	const char *act;
	struct btz_span obj, dst;
	const char *why;
	uint64_t pol; /* generation of the policy */
	bool allowed;
	int status; /* HTTP status that the client got */
	bool has_n;
	uint64_t n; /* bytes of the file or upload */
	char out[12];
};

void btz_record_decision(const struct btz_facts *f, struct btz_audit *m);
/* Both put the status into f->out. */
void btz_record_outcome(struct btz_facts *f, struct btz_audit *m);
void btz_record_event(struct btz_facts *f, struct btz_audit *m);

/* Denials of clients without a credential go through base/flood.h. */
/* The record that says how many were withheld. */
void btz_record_withheld(uint64_t n, struct btz_audit *m);

#endif
