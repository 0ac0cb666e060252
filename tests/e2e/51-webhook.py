#!/usr/bin/env python3
"""smtpapi-events as an endpoint meets it: octets, signatures, TLS, trouble, kill -9 (EVT-1 to EVT-9, SIG-1 to SIG-5)."""

import base64
import hashlib
import http.server
import json
import os
import random
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from sandbox.daemon import Daemon  # noqa: E402
from sandbox.wait import until  # noqa: E402

PROGRAMS = Path(os.environ.get("SMTPAPI_PROGRAMS", "build/milter"))
SUBMISSION = "SGVsbG8sIHdvcmxkISAxMg"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class Receiver:
    """An HTTP server that keeps what it is sent; `answer` gives the status of each post."""

    def __init__(self, context: ssl.SSLContext | None = None):
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answer = lambda number: 200
        self.release = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((dict(self.headers), body))
                status = receiver.answer(len(receiver.posts))
                if status is None:
                    receiver.release.wait(60)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if context else "http"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server.server_port}/events"

    def events(self) -> list[dict]:
        return [event for _, body in list(self.posts) for event in json.loads(body)]

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


class Webhook(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="smtpapi-webhook-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("log", "run"):
            (self.folder / name).mkdir()
        self.options = {
            "log.to": "stderr",
            "store.url": f"sqlite://{self.folder}/store.db",
            "tracking.key-file": f"{self.folder}/tracking.key",
            "webhook.batch-seconds": "1",
            "webhook.allow-private": "yes",
        }
        self.ctl("init")
        self.recorded = 0
        self.random = random.Random(7)

    def receiver(self, context: ssl.SSLContext | None = None) -> Receiver:
        receiver = Receiver(context)
        self.addCleanup(receiver.close)
        return receiver

    def line(self) -> list[str]:
        return [f"--{name}={value}" for name, value in self.options.items()]

    def ctl(self, *words: str, status: int = 0) -> str:
        done = subprocess.run([str(PROGRAMS / "smtpapictl"), *words, *self.line()], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def daemon(self) -> Daemon:
        daemon = Daemon(self.folder, [str(PROGRAMS / "smtpapi-events"), *self.line()])
        self.addCleanup(daemon.stop)
        daemon.start()
        return daemon

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "store.db", timeout=30)

    def record(self, count: int) -> None:
        rows = []
        for _ in range(count):
            self.recorded += 1
            rows.append((f"ID{self.recorded}", 5, int(time.time()), SUBMISSION, self.recorded, b"ann@example.org",
                         b"ann@example.org", b"192.0.2.7", b"Mozilla <5.0> & more", b"", 0, b"", b"", b"", b"", b"", b"", 0))
        with self.database() as store:
            store.executemany(
                "INSERT INTO event (event_id, kind, time, submission, row_index, recipient_key, recipient, ip, useragent,"
                " url, link_type, machine, reason, response, status, bounce_type, classification, attempt)"
                f" VALUES ({', '.join('?' * 18)})", rows)

    def state(self) -> dict:
        return json.loads(self.ctl("webhook", "status", "--json").splitlines()[0])

    def verify(self, key: str, signature: str, octets: bytes) -> bool:
        for name, content in (("key", base64.b64decode(key)), ("sig", base64.b64decode(signature)), ("octets", octets)):
            (self.folder / name).write_bytes(content)
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", self.folder / "key", "-signature",
             self.folder / "sig", self.folder / "octets"], capture_output=True).returncode == 0

    def test_octets_and_signature(self):
        receiver = self.receiver()
        key = self.ctl("webhook", "add", receiver.url()).split("public key: ")[1].strip()
        self.daemon()
        self.record(3)
        until(lambda: len(receiver.events()) >= 3, "three events")
        headers, body = receiver.posts[0]
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertTrue(body.startswith(b'[{"email":') and body.endswith(b"}]\r\n"), body)
        self.assertIn(b"Mozilla <5.0> & more", body)
        if len(receiver.posts) == 1:
            self.assertEqual(body.count(b"},\r\n{"), 2)
        self.assertEqual([headers["X-Smtpapi-Sequence"] for headers, _ in receiver.posts],
                         [str(i + 1) for i in range(len(receiver.posts))])
        signed = headers[TIMESTAMP].encode() + body
        self.assertTrue(self.verify(key, headers[SIGNATURE], signed))
        self.assertFalse(self.verify(key, headers[SIGNATURE], signed.replace(b"open", b"0pen")))
        self.assertFalse(self.verify(key, headers[SIGNATURE], body))
        self.assertLess(abs(int(headers[TIMESTAMP]) - time.time()), 60)

    def test_the_official_package_takes_the_signature(self):
        """Where it is: npm install --prefix build/node @sendgrid/eventwebhook"""
        node = {**os.environ, "NODE_PATH": f"{PROGRAMS.parent}/node/node_modules:{os.environ.get('NODE_PATH', '')}"}
        if not shutil.which("node") or subprocess.run(
                ["node", "-e", "require('@sendgrid/eventwebhook')"], capture_output=True, env=node).returncode:
            self.skipTest("no @sendgrid/eventwebhook")
        receiver = self.receiver()
        key = self.ctl("webhook", "add", receiver.url()).split("public key: ")[1].strip()
        self.assertIn("took", self.ctl("webhook", "test", "1"))
        headers, body = receiver.posts[0]
        script = """
            const { EventWebhook } = require('@sendgrid/eventwebhook');
            const [key, signature, timestamp, body] = process.argv.slice(1);
            const hook = new EventWebhook(), text = Buffer.from(body, 'base64');
            const check = (octets) => hook.verifySignature(hook.convertPublicKeyToECDSA(key), octets, signature, timestamp);
            text[5] ^= 1;
            const tampered = check(text);
            text[5] ^= 1;
            console.log(check(text), tampered);
        """
        told = subprocess.run(["node", "-e", script, key, headers[SIGNATURE], headers[TIMESTAMP],
                               base64.b64encode(body).decode()], capture_output=True, text=True, env=node)
        self.assertEqual(told.stdout, "true false\n", told.stderr)

    def test_tls(self):
        for name in ("good", "other"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                            "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem"],
                           check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "good.pem", self.folder / "good.key")
        receiver = self.receiver(context)
        self.ctl("webhook", "add", receiver.url("localhost"))
        self.assertIn("certificate", self.ctl("webhook", "test", "1", status=1))
        self.options["webhook.ca-file"] = f"{self.folder}/other.pem"
        self.assertIn("certificate", self.ctl("webhook", "test", "1", status=1))
        self.options["webhook.ca-file"] = f"{self.folder}/good.pem"
        self.ctl("webhook", "test", "1")
        self.ctl("webhook", "change", "1", "--url", receiver.url("127.0.0.1"))
        self.ctl("webhook", "test", "1", status=1)  # the name is not the certificate's
        self.assertEqual(len(receiver.posts), 1)
        warnings.simplefilter("ignore", DeprecationWarning)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        old.load_cert_chain(self.folder / "good.pem", self.folder / "good.key")
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        outdated = self.receiver(old)
        self.ctl("webhook", "change", "1", "--url", outdated.url("localhost"))
        self.ctl("webhook", "test", "1", status=1)
        self.assertEqual(outdated.posts, [])

    def test_private_addresses(self):
        receiver = self.receiver()
        self.options["webhook.allow-private"] = "no"
        self.ctl("webhook", "add", receiver.url("localhost"))
        self.assertIn("private", self.ctl("webhook", "test", "1", status=1))
        self.assertEqual(receiver.posts, [])

    def test_changes_are_noticed(self):
        first, second = self.receiver(), self.receiver()
        self.daemon()
        self.ctl("webhook", "add", first.url())
        self.record(1)
        until(lambda: len(first.events()) == 1, "the first event")
        self.ctl("webhook", "change", "1", "--url", second.url())
        time.sleep(3)
        self.record(1)
        until(lambda: len(second.events()) == 1, "the second event")
        self.ctl("webhook", "change", "1", "--enabled", "no")
        time.sleep(3)
        self.record(1)
        time.sleep(3)
        self.ctl("webhook", "change", "1", "--enabled", "yes")
        self.record(1)
        until(lambda: len(second.events()) == 2, "the fourth event")
        self.assertEqual([event["sg_event_id"] for event in second.events()], ["ID2", "ID4"])
        self.assertEqual(len(first.events()), 1)
        self.assertEqual(self.state()["posted"], 3)

    def test_an_endpoint_that_hangs(self):
        hangs, good = self.receiver(), self.receiver()
        hangs.answer = lambda number: None
        self.ctl("webhook", "add", hangs.url())
        self.ctl("webhook", "add", good.url())
        daemon = self.daemon()
        self.record(2)
        until(lambda: len(good.events()) == 2 and hangs.posts, "events at the other")
        begun = time.monotonic()
        daemon.stop()
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(self.state()["waiting"], 2)

    def test_kill(self):
        receiver = self.receiver()
        receiver.answer = lambda number: self.random.choice((200, 200, 200, 200, 500))
        self.options["webhook.batch-bytes"] = "16k"
        self.ctl("webhook", "add", receiver.url())
        daemon = self.daemon()
        for _ in range(15):
            for _ in range(5):
                self.record(100)
            time.sleep(self.random.uniform(0.05, 0.6))
            daemon.kill()
            daemon.start()
        receiver.answer = lambda number: 200
        with self.database() as store:  # rather than wait for a minute
            store.execute("UPDATE webhook_batch SET next = 0")
        wanted = {f"ID{i + 1}" for i in range(self.recorded)}
        until(lambda: {event["sg_event_id"] for event in receiver.events()} == wanted, "all events", 120)
        content: dict[str, str] = {}
        for event in receiver.events():
            digest = hashlib.sha256(json.dumps(event).encode()).hexdigest()
            self.assertEqual(content.setdefault(event["sg_event_id"], digest), digest, "equal id, equal content")
        by_number: dict[str, bytes] = {}
        for headers, body in receiver.posts:
            self.assertEqual(by_number.setdefault(headers["X-Smtpapi-Sequence"], body), body)
        self.assertEqual(set(by_number), {str(i + 1) for i in range(len(by_number))}, "no number is missing")


if __name__ == "__main__":
    unittest.main(verbosity=2)
