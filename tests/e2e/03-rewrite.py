#!/usr/bin/env python3
"""Verdict rewrite: when exactly one message comes of it, now, the MTA's own message is changed in
place: fields, body, recipient."""

from lib import EndToEnd, compose, main

CASES = {
    "subject and body": ({"sub": {"-n-": ["Ann"]}}, "Hi -n-", "Dear -n-\n"),
    "a longer body": ({"sub": {"-n-": ["x" * 9000]}}, "hi", "-n-\n" * 50),
    "an empty body": ({"sub": {"-n-": [""]}}, "hi", "-n-\n"),
    "subject beyond ASCII": ({"sub": {"-n-": ["Zoë Łuk"]}}, "Hi -n-", "Dear -n-\n"),
    "another recipient": ({"to": ["Bob Lee <bob@example.net>"]}, "hi", "Hello\n"),
    "nothing but the header goes": ({}, "hi", "Hello\n"),
    "header without a word": ("", "hi", "Hello\n"),
}


class Rewrite(EndToEnd):
    def test_each_arrives_as_explained_under_its_own_queue_id(self):
        for why, (header, subject, body) in CASES.items():
            with self.subTest(why):
                sent = compose(header, subject=subject, body=body)
                explained = self.explain(sent, "ann@example.org")
                self.assertEqual(explained["verdict"], "rewrite")
                queue_id = self.submit(sent, ["ann@example.org"])
                mails = self.arrived()
                self.assert_as_explained(mails, explained)
                (mail,) = mails.values()
                self.assertIn(f"{queue_id}: to=<{mail.recipient}>", self.box.mta.log_text())

    def test_copies_that_are_the_same_for_everybody_stay_one_message(self):
        sent = compose({"category": "news"})
        queue_id = self.submit(sent, ["ann@example.org", "bob@example.net", "cy@example.com"])
        self.assert_as_explained(
            self.arrived(), self.explain(sent, "ann@example.org", "bob@example.net", "cy@example.com")
        )
        self.assertRegex(self.box.mta.log_text(), rf"{queue_id}: from=.* nrcpts?=3[ ,]")

    def test_header_as_first_field_of_the_message(self):  # RW-3
        sent = compose(subject="Hi -n-")
        self.submit(b'X-SMTPAPI: {"sub": {"-n-": ["Ann"]}}\r\n' + sent, ["ann@example.org"])
        (mail,) = self.arrivals()
        self.assertEqual(mail.content, sent.replace(b"-n-", b"Ann"))

    def test_of_three_headers_the_first_counts_and_all_go(self):  # HDR-3, LM-29
        first, *rest = (f'X-SMTPAPI: {{"sub": {{"-n-": ["{name}"]}}}}' for name in ("Ann", "Bob", "Cy"))
        sent = compose(subject="Hi -n-", fields=(first, "X-Mailer: test", *rest))
        self.submit(sent, ["ann@example.org"])
        (mail,) = self.arrivals()
        self.assertEqual((mail.fields("Subject"), mail.fields("X-SMTPAPI")), (["Hi Ann"], []))
        self.assertEqual(mail.fields("X-Mailer"), ["test"])


class RewriteByTcp(EndToEnd):
    """The same with the milter at a TCP port."""

    milter_by_tcp = True

    def test_it_works(self):
        self.submit(compose({"sub": {"Hello": ["Bye"]}}), ["ann@example.org"])
        (mail,) = self.arrivals()
        self.assertEqual(mail.body, b"Bye\r\n")


if __name__ == "__main__":
    main()
