#!/usr/bin/env python3
"""Scheduled batches that are cancelled or paused (SCH-11, SCH-12)."""

import time

from lib import EndToEnd, compose, main
from sandbox.wait import until


class Batches(EndToEnd):
    def submit_later(self, batch: str, due: int, recipient: str) -> None:
        self.submit(compose({"send_at": due, "batch_id": batch}), [recipient])

    def wait_for_mail(self) -> str:
        until(lambda: len(self.box.mailbox), "a mail")
        (mail,) = self.box.mailbox.take()
        return mail.recipient

    def test_cancelled_ones_are_discarded_when_due(self):
        due = int(time.time()) + 2
        self.submit_later("spring", due, "ann@example.org")
        self.box.control("batch", "cancel", "spring")
        self.submit_later("spring", due, "bob@example.net")
        states = lambda: [copy["state"] for copy in self.box.copies("--batch", "spring")]
        until(lambda: states() == ["cancelled"] * 2, "the end of the batch", seconds=90)
        self.assertGreaterEqual(time.time(), due)
        self.assertEqual(self.arrivals(), [])

    def test_paused_ones_go_out_when_resumed(self):
        due = int(time.time()) + 2
        self.submit_later("summer", due, "ann@example.org")
        self.submit_later("autumn", due + 1, "bob@example.net")
        self.box.control("batch", "pause", "summer")
        self.assertEqual(self.wait_for_mail(), "bob@example.net", "the paused one was due before")
        self.box.control("batch", "resume", "summer")
        self.assertEqual(self.wait_for_mail(), "ann@example.org")


if __name__ == "__main__":
    main()
