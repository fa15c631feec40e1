/* SPDX-License-Identifier: Apache-2.0 */
/* client_ops.c - the requests of a client and what each does to its keys;
 * contract in client.h. Start at the table `ops`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash/client.h"

static size_t
live(const struct client *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_keys; i++)
		n += c->keys[i].maybe == NULL;
	return n;
}

/* -- keys at hand */

typedef bool fits_fn(const struct key *k);

/* One that fits and is not in doubt. */
static struct key *
pick(struct client *c, fits_fn *fits)
{
	size_t from = c->n_keys == 0 ? 0 : client_draw(c, c->n_keys);

	for (size_t i = 0; i < c->n_keys; i++) {
		struct key *k = &c->keys[(from + i) % c->n_keys];

		if (k->maybe == NULL && fits(k))
			return k;
	}
	return NULL;
}

static bool
is_due(const struct key *k)
{
	return k->state == BTZ_KEY_DOOMED &&
	       k->destroy_at < (uint64_t)time(NULL) + 60;
}

static bool
is_issuing(const struct key *k)
{
	return k->kind == BTZ_KIND_ISSUING && !is_due(k);
}

static bool
is_any(const struct key *k)
{
	return k->kind == BTZ_KIND_PLAIN && !is_due(k);
}

static bool
is_settled(const struct key *k)
{
	return k->kind == BTZ_KIND_PLAIN &&
	       (k->state == BTZ_KEY_ENABLED || k->state == BTZ_KEY_DISABLED);
}

static bool
is_enabled(const struct key *k)
{
	return k->kind == BTZ_KIND_PLAIN && k->state == BTZ_KEY_ENABLED;
}

static bool
is_usable(const struct key *k)
{
	return is_enabled(k) && k->v[k->version].state == BTZ_KEY_ENABLED;
}

static bool
can_rotate(const struct key *k)
{
	return is_enabled(k) && k->n < MODEL_VERSIONS;
}

static bool
is_signer(const struct key *k)
{
	return is_usable(k) && (k->usage & BTZ_USE_SIGN) != 0;
}

static bool
is_cipher(const struct key *k)
{
	return is_usable(k) && (k->usage & BTZ_USE_ENCRYPT) != 0;
}

static bool
has_sealed(const struct key *k)
{
	return is_cipher(k) && k->v[k->version].sealed_len > 0;
}

static bool
is_deriver(const struct key *k)
{
	return is_usable(k) && (k->usage & BTZ_USE_DERIVE) != 0;
}

static bool
is_backupable(const struct key *k)
{
	return is_settled(k) && k->flags != 0;
}

static bool
is_rescuable(const struct key *k)
{
	return k->state == BTZ_KEY_DOOMED && !is_due(k);
}

static bool
is_admins(const struct key *k)
{
	return is_settled(k) && k->owner[0] == 'a' &&
	       (k->usage & BTZ_USE_SIGN) != 0;
}

static bool
is_old(const struct key *k)
{
	return is_settled(k) && k->version > k->min_version;
}

/* -- operations: BTZ_E_NOENT: there is no key for it */

/* Whatever may change `k` ends here. */
static enum btz_rc
outcome(
    struct client *c, struct key *k, const struct key *after, enum btz_rc rc)
{
	if (rc == BTZ_OK) {
		*k = *after;
		k->fresh = true;
		if (k->state == BTZ_KEY_DESTROYED)
			client_forget(c, k);
	} else if (client_passing(rc)) {
		model_doubt(k, after);
	}
	return rc;
}

static enum btz_rc
make(struct client *c, const struct key *drawn,
    enum btz_rc (*how)(struct client *c, struct key *k))
{
	static _Thread_local struct key after;
	struct key *k;
	enum btz_rc rc;

	if (c->n_keys == CLIENT_KEYS)
		return BTZ_E_NOENT;
	after = *drawn;
	rc = how(c, &after);
	k = &c->keys[c->n_keys];
	if (rc != BTZ_OK && !client_passing(rc))
		return rc;
	c->n_keys++;
	*k = *drawn;
	after.unborn = false;
	return outcome(c, k, &after, rc);
}

static enum btz_rc
op_generate(struct client *c)
{
	static _Thread_local struct key k;

	client_draw_key(c, &k);
	return make(c, &k, client_generate);
}

static enum btz_rc
plain_import(struct client *c, struct key *k)
{
	return client_import(c, k, false);
}

static enum btz_rc
wrapped_import(struct client *c, struct key *k)
{
	return client_import(c, k, true);
}

static enum btz_rc
op_import(struct client *c)
{
	static _Thread_local struct key k;

	client_draw_key(c, &k);
	return make(c, &k, plain_import);
}

static enum btz_rc
op_import_wrapped(struct client *c)
{
	static _Thread_local struct key k;

	client_draw_key(c, &k);
	k.owner = "admin"; /* whose the wrapping key is */
	return make(c, &k, wrapped_import);
}

static _Thread_local struct btz_span restorable;

static enum btz_rc
restored(struct client *c, struct key *k)
{
	return client_restore(c, k, restorable);
}

static enum btz_rc
op_restore(struct client *c)
{
	static _Thread_local struct key like;
	const struct key *k = pick(c, is_backupable);
	enum btz_rc rc;

	if (k == NULL || c->n_keys == CLIENT_KEYS)
		return BTZ_E_NOENT;
	rc = client_backup(c, k, &restorable);
	if (rc != BTZ_OK)
		return rc;
	like = *k;
	model_restored(&like);
	like.unborn = true;
	return make(c, &like, restored);
}

static enum btz_rc
op_rotate(struct client *c)
{
	static _Thread_local struct key after;
	struct key *k = pick(c, can_rotate);
	struct btz_key_info info;
	struct version *v;
	enum btz_rc rc;

	if (k == NULL)
		return BTZ_E_NOENT;
	after = *k;
	v = model_rotate(&after);
	rc = btz_kms_rotate(client_conn(c, k), k->id, &info, &c->err);
	if (rc == BTZ_OK)
		model_learn(v, info.spki);
	return outcome(c, k, &after, rc);
}

static enum btz_rc
op_destroy(struct client *c)
{
	static _Thread_local struct key after;
	struct key *k = pick(c, is_any);

	if (k == NULL || live(c) <= CLIENT_LIVE / 2)
		return BTZ_E_NOENT;
	after = *k;
	after.state = BTZ_KEY_DESTROYED;
	return outcome(
	    c, k, &after, btz_kms_destroy(client_conn(c, k), k->id, &c->err));
}

/* Keys that the trusted application keeps books of: few have room there, and
 * one whose maker was killed keeps its place. */
static enum btz_rc
op_issuing(struct client *c)
{
	static _Thread_local struct key k;
	struct key *old = pick(c, is_issuing);
	enum btz_rc rc;

	if (old != NULL) {
		k = *old;
		k.state = BTZ_KEY_DESTROYED;
		return outcome(
		    c, old, &k, btz_kms_destroy(&c->ca, old->id, &c->err));
	}
	client_draw_key(c, &k);
	k.owner = "ca";
	k.kind = BTZ_KIND_ISSUING;
	rc = make(c, &k, client_generate);
	if (rc == BTZ_E_SLOTS_FULL) {
		memset(&c->err, 0, sizeof(c->err));
		rc = BTZ_E_NOENT;
	}
	return rc;
}

static enum btz_rc
change(struct client *c, struct key *k, uint8_t what, uint64_t value,
    const char *text)
{
	static _Thread_local struct key after;
	struct btz_key_set rq = {
		.what = what, .value = value, .text = btz_span_str(text)
	};
	struct btz_key_info info;

	memcpy(rq.id, k->id, BTZ_ID_LEN);
	after = *k;
	model_change(&after, &rq);
	return outcome(c, k, &after,
	    btz_kms_change(client_conn(c, k), &rq, &info, &c->err));
}

static enum btz_rc
op_state(struct client *c)
{
	struct key *k = pick(c, is_settled);
	uint8_t what;

	if (k == NULL)
		return BTZ_E_NOENT;
	what = k->state == BTZ_KEY_ENABLED ? BTZ_KC_DISABLE : BTZ_KC_ENABLE;
	return change(c, k, what, 0, "");
}

static enum btz_rc
op_version_state(struct client *c)
{
	struct key *k = pick(c, is_old);
	uint32_t n;

	if (k == NULL)
		return BTZ_E_NOENT;
	n = k->min_version +
	    (uint32_t)client_draw(c, k->n - k->min_version + 1);
	return change(c, k,
	    k->v[n].state == BTZ_KEY_ENABLED ? BTZ_KC_DISABLE : BTZ_KC_ENABLE,
	    n, "");
}

static enum btz_rc
op_min_version(struct client *c)
{
	struct key *k = pick(c, is_old);

	return k == NULL
		   ? BTZ_E_NOENT
		   : change(c, k, BTZ_KC_MIN_VERSION, k->min_version + 1, "");
}

static enum btz_rc
op_label(struct client *c)
{
	struct key *k = pick(c, is_any);
	const bool name = client_draw(c, 2) == 0;
	char text[32];

	if (k == NULL)
		return BTZ_E_NOENT;
	(void)snprintf(text, sizeof(text), name ? "c%u-%u" : "n=%.0u%u",
	    name ? c->number : 0, ++c->serial);
	return change(c, k, name ? BTZ_KC_RENAME : BTZ_KC_LABEL, 0, text);
}

static enum btz_rc
op_narrow(struct client *c)
{
	struct key *k = pick(c, is_any);

	if (k == NULL)
		return BTZ_E_NOENT;
	if (k->uses_max > 1000)
		return change(c, k, BTZ_KC_USES_MAX, k->uses_max - 1, "");
	return change(c, k, BTZ_KC_NOT_AFTER,
	    k->not_after == 0 ? 4000000000u : k->not_after - 1, "");
}

static enum btz_rc
op_share(struct client *c)
{
	struct key *k = pick(c, is_admins);

	return k == NULL
		   ? BTZ_E_NOENT
		   : change(c, k, BTZ_KC_SHARE,
			 k->shared == 0 ? (uint64_t)BTZ_USE_SIGN : 0, "one");
}

static enum btz_rc
op_doom(struct client *c)
{
	struct key *k = pick(c, is_settled);
	uint64_t in = client_draw(c, 3) == 0 ? 2 : 100000;

	if (k == NULL || live(c) <= CLIENT_LIVE / 2)
		return BTZ_E_NOENT;
	return change(c, k, BTZ_KC_DOOM, (uint64_t)time(NULL) + in, "");
}

static enum btz_rc
op_rescue(struct client *c)
{
	struct key *k = pick(c, is_rescuable);

	return k == NULL ? BTZ_E_NOENT : change(c, k, BTZ_KC_RESCUE, 0, "");
}

/* No more uses is the right answer of a key with a limit. */
static enum btz_rc
limited(const struct key *k, enum btz_rc rc)
{
	return rc == BTZ_E_KEY_SPENT && k->uses_max != 0 ? BTZ_OK : rc;
}

static enum btz_rc
op_sign(struct client *c)
{
	struct key *k = pick(c, is_signer);

	return k == NULL ? BTZ_E_NOENT
			 : limited(k, client_sign(c, client_conn(c, k), k));
}

static enum btz_rc
op_encrypt(struct client *c)
{
	struct key *k = pick(c, is_cipher);

	return k == NULL ? BTZ_E_NOENT : limited(k, client_encrypt(c, k));
}

static enum btz_rc
op_derive(struct client *c)
{
	struct key *k = pick(c, is_deriver);

	return k == NULL ? BTZ_E_NOENT : limited(k, client_derive(c, k));
}

/* Three times the same item. */
static enum btz_rc
op_rewrap(struct client *c)
{
	struct key *k = pick(c, has_sealed);
	struct version *v;
	struct btz_crypt item = { .alg = BTZ_CRYPT_AES_GCM };
	struct btz_crypt_ok ok;
	struct btz_span out;
	uint8_t items[1024];
	struct btz_wr wr;
	struct btz_rd rd;
	enum btz_rc rc;

	if (k == NULL)
		return BTZ_E_NOENT;
	v = model_in_use(k);
	memcpy(item.id, k->id, BTZ_ID_LEN);
	item.version = k->version;
	item.nonce = btz_span_of(v->nonce, 12);
	item.input = btz_span_of(v->sealed, v->sealed_len);
	btz_wr_init(&wr, items, sizeof(items));
	for (int i = 0; i < 3; i++)
		btz_msg_write(&btz_def_crypt, &item, &wr);
	rc = btz_kms_rewrap(client_conn(c, k), btz_wr_span(&wr), &out, &c->err);
	if (rc != BTZ_OK)
		return limited(k, rc);
	btz_rd_span(&rd, out);
	while (!btz_rd_end(&rd)) {
		if (!btz_msg_read(&btz_def_crypt_ok, &rd, &ok)) {
			client_complain(c, "%s: rewrapped items", k->label);
			break;
		}
		client_nonce(c, k, ok.version, btz_span_of(ok.nonce.p, 12));
		v->used += k->uses_max != 0 ? 2 : 1;
	}
	return BTZ_OK;
}

static enum btz_rc
op_reopen(struct client *c)
{
	btz_conn_close(&c->app);
	return client_open(c, c->site->app_path, &c->app,
	    atomic_load(&c->site->fault) ? 100 : 5000);
}

static const struct {
	const char *name;
	unsigned often;
	bool tee;
	enum btz_rc (*run)(struct client *c);
} ops[] = {
	{ "generate", 8, true, op_generate },
	{ "import", 3, false, op_import },
	{ "wrapped import", 1, false, op_import_wrapped },
	{ "backup and restore", 1, false, op_restore },
	{ "rotate", 5, true, op_rotate },
	{ "destroy", 4, true, op_destroy },
	{ "enable, disable", 3, true, op_state },
	{ "the same of a version", 2, true, op_version_state },
	{ "least version", 1, true, op_min_version },
	{ "label", 2, true, op_label },
	{ "narrower policy", 2, true, op_narrow },
	{ "share", 2, true, op_share },
	{ "doom", 1, true, op_doom },
	{ "rescue", 2, true, op_rescue },
	{ "sign", 4, true, op_sign },
	{ "encrypt", 5, false, op_encrypt },
	{ "derive", 2, false, op_derive },
	{ "rewrap", 2, false, op_rewrap },
	{ "issuing key made, destroyed", 2, true, op_issuing },
	{ "new lease", 1, true, op_reopen },
};

const unsigned client_ops = BTZ_COUNT(ops);

const char *
client_op_name(unsigned i)
{
	return ops[i].name;
}

#define MAKING 4u /* the first ones make keys */
#define DESTROY 5u

static size_t
draw_any(struct client *c)
{
	unsigned sum = 0, at;
	size_t i = 0;

	if (c->site->theme >= 0 && client_draw(c, 4) != 0)
		return (size_t)c->site->theme;
	if (live(c) < CLIENT_LIVE / 2)
		return 0;
	if (live(c) > CLIENT_LIVE && client_draw(c, 2) == 0)
		return DESTROY;
	for (size_t n = 0; n < BTZ_COUNT(ops); n++)
		sum += ops[n].often;
	for (at = (unsigned)client_draw(c, sum); at >= ops[i].often; i++)
		at -= ops[i].often;
	return i;
}

unsigned
client_draw_op(struct client *c)
{
	const size_t i = draw_any(c);
	const bool full = i < MAKING && c->n_keys >= CLIENT_KEYS - 2;

	return full ? DESTROY : (unsigned)i;
}

enum btz_rc
client_run_op(struct client *c, unsigned i)
{
	if (c->site->tee ? !ops[i].tee : ops[i].run == op_issuing)
		return BTZ_E_NOENT;
	return ops[i].run(c);
}

bool
client_makes_one(struct client *c)
{
	memset(&c->err, 0, sizeof(c->err));
	return c->n_keys == CLIENT_KEYS || op_generate(c) == BTZ_OK;
}
