# SPDX-License-Identifier: Apache-2.0
"""The chapter of the tour about the VPN: a box of its own in a network
namespace and a stock OpenVPN client in another. Where no namespace may be made
it says so. Start at by_vpn()."""
import os
import sys
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "vpn"))

CONF = """
[vpn main]
tenant = home
listen = 0.0.0.0:1194
remote = 192.0.2.1:1194
[reach files]
vpn = main
role = viewer
to = box
"""


def by_vpn(tour, box):
    tour.chapter("The way in by VPN")
    import net  # finds its box's programs by BARTIZAN_LIBEXEC
    why = net.why_not()
    if why is not None:
        tour.skip("a VPN in network namespaces", why)
        return
    out = inn = vpn = None
    try:
        out, inn = net.Space("t"), net.Space("u")
        out.link(inn, ["192.0.2.1/24"], ["192.0.2.2/24"], 9)
        vpn = net.VpnBox(out, CONF, libexec=os.path.abspath(box.build))
        connect(tour, net, vpn, inn)
    finally:
        if vpn is not None:
            vpn.down()
        for space in (inn, out):
            if space is not None:
                space.end()


def fetch(net, vpn, inn, where):
    """Status of alice's request through the tunnel."""
    url = "https://localhost:%d/home/photos/" % vpn.port
    return inn.run("curl", "-sS", "-m", "3", "--cacert", where + "/ca.pem", "--cert", where + "/cert.pem",
                   "--key", where + "/key.pem", "--connect-to",
                   "localhost:%d:10.88.0.1:%d" % (vpn.port, vpn.port), "-o", "/dev/null", "-w", "%{http_code}",
                   "-X", "PROPFIND", "-H", "Depth: 0", url, check=False).stdout[-3:]


def connect(tour, net, vpn, inn):
    for words in (("tenant", "add", "home"), ("vpn", "define", "main"), ("share", "add", "photos")):
        tour.check("bartizan " + " ".join(words), 0, vpn.cli(*words, check=False).returncode)
    where = vpn.enrol("alice", "home")
    for words in (("role", "grant", "alice", "viewer", "vpn:main"), ("role", "grant", "alice", "viewer", "photos")):
        tour.check("bartizan " + " ".join(words), 0, vpn.cli(*words, check=False).returncode)
    profile = vpn.home + "/alice.ovpn"
    rc = vpn.cli("vpn", "profile", "alice", "--vpn", "main", "--keys", where, "--url",
                 "https://localhost:%d" % vpn.port, "--out", profile, check=False)
    tour.check("bartizan vpn profile alice", 0, rc.returncode, rc.stderr)
    log = vpn.home + "/alice.log"
    inn.start("openvpn", "--config", profile, "--dev", "tunnel", "--dev-type", "tun", log=log)
    tour.check("a stock OpenVPN client with it is in", True, bool(net.up(log, 30)), net.read(log)[-300:])
    tour.check("vpn sessions shows her", True, bool(net.wait_for(lambda: vpn.sessions("alice"))))
    tour.check("her files, through the tunnel", "207", fetch(net, vpn, inn, where))
    cred = [c["id"] for c in vpn.items("credential", "list") if "alice" in str(c)][0]
    tour.check("bartizan credential revoke", 0, vpn.cli("credential", "revoke", cred, check=False).returncode)
    begun = time.monotonic()
    tour.check("nothing passes any more", "000", fetch(net, vpn, inn, where))
    tour.say("      | asked %.0f ms after the answer" % ((time.monotonic() - begun) * 1000))
    acts = [r for r in vpn.cli("audit", "tail", "--lines", "60").stdout.splitlines() if '"via":"vpn"' in r]
    tour.check("the trail has it: connect, cut", True,
               any('"act":"connect"' in r for r in acts) and any('"act":"cut"' in r for r in acts))
