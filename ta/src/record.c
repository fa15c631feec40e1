/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - encoder and decoder of the TA record; layout in record.h. */
#include "record.h"

#include <string.h>

struct btz_span
ta_text_span(const struct ta_text *t)
{
	return btz_span_of(t->b, t->len);
}

struct btz_span
ta_area_span(const struct ta_area *a)
{
	return btz_span_of(a->b, a->len);
}

static bool
set(uint8_t *to, size_t cap, uint16_t *len, struct btz_span s)
{
	*len = 0;
	if (s.len > cap)
		return false;
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	*len = (uint16_t)s.len;
	return true;
}

bool
ta_text_set(struct ta_text *t, struct btz_span s)
{
	return set(t->b, sizeof(t->b), &t->len, s);
}

bool
ta_area_set(struct ta_area *a, struct btz_span s)
{
	return set(a->b, sizeof(a->b), &a->len, s);
}

/* Encoder and decoder go through the same rows in the same order. */
static void
write_names(const struct ta_record *r, struct btz_wr *wr)
{
	btz_wr_raw(wr, r->previous, sizeof(r->previous));
	btz_wr_u32(wr, r->ta_version);
	btz_wr_u64(wr, r->epoch);
	btz_wr_u8(wr, r->clean);
	btz_wr_u8(wr, r->previous_clean);
	btz_wr_u8(wr, r->phase);
	btz_wr_bytes16(wr, ta_text_span(&r->trust_domain));
	btz_wr_bytes16(wr, ta_text_span(&r->box));
	btz_wr_bytes16(wr, ta_text_span(&r->origin));
	btz_wr_u64(wr, r->provisioned);
	btz_wr_u64(wr, r->root_not_after);
}

static bool
read_text(struct btz_rd *rd, struct ta_text *t)
{
	struct btz_span s;

	return btz_rd_bytes16(rd, &s, sizeof(t->b)) && ta_text_set(t, s);
}

static bool
read_names(struct btz_rd *rd, struct ta_record *r)
{
	return btz_rd_copy(rd, r->previous, sizeof(r->previous)) &&
	       btz_rd_u32(rd, &r->ta_version) && btz_rd_u64(rd, &r->epoch) &&
	       btz_rd_u8(rd, &r->clean) && btz_rd_u8(rd, &r->previous_clean) &&
	       btz_rd_u8(rd, &r->phase) && r->phase <= TA_PHASE_READY &&
	       read_text(rd, &r->trust_domain) && read_text(rd, &r->box) &&
	       read_text(rd, &r->origin) && btz_rd_u64(rd, &r->provisioned) &&
	       btz_rd_u64(rd, &r->root_not_after);
}

static void
write_tpm(const struct ta_record *r, struct btz_wr *wr)
{
	btz_wr_raw(wr, r->auth, sizeof(r->auth));
	btz_wr_raw(wr, r->unique, sizeof(r->unique));
	btz_wr_u32(wr, r->nv_index);
	btz_wr_bytes16(wr, ta_area_span(&r->primary_pub));
	btz_wr_bytes16(wr, ta_area_span(&r->sealed_pub));
	btz_wr_bytes16(wr, ta_area_span(&r->sealed_priv));
	btz_wr_bytes16(wr, ta_area_span(&r->root_pub));
	btz_wr_bytes16(wr, ta_area_span(&r->root_priv));
	btz_wr_bytes16(wr, ta_area_span(&r->cp_pub));
	btz_wr_bytes16(wr, ta_area_span(&r->cp_priv));
	btz_wr_raw(wr, r->root_id, sizeof(r->root_id));
	btz_wr_raw(wr, r->checkpoint_id, sizeof(r->checkpoint_id));
	btz_wr_bytes16(wr, btz_span_of(r->root_cert, r->root_cert_len));
}

static bool
read_area(struct btz_rd *rd, struct ta_area *a)
{
	struct btz_span s;

	return btz_rd_bytes16(rd, &s, sizeof(a->b)) && ta_area_set(a, s);
}

static bool
read_tpm(struct btz_rd *rd, struct ta_record *r)
{
	struct btz_span cert;

	return btz_rd_copy(rd, r->auth, sizeof(r->auth)) &&
	       btz_rd_copy(rd, r->unique, sizeof(r->unique)) &&
	       btz_rd_u32(rd, &r->nv_index) && read_area(rd, &r->primary_pub) &&
	       read_area(rd, &r->sealed_pub) &&
	       read_area(rd, &r->sealed_priv) && read_area(rd, &r->root_pub) &&
	       read_area(rd, &r->root_priv) && read_area(rd, &r->cp_pub) &&
	       read_area(rd, &r->cp_priv) &&
	       btz_rd_copy(rd, r->root_id, sizeof(r->root_id)) &&
	       btz_rd_copy(rd, r->checkpoint_id, sizeof(r->checkpoint_id)) &&
	       btz_rd_bytes16(rd, &cert, sizeof(r->root_cert)) &&
	       set(r->root_cert, sizeof(r->root_cert), &r->root_cert_len, cert);
}

static bool
read_short(struct btz_rd *rd, uint8_t *to, size_t cap, uint8_t *len)
{
	struct btz_span s;

	if (!btz_rd_u8(rd, len) || *len > cap || !btz_rd_raw(rd, &s, *len))
		return false;
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	return true;
}

static void
write_short(struct btz_wr *wr, const uint8_t *from, uint8_t len)
{
	btz_wr_u8(wr, len);
	btz_wr_raw(wr, from, len);
}

static void
write_admins(const struct ta_record *r, struct btz_wr *wr)
{
	btz_wr_u8(wr, r->ek_state);
	write_short(wr, r->ek_name.b, r->ek_name.len);
	btz_wr_u8(wr, r->admins.k);
	btz_wr_u8(wr, r->admins.n);
	for (size_t i = 0; i < r->admins.n; i++)
		write_short(wr, r->admins.key[i].spki, r->admins.key[i].len);
	btz_wr_bytes16(wr, ta_area_span(&r->admins.recovery));
	btz_wr_u32(wr, r->recoveries);
}

static bool
read_keys_of(struct btz_rd *rd, struct ta_admins *a)
{
	if (!btz_rd_u8(rd, &a->k) || !btz_rd_u8(rd, &a->n) ||
	    a->n > TA_ADMINS_MAX || a->k > a->n || (a->k == 0) != (a->n == 0))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!read_short(rd, a->key[i].spki, sizeof(a->key[i].spki),
			&a->key[i].len))
			return false;
	return read_area(rd, &a->recovery);
}

static bool
read_admins(struct btz_rd *rd, struct ta_record *r)
{
	return btz_rd_u8(rd, &r->ek_state) && r->ek_state <= TA_EK_TEST_ROOT &&
	       read_short(
		   rd, r->ek_name.b, sizeof(r->ek_name.b), &r->ek_name.len) &&
	       read_keys_of(rd, &r->admins) && btz_rd_u32(rd, &r->recoveries);
}

static void
write_constrained(const struct ta_constrained *c, struct btz_wr *wr)
{
	btz_wr_raw(wr, c->id, sizeof(c->id));
	btz_wr_u32(wr, c->slot);
	btz_wr_u8(wr, c->kind);
	btz_wr_raw(wr, c->issuer, sizeof(c->issuer));
	btz_wr_raw(wr, c->spki_digest, sizeof(c->spki_digest));
	btz_wr_u64(wr, c->count);
	btz_wr_raw(wr, c->head, sizeof(c->head));
	btz_wr_u64(wr, c->crl_number);
	btz_wr_u64(wr, c->not_after);
	btz_wr_raw(wr, c->last_crl, sizeof(c->last_crl));
}

static bool
read_constrained(struct btz_rd *rd, struct ta_constrained *c)
{
	return btz_rd_copy(rd, c->id, sizeof(c->id)) &&
	       btz_rd_u32(rd, &c->slot) && btz_rd_u8(rd, &c->kind) &&
	       btz_rd_copy(rd, c->issuer, sizeof(c->issuer)) &&
	       btz_rd_copy(rd, c->spki_digest, sizeof(c->spki_digest)) &&
	       btz_rd_u64(rd, &c->count) &&
	       btz_rd_copy(rd, c->head, sizeof(c->head)) &&
	       btz_rd_u64(rd, &c->crl_number) &&
	       btz_rd_u64(rd, &c->not_after) &&
	       btz_rd_copy(rd, c->last_crl, sizeof(c->last_crl));
}

static bool
read_keys(struct btz_rd *rd, struct ta_record *r)
{
	if (!btz_rd_u16(rd, &r->n_constrained) ||
	    r->n_constrained > TA_CONSTRAINED_MAX)
		return false;
	for (size_t i = 0; i < r->n_constrained; i++)
		if (!read_constrained(rd, &r->constrained[i]))
			return false;
	return true;
}

static bool
read_pages(struct btz_rd *rd, struct ta_record *r)
{
	if (!btz_rd_u8(rd, &r->n_pages) || r->n_pages > TA_PAGES)
		return false;
	for (size_t i = 0; i < r->n_pages; i++)
		if (!btz_rd_u8(rd, &r->pages[i].side) || r->pages[i].side > 1 ||
		    !btz_rd_copy(rd, r->pages[i].digest, 32))
			return false;
	return true;
}

static bool
read_state(struct btz_rd *rd, struct ta_record *r)
{
	return btz_rd_u64(rd, &r->cp_size) &&
	       btz_rd_copy(rd, r->cp_root, sizeof(r->cp_root)) &&
	       btz_rd_u64(rd, &r->last_time) && btz_rd_u64(rd, &r->t0) &&
	       btz_rd_u64(rd, &r->t0_clock) && btz_rd_u32(rd, &r->next_slot) &&
	       btz_rd_u32(rd, &r->reserved_slots) &&
	       btz_rd_u32(rd, &r->generation);
}

void
ta_record_write(const struct ta_record *r, struct btz_wr *wr)
{
	write_names(r, wr);
	write_tpm(r, wr);
	write_admins(r, wr);
	btz_wr_u16(wr, r->n_constrained);
	for (size_t i = 0; i < r->n_constrained; i++)
		write_constrained(&r->constrained[i], wr);
	btz_wr_u64(wr, r->cp_size);
	btz_wr_raw(wr, r->cp_root, sizeof(r->cp_root));
	btz_wr_u64(wr, r->last_time);
	btz_wr_u64(wr, r->t0);
	btz_wr_u64(wr, r->t0_clock);
	btz_wr_u32(wr, r->next_slot);
	btz_wr_u32(wr, r->reserved_slots);
	btz_wr_u32(wr, r->generation);
	btz_wr_u8(wr, r->n_pages);
	for (size_t i = 0; i < r->n_pages; i++) {
		btz_wr_u8(wr, r->pages[i].side);
		btz_wr_raw(wr, r->pages[i].digest, 32);
	}
}

/* The version stands first, so that a newer layout is seen before it is
 * misread. */
static enum btz_rc
check_version(struct btz_span in)
{
	struct btz_rd rd;
	struct btz_span previous;
	uint32_t version;

	btz_rd_span(&rd, in);
	if (!btz_rd_raw(&rd, &previous, 32) || !btz_rd_u32(&rd, &version))
		return BTZ_E_CORRUPT;
	return version > TA_VERSION ? BTZ_E_TA_TOO_OLD : BTZ_OK;
}

enum btz_rc
ta_record_read(struct btz_span in, struct ta_record *out)
{
	struct btz_rd rd;
	enum btz_rc rc = check_version(in);

	btz_rd_span(&rd, in);
	if (rc == BTZ_OK && !(read_names(&rd, out) && read_tpm(&rd, out) &&
				read_admins(&rd, out) && read_keys(&rd, out) &&
				read_state(&rd, out) && read_pages(&rd, out) &&
				btz_rd_end(&rd)))
		rc = BTZ_E_CORRUPT;
	return rc;
}
