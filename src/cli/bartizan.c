/* SPDX-License-Identifier: Apache-2.0 */
/* bartizan.c - the management tool; all of it is in cli.c and cmd_<noun>.c. */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	return btz_cli_main(argc, argv);
}
