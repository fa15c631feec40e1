# SPDX-License-Identifier: Apache-2.0
# The table of key algorithms as the trusted application has it (ta/sub.mk).
cflags-y += -Wno-switch-default
global-incdirs-y += . ../../../ta/src ../../../src
srcs-y += speed_ta.c
srcs_ext_base-y := ../../..
srcs_ext-y += ta/src/curve.c ta/src/ec.c ta/src/ec_ed25519.c ta/src/ec_$(EC).c
srcs_ext-y += src/wire/cursor.c
