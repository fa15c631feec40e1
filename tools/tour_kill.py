# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each program in turn, with the table "What still works when one
dies" as the expectation. First one kill: back within 3 s. Then it is killed
until its back-off is long enough to look at the box without it."""

import os
import signal
import time

from tour_box import body_of, status_of

BACK_S = 3.0
CAT = "/home/photos/cat.txt"


def get(box):
    return status_of(box.curl("alice", "GET", CAT))


def put(box):
    return status_of(box.curl("alice", "PUT", "/home/photos/kill.txt", "--data-binary", "k"))


def enrol(box, name):
    """0 when a new user can get a certificate, else what happened."""
    return box.enrol(name)[0]


def change(box):
    return box.run("user", "list", timeout=1)[0]


def keys(box):
    return box.run("--json", "status")[1].count("tee-emulated") > 0


def refused(rc):
    """Refused, or no answer while it is dead."""
    return "refused" if rc != 0 else rc


def no_enrolment(box):
    """With an invite that was good before; it may be used up after it."""
    box.tries += 1
    out = box.user("try-%d" % box.tries)[:-1]
    return refused(box.enrol_with(box.spare, out, timeout=1)[0])


# program: what is tried while it is dead: (words, function, expected)
WHILE_DEAD = {
    "access": [("files go on with the mapped policy", get, 200),
               ("changes of policy are refused", lambda b: refused(change(b)), "refused"),
               ("enrolment is refused", no_enrolment, "refused")],
    "ca": [("files go on", get, 200), ("writing goes on", put, (201, 204)),
           ("enrolment is refused", no_enrolment, "refused")],
    "broker": [("files go on", get, 200), ("writing goes on", put, (201, 204))],
    "crypto-soft": [("files go on", get, 200), ("writing goes on", put, (201, 204))],
    "crypto-tee": [("files go on", get, 200), ("writing goes on", put, (201, 204)),
                   ("enrolment is refused", no_enrolment, "refused")],
    "ta": [("files go on", get, 200), ("writing goes on", put, (201, 204))],
    "swtpm": [("files go on", get, 200), ("writing goes on", put, (201, 204))],
    "audit": [("changing methods are refused", put, 503),
              ("reads are refused (audit.reads_without_log = no)", get, 503)],
    "httpd": [("HTTPS is refused", get, 0), ("access goes on", change, 0),
              ("the KMS goes on", keys, True)],
}


def pid_of(box, name):
    return box.processes().get(name, {}).get("pid", 0)


def kill_once(box, name):
    pid = pid_of(box, name)
    if pid and alive(pid):
        os.kill(pid, signal.SIGKILL)
    return pid


def make_dead(box, name):
    """Kills until the next start is 1.6 s away, 3.2 s where others wait for
    an answer of it before they give up."""
    last = 0
    for _ in range(5 if name in ("access", "audit", "ca", "crypto-tee") else 4):
        until(4, lambda: pid_of(box, name) not in (0, last) and alive(pid_of(box, name)))
        last = kill_once(box, name)


def until(seconds, what):
    """Seconds until what() is true, or None."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if what():
            return time.monotonic() - start
        time.sleep(0.03)
    return None


def is_back(box, name, not_pid):
    p = box.processes().get(name, {})
    return p.get("state") == "running" and p.get("pid") != not_pid


def kill_each(tour, box):
    tour.chapter("kill -9 of each program in turn")
    box.run("user", "add", "spare")
    box.tries = 0
    tour.check("before: alice writes", True, put(box) in (201, 204))
    for name, tries in WHILE_DEAD.items():
        killed = kill_once(box, name)
        took = until(BACK_S, lambda: is_back(box, name, killed))
        tour.check("%s killed: back within 3 s" % name, True, took is not None)
        after(tour, box, name)
        box.spare = box.invite("spare")
        make_dead(box, name)
        for words, act, expected in tries:
            happened = act(box)
            if isinstance(expected, tuple) and happened in expected:
                expected = happened
            tour.check("%s dead: %s" % (name, words), expected, happened)
        took = until(5, lambda: is_back(box, name, 0))
        tour.check("%s is back after five kills in a row" % name, True, took is not None)
        after(tour, box, name + "-2")
    tour.check("what was acknowledged is there: alice's file", "a cat",
               body_of(box.curl("alice", "GET", CAT)))
    rc, out = box.run("audit", "verify")
    tour.check("the log verifies after all of it", 0, rc, out)
    supervisor(tour, box)


def after(tour, box, name):
    """Everything works again, enrolment (through all programs) included."""
    user = "after-" + name
    took = until(5, lambda: get(box) == 200)
    tour.check("%s back: alice reads" % name, True, took is not None)
    until(5, lambda: box.run("user", "add", user)[0] in (0, 65))
    took = until(6, lambda: enrol_new(box, user))
    tour.check("%s back: a new user enrols" % name, True, took is not None,
               box.run("status")[1])


def enrol_new(box, user):
    out = box.user(user)[:-1]
    invite = box.invite(user)
    return bool(invite) and box.enrol_with(invite, out)[0] in (0,)


def supervisor(tour, box):
    pids = box.pids()
    os.kill(pids[-1], signal.SIGKILL)
    time.sleep(1)
    left = [p for p in pids if alive(p)]
    tour.check("supervisor killed: every program ends within 1 s", [], left)
    tour.check("and no Apache child holds the port", 0, get(box))
    rc, out = box.run("up")
    tour.check("bartizan up again", 0, rc, out)
    box.wait_https()
    tour.check("alice reads", 200, get(box))


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
