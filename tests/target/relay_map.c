/* SPDX-License-Identifier: Apache-2.0 */
/* relay_map.c - see tpm_relay.h. */
#include "tpm_relay.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

struct relay *
relay_map(int flags)
{
	struct relay *r = MAP_FAILED;
	int fd = open(RELAY_FILE, O_RDWR | O_CLOEXEC | flags, 0600);

	if (fd >= 0 && ftruncate(fd, sizeof(*r)) == 0)
		r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (fd >= 0)
		(void)close(fd);
	return r == MAP_FAILED ? NULL : r;
}
