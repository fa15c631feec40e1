/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - the child of bartizan-vpn that may change the network, and can do
 * just this: make the tunnels' devices at start, make a VPN's nftables table,
 * put an address into the sets of roles and take it out. It is told by numbers
 * (which VPN, which roles, which address), never by text; the parent, which
 * reads what OpenVPN and clients send, has no such right.
 *
 * When the parent is gone it empties all tables (nobody reaches anything) and
 * exits; when told to end it removes devices, and a table with its device.
 */
#ifndef BTZ_VPN_KEEPER_H
#define BTZ_VPN_KEEPER_H

#include "base/loop.h"
#include "vpn/site.h"

struct btz_keeper;

enum btz_keeper_op {
	BTZ_KEEPER_TABLE = 1,	/* anew, with empty sets */
	BTZ_KEEPER_MEMBERS = 2, /* addr: out of `del`, into `add` */
	BTZ_KEEPER_END = 3,
	BTZ_KEEPER_CHECK = 4, /* is the table there? */
};

struct btz_keeper_ask {
	uint32_t op; /* enum btz_keeper_op */
	uint32_t site;
	uint32_t addr;
	uint64_t del, add; /* roles: bit i is site->roles[i] */
};

typedef void btz_keeper_fn(enum btz_rc rc, void *arg);

/* Forks. owner: the uid of OpenVPN, who may open the devices. on_gone: the
 * keeper died (then nothing is under control). Afterwards the caller drops
 * the right itself. */
BTZ_MUST_CHECK enum btz_rc btz_keeper_start(struct btz_loop *loop,
    const struct btz_sites *sites, unsigned owner, void (*on_gone)(void *arg),
    void *arg, struct btz_keeper **out, struct btz_err *err);
/* fn is called once, in order, never before this returns; BTZ_E_NO_CUTOFF: the
 * kernel refused. */
void btz_keeper_tell(struct btz_keeper *k, const struct btz_keeper_ask *ask,
    btz_keeper_fn *fn, void *arg);
/* Tells it to end and waits for it. NULL is fine. */
void btz_keeper_stop(struct btz_keeper *k);

/* The text of one request (keeper_child.c), also for tests. */
BTZ_MUST_CHECK enum btz_rc btz_keeper_text(const struct btz_sites *sites,
    const struct btz_keeper_ask *ask, struct btz_wr *wr);
/* The child's life; returns its exit status. It sends a u32 when the devices
 * are there, then one for each request. */
int btz_keeper_run(const struct btz_sites *sites, unsigned owner, int fd);

#endif
