#!/usr/bin/env python3
"""The MTA does not run when copies are due. They wait, and go out when it is back."""

from lib import EndToEnd, compose, main
from sandbox.wait import until


class ListenerDown(EndToEnd):
    def test_copies_go_out_when_it_is_back(self):
        self.box.queue.stop()
        self.submit(compose({"to": ["ann@example.org", "bob@example.net"]}))
        self.box.mta.stop()
        self.box.queue.start()
        until(lambda: any(copy["attempts"] for copy in self.box.copies()), "an attempt that failed")
        self.assertEqual([copy["state"] for copy in self.box.copies()], ["waiting", "waiting"])
        self.box.mta.start()
        self.assertEqual([mail.recipient for mail in self.arrivals(180)], ["ann@example.org", "bob@example.net"])


if __name__ == "__main__":
    main()
