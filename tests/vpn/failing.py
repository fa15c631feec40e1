# SPDX-License-Identifier: Apache-2.0
"""Chapters of system.py: what is left when a part dies, hangs or is slow."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

from net import read, stop, up, wait_for


PATIENT = ['--ping', '2', '--ping-restart', '8']


def back(tap, w, p, what, who='bob', seconds=90):
    ok = wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450) and w.box.sessions(who), seconds, 0.2)
    return tap.ok(ok, f'{what}: it comes back by itself', read(p.log)[-800:])


def break_link(pid):
    """Shuts down a process's connected Unix stream sockets, as a broken one would be: how many."""
    libc, pidfd, n = ctypes.CDLL(None, use_errno=True), os.pidfd_open(pid), 0
    for fd in map(int, os.listdir(f'/proc/{pid}/fd')):
        try:
            if not os.readlink(f'/proc/{pid}/fd/{fd}').startswith('socket:'):
                continue
        except OSError:
            continue
        mine = libc.syscall(438, pidfd, fd, 0)  # pidfd_getfd
        if mine < 0:
            continue
        with socket.socket(fileno=mine) as s:
            if (s.family, s.type) == (socket.AF_UNIX, socket.SOCK_STREAM) and \
                    not s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                s.shutdown(socket.SHUT_RDWR)
                n += 1
    os.close(pidfd)
    return n


def parts_die(tap, w):
    b = w.box
    pid = w.pid
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    w.pb = w.let_in(tap, 'bob', more=PATIENT)
    os.kill(pid('openvpn1'), signal.SIGKILL)
    tap.ok(wait_for(lambda: not w.reaches(w.two, '10.77.0.1', 4450), 10), 'OpenVPN killed: nothing passes')
    back(tap, w, w.pb, 'OpenVPN killed')
    os.kill(pid('vpn'), signal.SIGKILL)
    tap.ok(wait_for(lambda: 'elements' not in w.sets(), 5), 'bartizan-vpn killed: its keeper empties the sets', w.sets())
    back(tap, w, w.pb, 'bartizan-vpn killed')
    was = b.sessions('bob')[0]
    tap.ok(break_link(pid('openvpn1')) == 1, 'the management socket breaks')
    tap.ok(wait_for(lambda: was['address'] not in w.sets() or b.sessions('bob')[:1] != [was], 5), 'who was in is out', w.sets()[-400:])
    back(tap, w, w.pb, 'management socket broken')
    os.kill(pid('crypto-tee'), signal.SIGSTOP)
    p = w.client(w.one, 'late', w.bob, '192.0.2.1')
    time.sleep(2)
    tap.ok('Completed' not in read(p.log), 'the signer hangs: nobody new gets in')
    tap.ok(wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450), 8), 'who is in stays in, after a pause')
    os.kill(pid('crypto-tee'), signal.SIGCONT)
    tap.ok(up(p.log, 60), 'it goes on: the waiting one is in', read(p.log)[-800:])
    stop(p)
    os.kill(pid('audit'), signal.SIGSTOP)
    p = w.client(w.one, 'late2', w.bob, '192.0.2.1')
    time.sleep(2)
    tap.ok('Completed' not in read(p.log), 'no record, no way in')
    os.kill(pid('audit'), signal.SIGCONT)
    stop(p)
    stop(w.pb)


def other_ends(tap, w):
    """A ruleset that somebody flushed; a client that OpenVPN drops without a word."""
    b = w.box
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    w.pb = w.let_in(tap, 'bob', more=PATIENT)
    w.srv.run('nft', 'flush', 'ruleset')
    tap.ok(wait_for(lambda: 'bartizan_main' in w.srv.run('nft', 'list', 'tables', check=False).stdout, 10),
        'flushed: the table is there again within seconds')
    tap.ok(wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450), 60, 0.2) and
        not w.reaches(w.two, '10.77.0.1', 4460), 'and he, connected anew, reaches what he may', read(w.pb.log)[-600:])
    stop(w.pb)
    tap.ok(wait_for(lambda: not b.sessions('bob'), 80), 'bob has left', str(b.items('vpn', 'sessions')))
    p = w.client(w.two, 'cipher', w.bob, '198.51.100.1', more=['--data-ciphers', 'AES-128-CBC'])
    tap.ok(wait_for(lambda: 'AUTH_FAILED' in read(p.log) or 'failed' in read(p.log), 20), 'a client without a common cipher')
    stop(p)


def slow_signer(tap, w):
    """Each signature takes more than a second; then there is no signer."""
    b = w.box
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    old, crypto, ps = {s['session'] for s in b.sessions()}, w.pid('crypto-tee'), []
    for n in ('slow1', 'slow2', 'slow-eve'):
        os.kill(crypto, signal.SIGSTOP)
        p = w.client(w.two, n, w.eve if n == 'slow-eve' else w.bob, '198.51.100.1', more=['--route-noexec'])
        time.sleep(1.2)
        early = read(p.log)
        os.kill(crypto, signal.SIGCONT)
        want = 'AUTH_FAILED,not permitted' if n == 'slow-eve' else 'Completed'
        tap.ok('Completed' not in early and 'AUTH_FAILED' not in early and wait_for(lambda: want in read(p.log), 20) and  # noqa: B023
            'process restarting' not in read(p.log), f'the signer is slow: {n} waits, then: {want}', read(p.log)[-600:])
        ps.append(p)
    was = {s['session'] for s in b.sessions()} - old
    os.kill(crypto, signal.SIGKILL)
    ps.append(w.client(w.one, 'late3', w.bob, '192.0.2.1'))
    tap.ok(up(ps[-1].log, 60), 'the signer died: the next one gets in when it is back', read(ps[-1].log)[-600:])
    now = {s['session'] for s in b.sessions()}
    tap.ok(len(was) == 2 and was <= now and w.reaches(w.two, '10.77.0.1', 4450, 'slow1'), 'who was in has stayed', f'{was} {now}')
    for p in ps:
        stop(p)


def no_right(tap, w):
    """Somebody else's table has the name of ours: the kernel refuses every change of it (NFT_TABLE_F_OWNER)."""
    b = w.box
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    p = w.let_in(tap, 'bob', more=PATIENT)
    owner = subprocess.Popen(w.srv.cmd('nft', '-i'), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True)
    w.srv.procs.append(owner)
    print('delete table inet bartizan_main', 'add table inet bartizan_main { flags owner; }', sep='\n', file=owner.stdin, flush=True)
    state = lambda: {v['name']: v['state'] + ': ' + v['why'] for v in b.items('vpn', 'list')}['main']  # noqa: E731
    tap.ok(wait_for(lambda: state().startswith('no-cutoff: no-cutoff'), 15), 'no rules can be set: no-cutoff is listed', state())
    tap.ok(wait_for(lambda: not b.sessions('bob') and not w.reaches(w.two, '10.77.0.1', 4450, 'bob'), 5), 'who was in is out', str(b.sessions()))
    late = w.client(w.one, 'late4', w.bob, '192.0.2.1')
    time.sleep(5)
    tap.ok('Completed' not in read(late.log) and not b.sessions('bob'), 'nobody is let in', read(late.log)[-400:])
    owner.stdin.close()
    stop(owner)
    back(tap, w, p, 'rules can be set again')
    for x in (p, late):
        stop(x)


def restarted(tap, w):
    """The whole box ends, starts without the right over the network, ends, starts with it."""
    b = w.box
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    p = w.let_in(tap, 'bob', more=PATIENT)
    b.cli('down')
    tap.ok('bartizan_main' not in w.srv.run('nft', 'list', 'tables').stdout and not w.reaches(w.two, '10.77.0.1', 4450),
        'the box is down: nothing passes, nothing is left')
    w.srv.run('env', f'BARTIZAN_LIBEXEC={b.libexec}', 'setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin',
        b.cli_path, '--home', b.home, 'up')
    rows = wait_for(lambda: all(v['state'] == 'no-cutoff' for v in b.items('vpn', 'list')), 20)
    tap.ok(rows, 'up without CAP_NET_ADMIN: no-cutoff', json.dumps(b.items('vpn', 'list')))
    tap.ok(not b.sessions() and not w.reaches(w.two, '10.77.0.1', 4450), 'nobody is in')
    b.cli('down')
    b.cli('up')
    back(tap, w, p, 'server restart')
    stop(p)


def hangs(tap, w):
    b = w.box
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    p = w.let_in(tap, 'bob', more=PATIENT)
    was = w.pid('openvpn1')
    os.kill(was, signal.SIGSTOP)
    began = time.monotonic()
    tap.ok(wait_for(lambda: w.pid('openvpn1') not in (was, 0), 30, 0.2), 'OpenVPN hangs: it is killed and started again')
    tap.note(f'OpenVPN hangs: another one after {time.monotonic() - began:.1f} s')
    back(tap, w, p, 'OpenVPN hung')
    stop(p)
