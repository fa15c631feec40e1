/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_note.c - notes and checkpoints: what parses is written back the same. */
#include <stdlib.h>
#include <string.h>

#include "tlog/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
write_back(struct btz_span in, const struct btz_note *note)
{
	uint8_t raw[BTZ_NOTE_SIG_MAX];
	struct btz_span sig;
	struct btz_wr wr;
	uint8_t *buf = malloc(in.len);

	must(buf != NULL);
	btz_wr_init(&wr, buf, in.len);
	btz_note_write_text(&wr, note->text);
	for (size_t i = 0; i < note->n; i++) {
		must(btz_note_sig_bytes(&note->sig[i], raw, &sig));
		btz_note_write_sig(
		    &wr, note->sig[i].name, note->sig[i].id, sig);
	}
	must(btz_wr_ok(&wr) && btz_span_eq(btz_wr_span(&wr), in));
	free(buf);
}

static void
checkpoint_back(struct btz_span text)
{
	struct btz_tlog_checkpoint cp;
	struct btz_wr wr;
	uint8_t *buf;

	if (btz_tlog_checkpoint_parse(text, &cp) != BTZ_OK)
		return;
	buf = malloc(text.len);
	must(buf != NULL);
	btz_wr_init(&wr, buf, text.len);
	btz_tlog_checkpoint_write(&wr, &cp);
	must(btz_wr_ok(&wr) && btz_span_eq(btz_wr_span(&wr), text));
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_span in = btz_span_of(data, size);
	struct btz_note note;

	if (btz_note_parse(in, &note) == BTZ_OK) {
		write_back(in, &note);
		checkpoint_back(note.text);
	}
	checkpoint_back(in);
	return 0;
}
