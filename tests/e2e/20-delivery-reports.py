#!/usr/bin/env python3
"""What the client asked for in RCPT and MAIL (RFC 3461) holds for the copies."""

from lib import EndToEnd, compose, main

TWO = {"sub": {"Hello": ["a", "b"]}}
RECIPIENTS = ["ann@example.org", "bob@example.net"]


class DeliveryReports(EndToEnd):
    def reports(self, header: object, notify: str) -> list:
        self.submit(
            compose(header),
            RECIPIENTS,
            mail_options=("RET=HDRS", "ENVID=job-42"),
            rcpt_options=(f"NOTIFY={notify}",),
        )
        mails = self.arrivals()
        self.assertEqual([mail.recipient for mail in mails if mail.recipient in RECIPIENTS], RECIPIENTS)
        return [mail for mail in mails if mail.recipient == "app@example.com"]

    def test_success_reports_for_copies(self):
        reports = self.reports(TWO, "SUCCESS")
        self.assertEqual(len(reports), 2)
        for report in reports:
            self.assertIn(b"Original-Envelope-Id: job-42", report.octets)

    def test_success_reports_for_a_message_changed_in_place(self):
        self.assertTrue(self.reports({"category": "x"}, "SUCCESS"))

    def test_none_asked_for(self):
        self.assertEqual(self.reports(TWO, "NEVER"), [])


if __name__ == "__main__":
    main()
