/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_child.c - the life of the keeper; see keeper.h. Start at
 * btz_keeper_run(). */
#include <errno.h>
#include <malloc.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "vpn/keeper.h"
#include "vpn/tun.h"

#define TEXT_MAX 32768u

static enum btz_rc
put_members(struct btz_wr *wr, const struct btz_site_conf *c,
    const struct btz_keeper_ask *ask, bool add)
{
	const struct btz_vpn vpn = btz_site_vpn(c);
	struct btz_span roles[BTZ_SITE_ROLES_MAX];
	uint64_t bits = add ? ask->add : ask->del;
	size_t n = 0;

	for (size_t i = 0; i < BTZ_SITE_ROLES_MAX; i++) {
		if ((bits & UINT64_C(1) << i) == 0)
			continue;
		if (i >= c->n_roles)
			return BTZ_E_INVAL;
		roles[n++] = btz_span_str(c->roles[i]);
	}
	return btz_nft_members(wr, &vpn, roles, n, ask->addr, add);
}

static bool
in_tunnel(const struct btz_site_conf *c, uint32_t addr)
{
	return (addr & btz_vpn_mask(c->net.bits)) == c->net.net &&
	       addr > c->net.net + 1;
}

enum btz_rc
btz_keeper_text(const struct btz_sites *sites, const struct btz_keeper_ask *ask,
    struct btz_wr *wr)
{
	const struct btz_site_conf *c;
	enum btz_rc rc;

	if (ask->site >= sites->n ||
	    (ask->op != BTZ_KEEPER_TABLE && ask->op != BTZ_KEEPER_MEMBERS &&
		ask->op != BTZ_KEEPER_CHECK))
		return BTZ_E_INVAL;
	c = &sites->site[ask->site];
	if (ask->op == BTZ_KEEPER_CHECK) {
		const struct btz_vpn vpn = btz_site_vpn(c);

		return btz_nft_check(wr, &vpn);
	}
	if (ask->op == BTZ_KEEPER_TABLE) {
		const struct btz_vpn vpn = btz_site_vpn(c);

		return btz_nft_table(
		    wr, &vpn, btz_span_str(c->device), c->reach, c->n_reach);
	}
	if (!in_tunnel(c, ask->addr))
		return BTZ_E_INVAL;
	rc = put_members(wr, c, ask, false);
	return rc == BTZ_OK ? put_members(wr, c, ask, true) : rc;
}

struct keeper {
	const struct btz_sites *sites;
	struct nft_ctx *nft;
	struct btz_wr wr;
	char text[TEXT_MAX];
};

static enum btz_rc
run_text(struct keeper *k, enum btz_rc rc)
{
	if (rc != BTZ_OK)
		return rc;
	if (k->wr.len == 0)
		return BTZ_OK; /* roles without a rule */
	btz_wr_u8(&k->wr, 0);
	if (!btz_wr_ok(&k->wr))
		return BTZ_E_TOOBIG;
	if (nft_run_cmd_from_buffer(k->nft, k->text) == 0)
		return BTZ_OK;
	btz_log(BTZ_LOG_WARN, 0, "nftables: %.200s",
	    nft_ctx_get_error_buffer(k->nft));
	return BTZ_E_NO_CUTOFF;
}

static enum btz_rc
act(struct keeper *k, const struct btz_keeper_ask *ask)
{
	btz_wr_init(&k->wr, k->text, sizeof(k->text));
	return run_text(k, btz_keeper_text(k->sites, ask, &k->wr));
}

static enum btz_rc
table(struct keeper *k, uint32_t i)
{
	return act(k, &(struct btz_keeper_ask){ BTZ_KEEPER_TABLE, i });
}

/* Nobody is left who could cut anybody off. */
static void
empty_all(struct keeper *k)
{
	for (uint32_t i = 0; i < k->sites->n; i++)
		if (table(k, i) != BTZ_OK)
			(void)table(k, i);
}

/* A table that lets nothing pass stays where its device does. */
static void
remove_all(struct keeper *k)
{
	empty_all(k);
	for (uint32_t i = 0; i < k->sites->n; i++) {
		const struct btz_vpn vpn = btz_site_vpn(&k->sites->site[i]);

		if (!btz_tun_remove(i))
			continue;
		btz_wr_init(&k->wr, k->text, sizeof(k->text));
		(void)run_text(k, btz_nft_remove(&k->wr, &vpn));
	}
}

/* No device without a table that filters it; none of VPNs that are not
 * configured any more. */
static void
make_all(struct keeper *k, unsigned owner)
{
	struct btz_err err = { .rc = BTZ_OK };

	for (uint32_t i = 0; i < BTZ_VPNS_MAX; i++) {
		if (i >= k->sites->n) {
			(void)btz_tun_remove(i);
			continue;
		}
		if (table(k, i) == BTZ_OK &&
		    btz_tun_make(&k->sites->site[i], owner, &err) != BTZ_OK)
			btz_log_err(0, &err); /* its OpenVPN will not start */
	}
}

/* A transaction leaves half a megabyte and more behind, free but ours. After the
 * answer: nobody waits for it. */
static void
give_back(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

/* False: end. */
static bool
serve(struct keeper *k, int fd)
{
	struct btz_keeper_ask ask;
	ssize_t n = recv(fd, &ask, sizeof(ask), 0);
	uint32_t rc;

	if (n < 0 && errno == EINTR)
		return true;
	if (n != (ssize_t)sizeof(ask)) {
		empty_all(k);
		return false;
	}
	if (ask.op == BTZ_KEEPER_END) {
		remove_all(k);
		return false;
	}
	rc = (uint32_t)act(k, &ask);
	if (send(fd, &rc, sizeof(rc), MSG_NOSIGNAL) == (ssize_t)sizeof(rc)) {
		give_back();
		return true;
	}
	empty_all(k);
	return false;
}

int
btz_keeper_run(const struct btz_sites *sites, unsigned owner, int fd)
{
	static struct keeper k;
	/* the device: to remove tunnels at the end */
	struct btz_confine c = { .flags = BTZ_MAY_NFTABLES };
	const uint32_t ready = BTZ_OK;
	struct btz_err err = { .rc = BTZ_OK };

	if (access(BTZ_TUN_DEVICE, F_OK) == 0)
		c.read_write[0] = BTZ_TUN_DEVICE;
	k.sites = sites;
	k.nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (k.nft == NULL || nft_ctx_buffer_output(k.nft) != 0 ||
	    nft_ctx_buffer_error(k.nft) != 0)
		return 1;
	make_all(&k, owner);
	if (btz_confine_apply(&c, &err) != BTZ_OK) {
		btz_log_err(0, &err);
		return 1;
	}
	if (send(fd, &ready, sizeof(ready), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(ready))
		return 1;
	while (serve(&k, fd))
		continue;
	nft_ctx_free(k.nft);
	return 0;
}
