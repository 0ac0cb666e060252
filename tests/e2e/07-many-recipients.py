#!/usr/bin/env python3
"""Long lists: 1,000 recipients through the milter, 10,000 through the pipe, each served once."""

import re
from collections import Counter

from lib import EndToEnd, compose, main

BODY = "Dear -n-,\n" + "All our news, told at some length.\n" * 60


class ManyRecipients(EndToEnd):
    def fan_out(self, count: int, service: str) -> None:
        recipients = [f"Customer Number {i} <{service}-{i}@bulk.test>" for i in range(count)]
        sent = compose({"to": recipients, "sub": {"-n-": [str(i) for i in range(count)]}}, body=BODY)
        self.submit(sent, service=service)
        self.box.settle(seconds=300)
        served = re.findall(rf": to=<({service}-\d+@bulk.test)>.* status=sent", self.box.postfix.log_text())
        self.assertEqual(Counter(served), Counter(f"{service}-{i}@bulk.test" for i in range(count)))

    def test_milter(self):
        self.fan_out(1_000, "submission")

    def test_pipe(self):
        self.fan_out(10_000, "pipe")


if __name__ == "__main__":
    main()
