#!/usr/bin/env python3
"""Links from the mailbox, followed over HTTP: clicks, opens, people who leave and stay away."""

import sqlite3
import time

from lib import EndToEnd, compose, main
from sandbox.links import Links, ask
from sandbox.mailbox import Mail
from sandbox.wait import until

KINDS = {"open": 5, "click": 6, "unsubscribe": 8, "group_unsubscribe": 9}  # numbers of EventKind
TARGET = "https://shop.example.com/sale?a=1&b=%2F#top"
ON = {"enable": 1}
LINKS = {
    "clicktrack": {"settings": {"enable": 1, "enable_text": 1}},
    "opentrack": {"settings": ON},
    "subscriptiontrack": {"settings": ON},
}
MIXED = ("MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="b"')
BODY = (
    "--b\nContent-Type: text/plain\n\nSee " + TARGET + " now\n"
    "--b\nContent-Type: text/html\n\n"
    "<html><body><a href=\"" + TARGET.replace("&", "&amp;") + "\">Sale</a></body></html>\n--b--\n"
)


class Followed(EndToEnd):
    def one_click(self, mail: Mail) -> None:
        self.assertEqual(mail.fields("List-Unsubscribe-Post"), ["List-Unsubscribe=One-Click"])
        self.assertEqual(ask(Links(mail).one_click, b"List-Unsubscribe=One-Click").status, 200)

    def assert_redirects(self, link: str, target: str = TARGET) -> None:
        self.assertTrue(link.startswith(self.box.links), link)
        answer = ask(link)
        self.assertEqual((answer.status, answer.headers["Location"]), (302, target))

    def rows(self, statement: str, *values):
        with sqlite3.connect(self.box.folder / "store" / "store.db", timeout=30) as store:
            return store.execute(statement, values).fetchall()

    def wait_for_events(self, count: int, kind: str, recipient: str) -> list[tuple]:
        """URL and group of each event of that kind for the recipient."""
        query = "SELECT url, group_id FROM event WHERE kind = ? AND recipient = ?"
        enough = lambda: len(rows := self.rows(query, KINDS[kind], recipient.encode())) >= count and rows
        rows = until(enough, f"{kind} of {recipient}")
        self.assertEqual(len(rows), count)
        return rows

    def wait_for_event(self, kind: str, recipient: str) -> tuple:
        return self.wait_for_events(1, kind, recipient)[0]

    def send(self, recipients, header=None, **more) -> dict[str, Mail]:
        self.submit(compose(header or {"filters": LINKS}, body=BODY, fields=MIXED), recipients, **more)
        return self.arrived()

    def fan_out(self, *recipients: str, **more) -> dict[str, Mail]:
        return self.send(["sink@example.com"], {"to": list(recipients), "filters": LINKS, **more})

    def assert_links_work(self, mail: Mail) -> None:
        found = Links(mail)
        self.assert_redirects(found.anchors[0])
        text = mail.message.get_body(("plain",)).get_content()
        self.assert_redirects(text.split()[1])
        answer = ask(*found.images)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "image/gif"))

    def test_a_click_and_an_open_in_place(self):
        mail = self.send(["place@example.org"])["place@example.org"]
        self.assert_links_work(mail)
        clicks = self.wait_for_events(2, "click", "place@example.org")
        self.assertEqual([url.decode() for url, _ in clicks], [TARGET] * 2)
        self.wait_for_event("open", "place@example.org")

    def test_each_copy_has_links_of_its_own(self):
        mails = self.fan_out("fan1@example.org", "fan2@example.net")
        links = {Links(mail).anchors[0] for mail in mails.values()}
        self.assertEqual(len(links), 2)
        for address, mail in mails.items():
            self.assert_redirects(Links(mail).anchors[0])
            self.assertEqual(self.wait_for_event("click", address)[0].decode(), TARGET)

    def test_who_left_gets_no_more(self):  # SUPP-1
        mails = self.fan_out("leaves@example.org", "stays@example.net")
        self.assertEqual(ask(Links(mails["leaves@example.org"]).one_click).status, 200)  # a page with a button
        self.assertEqual(len(self.fan_out("leaves@example.org", "stays@example.net")), 2)
        self.one_click(mails["leaves@example.org"])
        self.wait_for_event("unsubscribe", "leaves@example.org")
        self.assertEqual(list(self.fan_out("leaves@example.org", "stays@example.net")), ["stays@example.net"])
        self.assert_dropped("leaves@example.org")

    def test_who_leaves_before_the_release_is_dropped(self):  # SCH-10
        mail = self.send(["early@example.org"])["early@example.org"]
        due = int(time.time()) + 8
        later = {"to": ["early@example.org", "other@example.net"], "send_at": due}
        self.submit(compose({**later, "filters": LINKS}, body=BODY, fields=MIXED))
        self.assertEqual(len(self.copies_of("early@example.org", "waiting")), 1)
        self.one_click(mail)
        self.assertLess(time.time(), due, "too slow to tell anything")
        until(lambda: len(self.box.mailbox) == 1, "the other copy")
        self.assertEqual(self.box.mailbox.take()[0].recipient, "other@example.net")
        self.assert_dropped("early@example.org")

    def copies_of(self, recipient: str, state: str) -> list[dict]:
        return [copy for copy in self.box.copies("--state", state) if copy["recipient"] == recipient]

    def assert_dropped(self, recipient: str) -> None:
        copies = until(lambda: self.copies_of(recipient, "dropped"), f"{recipient} dropped")
        self.assertEqual([copy["reply"] for copy in copies], ["Unsubscribed Address"])

    def test_leaving_a_group(self):  # ASM-10, ASM-11
        self.box.control("group", "add", "--id", "7", "News")
        address = "group@example.org"
        mail = self.fan_out(address, asm_group_id=7, asm_groups_to_display=[7])[address]
        page = ask(Links(mail).anchors[-1])  # ASM-4
        self.assertEqual(page.status, 200)
        self.assertIn("News", page.octets.decode())
        self.one_click(mail)
        self.assertEqual(self.wait_for_event("group_unsubscribe", address)[1], 7)
        self.assertEqual(self.fan_out(address, asm_group_id=7), {})
        self.assertEqual(list(self.fan_out(address)), [address])

    def test_a_forged_link_leads_nowhere(self):
        mail = self.send(["forged@example.org"])["forged@example.org"]
        link = Links(mail).anchors[0]
        place = len(link) - 12
        for forged in (link[:-4], link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]):
            answer = ask(forged)
            self.assertEqual(answer.status, 404)
            self.assertNotIn("Location", answer.headers)

    def test_links_outlive_a_restart_and_the_submission(self):
        mail = self.fan_out("old@example.org")["old@example.org"]
        self.box.track.stop()
        with sqlite3.connect(self.box.folder / "store" / "store.db", timeout=30) as store:
            store.execute("DELETE FROM copy")
            store.execute("DELETE FROM submission")
        self.box.track.start()
        self.assert_redirects(Links(mail).anchors[0])
        self.assertEqual(self.wait_for_event("click", "old@example.org")[0].decode(), TARGET)
        self.one_click(mail)
        self.wait_for_event("unsubscribe", "old@example.org")


if __name__ == "__main__":
    main()
