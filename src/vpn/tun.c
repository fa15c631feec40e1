/* SPDX-License-Identifier: Apache-2.0 */
/* tun.c - makes a tunnel's device; see tun.h. Start at btz_tun_make(). */
#include "vpn/tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/ipv6.h and netinet/in.h do not go together */
struct ifr6 {
	struct in6_addr addr;
	uint32_t prefixlen;
	int ifindex;
};

static struct ifreq
request(const struct btz_site_conf *c)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", c->device);
	return r;
}

static enum btz_rc
make_device(const struct btz_site_conf *c, unsigned owner, struct btz_err *err)
{
	int fd = open(BTZ_TUN_DEVICE, O_RDWR | O_CLOEXEC);
	struct ifreq r = request(c);
	enum btz_rc rc = BTZ_OK;

	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_NO_CUTOFF, BTZ_TUN_DEVICE);
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &r) != 0 && errno == EBUSY) {
		(void)close(fd); /* OpenVPN has it: made by an earlier life */
		return BTZ_OK;
	}
	errno = 0;
	if (r.ifr_name[0] == '\0' || if_nametoindex(c->device) == 0 ||
	    ioctl(fd, TUNSETOWNER, (unsigned long)owner) != 0 ||
	    ioctl(fd, TUNSETPERSIST, 1UL) != 0)
		rc = BTZ_FAIL_SYS(
		    err, BTZ_E_NO_CUTOFF, "tunnel device %s", c->device);
	(void)close(fd);
	return rc;
}

static int
set_v4(int fd, const struct btz_site_conf *c)
{
	struct ifreq r = request(c);
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int failed;

	sa.sin_addr.s_addr = htonl(c->net.net + 1);
	memcpy(&r.ifr_addr, &sa, sizeof(sa));
	failed = ioctl(fd, SIOCSIFADDR, &r);
	sa.sin_addr.s_addr = htonl(btz_vpn_mask(c->net.bits));
	memcpy(&r.ifr_netmask, &sa, sizeof(sa));
	failed |= ioctl(fd, SIOCSIFNETMASK, &r);
	r = request(c);
	failed |= ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags = (short)(r.ifr_flags | IFF_UP | IFF_NOARP);
	return failed | ioctl(fd, SIOCSIFFLAGS, &r);
}

static int
set_v6(const struct btz_site_conf *c)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifr6 r = { .prefixlen = 64,
		.ifindex = (int)if_nametoindex(c->device) };
	int failed;

	if (fd < 0)
		return -1;
	memcpy(&r.addr, c->net6.net6, 16);
	r.addr.s6_addr[15] = 1;
	failed = ioctl(fd, SIOCSIFADDR, &r) != 0 && errno != EEXIST;
	(void)close(fd);
	return failed;
}

enum btz_rc
btz_tun_make(const struct btz_site_conf *c, unsigned owner, struct btz_err *err)
{
	enum btz_rc rc = make_device(c, owner, err);
	int fd;

	if (rc != BTZ_OK)
		return rc;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_v4(fd, c) != 0 || (c->net6.v6 && set_v6(c) != 0))
		rc = BTZ_FAIL_SYS(
		    err, BTZ_E_NO_CUTOFF, "addresses of %s", c->device);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

bool
btz_tun_remove(uint32_t index)
{
	char name[16];
	struct ifreq r;
	int fd = open(BTZ_TUN_DEVICE, O_RDWR | O_CLOEXEC);
	bool gone;

	if (fd < 0)
		return false;
	(void)snprintf(name, sizeof(name), BTZ_SITE_DEVICE, index);
	memset(&r, 0, sizeof(r));
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	/* one that was not there is made here, and goes with the descriptor */
	gone = ioctl(fd, TUNSETIFF, &r) == 0 &&
	       ioctl(fd, TUNSETPERSIST, 0UL) == 0;
	(void)close(fd);
	return gone;
}
