/* SPDX-License-Identifier: Apache-2.0 */
/* bartizan-access.c - the program; its life is in main.c, which tests link. */
#include "access/access.h"

int
main(int argc, char **argv)
{
	return btz_access_main(argc, argv);
}
