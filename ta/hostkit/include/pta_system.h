/* SPDX-License-Identifier: Apache-2.0 */
/* pta_system.h - OP-TEE's system pseudo-TA, the part that we use. */
#ifndef HOSTKIT_PTA_SYSTEM_H
#define HOSTKIT_PTA_SYSTEM_H

#define PTA_SYSTEM_UUID                                                        \
	{                                                                      \
		0x3a2f8978, 0x5dc0, 0x11e8,                                    \
		{                                                              \
			0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc         \
		}                                                              \
	}
/* [in] memref 0: extra data, [out] memref 1: 16 to 32 bytes of key */
#define PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY 1

#endif
