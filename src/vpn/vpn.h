/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpn.h - inside of bartizan-vpn: its state and what its files share.
 *
 * A site is one [vpn NAME] with its OpenVPN process. Its way:
 *	SETUP	key and certificate, nftables table (setup.c); again after 1 s
 *	DOWN	no management socket: tried again after 50 ms to 1 s (link.c)
 *	UP	OpenVPN is asked and answered (serve.c); one that hangs is
 *		ended by the supervisor (alive.h)
 * A session is one client that was let in or is about to be (enter.c, session.c):
 *	ASKED	its record is being written
 *	OPENING	its address goes into the sets of its roles
 *	SENT	OpenVPN was told `client-auth`
 *	IN	OpenVPN said that it took it
 *	CUT	out of all sets; OpenVPN was told `client-kill`
 * Whatever fails on the way denies. Reading order: main.c, site.c, setup.c,
 * link.c, alive.h, serve.c, enter.c, session.c, keeper.h.
 */
#ifndef BTZ_VPN_VPN_H
#define BTZ_VPN_VPN_H

#include "base/daemon.h"
#include "base/flood.h"
#include "base/signer.h"
#include "vpn/alive.h"
#include "vpn/keeper.h"
#include "vpn/site.h"
#include "wire/msg_audit.h"

#define BTZ_VPN_STEP_MS 10000u /* one step that asks a peer */
#define BTZ_VPN_SIGN_MS 2000u
/* OpenVPN passes nothing on for anybody while it waits for a signature: after
 * one that did not come none is asked for so long. */
#define BTZ_VPN_SIGN_REST_MS 10000u

struct btz_vpnd;
struct btz_site;

enum btz_session_state {
	BTZ_SESSION_ASKED,
	BTZ_SESSION_OPENING,
	BTZ_SESSION_SENT,
	BTZ_SESSION_IN,
	BTZ_SESSION_CUT,
};

struct btz_session {
	struct btz_session *next;
	struct btz_site *site;
	enum btz_session_state state;
	unsigned pending; /* callbacks that hold it */
	bool gone;	  /* OpenVPN does not know it any more */
	uint64_t cid, kid;
	uint32_t addr;	 /* of the tunnel, 0: none */
	uint64_t roles;	 /* whose sets may have it: bits, btz_site_roles */
	uint64_t wanted; /* and which of them shall */
	uint64_t told;	 /* by which its address and routes were chosen */
	uint64_t heard;	 /* btz_boot_ms: of it, or since it was cut */
	uint64_t since;	 /* Unix seconds */
	uint64_t from_client, to_client;
	uint64_t generation; /* of the policy that let it in */
	uint8_t cred[BTZ_SHA256_LEN];
	char from[BTZ_MGMT_ADDR_MAX + 16]; /* address:port outside */
	char who[BTZ_URI_MAX];
	char part[256]; /* roles as text, for lists */
};

enum btz_site_state { BTZ_SITE_SETUP, BTZ_SITE_DOWN, BTZ_SITE_UP };

struct btz_site {
	struct btz_vpnd *d;
	const struct btz_site_conf *conf;
	uint32_t index;
	enum btz_site_state state;
	char why[160];	    /* what it waits for, or what went wrong last */
	bool cutoff;	    /* its table is in force */
	struct btz_vpn vpn; /* for admit.h; borrows from conf */
	uint8_t issuers[2][BTZ_SHA256_LEN];
	struct btz_vpn_pool pool;
	struct btz_session *sessions;
	size_t n_sessions;
	struct btz_flood denials, unsigned_;
	struct btz_timer *timer; /* setup and link: when to try again */
	uint32_t delay;
	/* setup.c */
	struct btz_setup *setup;
	struct btz_timer *renew; /* when to go through the steps again */
	uint64_t asked_soon;	 /* btz_boot_ms */
	bool reload;		 /* OpenVPN has read files that changed */
	bool signing;		 /* one signature at a time is asked for */
	uint64_t sign_after;	 /* btz_boot_ms: none is asked for before */
	uint8_t key[BTZ_ID_LEN];
	/* link.c */
	int fd; /* -1: none */
	uint64_t
	    life; /* counts connections: answers to an older one are dropped */
	struct btz_watch *watch;
	struct btz_timer *look; /* does it still answer? */
	struct btz_alive alive;
	uint64_t down_since; /* btz_boot_ms */
	struct btz_mgmt mgmt;
	uint8_t *out;
	size_t out_at, out_len, out_cap;
};

struct btz_vpnd {
	struct btz_host *host;
	struct btz_signer *signer;
	struct btz_keeper *keeper;
	struct btz_policy_reader *reader;
	struct btz_timer *tick, *news;
	int notify; /* inotify */
	struct btz_watch *notify_watch;
	uint64_t lost; /* records that could not be sent */
	unsigned news_tries;
	uint64_t news_generation;
	struct btz_conf_https https;
	char lib[512], run[512], policy[512];
	size_t n_sites;
	struct btz_site sites[BTZ_VPNS_MAX];
	struct btz_sites conf;
};

/* setup.c */
void btz_setup_start(struct btz_site *s);
void btz_setup_look(void *site); /* the timer `renew` */
/* A certificate came whose issuer is not known: perhaps the CA has a new one. At
 * most once a minute. */
void btz_setup_soon(struct btz_site *s);

/* link.c */
void btz_link_start(struct btz_site *s); /* connects, again and again */
void btz_link_close(struct btz_site *s, const char *why);
/* If `reload` is set and it is up: OpenVPN starts again. */
void btz_link_reload(struct btz_site *s);
/* As btz_link_close, and has the supervisor end its OpenVPN. */
void btz_link_hung(struct btz_site *s, const char *why);
void btz_link_look(void *site); /* the timer `look` */
/* Ends it, but not under the feet of who is at work with a session. */
void btz_link_break(struct btz_site *s);
/* Room for one command of at most n bytes: write with mgmt.h's functions, then
 * send. *wr of no room refuses what is written. */
void btz_link_begin(struct btz_site *s, struct btz_wr *wr, size_t n);
void btz_link_send(struct btz_site *s, const struct btz_wr *wr);

/* serve.c */
void btz_serve(struct btz_site *s, const struct btz_mgmt_event *ev);

/* enter.c */
void btz_session_connect(struct btz_site *s, const struct btz_mgmt_event *ev);
void btz_session_reauth(struct btz_site *s, const struct btz_mgmt_event *ev);
/* session.c */
void btz_session_answered(struct btz_site *s, const struct btz_mgmt_event *ev);
void btz_session_bytes(struct btz_site *s, const struct btz_mgmt_event *ev);
void btz_session_left(struct btz_site *s, const struct btz_mgmt_event *ev);
struct btz_session *btz_session_find(struct btz_site *s, uint64_t cid);
/* Out of the sets, then client-kill; why: static. */
void btz_session_cut(struct btz_session *v, const char *why);
/* Its nftables table was made anew: addresses that could not be taken out of it
 * are in no set any more. */
void btz_session_reclaim(struct btz_site *s);
/* All of a site whose OpenVPN is gone. */
void btz_session_forget_all(struct btz_site *s, const char *why);
/* Looks at every session again: the policy or the time has changed. */
void btz_session_review(struct btz_vpnd *d);
uint64_t btz_site_roles(
    const struct btz_site *s, const struct btz_span *roles, size_t n);

/* news.c: when the policy changes, and once a second while somebody is in. */
BTZ_MUST_CHECK enum btz_rc btz_news_start(
    struct btz_vpnd *d, struct btz_err *err);
void btz_news_tick(struct btz_vpnd *d); /* there is a session now */

/* record.c: a session's records; a decision is waited for. */
typedef void btz_recorded_fn(enum btz_rc rc, void *arg);
void btz_record_decision(
    struct btz_session *v, const char *why, btz_recorded_fn *fn, void *arg);
void btz_record_event(
    struct btz_session *v, const char *act, const char *why, bool end);
/* A denial; who may be empty. Beyond a rate they are counted only. */
void btz_record_denial(struct btz_site *s, const struct btz_mgmt_env *env,
    const struct btz_vpn_decision *d);

/* op_*.c */
btz_handler btz_vpn_op_status, btz_vpn_op_list, btz_vpn_op_kill;
extern const struct btz_op_row btz_vpn_ops[];
extern const size_t btz_vpn_ops_count;

#endif
