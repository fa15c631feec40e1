/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.h - one table out of the answers of all crypto services. A service
 * that is down or does not answer in time gets a row that says so.
 */
#ifndef BTZ_BROKER_GATHER_H
#define BTZ_BROKER_GATHER_H

#include "broker/broker.h"
#include "wire/table.h"

struct btz_gather_spec {
	uint16_t op;
	const struct btz_msgdef *def; /* of the request, or NULL */
	const void *msg;
	const struct btz_column *columns; /* static */
	size_t n_columns;
	/* Cells after the first (the backend's name) of a service that does
	 * not answer; static, n_columns - 1. */
	const char *const *down;
	bool prefix; /* put "<backend>: " before the first cell */
};

/* Answers t when all have answered; own rows are put first by `first`. */
void btz_gather(struct btz_broker *b, const struct btz_ticket *t,
    const struct btz_gather_spec *spec,
    void (*first)(struct btz_broker *b, struct btz_table_wr *w));

#endif
