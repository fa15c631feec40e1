/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_verify.c - offline check of an audit folder; contract in
 * audit_verify.h. Start at btz_audit_verify; a log is walked once, bundle by
 * bundle: check_bundle for the records, audit_tiles.c for the hashes.
 */
#include "cli/audit_verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_walk.h"
#include "der/pem.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/msg_audit.h"

#define NAME_LEN 4 /* of a log's folder */
#define LOGS_MAX 64

static void
sha256(void *ctx, const struct btz_span *parts, size_t n, uint8_t *out)
{
	(void)ctx;
	btz_sha256_parts(parts, n, out);
}

const struct btz_tlog_hash btz_walk_hash = { sha256, NULL };

const char *
btz_finding_name(enum btz_finding what)
{
	static const char *const names[] = {
		[BTZ_FOUND_WRONG] = "wrong",
		[BTZ_FOUND_UNKNOWN] = "unknown (crash)",
		[BTZ_FOUND_UNSIGNED] = "unsigned",
		[BTZ_FOUND_TORN] = "unfinished write",
		[BTZ_FOUND_EPOCH] = "not accounted for",
	};

	return (size_t)what < BTZ_COUNT(names) ? names[what] : "?";
}

void
btz_walk_say(struct btz_walk *w, enum btz_finding what, enum btz_rc rc,
    const char *where, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (what == BTZ_FOUND_WRONG) {
		if (w->v->wrong++ == 0)
			w->v->first = rc;
		w->wrong++;
	}
	if (w->v->found != NULL)
		w->v->found(what, w->name, where, text, w->v->arg);
}

long
btz_walk_read(struct btz_walk *w, const char *path, uint8_t *buf, size_t cap)
{
	int fd = openat(w->dir, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? -1 : -2;
	while ((n = read(fd, buf + len, cap - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	return n < 0 || len == cap ? -2 : (long)len;
}

/* --- decisions that wait for their outcome ------------------------------ */

struct btz_walk_open {
	struct btz_walk_open *next;
	uint64_t req, seq;
	char what[160];
};

static enum btz_rc
open_decision(struct btz_walk *w, const struct btz_record *r)
{
	struct btz_walk_open *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return BTZ_E_NOMEM;
	o->req = r->req;
	o->seq = r->seq;
	(void)snprintf(o->what, sizeof(o->what), "%.*s %.*s by %.*s",
	    (int)(r->act.len < 24 ? r->act.len : 24), (const char *)r->act.p,
	    (int)(r->obj.len < 60 ? r->obj.len : 60), (const char *)r->obj.p,
	    (int)(r->who.len < 60 ? r->who.len : 60), (const char *)r->who.p);
	o->next = w->open[r->req % BTZ_WALK_BUCKETS];
	w->open[r->req % BTZ_WALK_BUCKETS] = o;
	return BTZ_OK;
}

static void
close_decision(struct btz_walk *w, uint64_t req)
{
	struct btz_walk_open **at = &w->open[req % BTZ_WALK_BUCKETS], *o;

	while (*at != NULL && (*at)->req != req)
		at = &(*at)->next;
	o = *at;
	if (o != NULL) {
		*at = o->next;
		free(o);
	}
}

static int
by_seq(const void *a, const void *b)
{
	const struct btz_walk_open *x = *(struct btz_walk_open *const *)a;
	const struct btz_walk_open *y = *(struct btz_walk_open *const *)b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Says and frees what stayed open, in order. */
static void
report_open(struct btz_walk *w)
{
	struct btz_walk_open **all = NULL;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < BTZ_WALK_BUCKETS; i++)
		for (struct btz_walk_open *o = w->open[i]; o != NULL;
		     o = o->next)
			n++;
	if (n > 0)
		all = calloc(n, sizeof(struct btz_walk_open *));
	for (size_t i = 0; all != NULL && i < BTZ_WALK_BUCKETS; i++)
		for (struct btz_walk_open *o = w->open[i]; o != NULL;
		     o = o->next)
			all[at++] = o;
	if (all != NULL)
		qsort(all, n, sizeof(struct btz_walk_open *), by_seq);
	for (size_t i = 0; i < at; i++) {
		char where[32];

		(void)snprintf(where, sizeof(where), "record %llu",
		    (unsigned long long)all[i]->seq);
		btz_walk_say(w, BTZ_FOUND_UNKNOWN, BTZ_OK, where,
		    "no outcome: %s", all[i]->what);
		free(all[i]);
	}
	w->v->unknown += n;
	free(all);
}

/* --- records ------------------------------------------------------------ */

enum stored { /* hash of a record in its tile */
	STORED_NONE,
	STORED_SAME,
	STORED_OTHER,
};

/* Last record of a bundle whose hash in the tile differs: whether it or the
 * tile is altered, the first record of the next bundle tells. */
struct btz_walk_doubt {
	bool active;
	unsigned long long number;
	size_t at, end;
	char path[BTZ_TILE_PATH_MAX], tile[BTZ_TILE_PATH_MAX];
};

struct pass { /* over one bundle */
	struct btz_walk *w;
	struct btz_walk_doubt doubt; /* kept from bundle to bundle */
	char path[BTZ_TILE_PATH_MAX];
	uint64_t first;		      /* sequence number of entry 0 */
	size_t len;		      /* bytes of the file */
	size_t end;		      /* of the last whole entry */
	bool bad[BTZ_TILE_WIDTH];     /* said already */
	char tile[BTZ_TILE_PATH_MAX]; /* where stored[] comes from */
	enum stored stored[BTZ_TILE_WIDTH];
	size_t at[BTZ_TILE_WIDTH + 1];
	uint8_t sum[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
	uint8_t prev[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
};

static unsigned long long
number(const struct pass *p, unsigned i)
{
	return (unsigned long long)p->first + i;
}

static void
altered(struct pass *p, unsigned i, const char *why)
{
	p->bad[i] = true;
	btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
	    "record %llu (bytes %zu to %zu) is altered: %s", number(p, i),
	    p->at[i], p->at[i + 1] - 1, why);
}

/* Record i does not follow the one before: the tile knows which is altered. */
static void
broken_chain(struct pass *p, unsigned i)
{
	if (i > 0 && p->stored[i - 1] == STORED_OTHER)
		altered(p, i - 1,
		    "neither its hash in the tile nor the next record fits");
	else if (p->stored[i] == STORED_OTHER)
		altered(p, i, "it does not follow the record before it");
	else {
		p->bad[i] = true;
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "record %llu at byte %zu does not follow record %llu: "
		    "one of the two is altered",
		    number(p, i), p->at[i], number(p, i) - 1);
	}
}

/* fits: the next record follows it; known false: there is no next record. */
static void
settle_doubt(struct pass *p, bool known, bool fits)
{
	struct btz_walk_doubt *d = &p->doubt;
	unsigned at = (BTZ_TILE_WIDTH - 1) * BTZ_TLOG_HASH;

	if (!d->active)
		return;
	d->active = false;
	if (known && fits)
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, d->tile,
		    "hash %u at byte %u is not that of record %llu",
		    BTZ_TILE_WIDTH - 1, at, d->number);
	else
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, d->path,
		    "record %llu (bytes %zu to %zu)%s%s is altered", d->number,
		    d->at, d->end, known ? "" : " or its hash in ",
		    known ? "" : d->tile);
	p->w->prev_known = fits;
}

/* Form, number and chain of entry i. */
static void
check_record(struct pass *p, unsigned i, struct btz_span entry)
{
	struct btz_walk *w = p->w;
	struct btz_record r;
	size_t where;
	bool before_ok;

	if (btz_record_parse(entry, &r, &where) != BTZ_OK) {
		p->bad[i] = true;
		if (i == 0)
			settle_doubt(p, false, false);
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "record %llu at byte %zu does not have the form of a "
		    "record (byte %zu of the file)",
		    number(p, i), p->at[i], p->at[i] + 2 + where);
		return;
	}
	memcpy(p->prev[i], r.prev, BTZ_TLOG_HASH);
	if (i == 0)
		settle_doubt(
		    p, true, memcmp(r.prev, w->prev, BTZ_TLOG_HASH) == 0);
	before_ok = i == 0 ? w->prev_known : !p->bad[i - 1];
	if (r.seq != p->first + i) {
		p->bad[i] = true;
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "record %llu at byte %zu says that it is %llu",
		    number(p, i), p->at[i], (unsigned long long)r.seq);
	} else if (before_ok && memcmp(r.prev, i == 0 ? w->prev : p->sum[i - 1],
				    BTZ_TLOG_HASH) != 0) {
		broken_chain(p, i);
	}
	if (r.phase == BTZ_PH_DECISION && r.decision == BTZ_DEC_ALLOW)
		(void)!open_decision(w, &r);
	else if (r.phase == BTZ_PH_OUTCOME)
		close_decision(w, r.req);
}

/* Entries into leaves; returns how many there are. */
static unsigned
read_entries(struct pass *p)
{
	struct btz_walk *w = p->w;
	struct btz_span entry;
	struct btz_rd rd;
	unsigned i = 0;

	btz_rd_init(&rd, w->bundle, p->len);
	for (; i < BTZ_TILE_WIDTH; i++) {
		p->at[i] = btz_rd_offset(&rd);
		if (!btz_rd_bytes16(&rd, &entry, BTZ_RECORD_MAX) ||
		    entry.len == 0)
			break;
		btz_tlog_leaf(&btz_walk_hash, entry, w->levels[0].hash[i]);
		btz_sha256(entry, p->sum[i]);
		p->end = btz_rd_offset(&rd);
	}
	p->at[i] = p->end;
	return i;
}

/* The last group of a crash is no tampering; inside what is signed it is. */
static unsigned
drop_torn(struct pass *p, unsigned n)
{
	struct btz_walk *w = p->w;
	size_t last = p->len, from;
	unsigned keep = n;

	while (keep > 0 && p->first + keep > w->head.size) {
		struct btz_record r;
		size_t at = p->at[keep - 1] + 2;

		if (btz_record_parse(
			btz_span_of(w->bundle + at, p->at[keep] - at), &r,
			NULL) == BTZ_OK)
			break;
		keep--;
	}
	from = p->at[keep];
	while (last > from && w->bundle[last - 1] == 0)
		last--;
	if (last > from && p->first + keep < w->head.size) {
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "record %llu at byte %zu is altered: its length is "
		    "not that of a record",
		    number(p, keep), from);
	} else if (last > from) {
		w->v->torn += last - from;
		btz_walk_say(w, BTZ_FOUND_TORN, BTZ_OK, p->path,
		    "%zu bytes from byte %zu on are no whole record",
		    last - from, from);
	}
	p->end = from;
	return keep;
}

static bool
zeroes(const uint8_t *p, size_t len, size_t *at)
{
	for (*at = 0; *at < len; (*at)++)
		if (p[*at] != 0)
			return false;
	return true;
}

/* Hash in the tile differs, and the record was not found wrong yet. */
static void
blame(struct pass *p, unsigned i, unsigned n)
{
	bool next_fits = i + 1 < n && !p->bad[i + 1] &&
			 memcmp(p->prev[i + 1], p->sum[i], BTZ_TLOG_HASH) == 0;

	if (i + 1 == BTZ_TILE_WIDTH) {
		struct btz_walk_doubt *d = &p->doubt;

		*d = (struct btz_walk_doubt){ .active = true,
			.number = number(p, i),
			.at = p->at[i],
			.end = p->at[i + 1] - 1 };
		memcpy(d->path, p->path, sizeof(d->path));
		memcpy(d->tile, p->tile, sizeof(d->tile));
		return;
	}
	if (next_fits)
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, p->tile,
		    "hash %u at byte %u is not that of record %llu", i,
		    i * BTZ_TLOG_HASH, number(p, i));
	else
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "record %llu (bytes %zu to %zu) or its hash in '%s' (byte "
		    "%u) is altered",
		    number(p, i), p->at[i], p->at[i + 1] - 1, p->tile,
		    i * BTZ_TLOG_HASH);
	p->bad[i] = true;
}

/* Hashes that were stored with these records: of the full tile, or of the
 * partial one of the checkpoint. */
static void
load_stored(struct pass *p, unsigned n)
{
	bool same[BTZ_TILE_WIDTH] = { false }, have = false;
	unsigned width = n;

	if (n < BTZ_TILE_WIDTH)
		width = btz_tile_width(
		    0, p->first / BTZ_TILE_WIDTH, p->w->head.size);
	if (width == 0 || width > n)
		return;
	btz_walk_path(0, p->first / BTZ_TILE_WIDTH, width, p->tile);
	btz_walk_tile0(p->w, p->tile, width, same, &have);
	for (unsigned i = 0; have && i < width; i++)
		p->stored[i] = same[i] ? STORED_SAME : STORED_OTHER;
}

static void
check_stored(struct pass *p, unsigned n)
{
	size_t at;

	if (n == BTZ_TILE_WIDTH &&
	    !zeroes(p->w->bundle + p->end, p->len - p->end, &at))
		btz_walk_say(p->w, BTZ_FOUND_WRONG, BTZ_E_LOG_RECORD, p->path,
		    "byte %zu follows the last record", p->end + at);
	for (unsigned i = 0; i < n; i++)
		if (p->stored[i] == STORED_OTHER && !p->bad[i] &&
		    (i + 1 == n || !p->bad[i + 1]))
			blame(p, i, n);
}

/* The root when the tree has the size of the checkpoint. */
static void
grow(struct btz_walk *w, const uint8_t leaf[BTZ_TLOG_HASH])
{
	uint8_t root[BTZ_TLOG_HASH];

	(void)!btz_tlog_append(&btz_walk_hash, &w->tree, leaf);
	if (!w->has_checkpoint || w->tree.size != w->head.size)
		return;
	btz_tlog_root(&btz_walk_hash, &w->tree, root);
	w->root_seen = true;
	w->root_ok = memcmp(root, w->head.root, sizeof(root)) == 0;
}

/* One bundle; false: it is the last one. */
static bool
check_bundle(struct btz_walk *w, struct pass *p)
{
	struct btz_walk_level *l0 = &w->levels[0];
	unsigned n;

	p->first = l0->index * BTZ_TILE_WIDTH;
	n = read_entries(p);
	if (n < BTZ_TILE_WIDTH)
		n = drop_torn(p, n);
	load_stored(p, n);
	for (unsigned i = 0; i < n; i++) {
		size_t at = p->at[i] + 2;

		check_record(
		    p, i, btz_span_of(w->bundle + at, p->at[i + 1] - at));
		grow(w, l0->hash[i]);
	}
	l0->n = n;
	w->v->records += n;
	check_stored(p, n);
	if (n > 0) {
		memcpy(w->prev, p->sum[n - 1], BTZ_TLOG_HASH);
		w->prev_known = !p->bad[n - 1];
	}
	return n == BTZ_TILE_WIDTH;
}

static bool
has_bundle(const struct btz_walk *w, uint64_t index)
{
	char path[BTZ_TILE_PATH_MAX];

	btz_walk_path(BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
	return faccessat(w->dir, path, F_OK, 0) == 0;
}

static enum btz_rc
walk_bundles(struct btz_walk *w, struct btz_err *err)
{
	struct pass *p = calloc(1, sizeof(*p));
	enum btz_rc rc = BTZ_OK;
	bool more = true;

	if (p == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "verify");
	w->prev_known = true; /* the first record follows 32 zero bytes */
	while (more) {
		long n;

		memset(p->bad, 0, sizeof(p->bad));
		memset(p->stored, 0, sizeof(p->stored));
		p->end = 0;
		p->w = w;
		btz_walk_path(BTZ_TILE_ENTRIES, w->levels[0].index,
		    BTZ_TILE_WIDTH, p->path);
		n = btz_walk_read(w, p->path, w->bundle, sizeof(w->bundle));
		if (n == -2) {
			rc = BTZ_FAIL(err, BTZ_E_IO, "cannot read '%s/%s'",
			    w->name, p->path);
			break;
		}
		p->len = n < 0 ? 0 : (size_t)n;
		w->last = !has_bundle(w, w->levels[0].index + 1);
		more = n >= 0 && check_bundle(w, p);
		if (more)
			btz_walk_roll(w);
		else
			btz_walk_partials(w, p->end);
	}
	settle_doubt(p, false, false);
	free(p);
	return rc;
}

/* --- checkpoint --------------------------------------------------------- */

static enum btz_rc
verify_sig(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_span *spki = ctx;

	return btz_verify(*spki, BTZ_SIG_ECDSA_SHA256, text, sig);
}

static const char *
check_note(
    struct btz_walk *w, struct btz_span note, struct btz_tlog_checkpoint *cp)
{
	struct btz_span spki = w->v->spki;
	struct btz_note_verifier v = { .name = btz_span_str(w->v->origin),
		.verify = verify_sig,
		.ctx = &spki };
	struct btz_note n;

	if (btz_note_parse(note, &n) != BTZ_OK ||
	    btz_tlog_checkpoint_parse(n.text, cp) != BTZ_OK)
		return "malformed (C2SP tlog-checkpoint)";
	if (!btz_span_eq(cp->origin, v.name))
		return "is of another origin";
	btz_note_key_id(&btz_walk_hash, v.name, BTZ_NOTE_ECDSA, spki, v.id);
	if (btz_note_verify(&n, &v, 1) != BTZ_OK)
		return "signature does not verify with this key";
	return NULL;
}

static void
read_checkpoint(struct btz_walk *w)
{
	struct btz_tlog_checkpoint cp;
	const char *wrong;
	long n = btz_walk_read(w, "checkpoint", w->part, BTZ_NOTE_MAX + 1);

	if (n == -1)
		return;
	wrong = n < 0 ? "cannot be read"
		      : check_note(w, btz_span_of(w->part, (size_t)n), &cp);
	if (wrong != NULL) {
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_SIGNATURE, "checkpoint",
		    "%s", wrong);
		return;
	}
	w->has_checkpoint = true;
	w->head = cp.head;
	btz_walk_epoch(w, cp.extensions);
}

static void
judge(struct btz_walk *w)
{
	uint64_t size = w->tree.size;

	if (w->has_checkpoint && size < w->head.size)
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_SMALLER,
		    "checkpoint", "%llu records are there, %llu were signed",
		    (unsigned long long)size, (unsigned long long)w->head.size);
	else if (w->root_seen && !w->root_ok && w->wrong == 0)
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_FORKED, "checkpoint",
		    "the root of the first %llu records is not the signed one: "
		    "another log, or records rewritten with their hashes",
		    (unsigned long long)w->head.size);
	if (size > w->head.size)
		btz_walk_say(w, BTZ_FOUND_UNSIGNED, BTZ_OK, "checkpoint",
		    "%llu records not yet signed",
		    (unsigned long long)(size - w->head.size));
	if (w->has_checkpoint)
		w->v->signed_records += w->head.size;
}

/* --- the folder --------------------------------------------------------- */

static enum btz_rc
verify_log(
    struct btz_verify *v, int folder, const char *name, struct btz_err *err)
{
	struct btz_walk *w = calloc(1, sizeof(*w));
	enum btz_rc rc;

	if (w == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "verify");
	w->v = v;
	w->name = name;
	w->dir = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir < 0) {
		free(w);
		return BTZ_FAIL_SYS(
		    err, BTZ_E_IO, "open '%s/%s'", v->dir, name);
	}
	read_checkpoint(w);
	rc = walk_bundles(w, err);
	if (rc == BTZ_OK)
		judge(w);
	report_open(w);
	v->logs++;
	(void)close(w->dir);
	free(w);
	return rc;
}

static int
log_names(DIR *d, char names[LOGS_MAX][NAME_LEN + 1])
{
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL && n < LOGS_MAX)
		if (strlen(e->d_name) == NAME_LEN &&
		    strspn(e->d_name, "0123456789") == NAME_LEN)
			memcpy(names[n++], e->d_name, NAME_LEN + 1);
	qsort(names, (size_t)n, NAME_LEN + 1,
	    (int (*)(const void *, const void *))strcmp);
	return n;
}

/* Origin, and the folder's own key: compared with a given one, or used. */
static enum btz_rc
read_identity(struct btz_verify *v, int folder, uint8_t *spki, size_t cap,
    struct btz_err *err)
{
	struct btz_walk *w = calloc(1, sizeof(*w));
	struct btz_wr wr;
	enum btz_rc rc = BTZ_OK;
	long n;

	if (w == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "verify");
	*w = (struct btz_walk){ .v = v, .dir = folder, .name = "-" };
	n = btz_walk_read(w, "origin", (uint8_t *)v->origin, sizeof(v->origin));
	if (n > 0 && v->origin[n - 1] == '\n')
		v->origin[n - 1] = '\0';
	else if (n != -1)
		btz_walk_say(
		    w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, "origin", "malformed");
	n = btz_walk_read(w, "checkpoint.pub", w->part, 4096);
	btz_wr_init(&wr, spki, cap);
	if (n >= 0)
		rc = btz_pem_decode(
		    btz_span_of(w->part, (size_t)n), BTZ_PEM_PUBLIC, &wr);
	if (n < -1 || rc != BTZ_OK ||
	    (v->spki.len > 0 && n >= 0 &&
		!btz_span_eq(v->spki, btz_wr_span(&wr))))
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_SIGNATURE,
		    "checkpoint.pub", "is not the key of this log");
	if (v->spki.len == 0 && rc == BTZ_OK)
		v->spki = btz_wr_span(&wr);
	free(w);
	return BTZ_OK;
}

enum btz_rc
btz_audit_verify(struct btz_verify *v, struct btz_err *err)
{
	char names[LOGS_MAX][NAME_LEN + 1];
	uint8_t spki[BTZ_SPKI_MAX];
	DIR *d = opendir(v->dir);
	enum btz_rc rc;
	int n;

	v->logs = v->records = v->signed_records = 0;
	v->wrong = v->unknown = v->torn = 0;
	v->first = BTZ_OK;
	v->origin[0] = '\0';
	if (d == NULL)
		return BTZ_FAIL_SYS(err,
		    errno == ENOENT ? BTZ_E_NOENT : BTZ_E_IO,
		    "open folder '%s'", v->dir);
	n = log_names(d, names);
	rc = n == 0 ? BTZ_FAIL(err, BTZ_E_NOENT,
			  "'%s' holds no log (a folder '0001')", v->dir)
		    : read_identity(v, dirfd(d), spki, sizeof(spki), err);
	for (int i = 0; rc == BTZ_OK && i < n; i++)
		rc = verify_log(v, dirfd(d), names[i], err);
	(void)closedir(d);
	if (v->spki.p == spki)
		v->spki = btz_span_of(NULL, 0);
	return rc;
}
