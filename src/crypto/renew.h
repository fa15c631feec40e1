/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew.h - a key whose version has given most of the nonces it may give gets
 * its next version by the service itself. As with every change, after the
 * decision is durable in the audit log; meanwhile the rest is used, and when
 * that is used up before, encryption is refused.
 */
#ifndef BTZ_CRYPTO_RENEW_H
#define BTZ_CRYPTO_RENEW_H

#include "crypto/hot.h"

/* Begins it, unless it is under way. A failure is in the log; the next call
 * after 15 s tries again. */
void btz_renew(struct btz_core *core, struct btz_hotkey *k);

#endif
