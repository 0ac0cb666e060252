#!/usr/bin/env python3
"""What is Sendmail's own: its limits of header sizes (KEY-2, KEY-3), daemons with filters of their own
(SM-6), pools, aliases under addresses that are changed in place (LM-33, LM-34)."""

import json
import re
import time

from lib import EndToEnd, compose, main, sendmail_only

LONGEST_VALUE = 65_500  # of etc/mail/m4/smtpapi.m4; a milter can be given a little more
LONGEST_HEADER = 2_097_152  # of etc/mail/m4/smtpapi.m4


def field(size: int, recipients: int) -> str:
    """An X-SMTPAPI field whose value, as Sendmail counts it, has that many octets. Its copies are for later."""
    due = int(time.time()) + 3600
    to = ",\r\n ".join(f'"r{i}@example.org"' for i in range(recipients))
    head = f'{{"send_at": {due}, "to": [{to}]'
    given = len(" " + head.replace("\r\n", "\n") + "}")
    assert given < size
    # JSON takes blanks anywhere; no line may have more than 998 octets.
    blanks = ("\r\n " + " " * 97) * ((size - given) // 99)
    return head + blanks + " " * ((size - given) % 99) + "}"


@sendmail_only("about Sendmail")
class Limits(EndToEnd):
    def test_the_longest_field(self):
        before = len(self.box.copies())
        self.submit(compose(field(LONGEST_VALUE, 2_000)))
        self.assertEqual(len(self.box.copies()) - before, 2_000)

    def test_a_longer_field_is_refused_for_good(self):
        before = len(self.box.copies())
        with self.connect() as client:
            code, text = client.submit(compose(field(LONGEST_VALUE + 1, 2_000)))
            self.assertEqual((code, text[:5]), (552, "5.6.0"), text)
            self.assertIn("X-SMTPAPI-Part", text)
            self.assertEqual(client.submit(compose())[0], 250, "the session goes on")
            self.assertEqual(len(self.arrivals()), 1)
        self.assertEqual((len(self.box.copies()), self.arrivals()), (before, []))

    def test_parts_go_beyond_one_field(self):  # HDR-11
        before = len(self.box.copies())
        whole = field(LONGEST_VALUE * 4, 9_000)
        cut = [whole[i : i + 60_000] for i in range(0, len(whole), 60_000)]
        parts = (f"X-SMTPAPI-Part: {i}/{len(cut)} {part}" for i, part in enumerate(cut[1:], start=2))
        self.submit(compose(cut[0], fields=tuple(parts)))
        self.assertEqual(len(self.box.copies()) - before, 9_000)

    def test_more_than_all_fields_may_have_is_refused(self):
        more = tuple(f"X-More-{i}: " + "\r\n ".join(["y" * 900] * 60) for i in range(LONGEST_HEADER // 54_000 + 1))
        with self.connect() as client:
            code, text = client.submit(compose({"to": ["ann@example.org"]}, fields=more))
            self.assertEqual((code, text[:5]), (552, "5.6.0"), text)
        self.assertEqual(self.arrivals(), [])


@sendmail_only("about Sendmail")
class Daemons(EndToEnd):
    def test_the_injection_daemon_has_no_filter(self):
        sent = compose({"to": ["bob@example.net"]})
        queue_id = self.submit(sent, ["ann@example.org"], service="inject")
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.content), ("ann@example.org", sent))
        self.assertIn(f"{queue_id}: Milter: no active filter", self.box.mta.log_text())

    def test_a_copy_is_one_message_of_the_injection_daemon(self):
        self.submit(compose({"to": ["ann@example.org", "bob@example.net"]}))
        for mail in self.arrivals():
            queue_id = re.search(r"\bid (\w+)", mail.fields("Received")[0])[1]
            log = self.box.mta.log_text()
            self.assertRegex(log, f"{queue_id}: from=.* nrcpts=1, .* daemon=SmtpapiIn,")
            self.assertIn(f"{queue_id}: to=<{mail.recipient}>", log)


    def test_a_pool_has_a_daemon_of_its_own(self):  # POOL-1, RI-12
        for pool, daemon in (("a", "PoolA"), ("nowhere", "SmtpapiIn")):
            with self.subTest(pool):
                self.submit(compose({"to": ["ann@example.org", "bob@example.net"], "ip_pool": pool}))
                for mail in self.arrivals():
                    queue_id = re.search(r"\bid (\w+)", mail.fields("Received")[0])[1]
                    self.assertRegex(self.box.mta.log_text(), f"{queue_id}: from=.* daemon={daemon},")


@sendmail_only("about Sendmail")
class TrustedDaemon(EndToEnd):
    settings = {"trust.daemon-names": "MSA"}

    def test_who_comes_by_it_may_use_the_header(self):  # TR-3, SM-5
        with self.connect(addr="203.0.113.9") as client:
            self.assertEqual(client.submit(compose({"to": ["bob@example.net"]}), ["ann@example.org"])[0], 250)
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["bob@example.net"])


@sendmail_only("about Sendmail")
class Doctor(EndToEnd):
    def complaints(self) -> list[dict]:
        """What is not well, but the machine's clock."""
        done = self.box.control("doctor", "--json", "--sendmail-config", str(self.box.mta.config), check=False)
        findings = json.loads(done.stdout)["findings"]
        return [it for it in findings if it["status"] != "ok" and it["check"] != "clock"]

    def test_nothing_is_wrong_with_the_snippet(self):
        self.assertEqual(self.complaints(), [])

    def test_what_is_wrong_is_found(self):
        config = self.box.mta.config
        good = config.read_text()
        self.addCleanup(config.write_text, good)
        for old, new, want in (
            (", F=T", ", F=", "no F=T"),
            ("InputMailFilters=smtpapi", "InputMailFilters=", "no daemon that takes mail in"),
            ("Name=SmtpapiIn, Family=inet, ", "Name=SmtpapiIn, Family=inet, I=smtpapi, ", "has filter smtpapi"),
            ("O MaxHeadersLength=2097152", "", "MaxHeadersLength 32,768"),
            ("O LogLevel=14", "O LogLevel=3", "LogLevel 3"),
        ):
            with self.subTest(want):
                changed = good.replace(old, new)
                if "I=" in new:
                    changed = changed.replace("M=EAS, InputMailFilters=", "M=EAS")
                self.assertNotEqual(changed, good)
                config.write_text(changed)
                self.assertIn(want, " ".join(it["found"] for it in self.complaints()))


@sendmail_only("about Sendmail")
class Addresses(EndToEnd):
    @classmethod
    def prepare(cls, box):
        box.mta.set_aliases("team: cy@example.com, dee@example.edu\n")

    def test_an_alias_that_is_replaced_goes_with_its_members(self):
        self.submit(compose({"to": ["ann@example.org"], "sub": {"Hello": ["Bye"]}}), ["team@mx.sandbox.test"])
        (mail,) = self.arrivals()
        self.assertEqual((mail.recipient, mail.body), ("ann@example.org", b"Bye\r\n"))

    def test_an_alias_that_is_added_has_its_members(self):
        self.submit(compose({"to": ["team@mx.sandbox.test"]}), ["ann@example.org"])
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["cy@example.com", "dee@example.edu"])

    def test_one_address_stays_one(self):
        odd = ('"a,b"@example.org', '"x>y"@example.net', "a%b@example.org", "a!b@example.com", "o'hara@example.edu")
        for address in odd:
            with self.subTest(address):
                self.submit(compose({"to": [address]}))
                self.assertEqual([mail.recipient for mail in self.arrivals()], [address])

    def test_no_program_is_run(self):
        mark = self.box.folder / "run" / "mark"
        for address in (f'"|touch {mark}"@mx.sandbox.test', f'"{mark}"@mx.sandbox.test', f"|touch {mark}", str(mark)):
            with self.subTest(address):
                self.submit(compose({"to": [address]}))
                self.arrivals()
                self.assertFalse(mark.exists())


if __name__ == "__main__":
    main()
