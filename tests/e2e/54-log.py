#!/usr/bin/env python3
"""The log under the follower's feet: rotated by logrotate, truncated; kill -9; expired messages."""

import hashlib
import http.server
import json
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

from lib import EndToEnd, compose, main
from lib.end_to_end import until
from lib.follower import Follower

# Nobody listens on port 9.
MAIN_CF = """transport_maps=inline:{ { bulk.test=discard: } { later.test=smtp:[127.0.0.1]:9 } }
relay_domains=bulk.test later.test
maximal_queue_lifetime=3s
bounce_queue_lifetime=3s
queue_run_delay=1s
minimal_backoff_time=1s
maximal_backoff_time=1s"""


class Receiver:
    """Takes what is posted, and now and then does not."""

    def __init__(self):
        self.events: list[dict] = []
        self.takes_all = False
        receiver, dice = self, random.Random(5)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.events += json.loads(body)  # an answer that is lost does not undo it
                self.send_response(200 if receiver.takes_all or dice.random() < 0.8 else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Log(EndToEnd):
    settings = {"webhook.allow-private": "yes", "webhook.batch-seconds": "1", "webhook.batch-bytes": "8k"}

    @classmethod
    def prepare(cls, box):
        box.postfix.set(*MAIN_CF.splitlines())

    def setUp(self):
        self.follower = Follower(self.box)
        self.follower.begin()
        self.addCleanup(self.follower.end)
        self.log = self.box.postfix.log
        self.submitted = []

    def burst(self, submissions=4, copies=10):
        for _ in range(submissions):
            to = [f"{self._testMethodName}{len(self.submitted) + i}@bulk.test" for i in range(copies)]
            self.submitted += to
            self.submit(compose({"to": to, "sub": {"Hello": [str(i) for i in range(copies)]}}))

    def logrotate(self, *how):
        script = self.box.folder / "logrotate.conf"
        script.write_text(f"{self.log} {{\n  rotate 9\n  nocompress\n  su root root\n  " + "\n  ".join(how) + "\n}\n")
        script.chmod(0o644)
        subprocess.run(["logrotate", "--force", "--state", self.box.folder / "logrotate.state", script], check=True)

    @unittest.skipUnless(shutil.which("logrotate", path="/usr/sbin:/usr/bin"), "no logrotate")
    def test_rotation_by_renaming(self):
        reload = f"postrotate\n/usr/sbin/postfix -c {self.box.postfix.etc} reload >/dev/null 2>&1\nendscript"
        rotations = threading.Thread(
            target=lambda: [(time.sleep(0.5), self.logrotate("create 0644 root root", reload)) for _ in range(3)])
        rotations.start()
        while rotations.is_alive():
            self.burst(1)
        rotations.join()
        self.burst(1)
        self.box.settle()
        self.follower.end()  # and while it is away
        self.burst(1)
        self.logrotate("create 0644 root root", "dateext", "dateformat -%Y%m%d-%s", reload)
        self.burst(1)
        self.follower.begin()
        self.follower.expect_each(self.submitted, "processed", "delivered")

    @unittest.skipUnless(shutil.which("logrotate", path="/usr/sbin:/usr/bin"), "no logrotate")
    def test_rotation_by_copying(self):
        # What is logged between copy and truncation is lost to everybody, so nothing is then.
        for is_away in (False, True):
            if is_away:
                self.follower.end()
            self.burst()
            self.box.settle()
            self.logrotate("copytruncate")
            self.burst(1)
            if is_away:
                self.follower.begin()
        self.follower.expect_each(self.submitted, "processed", "delivered")

    def test_truncation(self):
        self.burst(1)
        self.box.settle()
        self.follower.expect_each(self.submitted, "processed", "delivered")
        with open(self.log, "r+") as file:
            file.truncate()
        self.burst(1)
        self.follower.expect_each(self.submitted, "processed", "delivered")

    def test_expiry(self):
        self.submit(compose({"to": ["a@later.test", "b@later.test"], "sub": {"Hello": ["1", "2"]}}))
        for recipient in ("a@later.test", "b@later.test"):
            until(lambda: "bounceexpired" in self.follower.kinds(recipient), f"the end of {recipient}", 60, every=0.2)
            kinds = self.follower.kinds(recipient)
            self.assertEqual([kinds[0], kinds[-1]], ["bounceexpired", "processed"])
            self.assertGreaterEqual(kinds.count("deferred"), 1)
            self.assertEqual(kinds.count("deferred") + 2, len(kinds), kinds)
        listed = self.box.control("suppression", "export", "--list", "blocks").stdout
        self.assertIn(b"a@later.test", listed)

    def test_killed_while_it_posts(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.box.control("webhook", "add", receiver.url)
        self.addCleanup(self.box.control, "webhook", "remove", "--force", "1")
        dice = random.Random(3)
        for _ in range(8):
            self.burst(1)
            time.sleep(dice.uniform(0.05, 0.7))
            self.follower.end(signal.SIGKILL)
            self.follower.begin()
        self.follower.expect_each(self.submitted, "processed", "delivered")
        receiver.takes_all = True
        wanted = {(recipient, kind) for recipient in self.submitted for kind in ("processed", "delivered")}

        def has_all():
            return wanted <= {(event["email"], event["event"]) for event in list(receiver.events)}

        until(has_all, "everything at the receiver", 100, every=0.2)
        content: dict[str, str] = {}
        ids: dict[tuple[str, str], str] = {}
        for event in receiver.events:
            digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
            self.assertEqual(content.setdefault(event["sg_event_id"], digest), digest, "equal id, equal content")
            key = (event["email"], event["event"])
            if key in wanted:
                self.assertEqual(ids.setdefault(key, event["sg_event_id"]), event["sg_event_id"], "told once")


if __name__ == "__main__":
    main()
