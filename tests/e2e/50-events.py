#!/usr/bin/env python3
"""What the MTA did with each recipient's message becomes its events, each once."""

import signal
import socket
import subprocess

from lib import MTA, EndToEnd, compose, main
from lib.follower import Follower

# Of Postfix. The listener itself refuses mail for gone.test and full.test; the sinks refuse at RCPT.
MAIN_CF = """
transport_maps = inline:{{ {{ bulk.test=discard: }} {{ gone.test=error:5.1.1 }} {{ full.test=error:5.2.2 }}
  {{ slow.test=smtp:[127.0.0.1]:{slow} }} {{ away.test=smtp:[127.0.0.1]:{away} }} }}
relay_domains = bulk.test gone.test full.test slow.test away.test
virtual_alias_maps = inline:{{ {{ alias@example.org=home@example.net }} }}
"""


# Of Sendmail: what the server behind it says to RCPT, and an alias, which is local.
REFUSALS = {
    "gone.test": "550 5.1.1 no such user",
    "full.test": "552 5.2.2 mailbox full",
    "slow.test": "450 4.3.0 try later",
    "away.test": "500 5.3.0 Error: command failed",
}
ALIAS = "alias@example.org" if MTA == "postfix" else "alias@mx.sandbox.test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Events(EndToEnd):
    @classmethod
    def prepare(cls, box):
        if MTA == "sendmail":
            box.mta.sink.refusals = REFUSALS
            box.mta.set_aliases("alias: home@example.net\n")
            return
        ports = {"slow": free_port(), "away": free_port()}
        for name, option in (("slow", "-r"), ("away", "-f")):
            sink = subprocess.Popen(["smtp-sink", "-u", "postfix", option, "rcpt", f"127.0.0.1:{ports[name]}", "10"])
            cls.addClassCleanup(sink.wait)
            cls.addClassCleanup(sink.terminate)
        with open(box.postfix.etc / "main.cf", "a") as file:
            file.write(MAIN_CF.format(**ports))

    def setUp(self):
        self.follower = Follower(self.box)
        self.follower.begin()
        self.addCleanup(self.follower.end)
        self.expect = self.follower.expect

    def test_each_recipient(self):
        to = ["ann@example.org", ALIAS, "x@slow.test", "x@away.test", "x@gone.test", "x@full.test",
              "x@bulk.test"]
        self.submit(compose({"to": to, "sub": {"Hello": [str(i) for i in range(len(to))]}}))
        self.expect("ann@example.org", "processed", "delivered")
        self.expect(ALIAS, "processed", "delivered")
        self.expect("x@bulk.test", "processed", "delivered")
        self.expect("x@slow.test", "processed", "deferred")
        self.expect("x@away.test", "processed", "bounceblocked")
        self.expect("x@gone.test", "processed", "bouncebounce")
        self.expect("x@full.test", "processed", "bounceblocked")
        listed = self.box.control("suppression", "export", "--list", "bounces", check=False).stdout
        self.assertIn(b"x@gone.test", listed or self.box.control("suppression", "list").stdout)

    def test_in_place(self):
        self.submit(compose({"category": "x"}), ["place@example.org"])
        self.expect("place@example.org", "processed", "delivered")

    def test_killed_again_and_again(self):
        to = [f"u{i}@example.org" for i in range(60)]
        for i in range(0, 60, 10):
            self.submit(compose({"to": to[i : i + 10], "sub": {"Hello": [str(n) for n in range(10)]}}))
            self.follower.end(signal.SIGKILL)
            self.follower.begin()
        self.follower.expect_each(to, "processed", "delivered")


if __name__ == "__main__":
    main()
