#!/usr/bin/env python3
"""The unsubscribe and preferences pages as a person sees them: headless Chromium on a phone's
screen. Pictures stay in the folder SMTPAPI_ARTEFACTS."""

import sys

from lib.tracker import *  # noqa: F403
from lib import browser

ARTEFACTS = Path(os.environ.get("SMTPAPI_ARTEFACTS", tempfile.gettempdir()))


class Pages(TrackTest):
    def setUp(self) -> None:
        super().setUp()
        self.track.add_group(7, "News & <offers>")
        self.track.add_group(8, "Tips")

    def open(self, language: str = "en") -> browser.Browser:
        out = browser.Browser(self.track.folder, language)
        self.addCleanup(out.close)
        return out

    def keep(self, page: browser.Browser, name: str) -> None:
        page.screenshot(ARTEFACTS / f"track-{name}.png")
        self.assertFalse(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), name)

    def test_leaving_a_group_and_coming_back(self):
        page = self.open()
        page.go(self.track.link(GROUP_UNSUBSCRIBE, 0, "ann@example.org", 7))
        self.assertIn("ann@example.org", page.text())
        self.assertIn("News & <offers>", page.text())
        self.keep(page, "unsubscribe")
        self.assertEqual(self.track.suppressions(), [])
        page.press("button")
        self.assertIn("You are unsubscribed", page.text())
        self.keep(page, "unsubscribed")
        self.assertEqual(self.track.suppressions(), [("group", 7, "ann@example.org")])
        page.press("button")
        self.assertIn("You are subscribed again", page.text())
        self.assertEqual(self.track.suppressions(), [])
        kinds = [event["kind"] for event in self.track.events()]
        self.assertEqual(kinds, ["group_unsubscribe", "group_resubscribe"])

    def test_preferences(self):
        page = self.open("de")
        page.go(self.track.link(PREFERENCES, 0, "ann@example.org", 8, 7))
        self.assertEqual(page.attribute("html", "lang"), "de")
        self.assertLess(page.text().index("Tips"), page.text().index("News & <offers>"))
        self.keep(page, "preferences")
        page.click("label:nth-of-type(2)")  # the whole line is the label
        page.press("button[value=save]")
        self.assertIn("gespeichert", page.text())
        self.keep(page, "saved")
        self.assertEqual(self.track.suppressions(), [("group", 7, "ann@example.org")])
        self.assertTrue(page.is_selected("input[name=group][value='8']"))
        self.assertFalse(page.is_selected("input[name=group][value='7']"))
        page.press("button[value=leave-all]")
        self.assertIn("von allen unseren E-Mails abgemeldet", page.text())
        self.assertIn(("global", 0, "ann@example.org"), self.track.suppressions())
        page.press("button[value=join-all]")
        page.click("input[name=group][value='7']")
        page.press("button[value=save]")
        until(lambda: not self.track.suppressions(), "the groups are joined again")

    def test_a_link_that_does_not_work(self):
        page = self.open("fr")
        page.go(self.track.url + "/asm/?upn=nothing")
        self.assertIn("Ce lien ne fonctionne pas", page.text())
        self.keep(page, "not-found")


if __name__ == "__main__":
    if reason := browser.missing():
        print(f"skipped: {reason}")
        sys.exit(77)
    track_main()
