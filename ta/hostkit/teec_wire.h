/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teec_wire.h - how hostkit carries TEEC_* calls over a SEQPACKET socket.
 *
 * request: u32 op | u32 session | u32 command | u32 parameter types |
 *          per parameter: memref in: u32 n, bytes; memref out: u32 size;
 *          value in: u32 a, u32 b; else nothing
 * answer:  u32 result | u32 origin | u32 session |
 *          per parameter: memref out: u32 size, u32 n, bytes; value out: u32
 *          a, u32 b; else nothing
 */
#ifndef BTZ_HOSTKIT_TEEC_WIRE_H
#define BTZ_HOSTKIT_TEEC_WIRE_H

#define TEEC_WIRE_MAX 200000u /* below the default socket buffer */

enum teec_wire_op {
	TEEC_WIRE_OPEN = 1,
	TEEC_WIRE_CLOSE = 2,
	TEEC_WIRE_INVOKE = 3,
};

#endif
