# SPDX-License-Identifier: Apache-2.0
"""Chapters of system.py: who is not allowed any more is gone."""
import json
import os
import sqlite3
import time

from net import read, stop, up, wait_for
from world import last


def role_change(tap, w):
    w.box.cli('role', 'grant', 'alice', 'owner', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: w.reaches(w.one, '10.77.0.1', 4460), 40), 'a role more: reached')
    w.box.cli('role', 'revoke', 'alice', 'owner', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: not w.reaches(w.one, '10.77.0.1', 4460), 5), 'a role less: not any more')
    tap.ok(wait_for(lambda: w.reaches(w.one, '10.77.0.1', 4450) and
        len([s for s in w.box.sessions('alice') if s['state'] == 'in']) == 2, 40), 'the rest comes back')


def cut_off(tap, w, what, *cmd):
    """A command while alice transfers; when did the last byte pass?"""
    p = w.flow(w.one, '10.77.0.1', 4450, 'going', 3, 'long')
    tap.ok(wait_for(lambda: len(read(w.log('going'))) > 200), f'{what}: a transfer is going on')
    w.box.cli(*cmd)
    answered = time.monotonic()
    p.wait(20)
    late = last(w.log('going')) - answered
    tap.note(f'{what}: last byte {late * 1000:.0f} ms after the answer of the command')
    tap.ok(late < 1, f'{what}: the transfer ends within a second', f'{late:.3f} s')


def revoked(tap, w):
    cut_off(tap, w, 'role taken away', 'role', 'revoke', 'alice', 'viewer', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: not w.box.sessions(), 15) or not w.box.sessions('alice'), 'her sessions end')
    for p in (w.p, w.p6):
        stop(p)
    w.box.cli('role', 'grant', 'alice', 'viewer', 'vpn:main', '--tenant', 'home')
    w.p = w.client(w.one, 'alice', w.alice, '192.0.2.1')
    tap.ok(up(w.p.log), 'given back: she is in again', read(w.p.log)[-600:])
    cred = [c for c in w.box.items('credential', 'list', '--tenant', 'home') if 'alice' in json.dumps(c)][0]
    cut_off(tap, w, 'credential revoked', 'credential', 'revoke', cred['id'])
    tap.ok(wait_for(lambda: 'AUTH_FAILED,not permitted' in read(w.p.log), 20), 'and she does not come in again')
    stop(w.p)
    out = [r for r in w.trail(act='disconnect', tenant='home') if r.get('cred')]
    tap.ok(out and out[-1].get('n', 0) > 0, 'the trail has duration and bytes', str(out[-1:]))


PEOPLE = ('carol', 'dave', 'frank', 'grace', 'heidi')


def clock(t):
    """As a window has it, UTC: HH:MM."""
    return time.strftime('%H:%M', time.gmtime(t))


def change_certificate(w, who, what, *values):
    """What no command does: a credential that ends soon, another serial. In force with the next change."""
    with sqlite3.connect(os.path.join(w.box.home, 'lib', 'access', 'access.db'), timeout=10) as db:
        n = db.execute(f'UPDATE credentials SET {what} WHERE uri LIKE ?', (*values, f'%/{who}')).rowcount
    db.close()
    if n != 1:
        raise RuntimeError(f'{n} credentials of {who}')


def by_the_clock(tap, w):
    """Sessions that end without a command: a grant, a certificate, the hours; and those that renew their keys."""
    b = w.box
    grant = lambda who, *more: b.cli('role', 'grant', who, 'viewer', 'vpn:main', '--tenant', 'home', *more)  # noqa: E731
    for n in PEOPLE:
        setattr(w, n, b.enrol(n, 'home'))
        grant(n)
    renew = {'grace': ['--reneg-sec', '4'], 'heidi': ['--reneg-sec', '4']}
    ps = {n: w.client(w.two, n, getattr(w, n), '198.51.100.1', more=['--route-noexec', *renew.get(n, [])]) for n in PEOPLE}
    tap.ok(all(up(p.log, 40) for p in ps.values()), 'five more are in')
    same = wait_for(lambda: b.sessions('grace')) or [{'session': 'none'}]
    flows = {n: w.flow(w.two, '10.77.0.1', 4450, f'flow-{n}', 3, 'long', n) for n in PEOPLE}
    going = lambda n: len(read(w.log(f'flow-{n}'))) > 400  # noqa: E731
    tap.ok(wait_for(lambda: all(map(going, PEOPLE))), 'and transfer', str([n for n in PEOPLE if not going(n)]))
    end = (int(time.time() + 8) // 60 + 1) * 60
    at = time.monotonic() + end - time.time()
    change_certificate(w, 'dave', 'not_after = ?', end)
    change_certificate(w, 'heidi', 'serial = ?', os.urandom(16))
    grant('carol', '--until', time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(end)))
    grant('frank', '--window', f"daily {clock(end - 3600)}-{clock(end).replace('00:00', '24:00')}")
    renewed(tap, w, ps, same[0]['session'])
    wait_for(lambda: time.monotonic() > at - 1, 70)
    # the second of notAfter is still good (RFC 5280 4.1.2.5)
    for who, why, more in (('carol', 'a grant with --until', 0), ('dave', 'a certificate', 1), ('frank', 'the hours of a grant', 0)):
        wait_for(lambda: flows[who].poll() is not None, 10)  # noqa: B023
        late = last(w.log(f'flow-{who}')) - at - more
        tap.note(f'{why} ends: last byte {late * 1000:.0f} ms later')
        tap.ok(-1 < late < 1.5, f'{why} ends: so does the transfer, within about a second, not before', f'{late:.3f} s')
    tap.ok(wait_for(lambda: all('AUTH_FAILED,not permitted' in read(ps[n].log) for n in PEOPLE[:3]), 20),
        'they do not come in again', str([read(ps[n].log)[-200:] for n in PEOPLE[:3]]))
    whys = {r.get('why') for r in w.trail(act='cut')}
    tap.ok({'grant has expired', 'credential has expired', 'grant is not for this time'} <= whys, 'the trail says why', str(whys))
    tap.ok(flows['grace'].poll() is None and last(w.log('flow-grace')) > at, 'who may stays')
    cut_at = time.monotonic()
    b.cli('role', 'revoke', 'grace', 'viewer', 'vpn:main', '--tenant', 'home')
    wait_for(lambda: flows['grace'].poll() is not None, 10)
    tap.ok(last(w.log('flow-grace')) - cut_at < 2 and wait_for(lambda: 'AUTH_FAILED,not permitted' in read(ps['grace'].log), 20),
        'revoked between two renewals: gone, and not back', read(ps['grace'].log)[-400:])
    for p in ps.values():
        stop(p)


def renewed(tap, w, ps, same):
    """heidi's certificate is not known any more, which only a renewal of her keys shows; grace's is."""
    verified = lambda n: read(ps[n].log).count('VERIFY OK: depth=0')  # noqa: E731
    tap.ok(wait_for(lambda: verified('grace') >= 3, 30), 'keys are renewed', read(ps['grace'].log)[-600:])
    tap.ok([s['session'] for s in w.box.sessions('grace')] == [same] and w.reaches(w.two, '10.77.0.1', 4450, 'grace'),
        'who may stays, in the same session', str(w.box.sessions('grace')))
    tap.ok(wait_for(lambda: 'AUTH_FAILED,not permitted' in read(ps['heidi'].log), 30) and not w.box.sessions('heidi') and
        not w.reaches(w.two, '10.77.0.1', 4450, 'heidi'), 'who is not known any more ends at a renewal', read(ps['heidi'].log)[-600:])
    cut = [r for r in w.trail(act='cut') if r.get('who', '').endswith('/heidi')]
    tap.ok(cut and cut[-1].get('why') == 'credential is not registered', 'cut off then, not at the next connect', str(cut))


def killed_by_hand(tap, w):
    b = w.box
    w.pb = w.client(w.two, 'bob', w.bob, '198.51.100.1')
    tap.ok(up(w.pb.log, 60), 'bob once more', read(w.pb.log)[-600:])
    s = wait_for(lambda: b.sessions('bob')) or [{'session': 'none'}]
    p = b.cli('vpn', 'kill', s[0]['session'], check=False)
    tap.ok(p.returncode == 0, 'vpn kill', p.stderr)
    tap.ok(wait_for(lambda: b.sessions('bob') and b.sessions('bob')[0]['session'] != s[0]['session'], 30),
        'it is gone; he, who may, comes again', str(b.items('vpn', 'sessions')))
    p = b.cli('vpn', 'kill', 'main:99999', check=False)
    tap.ok(p.returncode != 0 and 'E_NOENT' in p.stderr, 'a session that there is not', p.stderr)
    stop(w.pb)
