/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock.h - one message with at most one descriptor over SOCK_SEQPACKET, without
 * an event loop: below chan.c and below the blocking calls of src/client.
 */
#ifndef BTZ_BASE_SOCK_H
#define BTZ_BASE_SOCK_H

#include <sys/types.h>

#include "base/chan.h"
#include "base/err.h"
#include "wire/frame.h"

/* A message buffer large enough for any frame. */
struct btz_msgbuf {
	size_t len;
	uint8_t bytes[BTZ_FRAME_HDR + 65536];
};

/* Writes head and body into buf; BTZ_E_TOOBIG when it does not fit. */
BTZ_MUST_CHECK enum btz_rc btz_sock_pack(struct btz_msgbuf *buf,
    const struct btz_frame *head, const struct btz_msgdef *def,
    const void *msg);
/* BTZ_E_AGAIN: would block; BTZ_E_GONE: peer closed. pass_fd -1: none. */
BTZ_MUST_CHECK enum btz_rc btz_sock_send(
    int fd, const void *p, size_t len, int pass_fd);
/* Receives one message; *got_fd is -1 or a new descriptor (CLOEXEC). peer is
 * filled when the kernel sends credentials, else left alone. BTZ_E_AGAIN,
 * BTZ_E_GONE (end of file), BTZ_E_PROTO (truncated, more than one fd). */
BTZ_MUST_CHECK enum btz_rc btz_sock_recv(
    int fd, struct btz_msgbuf *buf, int *got_fd, struct btz_peer *peer);
/* The same, never waiting, whatever the descriptor's mode. */
BTZ_MUST_CHECK enum btz_rc btz_sock_try_send(
    int fd, const void *p, size_t len, int pass_fd);
BTZ_MUST_CHECK enum btz_rc btz_sock_try_recv(
    int fd, struct btz_msgbuf *buf, int *got_fd, struct btz_peer *peer);
/* Connects to a SEQPACKET socket in the file system. */
BTZ_MUST_CHECK enum btz_rc btz_sock_connect(
    const char *path, int *out, struct btz_err *err);
/* A socketpair with CLOEXEC, both ends non-blocking if asked. */
BTZ_MUST_CHECK enum btz_rc btz_sock_pair(
    bool nonblock, int out[2], struct btz_err *err);

#endif
