#!/usr/bin/env python3
"""Copies that Postfix passes on in other messages: what becomes of those is told, not the way there."""

import json
import socket
import subprocess

from lib import EndToEnd, compose, main
from lib.end_to_end import until
from lib.follower import Follower


class PassedOn(EndToEnd):
    """Behind the injection listener stands a content filter, which is another listener here."""

    @classmethod
    def prepare(cls, box):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        sink = subprocess.Popen(["smtp-sink", "-u", "postfix", "-f", "rcpt", f"127.0.0.1:{port}", "10"])
        cls.addClassCleanup(sink.wait)
        cls.addClassCleanup(sink.terminate)
        # Nobody listens on port 9; the sink refuses at RCPT.
        box.postfix.set(
            f"transport_maps=inline:{{ {{ away.test=smtp:[127.0.0.1]:{port} }} {{ later.test=smtp:[127.0.0.1]:9 }} }}",
            "relay_domains=away.test later.test",
        )
        box.postfix.set_service("inject", f"content_filter=smtp:[127.0.0.1]:{box.postfix.ports['pool']}")
        box.postfix.set_service("pool", "content_filter=")

    def setUp(self):
        self.follower = Follower(self.box)
        self.follower.begin()
        self.addCleanup(self.follower.end)

    def postsuper(self, *words):
        subprocess.run([*self.box.postfix.command("postsuper"), *words], check=True, capture_output=True)

    def queued(self, recipient):
        done = subprocess.run([*self.box.postfix.command("postqueue"), "-j"], capture_output=True)
        for line in done.stdout.splitlines():
            message = json.loads(line)
            if message["queue_name"] == "deferred" and message["recipients"][0]["address"] == recipient:
                return message["queue_id"]
        return None

    def fan_out(self, *to):
        self.submit(compose({"to": list(to), "sub": {"Hello": [str(i) for i in range(len(to))]}}))

    def test_content_filter(self):
        self.fan_out("ann@example.org", "x@away.test")
        self.follower.expect("x@away.test", "processed", "bounceblocked")
        self.follower.expect("ann@example.org", "processed", "delivered")
        (delivered,) = [e for e in self.follower.told("--recipient", "ann@example.org") if e["event"] == "delivered"]
        self.assertNotIn("queued as", delivered["response"], "of the last one who took it")
        self.assertIn("queued as", self.box.postfix.log_text(), "that it went through the filter")

    def test_put_into_the_queue_anew_and_deleted(self):
        self.fan_out("x@later.test", "y@later.test")
        first = until(lambda: self.queued("x@later.test"), "a deferred message")
        self.follower.expect("x@later.test", "processed", "deferred")
        self.postsuper("-r", first)
        self.box.postfix.flush()
        second = until(lambda: self.queued("x@later.test") not in (None, first) and self.queued("x@later.test"),
                       "the same under another queue ID", 90)
        self.assertNotEqual(first, second)
        until(lambda: self.follower.kinds("x@later.test").count("deferred") > 1, "a deferral under that one")
        self.postsuper("-d", second)
        until(lambda: "bounceblocked" in self.follower.kinds("x@later.test"), "the end of the message")
        self.assertNotIn("bounceblocked", self.follower.kinds("y@later.test"))


if __name__ == "__main__":
    main()
