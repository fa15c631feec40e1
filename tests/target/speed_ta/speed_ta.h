/* SPDX-License-Identifier: Apache-2.0 */
/* speed_ta.h - command: one operation; parameter 0: a = enum btz_key_alg. */
#ifndef BTZ_TESTS_TARGET_SPEED_TA_H
#define BTZ_TESTS_TARGET_SPEED_TA_H

/* 2b8f0c41-6d0e-4a7b-9c55-0e7d94f1a3c6 */
#define BTZ_SPEED_TA_UUID                                                      \
	{                                                                      \
		0x2b8f0c41, 0x6d0e, 0x4a7b,                                    \
		{                                                              \
			0x9c, 0x55, 0x0e, 0x7d, 0x94, 0xf1, 0xa3, 0xc6         \
		}                                                              \
	}

/* In this order: each uses what the one before made. */
enum btz_speed {
	BTZ_SPEED_GENERATE,
	BTZ_SPEED_LOAD,
	BTZ_SPEED_SIGN,
	BTZ_SPEED_VERIFY,
	BTZ_SPEED_AGREE, /* ECDH with a key of its own, as TPM sessions do */
	BTZ_SPEED_N,
	BTZ_SPEED_NOTHING = BTZ_SPEED_N, /* what a command costs by itself */
};

#endif
