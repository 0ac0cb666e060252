#!/usr/bin/env python3
"""smtpapictl doctor: finds nothing wrong with a Postfix set up by etc/postfix, and what it advises
mends what is broken."""

import re
import subprocess

from lib import EndToEnd, main


class Doctor(EndToEnd):
    def doctor(self) -> tuple[int, str]:
        done = self.box.control("doctor", "--postfix-config", str(self.box.postfix.etc), check=False)
        return done.returncode, done.stdout.decode()

    def assert_healthy(self) -> None:
        status, report = self.doctor()
        self.assertEqual(status, 0, report)
        self.assertIn(" 0 warnings, 0 failures", report)

    def test_nothing_is_wrong_with_the_snippets(self):
        self.assert_healthy()

    def test_its_advice_mends(self):
        self.box.postfix.set("smtpapi_destination_recipient_limit=50", "enable_long_queue_ids=no")
        self.box.postfix.set_service("cleanup-smtpapi-pipe/unix", "header_size_limit=102400")
        status, report = self.doctor()
        self.assertNotEqual(status, 0, report)
        advice = re.findall(r"> (postconf .*)", report)
        self.assertEqual(len(advice), 3, report)
        for command in advice:
            subprocess.run(command, shell=True, check=True)
        self.assert_healthy()


if __name__ == "__main__":
    main()
