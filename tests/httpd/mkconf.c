/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkconf.c - directories and configuration of Apache for tests and benchmarks:
 *	mkconf HOME LISTEN MODULE [reads-without-log]
 * BTZ_TUNNELS in the environment: networks of VPNs.
 * Prints the command line and, after "preload ", what a sanitizer build needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/home.h"
#include "up/httpd_conf.h"

int
main(int argc, char **argv)
{
	struct btz_conf_https https = { .names = "localhost 127.0.0.1",
		.max_body = 1 << 30 };
	struct btz_httpd_conf cf = { .https = &https };
	const char *cmd[BTZ_HTTPD_ARGV];
	struct btz_err err = { .rc = BTZ_OK };
	char path[4096];

	if (argc < 4) {
		fprintf(stderr, "mkconf HOME LISTEN MODULE\n");
		return 2;
	}
	cf.home = argv[1];
	(void)snprintf(https.listen, sizeof(https.listen), "%s", argv[2]);
	cf.module = argv[3];
	cf.reads_without_log = argc > 4;
	cf.tunnels = getenv("BTZ_TUNNELS");
	if (btz_httpd_dirs(cf.home, (uid_t)-1, (gid_t)-1, &err) != BTZ_OK ||
	    btz_httpd_conf_write(&cf, &err) != BTZ_OK ||
	    btz_home_path(cf.home, BTZ_HTTPD_CONF, path, sizeof(path), &err) !=
		BTZ_OK) {
		fprintf(stderr, "mkconf: %s\n", err.msg);
		return 1;
	}
	btz_httpd_argv(path, cmd);
	for (size_t i = 0; cmd[i] != NULL; i++)
		printf("%s\n", cmd[i]);
	if (btz_httpd_preload() != NULL)
		printf("preload %s\n", btz_httpd_preload());
	return 0;
}
