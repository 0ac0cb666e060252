#!/usr/bin/env python3
"""The MTA refuses copies: 4xx is tried again, 5xx ends the copy and the sender is told (RI-9,
TR-6)."""

from lib import EndToEnd, compose, main
from sandbox.wait import until

SOFT = {"soft@example.org": "450 4.2.0 try later"}
HARD = {name + "@example.org": "550 5.1.1 gone away" for name in ("hard", "harder")}


class Refusals(EndToEnd):
    @classmethod
    def prepare(cls, box):
        box.mta.refuse(SOFT | HARD)

    def test_refused_for_good(self):
        # Another address: one that was refused gets nothing any more.
        self.submit(compose({"to": ["harder@example.org", "bob@example.net"]}), sender="")
        self.submit(compose({"to": ["hard@example.org", "ann@example.org"]}, fields=("X-Job: 42",)))
        until(lambda: len(self.box.mailbox) >= 3, "two copies and a notice")
        ann, notice, bob = self.arrivals()  # the null sender is not told
        self.assertEqual((ann.recipient, bob.recipient), ("ann@example.org", "bob@example.net"))
        self.assertEqual((notice.recipient, notice.reverse_path), ("app@example.com", ""))
        self.assertIn("hard@example.org", notice.text)
        self.assertIn("gone away", notice.text)
        for recipient in HARD:
            self.assertEqual([copy["state"] for copy in self.box.copies("--recipient", recipient)], ["failed"])

    def test_refused_for_now(self):
        self.submit(compose({"to": ["soft@example.org", "cy@example.com"]}))
        soft = lambda: self.box.copies("--recipient", "soft@example.org")[0]
        until(lambda: soft()["attempts"], "the first attempt")
        copy = soft()
        self.assertEqual(copy["state"], "waiting")
        self.assertIn("try later", copy["reply"])
        self.box.mta.refuse(HARD)
        self.box.mta.reload()
        self.box.control("queue", "release", "--recipient", "soft@example.org")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["cy@example.com", "soft@example.org"])


if __name__ == "__main__":
    main()
