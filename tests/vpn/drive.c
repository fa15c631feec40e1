/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.c - drives a real OpenVPN with src/vpn, for process.py. A stand-in for
 * the daemon that does not exist yet: one client at a time, blocking writes,
 * the server's key from a file (the daemon will ask the KMS).
 *
 * drive SOCKET KEY.pem SERIAL ISSUER
 * Prints one line per event. SIGUSR1: alice's credential is revoked
 * and she is cut off; SIGUSR2: client-kill. Apart here, so that the test sees
 * what ends the traffic.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vpn/image.h"
#include "vpn/nft.h"

static volatile sig_atomic_t revoked, killed;

static struct drive {
	int fd;
	struct btz_mgmt m;
	struct btz_vpn vpn;
	struct btz_vpn_pool pool;
	uint8_t issuer[1][BTZ_SHA256_LEN], serial[BTZ_ID_LEN];
	struct btz_policy *policy;
	EVP_PKEY *key;
	struct btz_mgmt_env env; /* of who is in */
	uint64_t cid;
	uint32_t addr; /* 0: nobody */
} d;

static const struct btz_vpn_reach reach[] = {
	{ { (const uint8_t *)"family", 6 }, { 0x0a4d0001u, 32 }, BTZ_VPN_TCP,
	    4450 }
};

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		revoked = 1;
	else
		killed = 1;
}

static void
die(const char *what)
{
	(void)printf("failed: %s\n", what);
	exit(1);
}

static void
load_policy(uint64_t generation, bool enabled)
{
	static const uint8_t id[BTZ_ID_LEN] = { 1 };
	uint8_t hash[BTZ_SHA256_LEN], *image;
	struct btz_policy_build *b;
	uint32_t home, alice, share, role;
	struct btz_err err;
	size_t len;

	if (btz_policy_build_new(S("box.test"), &b, &err) != BTZ_OK)
		die("policy");
	home = btz_policy_add_tenant(b, S("home"), id);
	alice = btz_policy_add_principal(b, home, S("user"), S("alice"), true);
	share = btz_policy_add_share(b, home, S("vpn.main"));
	role = btz_policy_add_role(b, home, S("family"), BTZ_ACT_CONNECT);
	grant(b, alice, share, role, 0, 0);
	key_of("alice", hash);
	(void)btz_policy_add_credential(
	    b, hash, d.serial, alice, 4000000000u, enabled);
	if (btz_policy_build_finish(b, generation, T_NOW, &image, &len, &err) !=
	    BTZ_OK)
		die("policy");
	btz_policy_build_free(b);
	btz_policy_put(d.policy);
	if (btz_policy_from_bytes(btz_span_of(image, len), &d.policy, &err) !=
	    BTZ_OK)
		die("policy");
	free(image);
}

static bool
nft(const struct btz_wr *wr)
{
	FILE *f = popen("nft -f -", "w");

	return f != NULL && fwrite(wr->buf, 1, wr->len, f) == wr->len &&
	       pclose(f) == 0;
}

static void
flush(struct btz_wr *wr, enum btz_rc rc)
{
	if (rc != BTZ_OK)
		die("command");
	for (size_t at = 0; at < wr->len;) {
		ssize_t n = write(d.fd, wr->buf + at, wr->len - at);

		if (n <= 0)
			die("write");
		at += (size_t)n;
	}
}

static bool
member(const struct btz_span *roles, size_t n, bool add)
{
	uint8_t text[512];
	struct btz_wr wr;

	btz_wr_init(&wr, text, sizeof(text));
	return btz_nft_members(&wr, &d.vpn, roles, n, d.addr, add) == BTZ_OK &&
	       nft(&wr);
}

static void
on_connect(const struct btz_mgmt_event *ev, struct btz_wr *wr)
{
	static const struct btz_vpn_push route = {
		.dest = { .net = 0x0a4d0000u, .bits = 24 }, .route = true
	};
	static struct btz_vpn_lines lines;
	struct btz_vpn_decision dec;

	btz_vpn_admit(&d.vpn, d.policy, T_NOW, ev->env, &dec);
	(void)printf("%s %s\n", dec.allow ? "admit" : "deny", dec.why);
	if (!dec.allow || d.addr != 0) {
		flush(wr, btz_mgmt_put_deny(&d.m, wr, ev->cid, ev->kid,
			      S(dec.why), S(BTZ_VPN_SHOWN)));
		return;
	}
	d.addr = btz_vpn_pool_take(&d.pool);
	d.cid = ev->cid;
	d.env = *ev->env;
	if (!member(dec.roles, dec.n_roles, true) ||
	    !btz_vpn_lines(&d.vpn, d.addr, &route, 1, &lines))
		die("admission");
	flush(wr,
	    btz_mgmt_put_auth(&d.m, wr, ev->cid, ev->kid, lines.line, lines.n));
}

static void
on_revoked(void)
{
	const struct btz_span role = S("family");
	struct btz_vpn_decision dec;

	load_policy(10, false);
	btz_vpn_admit(&d.vpn, d.policy, T_NOW, &d.env, &dec);
	if (dec.allow || d.addr == 0 || !member(&role, 1, false))
		die("revocation");
	(void)printf("cut %s\n", dec.why);
}

static void
on_sign(const struct btz_mgmt_event *ev, struct btz_wr *wr)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[128];
	size_t len = sizeof(sig);

	if (!btz_mgmt_is_server_verify(ev->input))
		die("not a server's CertificateVerify");
	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, d.key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, ev->input.p, ev->input.len) != 1)
		die("signature");
	EVP_MD_CTX_free(ctx);
	(void)printf("sign\n");
	flush(wr, btz_mgmt_put_signature(&d.m, wr, btz_span_of(sig, len)));
}

static void
act(const struct btz_mgmt_event *ev)
{
	uint8_t out[4096];
	struct btz_wr wr;

	btz_wr_init(&wr, out, sizeof(out));
	if (ev->kind == BTZ_MGMT_HOLD)
		flush(&wr, btz_mgmt_put_release(&d.m, &wr));
	else if (ev->kind == BTZ_MGMT_SIGN)
		on_sign(ev, &wr);
	else if (ev->kind == BTZ_MGMT_CONNECT || ev->kind == BTZ_MGMT_REAUTH)
		on_connect(ev, &wr);
	else if (ev->kind == BTZ_MGMT_ANSWER)
		(void)printf(
		    "answer %d %s\n", (int)ev->cmd, ev->ok ? "ok" : "error");
	else if (ev->kind == BTZ_MGMT_ADDRESS)
		(void)printf("address %s\n", ev->addr);
	else if (ev->kind == BTZ_MGMT_ESTABLISHED)
		(void)printf("established %s\n", ev->env->san);
	else if (ev->kind == BTZ_MGMT_DISCONNECT) {
		(void)printf(
		    "disconnect %lu\n", (unsigned long)ev->env->from_client);
		if (d.addr != 0 && ev->cid == d.cid) {
			(void)btz_vpn_pool_give(&d.pool, d.addr);
			d.addr = 0;
		}
	}
}

static bool
serve(void)
{
	uint8_t in[4096], out[256];
	struct pollfd p = { d.fd, POLLIN, 0 };
	struct btz_mgmt_event ev;
	struct btz_span span;
	struct btz_err err;
	struct btz_wr wr;
	ssize_t n;

	if (revoked == 1) {
		revoked = 2;
		on_revoked();
	}
	if (killed == 1) {
		killed = 2;
		btz_wr_init(&wr, out, sizeof(out));
		flush(&wr, btz_mgmt_put_kill(&d.m, &wr, d.cid));
	}
	if (poll(&p, 1, 20) <= 0)
		return true;
	n = read(d.fd, in, sizeof(in));
	if (n <= 0)
		return false;
	span = btz_span_of(in, (size_t)n);
	do {
		if (btz_mgmt_next(&d.m, &span, &ev, &err) != BTZ_OK)
			die(err.msg);
		act(&ev);
	} while (ev.kind != BTZ_MGMT_NONE);
	return true;
}

static void
begin(char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	uint8_t out[4096];
	struct btz_wr wr;
	FILE *f = fopen(argv[2], "r");

	d.key = f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, NULL, NULL);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", argv[1]);
	d.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (d.key == NULL || fclose(f) != 0 ||
	    !btz_unhex(S(argv[3]), d.serial, sizeof(d.serial)) ||
	    !btz_unhex(S(argv[4]), d.issuer[0], BTZ_SHA256_LEN) ||
	    connect(d.fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		die("arguments");
	d.vpn = (struct btz_vpn){ S("main"), S("home"),
		(const uint8_t(*)[BTZ_SHA256_LEN])d.issuer, 1, 0x0a580000u,
		24 };
	load_policy(9, true);
	btz_wr_init(&wr, out, sizeof(out));
	if (!btz_vpn_pool_init(&d.pool, &d.vpn) ||
	    btz_nft_table(&wr, &d.vpn, S("tun-main"), reach, 1) != BTZ_OK ||
	    !nft(&wr))
		die("table");
	btz_mgmt_init(&d.m);
	btz_wr_init(&wr, out, sizeof(out));
	flush(&wr, btz_mgmt_put_start(&d.m, &wr, 1));
}

int
main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGUSR1, on_signal);
	(void)signal(SIGUSR2, on_signal);
	if (argc != 5)
		die("usage: drive SOCKET KEY SERIAL ISSUER");
	begin(argv);
	while (serve())
		continue;
	(void)printf("end\n");
	btz_policy_put(d.policy);
	EVP_PKEY_free(d.key);
	return 0;
}
