#!/usr/bin/env python3
"""The other way in: Postfix hands a message with the header to smtpapi-intake by pipe(8)."""

from lib import EndToEnd, compose, main


class Pipe(EndToEnd):
    def send(self, octets, recipients=("sink@example.com",), **more):
        return self.submit(octets, recipients, service="pipe", **more)

    def test_copies_arrive_as_explained(self):
        sent = compose({"to": ["ann@example.org", "bob@example.net"], "sub": {"-n-": ["Ann", "Bob"]}}, body="-n-\n")
        explained = self.explain(sent)
        self.send(sent)
        self.assert_as_explained(self.arrived(), explained)

    def test_one_copy_goes_this_way_too(self):
        sent = compose({"sub": {"-n-": ["Ann"]}}, body="-n-\n")
        explained = self.explain(sent, "ann@example.org")
        self.send(sent, ["ann@example.org"])
        self.assert_as_explained(self.arrived(), explained)

    def test_the_header_is_obeyed_once_for_recipients_of_many_domains(self):
        domains = ("example.org", "example.net", "example.com", "example.edu")
        recipients = [f"r{i}@{domain}" for i in range(30) for domain in domains]
        self.send(compose({"to": ["ann@example.org", "bob@example.net"]}), recipients)
        self.assertEqual(sorted(self.arrived()), ["ann@example.org", "bob@example.net"])

    def test_what_has_no_header_does_not_take_the_pipe(self):
        sent = compose(body=bytes(range(128, 256)) + b"\r\n")
        queue_id = self.send(sent, ["ann@example.org", "bob@example.net"])
        self.assertEqual([mail.content for mail in self.arrivals()], [sent, sent])
        self.assertNotRegex(self.box.postfix.log_text(), f"{queue_id}: to=.*relay=smtpapi")

    def test_a_header_that_asks_for_nothing(self):
        sent = compose({}, to="ann@example.org", fields=("Cc: bob@example.net",))
        self.send(sent, ["ann@example.org", "bob@example.net"])
        self.assertEqual(
            [mail.content for mail in self.arrivals()], [sent.replace(b"X-SMTPAPI: {}\r\n", b"")] * 2
        )

    def test_a_bad_header_comes_back(self):
        self.send(compose('{"to": 7}'), ["ann@example.org"])
        (notice,) = self.arrivals()
        self.assertEqual((notice.recipient, notice.reverse_path), ("app@example.com", ""))
        self.assertIn(b"  - ", notice.octets)

    def test_the_null_sender(self):
        self.send(compose({"to": ["ann@example.org", "bob@example.net"]}), sender="")
        self.assertEqual([mail.reverse_path for mail in self.arrivals()], ["", ""])
        self.send(compose('{"to": 7}'), sender="")
        self.assertEqual(self.arrivals(), [])

    def test_addresses_that_a_shell_would_trip_over(self):
        recipients = ['"a b"@example.org', "$HOME@example.net", "`x`|y@example.com", "o'hara@example.edu"]
        sent = compose({"category": "x"})
        self.send(sent, recipients)
        self.assertEqual(sorted(mail.recipient for mail in self.arrivals()), sorted(recipients))


class PipeReject(EndToEnd):
    """With error.mode = reject the pipe has nobody to answer but Postfix, which bounces."""

    settings = {"error.mode": "reject"}

    def test_postfix_bounces_with_the_reason(self):
        self.submit(compose('{"to": 7}'), ["ann@example.org"], service="pipe")
        (bounce,) = self.arrivals()
        self.assertEqual((bounce.recipient, bounce.reverse_path), ("app@example.com", ""))
        self.assertIn(b"to", bounce.body)
        self.assertEqual(bounce.message.get_content_type(), "multipart/report")


if __name__ == "__main__":
    main()
