#!/usr/bin/env python3
"""smtpapi-queue dies in the middle of a fan-out. Every recipient is served all the same; twice at
most those that were on the line."""

import re

from lib import EndToEnd, compose, main
from sandbox.wait import until

COUNT = 3_000
IN_FLIGHT = 200


class KillQueue(EndToEnd):
    def served(self) -> list[str]:
        return re.findall(r": to=<(r\d+@bulk.test)>.* status=sent", self.box.postfix.log_text())

    def test_no_recipient_is_lost(self):
        recipients = [f"r{i}@bulk.test" for i in range(COUNT)]
        self.submit(compose({"to": recipients, "sub": {"Hello": [str(i) for i in range(COUNT)]}}), service="pipe")
        until(lambda: len(self.served()) >= COUNT / 10, "the first copies")
        self.box.queue.kill()
        self.assertLess(len(self.served()), COUNT, "killed too late to show anything")
        self.box.queue.start()
        self.box.settle(seconds=120)
        served = self.served()
        self.assertEqual(set(served), set(recipients))
        self.assertLessEqual(len(served), COUNT + IN_FLIGHT)


if __name__ == "__main__":
    main()
