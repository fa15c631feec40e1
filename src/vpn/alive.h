/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alive.h - does OpenVPN still answer? One that hangs (stopped, in a loop) keeps
 * its socket, so nothing breaks by itself. While the link is up we look every
 * BTZ_ALIVE_MS: a cheap command is sent, and something must have come by the
 * next look. No sockets, no clock.
 *
 *	state	at a look				next	answer
 *	quiet	-					asked	ASK
 *	asked	a signature is due, or came just now	asked	WAIT
 *	asked	the look itself is late			asked	WAIT
 *	asked	else					-	HUNG
 *	any	bytes came (btz_alive_heard)		quiet
 * While OpenVPN waits for a signature that we owe, its only thread may not
 * answer: that is not its fault. A look that comes late says that we were
 * stopped ourselves, with what it sent unread.
 */
#ifndef BTZ_VPN_ALIVE_H
#define BTZ_VPN_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#define BTZ_ALIVE_MS 5000u
#define BTZ_ALIVE_LATE_MS 1000u /* a look this much after its time is late */

enum btz_alive_do { BTZ_ALIVE_ASK, BTZ_ALIVE_WAIT, BTZ_ALIVE_HUNG };

struct btz_alive {
	bool asked;
	uint64_t since;	 /* asked, or a signature was last due */
	uint64_t looked; /* last look; times: btz_boot_ms */
};

void btz_alive_start(struct btz_alive *a, uint64_t now);
void btz_alive_heard(struct btz_alive *a);
enum btz_alive_do btz_alive_look(
    struct btz_alive *a, uint64_t now, bool signature_due);
/* The answer of a signature went out, or none will. */
void btz_alive_signed(struct btz_alive *a, uint64_t now);

#endif
