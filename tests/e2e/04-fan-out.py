#!/usr/bin/env python3
"""Verdict hold: one message in, a copy of its own for each recipient out; the original is gone."""

from lib import MTA, EndToEnd, compose, main

HEADER = {
    "to": ["Ann Lee <ann@example.org>", "bob@example.net", "Zoë <zoe@example.com>", "not an address"],
    "sub": {"-n-": ["Ann", "Bob", "Zoë", "?"], "-offer-": ["-gold-", "-std-", "-std-", ""]},
    "section": {"-gold-": "Dear -n-, 20% off", "-std-": "Hello -n-"},
    "filters": {"footer": {"settings": {"enable": 1, "text/plain": "Bye -n-"}}},
}


class FanOut(EndToEnd):
    def test_copies_arrive_as_explained(self):
        sent = compose(HEADER, subject="Hi -n-", body="-offer-\n")
        explained = self.explain(sent)
        self.assertEqual(explained["verdict"], "hold")
        dropped = [copy for copy in explained["copies"] if copy["event"] == "dropped"]
        self.assertEqual([copy["recipient"] for copy in dropped], ["not an address"])
        explained["copies"] = [copy for copy in explained["copies"] if copy not in dropped]

        queue_id = self.submit(sent)
        mails = self.arrived()
        self.assert_as_explained(mails, explained)
        self.assertEqual(mails["ann@example.org"].text, "Dear Ann, 20% off\nBye Ann\n")
        self.assertEqual(mails["zoe@example.com"].fields("To"), ["Zoë <zoe@example.com>"])
        self.assertRegex(self.box.mta.log_text(), self.box.mta.discarded(queue_id))

    def test_a_copy_tells_where_it_came_from(self):  # RI-6, RI-7
        queue_id = self.submit(compose({"sub": {"Hello": ["a", "b"]}}), ["ann@example.org", "bob@example.net"])
        mails = self.arrived()
        self.assertEqual(mails["bob@example.net"].body, b"b\r\n")
        trace = mails["ann@example.org"].fields("Received")
        self.assertEqual(len(trace), 2)
        self.assertIn("app.example.com", trace[1])
        self.assertIn(queue_id, trace[1])
        if MTA == "postfix":  # Sendmail has no XFORWARD
            self.assertRegex(self.box.postfix.log_text(), f"orig_queue_id={queue_id}")

    def test_recipients_of_the_envelope_keep_the_fields_they_had(self):  # TO-12
        sent = compose({"sub": {"Hello": ["a", "b"]}}, to="ann@example.org", fields=("Cc: cy@example.com",))
        self.submit(sent, ["ann@example.org", "hidden@example.net"])
        for mail in self.arrivals():
            self.assertEqual(mail.fields("To") + mail.fields("Cc"), ["ann@example.org", "cy@example.com"])

    def test_a_blind_copy_for_each(self):  # BCC-1
        header = {
            "to": ["ann@example.org", "bob@example.net"],
            "filters": {"bcc": {"settings": {"enable": 1, "email": "archive@example.com"}}},
        }
        self.submit(compose(header))
        mails = self.arrivals()
        self.assertEqual(
            sorted((mail.recipient, mail.fields("To")[0]) for mail in mails),
            [
                ("ann@example.org", "ann@example.org"),
                ("archive@example.com", "ann@example.org"),
                ("archive@example.com", "bob@example.net"),
                ("bob@example.net", "bob@example.net"),
            ],
        )

    def test_the_null_sender_stays_null(self):
        self.submit(compose({"to": ["ann@example.org", "bob@example.net"]}), sender="")
        self.assertEqual([mail.reverse_path for mail in self.arrivals()], ["", ""])


if __name__ == "__main__":
    main()
