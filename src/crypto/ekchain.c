/* SPDX-License-Identifier: Apache-2.0 */
/* ekchain.c - see ekchain.h. */
#include "crypto/ekchain.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "der/ek_cert.h"
#include "der/pem.h"

#define TEXT_MAX BTZ_PEM_ROOM(BTZ_EK_CHAIN_BYTES)

/* BTZ_E_TOOBIG: does not fit into the buffer. */
static enum btz_rc
read_text(
    const char *path, char *text, size_t cap, size_t *len, struct btz_err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	*len = 0;
	if (fd < 0)
		return BTZ_FAIL_SYS(
		    err, BTZ_E_CONFIG, "[tpm] ek_chain '%s'", path);
	while (n > 0 && *len < cap) {
		n = read(fd, text + *len, cap - *len);
		*len += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	if (n < 0)
		return BTZ_FAIL_SYS(
		    err, BTZ_E_CONFIG, "[tpm] ek_chain '%s'", path);
	return n == 0 ? BTZ_OK
		      : BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[tpm] ek_chain '%s': too long", path);
}

static enum btz_rc
read_chain(struct btz_ek_conf *ek, const char *path, struct btz_err *err)
{
	static char text[TEXT_MAX];
	struct btz_wr wr;
	struct btz_rd rd;
	size_t len, n = 0;
	enum btz_rc rc = read_text(path, text, sizeof(text), &len, err);

	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, ek->der, sizeof(ek->der));
	btz_rd_init(&rd, text, len);
	do {
		rc = btz_pem_next(&rd, BTZ_PEM_CERT, &wr);
		n++;
	} while (rc == BTZ_OK && n <= BTZ_EK_CHAIN_MAX && !btz_rd_end(&rd));
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] ek_chain '%s': certificate %zu is not PEM (RFC "
		    "7468) or too long",
		    path, n);
	if (n > BTZ_EK_CHAIN_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[tpm] ek_chain '%s': more than %u certificates", path,
		    BTZ_EK_CHAIN_MAX);
	ek->len = wr.len;
	return BTZ_OK;
}

void
btz_ek_conf_read(struct btz_ek_conf *ek, const struct btz_conf_tpm *conf)
{
	memset(ek, 0, sizeof(*ek));
	ek->required = strcmp(conf->ek_required, "yes") == 0;
	ek->err.rc = BTZ_OK;
	if (conf->ek_chain[0] != '\0')
		(void)!read_chain(ek, conf->ek_chain, &ek->err);
}

enum btz_rc
btz_ek_conf_use(
    const struct btz_ek_conf *ek, struct btz_provision *rq, struct btz_err *err)
{
	if (ek->err.rc != BTZ_OK) {
		*err = ek->err;
		return err->rc;
	}
	if (ek->required)
		rq->ek_required = 1;
	if (rq->ek_chain.len == 0)
		rq->ek_chain = btz_span_of(ek->der, ek->len);
	return BTZ_OK;
}
