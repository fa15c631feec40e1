/* SPDX-License-Identifier: Apache-2.0 */
/* msg_crypt.c - wire order of the fields; meaning in msg_crypt.h. */
#include "wire/msg_crypt.h"

BTZ_MSGDEF(crypt, BTZ_FRAW(btz_crypt, id, BTZ_ID_LEN),
    BTZ_FU32(btz_crypt, version), BTZ_FU16(btz_crypt, alg),
    BTZ_FBYTES(btz_crypt, nonce, BTZ_NONCE_MAX),
    BTZ_FBYTES(btz_crypt, aad, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_crypt, input, BTZ_INPUT_MAX + 64));

BTZ_MSGDEF(crypt_ok, BTZ_FU32(btz_crypt_ok, version),
    BTZ_FBYTES(btz_crypt_ok, nonce, BTZ_NONCE_MAX),
    BTZ_FBYTES(btz_crypt_ok, output, BTZ_INPUT_MAX + 64));

BTZ_MSGDEF(mac, BTZ_FRAW(btz_mac, id, BTZ_ID_LEN), BTZ_FU32(btz_mac, version),
    BTZ_FU16(btz_mac, alg), BTZ_FBYTES(btz_mac, input, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_mac, mac, BTZ_DIGEST_MAX));

BTZ_MSGDEF(mac_ok, BTZ_FU32(btz_mac_ok, version),
    BTZ_FBYTES(btz_mac_ok, mac, BTZ_DIGEST_MAX));

BTZ_MSGDEF(derive, BTZ_FRAW(btz_derive, id, BTZ_ID_LEN),
    BTZ_FU32(btz_derive, version), BTZ_FU16(btz_derive, alg),
    BTZ_FBYTES(btz_derive, peer, BTZ_SPKI_MAX),
    BTZ_FBYTES(btz_derive, salt, BTZ_TEXT_MAX),
    BTZ_FBYTES(btz_derive, info, BTZ_TEXT_MAX), BTZ_FU16(btz_derive, len));

BTZ_MSGDEF(secret_ok, BTZ_FBYTES(btz_secret_ok, secret, BTZ_DERIVED_MAX));

BTZ_MSGDEF(hash, BTZ_FU8(btz_hash, alg, 0),
    BTZ_FBYTES(btz_hash, input, BTZ_INPUT_MAX));

BTZ_MSGDEF(hash_ok, BTZ_FBYTES(btz_hash_ok, hash, BTZ_DIGEST_MAX));

BTZ_MSGDEF(rewrap, BTZ_FBYTES(btz_rewrap, items, BTZ_LIST_MAX));

const struct btz_msgdef btz_def_rewrap_ok = { "rewrap_ok",
	sizeof(struct btz_rewrap), BTZ_COUNT(rewrap_fields), rewrap_fields };
