#!/usr/bin/env python3
"""Verdicts bounce and reject (ERR-1, ERR-2): nobody receives a message whose header is wrong, and
its sender learns every reason."""

from lib import EndToEnd, compose, main, postfix_only

BAD = '{"to": ["ann@example.org"], "send_at": "soon", "section": 7}'


class Bounce(EndToEnd):
    def test_the_sender_gets_a_notice_and_nobody_else_anything(self):
        self.submit(compose(BAD, fields=("X-Job: 42",)), ["ann@example.org"])
        (notice,) = self.arrivals()
        self.assertEqual((notice.recipient, notice.reverse_path), ("app@example.com", ""))
        self.assertEqual(notice.fields("From")[0].rpartition(" ")[2].strip("<>"), "postmaster@example.com")
        self.assertIn("auto-", notice.fields("Auto-Submitted")[0])
        problems = [line for line in notice.text.splitlines() if line.startswith("  - ")]
        self.assertEqual(len(problems), 2, notice.text)
        self.assertIn("send_at", notice.text)
        self.assertIn("section", notice.text)
        self.assertIn(b"X-Job: 42", notice.octets)

    def test_no_notice_to_the_null_sender(self):
        self.submit(compose(BAD), ["ann@example.org"], sender="")
        self.assertEqual(self.arrivals(), [])

    @postfix_only("Sendmail cuts nothing")
    def test_a_header_that_postfix_cut_is_named_as_such(self):  # KEY-1, PF-19, HDR-11
        self.submit(compose({"to": [f"recipient-{i}@example.org" for i in range(3000)]}))
        (notice,) = self.arrivals()
        self.assertEqual(notice.recipient, "app@example.com")
        self.assertRegex(notice.text, "X-SMTPAPI-Part|smtpapi-intake")

    @postfix_only("Debian's Sendmail answers 421 to a line feed")
    def test_a_line_feed_in_the_json_ends_the_header(self):  # PF-20
        self.submit(compose().replace(b"\r\n\r\n", b'\r\nX-SMTPAPI: {"to":\n["ann@example.org"]}\r\n\r\n'))
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["app@example.com"])

    def test_parts_make_one_header(self):  # HDR-11
        parts = ('X-SMTPAPI: {"to": ["ann@example.org", "bo', 'X-SMTPAPI-Part: 2/2 b@example.net"]}')
        self.submit(compose(fields=(parts[1], parts[0])))
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["ann@example.org", "bob@example.net"])


class Reject(EndToEnd):
    settings = {"error.mode": "reject"}

    def test_the_client_is_told_at_the_end_of_data(self):
        with self.connect() as client:
            code, text = client.submit(compose(BAD), ["ann@example.org"])
            self.assertEqual((code, text[:5]), (550, "5.6.0"))
            self.assertRegex(text, "send_at|section")
            self.assertEqual(client.submit(compose({"to": ["bob@example.net"]}))[0], 250, "the session goes on")
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["bob@example.net"])


if __name__ == "__main__":
    main()
