"""Headless Chromium, driven by chromedriver's W3C WebDriver protocol."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from sandbox.ports import PortBlock
from sandbox.wait import until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing() -> str:
    absent = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Browser:
    """`language` is what Accept-Language says."""

    def __init__(self, folder: Path, language: str = "en", width: int = 390, height: int = 844):
        self._block = PortBlock()
        self._base = f"http://127.0.0.1:{self._block.ports[0]}"
        words = ["chromedriver", f"--port={self._block.ports[0]}", f"--log-path={folder}/chromedriver.log"]
        self._driver = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._is_ready, "chromedriver")
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder}/chromium",
            f"--window-size={width},{height}",
        ]
        options = {"args": arguments, "prefs": {"intl.accept_languages": language}}
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        self._session = self._send("POST", "/session", {"capabilities": wanted})["sessionId"]

    def close(self) -> None:
        self._send("DELETE", f"/session/{self._session}")
        self._driver.terminate()
        self._driver.wait()
        self._block.release()

    def go(self, url: str) -> None:
        self._do("POST", "url", {"url": url})

    def text(self) -> str:
        return self._do("GET", f"element/{self._find('body')}/text")

    def attribute(self, selector: str, name: str) -> str | None:
        return self._do("GET", f"element/{self._find(selector)}/attribute/{name}")

    def click(self, selector: str) -> None:
        self._do("POST", f"element/{self._find(selector)}/click", {})

    def press(self, selector: str) -> None:
        """Clicks what leads to another page, and waits until that is there."""
        self.evaluate("window.isOld = true")
        self.click(selector)
        until(self._has_arrived, f"the page behind {selector}")

    def is_selected(self, selector: str) -> bool:
        return self._do("GET", f"element/{self._find(selector)}/selected")

    def evaluate(self, expression: str):
        return self._do("POST", "execute/sync", {"script": f"return {expression}", "args": []})

    def screenshot(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self._do("GET", "screenshot")))

    def _has_arrived(self) -> bool:
        try:
            return self.evaluate("!window.isOld && document.readyState === 'complete'")
        except RuntimeError:  # between two pages
            return False

    def _find(self, selector: str) -> str:
        return self._do("POST", "element", {"using": "css selector", "value": selector})[ELEMENT]

    def _do(self, method: str, path: str, body: dict | None = None):
        return self._send(method, f"/session/{self._session}/{path}", body)

    def _send(self, method: str, path: str, body: dict | None = None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:500]}") from error

    def _is_ready(self) -> bool:
        try:
            return self._send("GET", "/status")["ready"]
        except OSError:
            return False
