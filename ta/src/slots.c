/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.c - the slot table: a generation per slot, so that destroyed and
 * replaced blobs stay unusable although Linux keeps them.
 *
 * A new key takes the next slot that was never used, with generation 1, from a
 * range that was committed ahead, so that few keys cost a write to the TPM. A
 * crash wastes the rest of the range: the first one of a boot is short, each
 * next one twice as long, so that the waste is bounded, and yet keys can be
 * made while the TPM is away. When no fresh slot is left, a destroyed one is
 * used again with a generation that was never given before. Each page has two
 * objects; the record names the valid one.
 */
#include "ta.h"

#include <string.h>

#define AHEAD_FIRST 16u /* that many keys while the TPM is away */
#define AHEAD_MOST 64u
#define PAGE_BYTES (4u * TA_SLOTS_PER_PAGE)

static void
page_id(char id[9], size_t page, uint8_t side)
{
	memcpy(id, "slots-", 6);
	id[6] = (char)('a' + (int)page);
	id[7] = (char)('0' + side);
	id[8] = '\0';
}

static enum btz_rc
load_page(struct ta *ta, size_t page)
{
	const struct ta_page *p = &ta->rec.pages[page];
	struct btz_span data;
	struct btz_rd rd;
	uint8_t digest[32], *buf;
	char id[9];
	enum btz_rc rc;

	page_id(id, page, p->side);
	rc = ta_store_get(id, PAGE_BYTES, &buf, &data.len);
	if (rc != BTZ_OK) /* a read that fails says nothing about the page */
		return rc == BTZ_E_NOENT ? BTZ_E_CORRUPT : rc;
	data.p = buf;
	rc = ta_sha256(&data, 1, digest);
	if (rc == BTZ_OK &&
	    (data.len != PAGE_BYTES || memcmp(digest, p->digest, 32) != 0))
		rc = BTZ_E_CORRUPT;
	btz_rd_span(&rd, data);
	for (size_t i = 0; rc == BTZ_OK && i < TA_SLOTS_PER_PAGE; i++)
		if (!btz_rd_u32(&rd, &ta->slots[page * TA_SLOTS_PER_PAGE + i]))
			rc = BTZ_E_CORRUPT;
	TEE_Free(buf);
	return rc;
}

enum btz_rc
ta_slots_load(struct ta *ta)
{
	enum btz_rc rc = BTZ_OK;

	memset(ta->slots, 0, sizeof(ta->slots));
	memset(ta->page_dirty, 0, sizeof(ta->page_dirty));
	for (size_t i = 0; rc == BTZ_OK && i < ta->rec.n_pages; i++)
		rc = load_page(ta, i);
	return rc;
}

static enum btz_rc
save_page(struct ta *ta, size_t page)
{
	struct ta_page *p = &ta->rec.pages[page], next = { 0 };
	struct btz_wr wr;
	struct btz_span data;
	uint8_t *buf = TEE_Malloc(PAGE_BYTES, 0);
	char id[9];
	enum btz_rc rc;

	if (buf == NULL)
		return BTZ_E_NOMEM;
	btz_wr_init(&wr, buf, PAGE_BYTES);
	for (size_t i = 0; i < TA_SLOTS_PER_PAGE; i++)
		btz_wr_u32(&wr, ta->slots[page * TA_SLOTS_PER_PAGE + i]);
	data = btz_wr_span(&wr);
	next.side = p->side ^ 1u;
	page_id(id, page, next.side);
	rc = ta_sha256(&data, 1, next.digest);
	if (rc == BTZ_OK)
		rc = ta_store_put(id, data);
	TEE_Free(buf);
	if (rc != BTZ_OK)
		return rc;
	*p = next;
	return BTZ_OK;
}

/* The sides of the stored record are never overwritten: when the commit fails
 * after this, ta_store_commit puts the sides back and marks the pages. */
enum btz_rc
ta_slots_save(struct ta *ta)
{
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < TA_PAGES; i++) {
		if (!ta->page_dirty[i])
			continue;
		if (i >= ta->rec.n_pages)
			ta->rec.n_pages = (uint8_t)(i + 1);
		rc = save_page(ta, i);
		if (rc == BTZ_OK)
			ta->page_dirty[i] = false;
	}
	return rc;
}

static void
set(struct ta *ta, uint32_t slot, uint32_t generation)
{
	ta->slots[slot] = generation;
	ta->page_dirty[slot / TA_SLOTS_PER_PAGE] = true;
}

static enum btz_rc
reserve(struct ta *ta)
{
	uint32_t n = ta->ahead == 0 ? AHEAD_FIRST : ta->ahead * 2;
	uint32_t from = ta->rec.reserved_slots, to;
	enum btz_rc rc;

	if (n > AHEAD_MOST)
		n = AHEAD_MOST;
	to = n < TA_SLOTS - from ? from + n : TA_SLOTS;
	for (uint32_t i = from; i < to; i++)
		set(ta, i, 1);
	ta->rec.reserved_slots = to;
	rc = ta_store_commit(ta);
	if (rc == BTZ_OK)
		ta->ahead = n;
	else
		ta->rec.reserved_slots = from;
	return rc;
}

static enum btz_rc
reuse(struct ta *ta, uint32_t *slot, uint32_t *generation)
{
	uint32_t i = 0;

	while (i < TA_SLOTS && ta->slots[i] != 0)
		i++;
	if (i == TA_SLOTS || ta->rec.generation == UINT32_MAX)
		return BTZ_E_SLOTS_FULL;
	if (ta->rec.generation == 0)
		ta->rec.generation = 1;
	*slot = i;
	*generation = ++ta->rec.generation;
	set(ta, i, *generation);
	return ta_store_commit(ta);
}

enum btz_rc
ta_slots_take(struct ta *ta, uint32_t *slot, uint32_t *generation)
{
	enum btz_rc rc = ta_store_touch(ta);

	*slot = 0;
	*generation = 0;
	if (rc != BTZ_OK)
		return rc;
	if (ta->rec.next_slot >= TA_SLOTS)
		return reuse(ta, slot, generation);
	if (ta->rec.next_slot >= ta->rec.reserved_slots)
		rc = reserve(ta);
	if (rc != BTZ_OK)
		return rc;
	*slot = ta->rec.next_slot++;
	*generation = ta->slots[*slot];
	return BTZ_OK;
}

void
ta_slots_untake(struct ta *ta, uint32_t slot, uint32_t generation)
{
	if (generation == 0)
		return;
	if (slot + 1 == ta->rec.next_slot)
		ta->rec.next_slot = slot;
	else
		ta_slots_destroy(ta, slot);
}

bool
ta_slots_current(const struct ta *ta, uint32_t slot, uint32_t generation)
{
	return slot < TA_SLOTS && generation != 0 &&
	       ta->slots[slot] == generation;
}

void
ta_slots_destroy(struct ta *ta, uint32_t slot)
{
	if (slot < TA_SLOTS)
		set(ta, slot, 0);
}

/* Slots given out and not destroyed; after a crash also the wasted ones. */
uint32_t
ta_slots_used(const struct ta *ta)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < TA_SLOTS && i < ta->rec.next_slot; i++)
		if (ta->slots[i] != 0)
			n++;
	return n;
}
