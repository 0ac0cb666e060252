#!/usr/bin/env python3
"""ip_pool (POOL-1, POOL-2): copies go in by the pool's own listener, and out by its transport."""

from lib import EndToEnd, compose, main


class Pool(EndToEnd):
    def listeners(self, header: object) -> set[str]:
        self.submit(compose(header))
        mails = self.arrivals()
        self.assertEqual(len(mails), 2)
        log = self.box.postfix.log_text()
        return {name for name in ("smtpapi", "smtpapi-pool-a") for mail in mails if _took(log, name, mail)}

    def test_a_pool_that_exists(self):
        header = {"to": ["ann@example.org", "bob@example.net"], "ip_pool": "a"}
        self.assertEqual(self.listeners(header), {"smtpapi-pool-a"})
        self.assertRegex(self.box.postfix.log_text(), "to=<ann@example.org>, relay=pool-a,")

    def test_a_pool_that_does_not(self):
        header = {"to": ["ann@example.org", "bob@example.net"], "ip_pool": "nowhere"}
        self.assertEqual(self.listeners(header), {"smtpapi"})


def _took(log: str, listener: str, mail) -> bool:
    queue_id = mail.fields("Received")[0].partition(" id ")[2].partition(";")[0].split()[0]
    return any(f"postfix/{listener}/smtpd" in line and f"{queue_id}: client=" in line for line in log.splitlines())


if __name__ == "__main__":
    main()
