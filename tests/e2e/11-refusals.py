#!/usr/bin/env python3
"""The MTA refuses copies: 4xx is tried again, 5xx ends the copy and the sender is told (RI-9,
TR-6)."""

from lib import EndToEnd, compose, main
from sandbox.wait import until


class Refusals(EndToEnd):
    @classmethod
    def prepare(cls, box):
        cls.refused = box.folder / "postfix" / "refused"
        cls.refused.write_text("soft@example.org 450 4.2.0 try later\nhard@example.org 550 5.1.1 gone away\n")
        box.postfix.set_service(
            "inject",
            f"smtpd_recipient_restrictions=check_recipient_access,texthash:{cls.refused},permit_mynetworks,reject",
        )

    def copy_of(self, recipient: str) -> dict:
        (copy,) = [copy for copy in self.box.copies() if copy["recipient"] == recipient]
        return copy

    def test_refused_for_good(self):
        self.submit(compose({"to": ["hard@example.org", "ann@example.org"]}, fields=("X-Job: 42",)))
        ann, notice = self.arrivals()
        self.assertEqual((ann.recipient, notice.recipient), ("ann@example.org", "app@example.com"))
        self.assertEqual(notice.reverse_path, "")
        self.assertRegex(notice.text, r"hard@example\.org")
        self.assertIn("gone away", notice.text)
        self.assertEqual(self.copy_of("hard@example.org")["state"], "failed")

    def test_the_null_sender_is_not_told(self):
        self.submit(compose({"to": ["hard@example.org", "bob@example.net"]}), sender="")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["bob@example.net"])

    def test_refused_for_now(self):
        self.submit(compose({"to": ["soft@example.org", "cy@example.com"]}))
        until(lambda: self.copy_of("soft@example.org")["attempts"], "the first attempt")
        copy = self.copy_of("soft@example.org")
        self.assertEqual(copy["state"], "waiting")
        self.assertIn("try later", copy["reply"])
        self.refused.write_text("")
        self.box.postfix.reload()
        self.box.control("queue", "release", "--recipient", "soft@example.org")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["cy@example.com", "soft@example.org"])


if __name__ == "__main__":
    main()
