#!/usr/bin/env python3
"""What a session may do: several messages, RSET, a disconnect, BDAT. Nothing of one message is seen
in the next."""

from lib import EndToEnd, compose, main, postfix_only


class Sessions(EndToEnd):
    def test_messages_one_after_another(self):
        with self.connect() as client:
            sent = [
                compose({"to": ["ann@example.org", "bob@example.net"]}),
                compose("bad"),
                compose(),
                compose({"sub": {"Hello": ["Bye"]}}),
            ]
            for octets in sent:
                self.assertEqual(client.submit(octets, ["cy@example.com"], sender="s@example.edu")[0], 250)
        self.assertCountEqual(
            [(mail.recipient, mail.body) for mail in self.arrivals() if mail.recipient != "s@example.edu"],
            [
                ("ann@example.org", b"Hello\r\n"),
                ("bob@example.net", b"Hello\r\n"),
                ("cy@example.com", b"Hello\r\n"),
                ("cy@example.com", b"Bye\r\n"),
            ],
        )

    def test_rset_forgets(self):
        with self.connect() as client:
            client.envelope(["ann@example.org", "bob@example.net"])
            client.rset()
            self.assertEqual(client.submit(compose({"sub": {"Hello": ["Bye"]}}), ["cy@example.com"])[0], 250)
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["cy@example.com"])

    def test_a_client_that_leaves_in_the_middle(self):
        client = self.connect()
        client.envelope(["ann@example.org"])
        client.docmd("DATA")
        client.send(compose({"to": ["ann@example.org", "bob@example.net"]}))
        client.close()
        self.wait_for_log(self.box.mta.LOST_IN_DATA)
        self.assertEqual(self.arrivals(), [])

    @postfix_only("Debian's Sendmail offers no CHUNKING")
    def test_bdat_is_as_good_as_data(self):  # RW-9
        sent = compose({"to": ["ann@example.org", "bob@example.net"], "sub": {"-n-": ["a", "b"]}}, body="-n-\n.\n")
        with self.connect() as client:
            client.envelope(["sink@example.com"])
            for begin in range(0, len(sent), 50):  # cuts fields, names and CRLF
                chunk = sent[begin : begin + 50]
                last = " LAST" if begin + 50 >= len(sent) else ""
                client.send(f"BDAT {len(chunk)}{last}\r\n".encode() + chunk)
                self.assertEqual(client.answer()[0], 250)
        self.assertEqual([mail.body for mail in self.arrivals()], [b"a\r\n.\r\n", b"b\r\n.\r\n"])


if __name__ == "__main__":
    main()
