/* SPDX-License-Identifier: Apache-2.0 */
/* judge_generate.c - what a new key may be; contract in judge.h. */
#include "crypto/judge.h"
#include "wire/constraint.h"
#include "wire/keyblob.h"
#include "wire/name.h"

#define BLOB_FLAGS ((uint8_t)(BTZ_KEYBLOB_EXPORTABLE | BTZ_KEYBLOB_BACKUPABLE))
#define FLAGS ((uint8_t)(BLOB_FLAGS | BTZ_KEYFLAG_CALLER_NONCE))
#define SIGNS ((uint32_t)(BTZ_USE_SIGN | BTZ_USE_VERIFY))

static bool
label_ok(struct btz_span line, struct btz_span *name)
{
	size_t n = 0;

	while (n < line.len && line.p[n] != '=')
		n++;
	*name = btz_span_of(line.p, n);
	for (size_t i = n; i < line.len; i++)
		if (line.p[i] < 0x20 || line.p[i] == 0x7f)
			return false;
	return n < line.len && btz_name_ok(*name);
}

/* The next line of *rest; false: it is not ended. */
static bool
next_line(struct btz_span *rest, struct btz_span *line)
{
	size_t n = 0;

	while (n < rest->len && rest->p[n] != '\n')
		n++;
	if (n == rest->len)
		return false;
	*line = btz_span_of(rest->p, n);
	*rest = btz_span_of(rest->p + n + 1, rest->len - n - 1);
	return true;
}

bool
btz_labels_ok(struct btz_span labels)
{
	struct btz_span rest = labels, line, name, before, other;

	while (rest.len > 0) {
		if (!next_line(&rest, &line) || !label_ok(line, &name))
			return false;
		before = labels;
		while (next_line(&before, &line) && line.p < name.p)
			if (label_ok(line, &other) && btz_span_eq(other, name))
				return false;
	}
	return true;
}

/* Can a key with this usage do this at all? */
static bool
only_ok(const struct btz_generate *g)
{
	static const struct {
		uint32_t use;
		uint8_t verb;
	} verbs[] = {
		{ BTZ_USE_ENCRYPT, BTZ_VERB_ENCRYPT },
		{ BTZ_USE_DECRYPT, BTZ_VERB_DECRYPT },
		{ SIGNS, BTZ_VERB_MAC },
		{ BTZ_USE_DERIVE, BTZ_VERB_DERIVE },
	};

	if (g->only_sig != 0 &&
	    ((g->usage & SIGNS) == 0 || !btz_sig_fits(g->alg, g->only_sig)))
		return false;
	for (size_t i = 0; i < BTZ_COUNT(verbs); i++)
		if ((g->usage & verbs[i].use) != 0 &&
		    btz_crypt_fits(g->alg, verbs[i].verb, g->only_crypt))
			return true;
	return g->only_crypt == 0;
}

/* Keys of the box (certificates, TLS): P-256, and RSA, to sign. */
static enum btz_rc
kind_ok(const struct btz_generate *g, struct btz_err *err)
{
	if (g->kind == BTZ_KIND_PLAIN)
		return BTZ_OK;
	if (g->alg != BTZ_ALG_EC_P256 && g->alg != BTZ_ALG_RSA_2048)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "%s key of kind %s",
		    btz_alg_name(g->alg), btz_kind_name(g->kind));
	if ((g->usage & ~SIGNS) != 0 || g->flags != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "%s key, usage 0x%x, flags 0x%x", btz_kind_name(g->kind),
		    g->usage, g->flags);
	return BTZ_OK;
}

static enum btz_rc
here(const struct btz_backend_ops *ops, uint32_t kinds,
    const struct btz_generate *g, struct btz_err *err)
{
	if (g->alg > 31 || (ops->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "%s in '%s'; %s",
		    btz_alg_name(g->alg), ops->name,
		    btz_backends_having(
			offsetof(struct btz_backend_ops, algs), g->alg));
	if (g->kind > 31 || (ops->kinds & 1u << g->kind) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "kind %s in '%s'",
		    btz_kind_name(g->kind), ops->name);
	if ((kinds & 1u << g->kind) == 0)
		return BTZ_FAIL(err, BTZ_E_DENIED, "%s keys by this lease",
		    btz_kind_name(g->kind));
	if ((g->flags & BTZ_KEYBLOB_EXPORTABLE) != 0 &&
	    (ops->caps & BTZ_CAP_EXPORT) == 0)
		return BTZ_FAIL(err, btz_backend_keeps(ops),
		    "keys never leave backend '%s'", ops->name);
	return BTZ_OK;
}

/* A key that is for one algorithm only, which this backend lacks, is none. */
static enum btz_rc
only_here(const struct btz_backend_ops *ops, const struct btz_generate *g,
    struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	if (g->only_sig != 0)
		rc = btz_judge_sig_here(ops, g->only_sig, err);
	if (rc == BTZ_OK && g->only_crypt != 0)
		rc = btz_judge_crypt_here(ops, g->only_crypt, err);
	return rc;
}

static enum btz_rc
policy_ok(const struct btz_generate *g, struct btz_err *err)
{
	const bool secret = g->alg == BTZ_ALG_SECRET;
	const uint32_t uses = btz_alg_uses(g->alg);

	if (g->usage == 0 || (g->usage & ~uses) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s key, usage 0x%x",
		    btz_alg_name(g->alg), g->usage);
	if ((g->flags & ~FLAGS) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "flags 0x%x", g->flags);
	if ((g->flags & BTZ_KEYFLAG_CALLER_NONCE) != 0 &&
	    btz_family(g->alg) != BTZ_FAMILY_AES &&
	    btz_family(g->alg) != BTZ_FAMILY_CHACHA)
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s key has no nonces",
		    btz_alg_name(g->alg));
	if (!only_ok(g))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "%s key, usage 0x%x, only %s %s", btz_alg_name(g->alg),
		    g->usage, btz_sig_name(g->only_sig),
		    btz_crypt_name(g->only_crypt));
	if (secret ? g->bits % 8 != 0 || g->bits > 8 * BTZ_SECRET_MAX
		   : g->bits != 0)
		return BTZ_FAIL(err, BTZ_E_RANGE, "%s key of %u bits",
		    btz_alg_name(g->alg), g->bits);
	return BTZ_OK;
}

enum btz_rc
btz_judge_generate(const struct btz_backend_ops *ops, uint32_t kinds,
    const struct btz_generate *g, uint64_t now, struct btz_err *err)
{
	struct btz_constraints c;
	enum btz_rc rc;

	if ((rc = here(ops, kinds, g, err)) != BTZ_OK ||
	    (rc = kind_ok(g, err)) != BTZ_OK ||
	    (rc = policy_ok(g, err)) != BTZ_OK ||
	    (rc = only_here(ops, g, err)) != BTZ_OK)
		return rc;
	if (g->not_after != 0 && g->not_after <= now)
		return BTZ_FAIL(err, BTZ_E_RANGE, "key would be expired");
	if (!btz_constraints_decode(g->constraints, &c))
		return BTZ_FAIL(err, BTZ_E_INVAL, "malformed constraints");
	if (!btz_labels_ok(g->labels))
		return BTZ_FAIL(err, BTZ_E_INVAL, "labels are not NAME=VALUE");
	return BTZ_OK;
}

struct btz_generate
btz_judge_sealed(const struct btz_generate *g)
{
	struct btz_generate out = *g;

	out.flags &= BLOB_FLAGS;
	return out;
}
