#!/usr/bin/env python3
"""End-to-end figures with a real Postfix below a temporary folder: see bench/README.md.

    bench/end_to_end.py pass-through | fan-out | links | memory | large   [--build build]

Every figure is a ratio of two things measured in turn within one run, because machines are noisy."""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "packaging"))

from sandbox.daemon import Daemon  # noqa: E402
from sandbox.ports import PortBlock  # noqa: E402
from sandbox.sandbox import Sandbox  # noqa: E402
from sandbox.wait import until  # noqa: E402

SENDER = "app@example.com"


def source(port: int, messages: int, octets: int, sessions: int, *options: str) -> float:
    """Messages a second that smtp-source gets into a listener."""
    command = ["smtp-source", "-d", "-s", str(sessions), "-m", str(messages), "-l", str(octets)]
    command += [*options, "-f", SENDER, "-t", "sink@bulk.test", f"127.0.0.1:{port}"]
    begun = time.monotonic()
    subprocess.run(command, check=True)
    return messages / (time.monotonic() - begun)


def listener(name: str, port: int, milter: str) -> str:
    return (
        f"127.0.0.1:{port} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}\n"
        f"  -o smtpd_milters={milter}\n  -o smtpd_client_connection_count_limit=0\n"
    )


def pass_through(build: Path, rounds: int, messages: int = 3000) -> None:
    """Messages without a header through smtpapi-milter and through an empty libmilter program."""
    ports = PortBlock()
    box = Sandbox(build / "milter")
    try:
        box.configure()
        empty_socket = box.folder / "run" / "empty.sock"
        empty = Daemon(box.folder, [str(build / "bench" / "empty_milter"), f"unix:{empty_socket}"], empty_socket.exists)
        with (box.postfix.etc / "master.cf").open("a") as master:
            master.write(listener("ours", ports.ports[0], f"unix:{box.folder}/run/milter.sock"))
            master.write(listener("empty", ports.ports[1], f"unix:{empty_socket}"))
            master.write(listener("none", ports.ports[2], ""))
        empty.start()
        empty_socket.chmod(0o666)
        box.start()
        rates: dict[str, list[float]] = {"ours": [], "empty": [], "none": []}
        for turn in range(rounds + 1):
            for name, port in zip(rates, ports.ports):
                rate = source(port, messages, 4000, 10)
                box.settle(120)
                if turn:  # the first turn warms up
                    rates[name].append(rate)
        for name, values in rates.items():
            print(f"{name:6} {statistics.median(values):8.0f} messages/s (median of {rounds})")
        ratios = [ours / other for ours, other in zip(rates["ours"], rates["empty"])]
        print(f"ours / empty milter: {statistics.median(ratios):.3f} (median of the turns)")
    finally:
        box.close()
        ports.release()


def message(recipients: int, octets: int, send_at: int = 0) -> bytes:
    """One message to many, each with a substitution, with a body of about `octets` a copy in lines as
    long as those of smtp-source, 80 octets with CRLF: what Postfix stores are lines."""
    to = ",\n ".join(f'"u{i}@bulk.test"' for i in range(recipients))
    values = ",\n ".join(f'"value {i}"' for i in range(recipients))
    line = "A line of an ordinary newsletter, with nothing at all in it for us to replace.\n"
    head = f"From: {SENDER}\nTo: sink@bulk.test\nSubject: Hi -v-\n"
    when = f'"send_at":{send_at},\n ' if send_at else ""
    header = f'X-SMTPAPI: {{"to":[{to}],\n {when}"sub":{{"-v-":[{values}]}}}}\n\n'
    plain = line * (octets // (len(line) + 1) - 1)
    return (head + header + line.replace("for us", "but -v-") + plain).encode()


def take_in(box: Sandbox, octets: bytes) -> None:
    command = [str(box.program("smtpapi-intake")), "--config", str(box.config), "--from", SENDER]
    subprocess.run([*command, "--", "sink@bulk.test"], input=octets, check=True)


class Released:
    """Counts the copies that smtpapi-queue logs as released from now on. Reads each octet of the
    log once: reading it all again and again would take a good part of a processor."""

    def __init__(self, log: Path):
        self._log = log.open("rb")
        self._log.seek(0, 2)
        self._count = 0

    def count(self) -> int:
        self._count += self._log.read().count(b": released ")
        return self._count


def newsletter(recipients: int, octets: int, send_at: int, links: int, tracked: bool) -> bytes:
    """HTML with links, of about `octets` a copy before they are tracked."""
    filters = ""
    if tracked:
        on = '{"settings":{"enable":1}}'
        filters = f',\n "filters":{{"clicktrack":{on},"opentrack":{on}}}'
    head, _, body = message(recipients, octets - 80 * links, send_at).partition(b"\n\n")
    head = head.removesuffix(b"}") + filters.encode() + b"}\nContent-Type: text/html; charset=utf-8\n\n"
    anchors = (f'<p><a href="https://shop.example.com/sale/{i:04}?a=1&amp;b=2">Offer {i}</a></p>\n' for i in range(links))
    return head + b"<html><body>\n" + "".join(anchors).encode() + body + b"</body></html>\n"


def fan_out_once(box: Sandbox, recipients: int, octets_due: Callable[[int], bytes] | None = None) -> float:
    """Copies a second from the moment they fall due to the last copy."""
    due = int(time.time()) + 2 + recipients // 2000
    take_in(box, octets_due(due) if octets_due else message(recipients, 8000, due))
    if time.time() >= due:
        raise RuntimeError("taking the message in took too long")
    released = Released(box.queue.log)
    time.sleep(due - time.time())
    until(lambda: released.count() >= recipients, "the last copy", 300, every=0.02)
    return recipients / (time.time() - due)


def fan_out(build: Path, recipients: int, concurrency: int, rounds: int) -> None:
    """One message to many recipients against smtp-source, into the same listener, in turn."""
    box = Sandbox(build / "milter", {"inject.concurrency": str(concurrency)} if concurrency else {})
    try:
        box.configure()
        box.postfix.set_service("inject", "smtpd_milters=")
        box.start()
        port = box.postfix.ports["inject"]

        def theirs(sessions: int, messages: int, *options: str) -> float:
            rate = source(port, messages, 8000, sessions, *options)
            box.settle(120)
            return rate

        best = max((2, 4, 8, 10, 16), key=lambda sessions: theirs(sessions, 2000, "-N"))
        print(f"smtp-source does best with {best} sessions")
        ratios: dict[str, list[float]] = {"as many recipients (-N)": [], "one recipient": []}
        for turn in range(rounds):
            many = theirs(best, recipients, "-N")
            ours = fan_out_once(box, recipients)
            box.settle(120)
            one = theirs(best, recipients)
            print(f"turn {turn + 1}: queue {ours:.0f}/s, smtp-source -N {many:.0f}/s, without {one:.0f}/s")
            for values, other in zip(ratios.values(), (many, one)):
                values.append(ours / other)
        for name, values in ratios.items():
            print(f"queue / smtp-source to {name}: {statistics.median(values):.2f} (median of the turns)")
    finally:
        box.close()


def links(build: Path, recipients: int, rounds: int, count: int = 20) -> None:
    """A newsletter with tracked links against the same one without tracking, in turn."""
    box = Sandbox(build / "milter")
    try:
        box.configure()
        box.postfix.set_service("inject", "smtpd_milters=")
        box.start()
        ratios = []
        for turn in range(rounds):
            rates = []
            for tracked in (False, True):
                rates.append(fan_out_once(box, recipients, lambda due: newsletter(recipients, 8000, due, count, tracked)))
                box.settle(120)
            ratios.append(rates[1] / rates[0])
            print(f"turn {turn + 1}: tracked {rates[1]:.0f}/s, not tracked {rates[0]:.0f}/s, {ratios[-1]:.2f}", flush=True)
        print(f"tracked / not tracked, {count} links: {statistics.median(ratios):.2f} (median of the turns)")
    finally:
        box.close()


def peak_memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def memory(build: Path, recipients: int) -> None:
    """Resident memory of smtpapi-queue while it releases a 1 MB message to 10,000 recipients."""
    box = Sandbox(build / "milter")
    try:
        box.configure()
        box.start()
        released = Released(box.queue.log)
        take_in(box, message(recipients, 1_000_000))
        until(lambda: released.count() >= recipients, "the last copy", 1800, every=0.5)
        print(f"smtpapi-queue, {recipients} copies of 1 MB: {peak_memory(box.queue.pid):.0f} MB resident at most")
    finally:
        box.close()


def hand_in(port: int, octets: bytes) -> int:
    """Hands a message to a listener, again whenever it says "later". Result: how often it did."""
    mail = f"MAIL FROM:<{SENDER}> SIZE={len(octets)}".encode()
    envelope = [b"EHLO bench", mail, b"RCPT TO:<sink@bulk.test>", b"DATA"]
    refused = 0
    while True:
        with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as replies:

            def heard() -> bytes:
                while (reply := replies.readline())[3:4] == b"-":
                    pass
                return reply

            heard()
            for command in envelope:
                line.sendall(command + b"\r\n")
                last = heard()
            if last.startswith(b"354"):
                line.sendall(octets)
                last = heard()
            if last.startswith(b"250"):
                return refused
            if not last.startswith(b"4"):
                raise RuntimeError(last.decode())
        refused += 1
        time.sleep(0.5)


def large(build: Path, clients: int = 50, octets: int = 25_000_000) -> None:
    """Resident memory of smtpapi-milter while it takes in 50 messages of 25 MB at one time."""
    text = message(2, octets).replace(b"\n", b"\r\n") + b".\r\n"
    print(f"{clients} clients hand in {len(text) / 1e6:.0f} MB each at one time:")
    for allowed in ("2G", "500M"):
        box = Sandbox(build / "milter", {"milter.memory-bytes": allowed})
        try:
            box.configure()
            box.start()
            port = box.postfix.ports["submission"]
            box.postfix.set_service("submission", "smtpd_client_connection_count_limit=0")
            box.postfix.reload()
            before = peak_memory(box.milter.pid)
            with ThreadPoolExecutor(clients) as pool:
                refused = sum(pool.map(lambda _: hand_in(port, text), range(clients)))
            print(
                f"milter.memory-bytes = {allowed:4}: smtpapi-milter {before:.0f} MB resident idle, "
                f"{peak_memory(box.milter.pid):.0f} MB at most, 452 answered {refused} times"
            )
        finally:
            box.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=("pass-through", "fan-out", "links", "memory", "large"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=0, help="inject.concurrency")
    parser.add_argument("--rounds", type=int, default=7)
    words = parser.parse_args()
    build = words.build.resolve()
    if words.figure == "pass-through":
        pass_through(build, words.rounds)
    elif words.figure == "fan-out":
        fan_out(build, words.recipients, words.concurrency, words.rounds)
    elif words.figure == "links":
        links(build, words.recipients, words.rounds)
    elif words.figure == "memory":
        memory(build, words.recipients)
    else:
        large(build)


if __name__ == "__main__":
    main()
