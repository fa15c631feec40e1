/* SPDX-License-Identifier: Apache-2.0 */
/* sock.c - single messages over SOCK_SEQPACKET; contract in sock.h. */
#include "base/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/limits.h"

enum btz_rc
btz_sock_pack(struct btz_msgbuf *buf, const struct btz_frame *head,
    const struct btz_msgdef *def, const void *msg)
{
	struct btz_wr body, wr;

	btz_wr_init(
	    &body, buf->bytes + BTZ_FRAME_HDR, BTZ_FRAME_MAX - BTZ_FRAME_HDR);
	if (def != NULL)
		btz_msg_write(def, msg, &body);
	if (!btz_wr_ok(&body))
		return BTZ_E_TOOBIG;
	btz_wr_init(&wr, buf->bytes, BTZ_FRAME_HDR);
	btz_frame_put_header(&wr, head, body.len);
	buf->len = BTZ_FRAME_HDR + body.len;
	return btz_wr_ok(&wr) ? BTZ_OK : BTZ_E_TOOBIG;
}

static enum btz_rc
send_failed(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
		return BTZ_E_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
	case ECONNREFUSED:
		return BTZ_E_GONE;
	default:
		return BTZ_E_IO;
	}
}

static enum btz_rc
send_one(int fd, const void *p, size_t len, int pass_fd, int flags)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec iov = { .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	memcpy(&iov.iov_base, &p, sizeof(p)); /* the kernel only reads */
	if (pass_fd >= 0) {
		struct cmsghdr *c;

		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.buf;
		mh.msg_controllen = sizeof(ctl.buf);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
	}
	do
		n = sendmsg(fd, &mh, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? send_failed() : BTZ_OK;
}

enum btz_rc
btz_sock_send(int fd, const void *p, size_t len, int pass_fd)
{
	return send_one(fd, p, len, pass_fd, 0);
}

enum btz_rc
btz_sock_try_send(int fd, const void *p, size_t len, int pass_fd)
{
	return send_one(fd, p, len, pass_fd, MSG_DONTWAIT);
}

/* Takes the descriptors out of one control message; false: more than one. */
static bool
take_fds(struct cmsghdr *c, int *got_fd)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (*got_fd >= 0 || n > 1) {
			(void)close(fd);
			ok = false;
		} else {
			*got_fd = fd;
		}
	}
	return ok;
}

static bool
take_control(struct msghdr *mh, int *got_fd, struct btz_peer *peer)
{
	bool ok = true;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL;
	     c = CMSG_NXTHDR(mh, c)) {
		struct ucred cred;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			ok = take_fds(c, got_fd) && ok;
		if (c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len == CMSG_LEN(sizeof(cred)) && peer != NULL) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			*peer = (struct btz_peer){ .uid = cred.uid,
				.gid = cred.gid,
				.pid = cred.pid };
		}
	}
	return ok && (mh->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;
}

static enum btz_rc
recv_one(int fd, struct btz_msgbuf *buf, int *got_fd, struct btz_peer *peer,
    int flags)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred)) +
			 CMSG_SPACE(4 * sizeof(int))];
	} ctl;
	struct iovec iov = { .iov_base = buf->bytes,
		.iov_len = sizeof(buf->bytes) };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.buf,
		.msg_controllen = sizeof(ctl.buf) };
	ssize_t n;

	*got_fd = -1;
	do
		n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return send_failed();
	buf->len = (size_t)n;
	/* An empty message looks like the end, but may carry a descriptor. */
	if (!take_control(&mh, got_fd, peer) || n == 0) {
		if (*got_fd >= 0)
			(void)close(*got_fd);
		*got_fd = -1;
		return n == 0 ? BTZ_E_GONE : BTZ_E_PROTO;
	}
	return BTZ_OK;
}

enum btz_rc
btz_sock_recv(
    int fd, struct btz_msgbuf *buf, int *got_fd, struct btz_peer *peer)
{
	return recv_one(fd, buf, got_fd, peer, 0);
}

enum btz_rc
btz_sock_try_recv(
    int fd, struct btz_msgbuf *buf, int *got_fd, struct btz_peer *peer)
{
	return recv_one(fd, buf, got_fd, peer, MSG_DONTWAIT);
}

static enum btz_rc
connect_failed(void)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return BTZ_E_DENIED;
	case EAGAIN:
		return BTZ_E_AGAIN;
	default:
		return BTZ_E_DOWN;
	}
}

enum btz_rc
btz_sock_connect(const char *path, int *out, struct btz_err *err)
{
	static const struct timeval wait = { .tv_usec = 300000 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	*out = -1;
	if (strlen(path) >= sizeof(sa.sun_path))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "socket path '%s'", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	/* A full backlog (a hung program) must not make us wait for ever; a send
	 * that takes as long is BTZ_E_AGAIN, and tried again. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0 ||
	    connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0) {
		enum btz_rc rc = connect_failed();

		(void)BTZ_FAIL_SYS(err, rc, "connect to '%s'", path);
		(void)close(fd);
		return rc;
	}
	*out = fd;
	return BTZ_OK;
}

enum btz_rc
btz_sock_pair(bool nonblock, int out[2], struct btz_err *err)
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

	if (nonblock)
		type |= SOCK_NONBLOCK;
	out[0] = out[1] = -1;
	if (socketpair(AF_UNIX, type, 0, out) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "socketpair");
	return BTZ_OK;
}
