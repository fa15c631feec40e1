/* SPDX-License-Identifier: Apache-2.0 */
/* ta_rig.c - see ta_rig.h. */
#include "ta_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "support/swtpm_ek.h"

void
rig_each_file(const char *dir,
    void (*fn)(const char *path, const char *name, void *arg), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		fn(path, e->d_name, arg);
	}
	(void)closedir(d);
}

static void
remove_one(const char *path, const char *name, void *arg)
{
	(void)name, (void)arg;
	(void)unlink(path);
}

void
rig_remove_dir(const char *dir)
{
	rig_each_file(dir, remove_one, NULL);
	(void)rmdir(dir);
}

static void
copy_one(const char *path, const char *name, void *arg)
{
	char to[512];
	uint8_t buf[65536];
	ssize_t n;
	int in, out;

	(void)snprintf(to, sizeof(to), "%s/%s", (const char *)arg, name);
	in = open(path, O_RDONLY | O_CLOEXEC);
	out = open(to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
	(void)close(in);
	(void)close(out);
}

void
rig_copy_file(const char *path, const char *name, const char *dir)
{
	char arg[128];

	(void)snprintf(arg, sizeof(arg), "%s", dir);
	copy_one(path, name, arg);
}

void
rig_copy_dir(const char *from, const char *to)
{
	char arg[128];

	(void)snprintf(arg, sizeof(arg), "%s", to);
	rig_each_file(from, copy_one, arg);
}

static void
side_dir(const struct rig *r, const char *name, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s-%s", r->dir, name);
}

void
rig_save(struct rig *r, const char *name)
{
	char side[128];

	side_dir(r, name, side, sizeof(side));
	rig_remove_dir(side);
	assert_int_equal(mkdir(side, 0700), 0);
	rig_each_file(r->dir, copy_one, side);
}

void
rig_restore(struct rig *r, const char *name)
{
	char side[128];

	side_dir(r, name, side, sizeof(side));
	rig_each_file(r->dir, remove_one, NULL);
	rig_each_file(side, copy_one, r->dir);
	rig_remove_dir(side);
}

void
rig_storage_delete(struct rig *r, const char *object)
{
	char path[256];
	size_t n = (size_t)snprintf(path, sizeof(path), "%s/", r->dir);

	for (const char *p = object; *p != '\0'; p++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "%02x",
		    (unsigned)(unsigned char)*p);
	(void)snprintf(path + n, sizeof(path) - n, ".obj");
	assert_int_equal(unlink(path), 0);
}

static void
begin(struct rig *r, bool (*launch)(struct btz_swtpm *s))
{
	memset(r, 0, sizeof(*r));
	assert_true(launch(&r->tpm));
	/* The TA connects itself, and there is one connection at a time. */
	if (r->tpm.fd >= 0)
		(void)close(r->tpm.fd);
	r->tpm.fd = -1;
	btz_swtpm_socket(&r->tpm, r->socket, sizeof(r->socket));
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/btz-ta-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
}

void
rig_begin(struct rig *r)
{
	begin(r, btz_swtpm_start);
}

bool
rig_begin_ek(struct rig *r)
{
	static struct btz_swtpm_ek files;

	if (!btz_swtpm_ek_present()) {
		print_message("# swtpm_setup is not installed\n");
		return false;
	}
	begin(r, btz_swtpm_start_ek);
	assert_true(btz_swtpm_ek_read(&r->tpm, &files));
	r->ek_chain = files.chain;
	r->ek_required = 1;
	return true;
}

void
rig_end(struct rig *r)
{
	rig_kill(r);
	btz_swtpm_end(&r->tpm);
	rig_remove_dir(r->dir);
}

static void
start(struct rig *r, int tpm_fuse)
{
	char where[160];
	struct btz_hostkit_conf conf = {
		.dir = r->dir, .tpm = where, .exclusive = true
	};
	TEE_Param none[4];

	memset(none, 0, sizeof(none));
	(void)snprintf(where, sizeof(where), "unix:%s", r->socket);
	assert_true(btz_hostkit_open(&conf));
	btz_hostkit_fail_storage_after(-1);
	btz_hostkit_fail_tpm_after(tpm_fuse);
	if (r->hook != NULL)
		r->hook(&r->tpm, r->plan);
	r->hook = NULL;
	assert_int_equal(TA_CreateEntryPoint(), TEE_SUCCESS);
	assert_int_equal(
	    TA_OpenSessionEntryPoint(0, none, &r->session), TEE_SUCCESS);
	r->running = true;
}

void
rig_start(struct rig *r)
{
	start(r, -1);
}

void
rig_start_until(struct rig *r, int n)
{
	start(r, n);
}

void
rig_start_without_tpm(struct rig *r)
{
	start(r, 0);
}

void
rig_arm(struct rig *r, rig_hook *fn, const struct mitm_plan *plan)
{
	r->hook = fn;
	r->plan = plan;
}

void
rig_wait(struct rig *r)
{
	static uint32_t ahead;
	struct btz_ta_info info;

	ahead += 61;
	btz_hostkit_clock_ahead(ahead);
	rig_info(r, &info);
}

void
rig_kill(struct rig *r)
{
	if (!r->running)
		return;
	/* Dead programs say nothing to the TPM. */
	btz_hostkit_fail_tpm_after(0);
	TA_CloseSessionEntryPoint(r->session);
	TA_DestroyEntryPoint();
	btz_hostkit_close();
	btz_hostkit_fail_storage_after(-1);
	r->running = false;
}

void
rig_power_back(struct rig *r)
{
	rig_kill(r);
	assert_true(btz_swtpm_restart(&r->tpm));
	(void)close(r->tpm.fd);
	r->tpm.fd = -1;
	rig_start(r);
}

static struct {
	bool on;
	uint8_t *p;
	size_t len;
} kept;

void
rig_keep_answers(bool on)
{
	kept.on = on;
	if (!on) {
		free(kept.p);
		kept.p = NULL;
		kept.len = 0;
	}
}

bool
rig_answered(struct btz_span what)
{
	return memmem(kept.p, kept.len, what.p, what.len) != NULL;
}

static void
keep(const struct rig *r)
{
	if (!kept.on)
		return;
	kept.p = realloc(kept.p, kept.len + r->answer_len + 1);
	assert_non_null(kept.p);
	memcpy(kept.p + kept.len, r->answer, r->answer_len);
	kept.len += r->answer_len;
}

static enum btz_rc
call_once(struct rig *r, uint32_t command, struct btz_span in)
{
	TEE_Param p[4];
	uint8_t *copy = malloc(in.len + 1);

	/* Exactly as long as it is, so that ASan sees a byte too far. */
	assert_non_null(copy);
	if (in.len > 0)
		memcpy(copy, in.p, in.len);
	memset(p, 0, sizeof(p));
	p[0].memref.buffer = copy;
	p[0].memref.size = in.len;
	p[1].memref.buffer = r->answer;
	p[1].memref.size = sizeof(r->answer);
	assert_int_equal(
	    TA_InvokeCommandEntryPoint(r->session, command,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
		    TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
		    TEE_PARAM_TYPE_NONE),
		p),
	    TEE_SUCCESS);
	free(copy);
	r->answer_len = p[1].memref.size;
	r->state = p[2].value.b;
	keep(r);
	return (enum btz_rc)p[2].value.a;
}

enum btz_rc
rig_call(struct rig *r, uint32_t command, struct btz_span in)
{
	enum btz_rc rc = call_once(r, command, in);

	while (rc == BTZ_E_PENDING && !r->split)
		rc = call_once(r, BTZ_TA_TPM_END, btz_span_of(NULL, 0));
	return rc;
}

enum btz_rc
rig_do(struct rig *r, uint32_t command, const struct btz_msgdef *def_in,
    const void *in, const struct btz_msgdef *def_out, void *out)
{
	static uint8_t buf[BTZ_TA_REQUEST_MAX];
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (def_in != NULL)
		btz_msg_write(def_in, in, &wr);
	assert_true(btz_wr_ok(&wr));
	rc = rig_call(r, command, btz_wr_span(&wr));
	if (rc == BTZ_OK && def_out != NULL)
		assert_true(btz_msg_decode(
		    def_out, btz_span_of(r->answer, r->answer_len), out));
	return rc;
}

enum btz_rc
rig_step(struct rig *r, struct btz_ta_step *out)
{
	struct btz_provision req = {
		.trust_domain = btz_span_str("box.example"),
		.box = btz_span_str("nas"),
		.origin = btz_span_str("box.example/audit"),
		.now = RIG_NOW,
		.root_not_after = RIG_NOW + 7300ull * 86400,
		.ek_chain = r->ek_chain,
		.ek_required = r->ek_required,
	};

	return rig_do(r, BTZ_TA_PROVISION, &btz_def_provision, &req,
	    &btz_def_ta_step, out);
}

void
rig_provision(struct rig *r)
{
	struct btz_ta_step s = { 0 };

	for (int i = 0; i < 30 && s.done == 0; i++)
		assert_int_equal(rig_step(r, &s), BTZ_OK);
	assert_int_equal(s.done, 1);
	assert_int_equal(r->state, BTZ_TA_READY);
}

void
rig_info(struct rig *r, struct btz_ta_info *out)
{
	assert_int_equal(
	    rig_do(r, BTZ_TA_INFO, NULL, NULL, &btz_def_ta_info, out), BTZ_OK);
}

size_t
rig_constraints(uint8_t *buf, size_t cap)
{
	static const uint8_t range[] = { 192, 0, 2, 0, 255, 255, 255, 0 };
	struct btz_constraints c = {
		.trust_domain = btz_span_str("box.example"),
		.subject_cn = btz_span_str("nas issuing"),
		.ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		.max_lifetime = 30 * 86400,
		.crl_uri = btz_span_str("http://box.example/ca.crl"),
		.n_tenants = 1,
		.tenants = { btz_span_str("home") },
		.n_dns = 1,
		.dns = { btz_span_str("box.example") },
		.n_ips = 1,
		.ips = { btz_span_of(range, sizeof(range)) },
	};
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_constraints_encode(&c, &wr);
	assert_true(btz_wr_ok(&wr));
	return wr.len;
}

enum btz_rc
rig_create(struct rig *r, uint8_t kind, struct btz_span constraints,
    struct rig_key *out)
{
	struct btz_ta_key_create req = { .alg = BTZ_ALG_EC_P256,
		.kind = kind,
		.operations = BTZ_USE_SIGN,
		.constraints = constraints };
	struct btz_ta_key k;
	enum btz_rc rc = rig_do(r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
	    &req, &btz_def_ta_key, &k);

	if (rc != BTZ_OK)
		return rc;
	memcpy(out->id, k.key_id, 16);
	out->spki_len = k.spki.len;
	out->blob_len = k.blob.len;
	memcpy(out->spki, k.spki.p, k.spki.len);
	memcpy(out->blob, k.blob.p, k.blob.len);
	return rc;
}

enum btz_rc
rig_open(struct rig *r, struct btz_span blob, uint32_t *handle)
{
	struct btz_ta_blob req = { blob };
	struct btz_ta_handle h = { 0 };
	enum btz_rc rc = rig_do(
	    r, BTZ_TA_KEY_OPEN, &btz_def_ta_blob, &req, &btz_def_ta_handle, &h);

	*handle = h.handle;
	return rc;
}

enum btz_rc
rig_sign(struct rig *r, uint32_t command, uint32_t handle, uint64_t now,
    struct btz_span input, struct btz_span previous)
{
	struct btz_ta_sign req = { .handle = handle,
		.alg = BTZ_SIG_ECDSA_SHA256,
		.now = now,
		.input = input,
		.previous = previous };

	return rig_do(r, command, &btz_def_ta_sign, &req, NULL, NULL);
}

bool
rig_verify(struct btz_span spki, struct btz_span data, struct btz_span sig)
{
	const unsigned char *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = key != NULL && ctx != NULL &&
		  EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) ==
		      1 &&
		  EVP_DigestVerify(ctx, sig.p, sig.len, data.p, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

size_t
rig_sha1(const uint8_t *p, size_t len, uint8_t out[20])
{
	unsigned n = 0;

	assert_int_equal(EVP_Digest(p, len, out, &n, EVP_sha1(), NULL), 1);
	return n;
}

void
rig_wait_ready(struct rig *r)
{
	struct btz_ta_info info = { 0 };

	for (int i = 0; i < 100 && info.state != BTZ_TA_READY; i++) {
		rig_info(r, &info);
		if (info.state != BTZ_TA_READY)
			(void)usleep(100000);
	}
	assert_int_equal(info.state, BTZ_TA_READY);
}

void
rig_drop(struct rig *r, const char *name)
{
	char side[128];

	side_dir(r, name, side, sizeof(side));
	rig_remove_dir(side);
}
