/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - a box that tests break and mend; contract in site.h. */
#include "crash/site.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/recovery_key.h"
#include "support/spawn.h"
#include "support/swtpm.h"

struct rig {
	struct site *site;
	struct btz_box *box;
	struct btz_swtpm tpm;
	struct fault_file *orders;
	bool new_hit;
	char app_path[160], admin_path[160], store[160], fault[160];
	struct btz_conn conn, broker;
};

static const struct {
	enum btz_prog soft, tee;
} progs[FAULT_PROGS] = {
	[FAULT_CRYPTO] = { BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_CRYPTO_TEE },
	[FAULT_BROKER] = { BTZ_PROG_BROKER, BTZ_PROG_BROKER },
	[FAULT_AUDIT] = { BTZ_PROG_AUDIT, BTZ_PROG_AUDIT },
	[FAULT_TA] = { BTZ_PROG_TA, BTZ_PROG_TA },
};

/* In the order of their start. */
static const enum fault_prog order[] = { FAULT_TA, FAULT_AUDIT, FAULT_CRYPTO,
	FAULT_BROKER };

static void
die(const char *what)
{
	printf("# site: %s\n", what);
	(void)fflush(stdout);
	abort();
}

static enum btz_prog
prog_of(const struct rig *r, enum fault_prog p)
{
	return r->site->tee ? progs[p].tee : progs[p].soft;
}

static bool
is_here(const struct rig *r, enum fault_prog p)
{
	return p != FAULT_TA || r->site->tee;
}

/* The recovery key, of a value that everybody knows. */
static void
make_recovery(struct site *s, char text[128])
{
	static const uint8_t secret[32] = { 1, 2, 3, 4 };
	uint8_t spki[BTZ_SPKI_MAX];
	struct btz_err err;
	struct btz_wr wr;

	btz_wr_init(&wr, spki, sizeof(spki));
	if (s->recovery == NULL &&
	    btz_recovery_key(secret, &s->recovery, &err) != BTZ_OK)
		die(err.msg);
	if (btz_recovery_public(s->recovery, &wr, &err) != BTZ_OK)
		die(err.msg);
	(void)EVP_EncodeBlock((unsigned char *)text, spki, (int)wr.len);
}

static void
make_orders(struct rig *r)
{
	int fd;

	(void)snprintf(
	    r->fault, sizeof(r->fault), "%s/fault", btz_box_home(r->box));
	fd = open(r->fault, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*r->orders)) != 0)
		die(r->fault);
	r->orders = mmap(NULL, sizeof(*r->orders), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	(void)close(fd);
	if (r->orders == MAP_FAILED)
		die("mmap");
	(void)setenv("BTZ_FAULT", r->fault, 1);
}

bool
rig_start(struct rig *r, enum fault_prog p)
{
	const char *build = getenv("BTZ_BUILD");
	char path[512];
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/tests/crash/libbtzfault.so",
	    build == NULL ? "." : build);
	if (access(path, R_OK) != 0)
		die(path);
	(void)setenv("LD_PRELOAD", path, 1);
	ok = btz_box_try_start(r->box, prog_of(r, p), NULL);
	(void)unsetenv("LD_PRELOAD");
	return ok;
}

static void
open_admin(struct rig *r)
{
	struct btz_open_ok ok;
	struct btz_err err;

	for (int i = 0; i < 1000; i++) {
		if (btz_conn_open(&r->broker, r->admin_path, &err) == BTZ_OK &&
		    btz_kms_open(&r->broker, r->site->backend, 0, &r->conn, &ok,
			&err) == BTZ_OK) {
			btz_conn_close(&r->broker);
			return;
		}
		btz_conn_close(&r->broker);
		(void)usleep(5000);
	}
	die(err.msg);
}

static void
make_wrapping_key(struct rig *r)
{
	struct site *s = r->site;
	struct btz_generate g = { .alg = BTZ_ALG_RSA_2048,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_DECRYPT,
		.label = btz_span_str("wrapping") };
	struct btz_key_info info;
	struct btz_err err;

	if (btz_kms_generate(&r->conn, &g, &info, &err) != BTZ_OK)
		die(err.msg);
	memcpy(s->wrap_id, info.id, sizeof(s->wrap_id));
	memcpy(s->wrap_spki, info.spki.p, s->wrap_len = info.spki.len);
}

static void
provision(struct rig *r)
{
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = (uint64_t)time(NULL),
		.root_not_after = 2100000000 };
	struct btz_provision_ok ok;
	struct btz_err err;

	if (btz_kms_provision(&r->conn, &rq, &ok, &err) != BTZ_OK)
		die(err.msg);
}

static struct btz_box *
new_box(struct rig *r)
{
	char conf[1024], recovery[128], tpm[108] = "";

	make_recovery(r->site, recovery);
	if (r->site->tee) {
		if (!btz_swtpm_start(&r->tpm))
			die("swtpm");
		(void)close(r->tpm.fd); /* it has one caller at a time */
		r->tpm.fd = -1;
		btz_swtpm_socket(&r->tpm, tpm, sizeof(tpm));
	}
	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\ndestroy_grace_min = 1\nhot_keys = 16\nrecovery = %s\n"
	    "[broker]\nmax_leases_per_uid = 256\n"
	    "[app one]\nuid = %u\nbackend = %s\n",
	    recovery, getuid(), r->site->backend);
	if (r->site->tee)
		(void)snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf),
		    "[tpm]\ntcti = unix:%s\nexclusive = yes\n", tpm);
	return btz_box_new(conf);
}

/* Audit first: nothing starts without it. */
static void
first_start(struct rig *r, const struct fault *first)
{
	if (!rig_start(r, FAULT_AUDIT))
		die("audit");
	rig_order(r, FAULT_CRYPTO, first);
	(void)rig_start(r, FAULT_CRYPTO);
	r->new_hit = rig_hits(r, FAULT_CRYPTO) > 0;
	rig_kill(r, 1u << FAULT_CRYPTO);
}

bool
rig_new_hit(const struct rig *r)
{
	return r->new_hit;
}

struct rig *
rig_new(struct site *site, bool tee, const struct fault *first)
{
	struct rig *r = calloc(1, sizeof(*r));

	if (r == NULL)
		die("memory");
	r->site = site;
	site->tee = tee;
	site->backend = tee ? "tee" : "soft";
	r->conn.fd = r->broker.fd = -1;
	r->box = new_box(r);
	make_orders(r);
	(void)snprintf(r->app_path, sizeof(r->app_path), "%s/run/kms.sock",
	    btz_box_home(r->box));
	(void)snprintf(r->admin_path, sizeof(r->admin_path),
	    "%s/run/admin/broker.sock", btz_box_home(r->box));
	(void)snprintf(r->store, sizeof(r->store),
	    "%s/lib/crypto-%s/keys-%s.db", btz_box_home(r->box), site->backend,
	    site->backend);
	site->app_path = r->app_path;
	site->admin_path = r->admin_path;
	first_start(r, first);
	(void)rig_mend(r);
	open_admin(r);
	if (tee)
		provision(r);
	else
		make_wrapping_key(r);
	btz_conn_close(&r->conn);
	return r;
}

bool
rig_free(struct rig *r)
{
	int failed;

	if (getenv("KEEP") != NULL)
		printf("# kept %s\n", btz_box_home(r->box));
	failed = getenv("KEEP") != NULL ? 0 : btz_box_free(r->box);
	if (r->site->tee)
		btz_swtpm_end(&r->tpm);
	(void)munmap(r->orders, sizeof(*r->orders));
	free(r);
	return failed == 0;
}

const char *
rig_home(const struct rig *r)
{
	return btz_box_home(r->box);
}

const char *
rig_store(const struct rig *r)
{
	return r->store;
}

void
rig_order(struct rig *r, enum fault_prog p, const struct fault *f)
{
	struct fault *to = &r->orders->of[p];

	atomic_store(&to->mode, FAULT_NONE);
	atomic_store(&to->calls, f->calls);
	atomic_store(&to->countdown, f->countdown);
	atomic_store(&to->room, f->room);
	atomic_store(&to->hits, 0);
	atomic_store(&to->fatal, 0);
	atomic_store(&to->mode, f->mode);
}

int
rig_hits(const struct rig *r, enum fault_prog p)
{
	return atomic_load(&r->orders->of[p].hits);
}

bool
rig_dead(struct rig *r, enum fault_prog p)
{
	pid_t pid = btz_box_pid(r->box, prog_of(r, p));
	siginfo_t si = { .si_pid = 0 };

	if (pid == 0)
		return true;
	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
		   0 &&
	       si.si_pid == pid;
}

/* All at one moment, as far as that goes. */
void
rig_kill(struct rig *r, unsigned which)
{
	for (int p = 0; p < FAULT_PROGS; p++)
		if ((which & 1u << p) != 0 && !rig_dead(r, p))
			(void)kill(btz_box_pid(r->box, prog_of(r, p)), SIGKILL);
	for (int p = 0; p < FAULT_PROGS; p++)
		if ((which & 1u << p) != 0)
			(void)btz_box_kill(r->box, prog_of(r, p), SIGKILL);
}

static void
take_ca(struct rig *r)
{
	if (r->site->ca_fd > 0)
		(void)close(r->site->ca_fd);
	r->site->ca_fd = btz_box_take(r->box, BTZ_PROG_CA, BTZ_PROG_BROKER);
}

/* It is about to kill itself. */
static void
wait_for_end(struct rig *r, enum fault_prog p)
{
	for (int i = 0; i < 5000 && !rig_dead(r, p); i++)
		(void)usleep(1000);
}

unsigned
rig_mend(struct rig *r)
{
	static const struct fault none = { .mode = FAULT_NONE };
	unsigned were = 0;

	for (size_t i = 0; i < BTZ_COUNT(order); i++) {
		enum fault_prog p = order[i];

		atomic_store(&r->orders->of[p].mode, FAULT_NONE);
		if (atomic_load(&r->orders->of[p].fatal) > 0)
			wait_for_end(r, p);
		rig_order(r, p, &none);
		if (!is_here(r, p) || !rig_dead(r, p))
			continue;
		(void)btz_box_kill(r->box, prog_of(r, p), SIGKILL);
		if (!rig_start(r, p))
			die(btz_prog_name(prog_of(r, p)));
		were |= 1u << p;
	}
	if ((were & 1u << FAULT_BROKER) != 0)
		take_ca(r);
	return were;
}
