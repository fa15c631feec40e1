/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chan.h - frames over one SOCK_SEQPACKET socket, both ways, in the event
 * loop: requests with their answers (btz_chan_ask) and frames that come in.
 *
 * A malformed frame, more than one descriptor or a truncated message closes
 * the channel. Output is queued up to a number of frames, then refused with
 * BTZ_E_QUOTA; when the queue of a peer that does not read is full the caller
 * decides what that means.
 */
#ifndef BTZ_BASE_CHAN_H
#define BTZ_BASE_CHAN_H

#include <sys/types.h>

#include "base/loop.h"
#include "wire/field.h"
#include "wire/frame.h"

struct btz_chan;

struct btz_peer { /* of the message at hand when SO_PASSCRED is on, else of
		   * the connection */
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

struct btz_chan_ops {
	/* A request or event; answers go to whoever asked. fd (or -1) belongs
	 * to the callee. The frame borrows from the receive buffer. */
	void (*on_frame)(struct btz_chan *ch, const struct btz_frame *f, int fd,
	    const struct btz_peer *peer, void *arg);
	/* Once, when the other side is gone or broke the protocol; pending
	 * asks were answered with BTZ_E_GONE before. ch is freed after it. */
	void (*on_close)(struct btz_chan *ch, void *arg);
};

/* Answer to an ask, exactly once; answers with BTZ_FRAME_MORE in f->flags come
 * before it as they arrive. f is NULL unless rc is BTZ_OK and borrows from the
 * receive buffer. fd (or -1) belongs to the callee. */
typedef void btz_answer_fn(
    enum btz_rc rc, const struct btz_frame *f, int fd, void *arg);

enum btz_chan_flag {
	BTZ_CHAN_PASSCRED = 1, /* kernel credentials with every message */
	/* Whoever made the socket did this; a message without credentials
	 * is nobody's (uid -1). */
	BTZ_CHAN_READY = 2,
	BTZ_CHAN_LATER = 4, /* not in the loop before btz_chan_begin */
};

/* Takes fd (also on failure). */
BTZ_MUST_CHECK enum btz_rc btz_chan_new(struct btz_loop *loop, int fd,
    unsigned flags, const struct btz_chan_ops *ops, void *arg,
    struct btz_chan **out, struct btz_err *err);
/* BTZ_CHAN_LATER: handles what is there already, one message; then joins the
 * loop, if the channel is still there. One that is gone after its first message
 * was never in the loop. ch may be freed by this. */
void btz_chan_begin(struct btz_chan *ch);
/* Closes and frees, also from inside a callback; on_close is not called.
 * Pending asks are answered with BTZ_E_GONE first. NULL is fine. */
void btz_chan_free(struct btz_chan *ch);
void btz_chan_set_queue(struct btz_chan *ch, size_t max_frames); /* 256 */
/* For clients: reads no further request while an answer waits in the queue,
 * so that one who never reads costs a socket buffer and a few frames. Not for
 * edges, where both ends ask and would wait for each other. */
void btz_chan_throttle(struct btz_chan *ch);
/* Stops and resumes reading (back-pressure). */
void btz_chan_pause(struct btz_chan *ch, bool pause);
/* What comes in here is handled before any channel that is not urgent. */
void btz_chan_urgent(struct btz_chan *ch);
int btz_chan_fd(const struct btz_chan *ch);
/* Of the connection, where the caller has asked the kernel already. */
void btz_chan_set_peer(struct btz_chan *ch, const struct btz_peer *peer);
const struct btz_peer *btz_chan_peer(const struct btz_chan *ch);

/* The buffers that all channels share, after a request or an answer with a
 * secret: the last call in its handler, which has no request any more. */
void btz_chan_wipe(void);
/* def NULL: empty body. pass_fd -1: none; it stays the caller's. */
BTZ_MUST_CHECK enum btz_rc btz_chan_send(struct btz_chan *ch,
    const struct btz_frame *head, const struct btz_msgdef *def, const void *msg,
    int pass_fd);
/* timeout_ms 0: none. On failure to send fn is not called. */
BTZ_MUST_CHECK enum btz_rc btz_chan_ask(struct btz_chan *ch, uint16_t op,
    uint64_t id, const struct btz_msgdef *def, const void *msg, int pass_fd,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg);
size_t btz_chan_pending(const struct btz_chan *ch); /* asks without answer */

#endif
