#!/usr/bin/env python3
"""The milter ends while a message is being taken in. It answers 250 when the copies are safe, and
not before: nothing is lost, and nothing that was refused goes out."""

import signal

from lib import Client, EndToEnd, compose, main, store_locked

COPIES = ["ann@example.org", "bob@example.net"]


class MilterEnds(EndToEnd):
    def start_submission(self) -> Client:
        """A client that waits for its answer while the store is locked."""
        client = self.connect()
        client.envelope(["sink@example.com"])
        self.assertEqual(client.docmd("DATA")[0], 354)
        client.send(compose({"to": COPIES}) + b".\r\n")
        self.assertFalse(client.has_answered(1), "an answer while the store is locked")
        return client

    def assert_copies_arrived(self):
        self.assertEqual([mail.recipient for mail in self.arrivals()], COPIES)

    def test_killed_at_the_end_of_message(self):
        with store_locked(self.box.folder):
            client = self.start_submission()
            self.box.milter.kill()
            self.assertEqual(client.answer()[0], 451)
        self.box.milter.start()
        self.assertEqual(self.arrivals(), [])
        self.submit(compose({"to": COPIES}))  # as every client does after a 451
        self.assert_copies_arrived()

    def test_asked_to_end_at_the_end_of_message(self):  # LM-7, LM-8
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                with store_locked(self.box.folder):
                    client = self.start_submission()
                    self.box.milter.signal(number)
                    self.assertFalse(client.has_answered(1))
                self.assertEqual(client.answer()[0], 250)
                self.assertEqual(self.box.milter.wait(), 0)
                self.box.milter.start()
                self.assert_copies_arrived()

    def test_no_milter_no_mail(self):
        self.box.milter.stop()
        client = self.connect()
        self.assertEqual(client.docmd("MAIL FROM:<app@example.com>")[0], 451)
        self.box.milter.start()


if __name__ == "__main__":
    main()
