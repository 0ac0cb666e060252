#!/usr/bin/env python3
"""send_at and send_each_at (SCH-1, SCH-2, SCH-7): never early, and in time."""

import time

from lib import EndToEnd, compose, main
from sandbox.wait import until

LATE = 2  # seconds after the due time within which a copy must be in the mailbox
TICK = 0.02  # a file's time may lie that much before the clock's


class Schedule(EndToEnd):
    def assert_in_time(self, mail, due):
        self.assertGreaterEqual(mail.arrived, due - TICK, "early")
        self.assertLess(mail.arrived, due + LATE, "late")

    def wait_for_mail(self, count):
        until(lambda: len(self.box.mailbox) >= count, f"{count} mails")
        return self.box.mailbox.take()

    def test_send_at(self):
        due = int(time.time()) + 3
        sent = compose({"send_at": due})
        self.submit(sent, ["ann@example.org"])
        (mail,) = self.wait_for_mail(1)
        self.assert_in_time(mail, due)
        self.assertEqual(mail.fields("Date"), ["Mon, 02 Jan 2023 03:04:05 +0000"])  # SCH-8

    def test_send_each_at(self):
        now = int(time.time())
        due = {"ann@example.org": now + 4, "bob@example.net": 0, "cy@example.com": now + 2}
        self.submit(compose({"to": list(due), "send_each_at": list(due.values())}))
        for mail in self.wait_for_mail(3):
            self.assert_in_time(mail, due[mail.recipient] or now)

    def test_it_survives_a_restart(self):
        due = int(time.time()) + 3
        self.submit(compose({"send_at": due}), ["restart@example.org"])
        self.box.queue.kill()
        self.box.milter.kill()
        self.box.milter.start()
        self.box.queue.start()
        (mail,) = self.wait_for_mail(1)
        self.assert_in_time(mail, due)


if __name__ == "__main__":
    main()
