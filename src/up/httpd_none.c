/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_none.c - stands in until httpd_conf.c is there: no Apache. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "up/httpd_conf.h"

enum btz_rc
btz_httpd_dirs(const char *home, uid_t uid, gid_t gid, struct btz_err *err)
{
	static const char *const rels[] = { "apache", "shares" };
	enum btz_rc rc = BTZ_OK;
	char path[512];

	for (size_t i = 0; rc == BTZ_OK && i < 2; i++) {
		rc = btz_home_path(home, rels[i], path, sizeof(path), err);
		if (rc == BTZ_OK && mkdir(path, 0700) == 0 &&
		    uid != (uid_t)-1 && chown(path, uid, gid) != 0)
			rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "%s", path);
	}
	return rc;
}

enum btz_rc
btz_httpd_conf_write(const struct btz_httpd_conf *cf, struct btz_err *err)
{
	(void)cf;
	return BTZ_FAIL(err, BTZ_E_NOENT, "mod_bartizan.so");
}

void
btz_httpd_argv(const char *conf_path, const char *argv[BTZ_HTTPD_ARGV])
{
	(void)conf_path;
	argv[0] = NULL;
}

const char *
btz_httpd_preload(void)
{
	return NULL;
}
