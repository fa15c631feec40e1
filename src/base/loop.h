/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - one event loop per process (libevent, plain events). Handlers are
 * named on_*; none of them may block. Everything is single-threaded.
 */
#ifndef BTZ_BASE_LOOP_H
#define BTZ_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/cursor.h"

struct btz_loop;
struct btz_watch;
struct btz_timer;

enum btz_events {
	BTZ_EV_READ = 1,
	BTZ_EV_WRITE = 2,
};

BTZ_MUST_CHECK enum btz_rc btz_loop_new(struct btz_loop **out,
    struct btz_err *err);
void btz_loop_free(struct btz_loop *loop); /* NULL is fine */
/* Runs until btz_loop_stop or until nothing is watched any more. */
BTZ_MUST_CHECK enum btz_rc btz_loop_run(struct btz_loop *loop,
    struct btz_err *err);
/* Handles what is ready now or within ms, then returns (tests). */
void btz_loop_once(struct btz_loop *loop, uint32_t ms);
void btz_loop_stop(struct btz_loop *loop);

/* fd stays the caller's. A watch may free itself in its callback. */
struct btz_watch *btz_watch_new(struct btz_loop *loop, int fd, unsigned events,
    void (*on_event)(unsigned events, void *arg), void *arg);
void btz_watch_set(struct btz_watch *w, unsigned events);
/* Its events are handled before those of any watch that is not urgent. */
void btz_watch_urgent(struct btz_watch *w);
void btz_watch_free(struct btz_watch *w);

/* One-shot; starts unset. Setting again replaces. */
struct btz_timer *btz_timer_new(struct btz_loop *loop,
    void (*on_time)(void *arg), void *arg);
void btz_timer_set(struct btz_timer *t, uint32_t ms);
void btz_timer_cancel(struct btz_timer *t);
bool btz_timer_pending(const struct btz_timer *t);
void btz_timer_free(struct btz_timer *t);

BTZ_MUST_CHECK enum btz_rc btz_loop_signal(struct btz_loop *loop, int signo,
    void (*on_signal)(int signo, void *arg), void *arg, struct btz_err *err);

uint64_t btz_boot_ms(void);  /* CLOCK_BOOTTIME, milliseconds */
uint64_t btz_unix_ms(void);  /* CLOCK_REALTIME, milliseconds */
uint64_t btz_unix_now(void); /* CLOCK_REALTIME, seconds */

#endif
