/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c - the management socket of one OpenVPN: connect, read, write. Its
 * OpenVPN has `management-signal`: when we close or die, it drops all clients
 * and waits to be released again. Start at btz_link_start().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "vpn/vpn.h"
#include "wire/msg_edge.h"

#define DELAY_MIN 50u
#define DELAY_MAX 1000u
#define READ_MAX 4096u
#define OUT_MAX (1u << 20)
#define BYTECOUNT_S 2u
/* One that does not take a connection for so long hangs, too. The supervisor
 * starts it again within seconds when it merely ended. */
#define DOWN_MS 30000u

/* OpenVPN waits so long for a signature at the most: not as long as until it
 * counts as hung. */
_Static_assert(BTZ_VPN_SIGN_MS < BTZ_ALIVE_MS - BTZ_ALIVE_LATE_MS, "limits");

static void
tell_hung(struct btz_site *s)
{
	const struct btz_child_hung m = { (
	    uint8_t)(BTZ_PROG_OPENVPN1 + s->index) };

	if (btz_host_tell_up(s->d->host, BTZ_OP_CHILD_HUNG, &btz_def_child_hung,
		&m) != BTZ_OK)
		btz_log(BTZ_LOG_WARN, 0, "%s: the supervisor does not listen",
		    s->conf->name);
}

static void
retry(struct btz_site *s)
{
	if (btz_boot_ms() - s->down_since > DOWN_MS) {
		s->down_since = btz_boot_ms();
		tell_hung(s);
	}
	btz_timer_set(s->timer, s->delay);
	s->delay = s->delay * 2 > DELAY_MAX ? DELAY_MAX : s->delay * 2;
}

void
btz_link_close(struct btz_site *s, const char *why)
{
	if (s->fd < 0)
		return;
	btz_watch_free(s->watch);
	s->watch = NULL;
	(void)close(s->fd);
	s->fd = -1;
	s->life++;
	free(s->out);
	s->out = NULL;
	s->out_at = s->out_len = s->out_cap = 0;
	btz_mgmt_end(&s->mgmt);
	s->state = BTZ_SITE_DOWN;
	s->down_since = btz_boot_ms();
	btz_timer_cancel(s->look);
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	btz_log(BTZ_LOG_WARN, 0, "%s: %s", s->conf->name, why);
	btz_session_forget_all(s, why);
	retry(s);
}

void
btz_link_hung(struct btz_site *s, const char *why)
{
	btz_link_close(s, why);
	tell_hung(s);
}

static bool
flush(struct btz_site *s)
{
	while (s->out_at < s->out_len) {
		ssize_t n = send(s->fd, s->out + s->out_at,
		    s->out_len - s->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0)
			return false;
		s->out_at += (size_t)n;
	}
	if (s->out_at == s->out_len)
		s->out_at = s->out_len = 0;
	btz_watch_set(s->watch,
	    s->out_len == 0 ? BTZ_EV_READ : BTZ_EV_READ | BTZ_EV_WRITE);
	return true;
}

static bool
make_room(struct btz_site *s, size_t n)
{
	size_t cap;
	uint8_t *p;

	/* one that reads slowly, but reads, must not fill it with what is gone */
	if (s->out_at > 0) {
		memmove(s->out, s->out + s->out_at, s->out_len - s->out_at);
		s->out_len -= s->out_at;
		s->out_at = 0;
	}
	cap = s->out_len + n;

	if (cap <= s->out_cap)
		return true;
	if (cap > OUT_MAX)
		return false;
	cap = cap < 2 * s->out_cap ? 2 * s->out_cap : cap;
	cap = cap > OUT_MAX ? OUT_MAX : cap;
	p = realloc(s->out, cap);
	if (p == NULL)
		return false;
	s->out = p;
	s->out_cap = cap;
	return true;
}

void
btz_link_begin(struct btz_site *s, struct btz_wr *wr, size_t n)
{
	bool room = s->fd >= 0 && make_room(s, n);

	btz_wr_init(wr, room ? s->out + s->out_len : NULL, room ? n : 0);
}

void
btz_link_break(struct btz_site *s)
{
	if (s->fd >= 0)
		(void)shutdown(s->fd, SHUT_RDWR);
}

void
btz_link_send(struct btz_site *s, const struct btz_wr *wr)
{
	if (s->fd < 0)
		return;
	s->out_len += wr->len;
	/* One that does not take what it asked for is not with us any more. What
	 * follows from that happens in on_event, with nothing of a session on the
	 * stack. */
	if (!flush(s))
		btz_link_break(s);
}

/* Its clients are told to connect again; the supervisor starts it again, and
 * that it has ended is seen on the socket. */
void
btz_link_reload(struct btz_site *s)
{
	struct btz_wr wr;

	if (!s->reload || s->fd < 0)
		return;
	s->reload = false;
	btz_log(BTZ_LOG_INFO, 0,
	    "%s: OpenVPN starts again: its certificate "
	    "or the CA's has changed",
	    s->conf->name);
	btz_link_begin(s, &wr, 64);
	if (btz_mgmt_put_restart(&s->mgmt, &wr) == BTZ_OK)
		btz_link_send(s, &wr);
	else
		btz_link_hung(s, "OpenVPN does not read");
}

void
btz_link_look(void *site)
{
	struct btz_site *s = site;
	struct btz_wr wr;

	if (s->fd < 0)
		return;
	switch (btz_alive_look(&s->alive, btz_boot_ms(), s->signing)) {
	case BTZ_ALIVE_HUNG:
		btz_link_hung(s, "OpenVPN hangs");
		return;
	case BTZ_ALIVE_ASK:
		btz_link_begin(s, &wr, 64);
		/* else it owes many answers: as good as asked */
		if (btz_mgmt_put_alive(&s->mgmt, &wr) == BTZ_OK)
			btz_link_send(s, &wr);
		break;
	case BTZ_ALIVE_WAIT:
		break;
	}
	btz_timer_set(s->look, BTZ_ALIVE_MS);
}

static void
take(struct btz_site *s, struct btz_span in)
{
	const uint64_t life = s->life;
	struct btz_mgmt_event ev;
	struct btz_err err;

	while (s->life == life) {
		if (btz_mgmt_next(&s->mgmt, &in, &ev, &err) != BTZ_OK) {
			btz_log_err(0, &err);
			btz_link_close(s, "OpenVPN sent a malformed line");
			return;
		}
		if (ev.kind == BTZ_MGMT_NONE)
			return;
		btz_serve(s, &ev);
	}
}

static void
on_event(unsigned events, void *arg)
{
	struct btz_site *s = arg;
	uint8_t buf[READ_MAX];
	ssize_t n;

	if ((events & BTZ_EV_WRITE) != 0 && !flush(s)) {
		btz_link_close(s, "OpenVPN closed its management socket");
		return;
	}
	n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		btz_link_close(s, "OpenVPN closed its management socket");
	else {
		btz_alive_heard(&s->alive);
		take(s, btz_span_of(buf, (size_t)n));
	}
	btz_wipe(buf, sizeof(buf)); /* a client's password may be in it */
}

static int
connect_to(const struct btz_site *s)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s.sock",
	    s->d->run, s->conf->name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

void
btz_link_start(struct btz_site *s)
{
	struct btz_wr wr;
	int fd;

	if (s->fd >= 0 || s->state == BTZ_SITE_SETUP)
		return;
	fd = connect_to(s);
	if (fd < 0) {
		(void)snprintf(
		    s->why, sizeof(s->why), "OpenVPN does not answer");
		retry(s);
		return;
	}
	s->fd = fd;
	s->life++;
	s->signing = false;
	btz_mgmt_init(&s->mgmt);
	s->watch = btz_watch_new(
	    btz_host_loop(s->d->host), fd, BTZ_EV_READ, on_event, s);
	btz_link_begin(s, &wr, 128);
	if (s->watch == NULL ||
	    btz_mgmt_put_start(&s->mgmt, &wr, BYTECOUNT_S) != BTZ_OK) {
		btz_link_close(s, "out of memory");
		return;
	}
	s->delay = DELAY_MIN;
	s->state = BTZ_SITE_UP;
	btz_alive_start(&s->alive, btz_boot_ms());
	btz_timer_set(s->look, BTZ_ALIVE_MS);
	s->why[0] = '\0';
	btz_log(BTZ_LOG_INFO, 0, "%s: up", s->conf->name);
	btz_link_send(s, &wr);
	btz_link_reload(s);
}
