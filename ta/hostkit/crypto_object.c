/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_object.c - transient objects (GP Internal Core API 5.6): keys of the
 * types and sizes that OP-TEE has. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "object.h"

/* Bits; OP-TEE's core/tee/tee_svc_cryp.c keeps to the same limits. */
static const struct type {
	uint32_t type;
	uint16_t min, max, step;
} types[] = {
	{ TEE_TYPE_AES, 128, 256, 64 },
	{ TEE_TYPE_HMAC_SHA256, 192, 1024, 8 },
	{ TEE_TYPE_HMAC_SHA384, 256, 1024, 8 },
	{ TEE_TYPE_HMAC_SHA512, 256, 1024, 8 },
	{ TEE_TYPE_GENERIC_SECRET, 8, 4096, 8 },
	{ TEE_TYPE_RSA_PUBLIC_KEY, 256, 4096, 2 },
	{ TEE_TYPE_RSA_KEYPAIR, 256, 4096, 2 },
	{ TEE_TYPE_ECDSA_PUBLIC_KEY, 192, 521, 1 },
	{ TEE_TYPE_ECDSA_KEYPAIR, 192, 521, 1 },
	{ TEE_TYPE_ECDH_PUBLIC_KEY, 192, 521, 1 },
	{ TEE_TYPE_ECDH_KEYPAIR, 192, 521, 1 },
	{ TEE_TYPE_ED25519_PUBLIC_KEY, 256, 256, 1 },
	{ TEE_TYPE_ED25519_KEYPAIR, 256, 256, 1 },
	{ TEE_TYPE_X25519_PUBLIC_KEY, 256, 256, 1 },
	{ TEE_TYPE_X25519_KEYPAIR, 256, 256, 1 },
};

bool
hostkit_is_ec(uint32_t type)
{
	return type == TEE_TYPE_ECDSA_KEYPAIR ||
	       type == TEE_TYPE_ECDSA_PUBLIC_KEY ||
	       type == TEE_TYPE_ECDH_KEYPAIR ||
	       type == TEE_TYPE_ECDH_PUBLIC_KEY;
}

bool
hostkit_is_rsa(uint32_t type)
{
	return type == TEE_TYPE_RSA_KEYPAIR || type == TEE_TYPE_RSA_PUBLIC_KEY;
}

static bool
is_secret(uint32_t type)
{
	return type == TEE_TYPE_AES || type == TEE_TYPE_HMAC_SHA256 ||
	       type == TEE_TYPE_HMAC_SHA384 || type == TEE_TYPE_HMAC_SHA512 ||
	       type == TEE_TYPE_GENERIC_SECRET;
}

static const struct type *
type_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

static bool
size_ok(const struct type *t, uint32_t bits)
{
	return bits >= t->min && bits <= t->max &&
	       (bits - t->min) % t->step == 0;
}

TEE_Result
TEE_AllocateTransientObject(
    TEE_ObjectType type, uint32_t max, TEE_ObjectHandle *object)
{
	const struct type *t = type_of(type);

	*object = NULL;
	if (t == NULL || !size_ok(t, max))
		return TEE_ERROR_NOT_SUPPORTED;
	*object = calloc(1, sizeof(**object));
	if (*object == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	(*object)->type = type;
	(*object)->max_bits = max;
	(*object)->coord = 32;
	return TEE_SUCCESS;
}

void
TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	if (object == NULL)
		return;
	EVP_PKEY_free(object->pkey);
	OPENSSL_cleanse(object, sizeof(*object));
	free(object);
}

void
TEE_InitRefAttribute(
    TEE_Attribute *attr, uint32_t id, const void *buffer, size_t length)
{
	attr->attributeID = id;
	memcpy(&attr->content.ref.buffer, &buffer, sizeof(buffer));
	attr->content.ref.length = length;
}

void
TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t id, uint32_t a, uint32_t b)
{
	attr->attributeID = id;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

/* Big-endian, any length up to the curve's, as the standard allows. */
static bool
take_number(const TEE_Attribute *a, uint8_t *out, size_t coord)
{
	size_t n = a->content.ref.length;

	if (n > coord)
		return false;
	memset(out, 0, coord - n);
	memcpy(out + coord - n, a->content.ref.buffer, n);
	return true;
}

static bool
take_bytes(const TEE_Attribute *a, uint8_t *out, size_t cap, size_t *len)
{
	*len = a->content.ref.length;
	if (*len > cap)
		return false;
	memcpy(out, a->content.ref.buffer, *len);
	return true;
}

static bool
take_secret(struct __TEE_ObjectHandle *o, const TEE_Attribute *a)
{
	const struct type *t = type_of(o->type);
	const size_t bits = 8 * a->content.ref.length;

	return bits <= o->max_bits && size_ok(t, (uint32_t)bits) &&
	       take_bytes(a, o->secret, sizeof(o->secret), &o->secret_len);
}

/* Index into rsa[], or none. */
static size_t
rsa_number(uint32_t id)
{
	static const uint32_t ids[HOSTKIT_RSA_NUMBERS] = { TEE_ATTR_RSA_MODULUS,
		TEE_ATTR_RSA_PUBLIC_EXPONENT, TEE_ATTR_RSA_PRIVATE_EXPONENT,
		TEE_ATTR_RSA_PRIME1, TEE_ATTR_RSA_PRIME2,
		TEE_ATTR_RSA_EXPONENT1, TEE_ATTR_RSA_EXPONENT2,
		TEE_ATTR_RSA_COEFFICIENT };
	size_t i = 0;

	while (i < HOSTKIT_RSA_NUMBERS && ids[i] != id)
		i++;
	return i;
}

static bool
take_attr(struct __TEE_ObjectHandle *o, const TEE_Attribute *a)
{
	const size_t k = rsa_number(a->attributeID);

	if (hostkit_is_rsa(o->type) && k < HOSTKIT_RSA_NUMBERS)
		return take_bytes(
		    a, o->rsa[k].b, sizeof(o->rsa[k].b), &o->rsa[k].len);
	if (is_secret(o->type))
		return a->attributeID == TEE_ATTR_SECRET_VALUE &&
		       take_secret(o, a);
	switch (a->attributeID) {
	case TEE_ATTR_ED25519_PRIVATE_VALUE:
	case TEE_ATTR_X25519_PRIVATE_VALUE:
	case TEE_ATTR_ECC_PRIVATE_VALUE:
		o->secret_len = o->coord;
		return take_number(a, o->secret, o->coord);
	case TEE_ATTR_ED25519_PUBLIC_VALUE:
	case TEE_ATTR_X25519_PUBLIC_VALUE:
	case TEE_ATTR_ECC_PUBLIC_VALUE_X:
		return take_number(a, o->x, o->coord);
	case TEE_ATTR_ECC_PUBLIC_VALUE_Y:
		return take_number(a, o->y, o->coord);
	case TEE_ATTR_ECC_CURVE:
		return true; /* taken before */
	default:
		return false;
	}
}

static bool
make_pkey(struct __TEE_ObjectHandle *o)
{
	if (is_secret(o->type))
		return o->secret_len > 0;
	return hostkit_is_rsa(o->type) ? hostkit_rsa_make(o)
				       : hostkit_ec_make(o);
}

TEE_Result
TEE_PopulateTransientObject(
    TEE_ObjectHandle object, const TEE_Attribute *attrs, uint32_t n)
{
	if (object->set)
		hostkit_panic("object that has a key already");
	if (!hostkit_ec_curve(object, attrs, n))
		return TEE_ERROR_BAD_PARAMETERS;
	for (uint32_t i = 0; i < n; i++)
		if (!take_attr(object, &attrs[i]))
			return TEE_ERROR_BAD_PARAMETERS;
	if (!make_pkey(object))
		return TEE_ERROR_BAD_PARAMETERS;
	object->set = true;
	return TEE_SUCCESS;
}

TEE_Result
TEE_GenerateKey(
    TEE_ObjectHandle o, uint32_t bits, const TEE_Attribute *params, uint32_t n)
{
	TEE_Result res = TEE_ERROR_NOT_SUPPORTED;

	if (o->set)
		hostkit_panic("object that has a key already");
	if (bits > o->max_bits)
		hostkit_panic("key larger than its object");
	if (o->type == TEE_TYPE_RSA_KEYPAIR)
		res = hostkit_rsa_generate(o, bits, params, n);
	else if (!is_secret(o->type))
		res = hostkit_ec_generate(o, bits, params, n);
	o->set = res == TEE_SUCCESS;
	return res;
}

static const uint8_t *
attr_of(TEE_ObjectHandle o, uint32_t id, size_t *len)
{
	const size_t k = rsa_number(id);

	*len = o->coord;
	if (hostkit_is_rsa(o->type) && k < HOSTKIT_RSA_NUMBERS) {
		*len = o->rsa[k].len;
		return o->rsa[k].b;
	}
	if (id == TEE_ATTR_SECRET_VALUE || id == TEE_ATTR_ECC_PRIVATE_VALUE ||
	    id == TEE_ATTR_ED25519_PRIVATE_VALUE ||
	    id == TEE_ATTR_X25519_PRIVATE_VALUE) {
		*len = o->secret_len;
		return o->secret;
	}
	if (id == TEE_ATTR_ECC_PUBLIC_VALUE_X ||
	    id == TEE_ATTR_ED25519_PUBLIC_VALUE ||
	    id == TEE_ATTR_X25519_PUBLIC_VALUE)
		return o->x;
	return id == TEE_ATTR_ECC_PUBLIC_VALUE_Y ? o->y : NULL;
}

TEE_Result
TEE_GetObjectBufferAttribute(
    TEE_ObjectHandle o, uint32_t id, void *buf, size_t *size)
{
	size_t len;
	const uint8_t *from = attr_of(o, id, &len);

	if (!o->set)
		hostkit_panic("attribute of an object without a key");
	if (from == NULL || len == 0)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (*size < len) {
		*size = len;
		return TEE_ERROR_SHORT_BUFFER;
	}
	memcpy(buf, from, len);
	*size = len;
	return TEE_SUCCESS;
}
