# SPDX-License-Identifier: Apache-2.0
"""A box for tests and benchmarks of the Apache module: a test CA made with
openssl, a published policy, fake audit and ca sockets, a real Apache. Start
with class Box; Client keeps one connection, so that it can be revoked."""
import hashlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

DOMAIN = 'box.bartizan.internal'
HDR = struct.Struct('>BBHIIIQ')
UID = 64321
PING, APPEND, HTTP = 0x0001, 0x0501, 0x0601
ANSWER, EVENT = 1, 8
# wire order of struct btz_audit: name, kind (text, bytes: length prefix)
AUDIT = [('phase', 'B'), ('wait', 'B'), ('tenant', 't'), ('who', 't'), ('cred', 't'), ('via', 'B'),
    ('from', 't'), ('act', 't'), ('obj', 'b'), ('dst', 'b'), ('decision', 'B'), ('why', 't'),
    ('pol', 'Q'), ('out', 't'), ('has_n', 'B'), ('n', 'Q')]
HTTP_IN = [('method', 't'), ('path', 't'), ('token', 't'), ('from', 't'), ('client_cert', 'b'),
    ('body', 'b')]


def decode(fields, body):
    out, at = {}, 0
    for name, kind in fields:
        if kind in 'tb':
            size = 2 if kind == 't' else 4
            n = int.from_bytes(body[at:at + size], 'big')
            at += size
            raw = body[at:at + n]
            if len(raw) != n:
                raise ValueError(name)
            out[name] = raw.decode() if kind == 't' else raw
            at += n
        else:
            n = struct.calcsize('>' + kind)
            out[name] = int.from_bytes(body[at:at + n], 'big')
            at += n
    if at != len(body):
        raise ValueError('trailing bytes')
    return out


class Fake:
    """A SEQPACKET server that answers each frame with what fn returns."""

    def __init__(self, path, fn):
        self.path, self.fn = path, fn
        self.lock = threading.Lock()
        self.start()

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(64)
        if os.getuid() == 0:
            os.chown(self.path, UID, UID)
        self.conns = []
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            self.conns.append(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        while True:
            try:
                data = c.recv(70000)
            except OSError:
                return
            if not data:
                return
            ver, flags, op, status, n, tag, rid = HDR.unpack(data[:24])
            assert ver == 1 and n == len(data) - 24
            status, body = (0, b'') if op == PING else self.fn(op, rid, flags, data[24:])
            if flags & EVENT:
                continue
            try:
                c.sendall(HDR.pack(1, ANSWER, op, status, len(body), tag, rid) + body)
            except OSError:
                return

    def stop(self):
        """As if killed: the socket file stays."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.conns:
            try:
                c.shutdown(socket.SHUT_RDWR)
                c.close()
            except OSError:
                pass


class Pki:
    def __init__(self, top):
        self.top = top
        self.serial = 1000
        self.ca('root', 'Test Root', None)
        self.ca('issuing', 'Test Issuing', 'root')
        self.ca('foreign', 'Test Root', None)
        self.issue('server', 'issuing', ['subjectAltName=DNS:localhost,IP:127.0.0.1',
            'extendedKeyUsage=serverAuth'])

    def path(self, name):
        return os.path.join(self.top, name)

    def run(self, *args, **kw):
        return subprocess.run(['openssl', *args], check=True, capture_output=True, **kw).stdout

    def key(self, name):
        self.run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out',
            self.path(name + '.key'))

    def sign(self, name, subject, by, ext, days):
        conf = self.path(name + '.cnf')
        with open(conf, 'w') as f:
            f.write('[req]\ndistinguished_name=dn\n[dn]\n[e]\n' + '\n'.join(ext) + '\n')
        self.serial += 1
        self.run('req', '-new', '-key', self.path(name + '.key'), '-subj', subject, '-config', conf,
            '-out', self.path(name + '.csr'))
        signer = by or name
        ca = ['-signkey', self.path(name + '.key')] if by is None else ['-CA',
            self.path(by + '.pem'), '-CAkey', self.path(by + '.key'), '-set_serial',
            str(self.serial)]
        when = ['-days', str(days)]
        self.run('x509', '-req', '-in', self.path(name + '.csr'), *ca, *when, '-sha256',
            '-extfile', conf, '-extensions', 'e', '-out', self.path(name + '.pem'))
        return signer

    def ca(self, name, cn, by):
        self.key(name)
        self.sign(name, '/CN=' + cn, by, ['basicConstraints=critical,CA:TRUE',
            'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash'], 30)

    def issue(self, name, by, ext, days=7):
        self.key(name)
        self.sign(name, '/CN=' + name, by, ['basicConstraints=critical,CA:FALSE',
            'keyUsage=critical,digitalSignature', *ext], days)

    def user(self, tenant, name, by='issuing', days=7, file=None):
        file = file or name
        self.issue(file, by, [f'subjectAltName=URI:spiffe://{DOMAIN}/{tenant}/user/{name}',
            'extendedKeyUsage=clientAuth'], days)
        return self.spki(file)

    def user_for(self, tenant, name, seconds, file):
        """A certificate that ends in so many seconds (openssl ca knows dates)."""
        spki = self.user(tenant, name, file=file)
        conf, db = self.path(file + '.ca.cnf'), self.path(file + '.db')
        open(db, 'w').close()
        with open(conf, 'w') as f:
            f.write(f'[ca]\ndefault_ca=c\n[c]\ndatabase={db}\nnew_certs_dir={self.top}\n'
                'default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n')
        end = time.strftime('%Y%m%d%H%M%SZ', time.gmtime(time.time() + seconds))
        self.run('ca', '-batch', '-notext', '-config', conf, '-cert', self.path('issuing.pem'),
            '-keyfile', self.path('issuing.key'), '-in', self.path(file + '.csr'), '-enddate', end,
            '-extfile', self.path(file + '.cnf'), '-extensions', 'e', '-out', self.path(file + '.pem'))
        return spki

    def spki(self, name):
        pub = self.run('x509', '-in', self.path(name + '.pem'), '-noout', '-pubkey')
        der = self.run('pkey', '-pubin', '-outform', 'DER', input=pub)
        return hashlib.sha256(der).hexdigest()

    def chain(self, out, *names):
        with open(out, 'w') as f:
            for n in names:
                with open(self.path(n + '.pem')) as g:
                    f.write(g.read())


class Box:
    def __init__(self, mkpolicy, mkconf, module, reads_without_log=False, fakes=True):
        self.mkpolicy, self.mkconf, self.module = mkpolicy, mkconf, module
        self.home = tempfile.mkdtemp(prefix='btz-httpd-')
        self.records, self.posts = [], []
        self.audit_status = 0
        self.generation = 0
        self.proc = None
        for d in ('policy', 'run', 'run/http', 'pki'):
            os.mkdir(os.path.join(self.home, d))
        self.pki = Pki(self.path('pki'))
        self.port = free_port()
        self.base = f'https://localhost:{self.port}'
        args = [mkconf, self.home, f'127.0.0.1:{self.port}', module]
        out = subprocess.run(args + (['reads-without-log'] if reads_without_log else []),
            check=True, capture_output=True, text=True,
            env={**os.environ, 'BTZ_TUNNELS': '10.88.0.0/24 127.0.0.64/26'}).stdout.split('\n')
        self.argv = [x for x in out if x and not x.startswith('preload ')]
        self.preload = [x[8:] for x in out if x.startswith('preload ')]
        self.pki.chain(self.path('apache/server.pem'), 'server', 'issuing')
        self.pki.chain(self.path('apache/client-ca.pem'), 'issuing', 'root')
        shutil.copy(self.pki.path('server.key'), self.path('apache/server.key'))
        if fakes:
            self.audit = Fake(self.path('run/http/audit.sock'), self.on_audit)
            self.ca = Fake(self.path('run/http/ca.sock'), self.on_ca)

    def path(self, rel):
        return os.path.join(self.home, rel)

    def on_audit(self, op, rid, flags, body):
        assert op == APPEND
        rec = decode(AUDIT, body)
        rec['req'] = rid
        assert bool(flags & EVENT) == (rec['wait'] == 0)
        if self.audit_status == 0:
            self.records.append(rec)
        return self.audit_status, b'' if self.audit_status else struct.pack('>Q', len(self.records))

    def on_ca(self, op, rid, flags, body):
        assert op == HTTP
        q = decode(HTTP_IN, body)
        self.posts.append(q)
        status, ctype, text = 200, b'text/plain', b'from ca: ' + q['path'].encode()
        if q['path'] == 'enrol' and q['token'] != 'good':
            status, text = 401, b'invite'
        return 0, struct.pack('>HH', status, len(ctype)) + ctype + struct.pack('>I', len(text)) + text

    def policy(self, lines):
        self.generation += 1
        subprocess.run([self.mkpolicy, self.path('policy'), str(self.generation), DOMAIN],
            input='\n'.join(lines) + '\n', text=True, check=True)

    def start(self):
        env = dict(os.environ)
        if self.preload:
            env['LD_PRELOAD'] = self.preload[0]
            env['ASAN_OPTIONS'] = 'detect_leaks=0:halt_on_error=1:abort_on_error=1'
            env['UBSAN_OPTIONS'] = 'halt_on_error=1:print_stacktrace=1'
        self.log = open(self.path('stderr.txt'), 'wb')
        who = self.drop_root() if os.getuid() == 0 else {}
        self.proc = subprocess.Popen(self.argv, stdout=self.log, stderr=self.log, env=env, **who)
        until = time.time() + 20
        while time.time() < until:
            if self.proc.poll() is not None:
                break
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError('apache did not start:\n' + self.errors())

    def drop_root(self):
        """As the supervisor does: a uid of its own without a passwd entry."""
        for top, dirs, files in os.walk(self.home):
            for name in ['', *dirs, *files]:
                os.chown(os.path.join(top, name), UID, UID)
        return {'user': UID, 'group': UID, 'extra_groups': []}

    def errors(self):
        text = ''
        for f in ('stderr.txt', 'log/httpd/error.log'):
            if os.path.exists(self.path(f)):
                with open(self.path(f), errors='replace') as g:
                    text += g.read()
        return text

    def children(self):
        out = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/stat') as f:
                    if int(f.read().rsplit(')', 1)[1].split()[1]) == self.proc.pid:
                        out.append(int(pid))
            except OSError:
                pass
        return out

    def stop(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def client(self, user=None, source=None):
        return Client(self, user, source)

    def wait_records(self, n, seconds=5):
        until = time.time() + seconds
        while len(self.records) < n and time.time() < until:
            time.sleep(0.01)
        return self.records

    def take_records(self, at_least=1):
        self.wait_records(at_least)
        time.sleep(0.05)
        out, self.records[:] = list(self.records), []
        return out


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Client:
    """One keep-alive connection, with a client certificate or without."""

    def __init__(self, box, user=None, source=None):
        self.box = box
        ctx = ssl.create_default_context(cafile=box.pki.path('root.pem'))
        if user:
            ctx.load_cert_chain(box.pki.path(user + '.pem'), box.pki.path(user + '.key'))
        self.conn = http.client.HTTPSConnection('localhost', box.port, timeout=20, context=ctx,
            source_address=source and (source, 0))

    def ask(self, method, path, body=None, **headers):
        """(status, headers without Date, body)"""
        head = {k.replace('_', '-'): v for k, v in headers.items()}
        self.conn.request(method, path, body=body, headers=head)
        r = self.conn.getresponse()
        return r.status, sorted((k, v) for k, v in r.getheaders() if k != 'Date'), r.read()

    def status(self, method, path, body=None, **headers):
        return self.ask(method, path, body, **headers)[0]

    def raw(self, data):
        """Sends bytes as they are; the status of the answer."""
        if self.conn.sock is None:
            self.conn.connect()
        self.conn.sock.sendall(data)
        r = http.client.HTTPResponse(self.conn.sock)
        r.begin()
        r.read()
        return r.status

    def close(self):
        self.conn.close()
