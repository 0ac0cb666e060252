#!/usr/bin/env python3
"""End-to-end figures with a real Postfix below a temporary folder: see bench/README.md.

    bench/end_to_end.py pass-through | fan-out | memory   [--build build]

Every figure is a ratio of two things measured in turn within one run, because machines are noisy."""

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "packaging"))

from sandbox.daemon import Daemon  # noqa: E402
from sandbox.ports import PortBlock  # noqa: E402
from sandbox.sandbox import Sandbox  # noqa: E402
from sandbox.wait import until  # noqa: E402

SENDER = "app@example.com"


def source(port: int, messages: int, octets: int, sessions: int) -> float:
    """Messages a second that smtp-source gets into a listener."""
    command = ["smtp-source", "-d", "-s", str(sessions), "-m", str(messages), "-l", str(octets)]
    command += ["-f", SENDER, "-t", "sink@bulk.test", f"127.0.0.1:{port}"]
    begun = time.monotonic()
    subprocess.run(command, check=True)
    return messages / (time.monotonic() - begun)


def listener(name: str, port: int, milter: str) -> str:
    return (
        f"127.0.0.1:{port} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}\n"
        f"  -o smtpd_milters={milter}\n  -o smtpd_client_connection_count_limit=0\n"
    )


def pass_through(build: Path, rounds: int = 7, messages: int = 3000) -> None:
    """Messages without a header through smtpapi-milter and through an empty libmilter program."""
    ports = PortBlock()
    box = Sandbox(build / "milter")
    try:
        box.configure()
        socket = box.folder / "run" / "empty.sock"
        empty = Daemon(box.folder, [str(build / "bench" / "empty_milter"), f"unix:{socket}"], socket.exists)
        with (box.postfix.etc / "master.cf").open("a") as master:
            master.write(listener("ours", ports.ports[0], f"unix:{box.folder}/run/milter.sock"))
            master.write(listener("empty", ports.ports[1], f"unix:{socket}"))
            master.write(listener("none", ports.ports[2], ""))
        empty.start()
        socket.chmod(0o666)
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


def message(recipients: int, octets: int) -> bytes:
    """One message to many, each with a substitution, of about `octets` a copy."""
    to = ",\n ".join(f'"u{i}@bulk.test"' for i in range(recipients))
    values = ",\n ".join(f'"value {i}"' for i in range(recipients))
    line = "A line of an ordinary newsletter with nothing in it to replace, -v-\n"
    head = f"From: {SENDER}\nTo: sink@bulk.test\nSubject: Hi -v-\n"
    header = f'X-SMTPAPI: {{"to":[{to}],\n "sub":{{"-v-":[{values}]}}}}\n\n'
    plain = line.replace(" -v-", "") * (octets // len(line) - 1)
    return (head + header + line + plain).encode()


def take_in(box: Sandbox, octets: bytes) -> None:
    command = [str(box.program("smtpapi-intake")), "--config", str(box.config), "--from", SENDER]
    subprocess.run([*command, "--", "sink@bulk.test"], input=octets, check=True)


def released(box: Sandbox) -> int:
    return len(re.findall(r"released ", box.queue.log_text()))


def fan_out_once(box: Sandbox, recipients: int) -> float:
    """Copies a second from the start of the release to the last copy."""
    box.queue.stop()
    take_in(box, message(recipients, 8000))
    before = released(box)
    begun = time.monotonic()
    box.queue.start()
    until(lambda: released(box) >= before + recipients, "the last copy", 300, every=0.02)
    return recipients / (time.monotonic() - begun)


def fan_out(build: Path, recipients: int, concurrency: int, rounds: int = 3) -> None:
    """One message to 10,000 recipients against smtp-source, into the same listener."""
    box = Sandbox(build / "milter", {"inject.concurrency": str(concurrency)})
    try:
        box.configure()
        box.postfix.set_service("inject", "smtpd_milters=")
        box.start()
        best = max(
            (2, 4, 8, 10, 16), key=lambda n: source(box.postfix.ports["inject"], recipients // 4, 8000, n)
        )
        box.settle(120)
        ratios = []
        for turn in range(rounds):
            theirs = source(box.postfix.ports["inject"], recipients, 8000, best)
            box.settle(120)
            ours = fan_out_once(box, recipients)
            box.settle(120)
            ratios.append(ours / theirs)
            print(f"turn {turn + 1}: queue {ours:.0f}/s, smtp-source -s {best} {theirs:.0f}/s, {ratios[-1]:.2f}")
        print(f"queue / smtp-source: {statistics.median(ratios):.2f} (median of the turns)")
    finally:
        box.close()


def peak_memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def memory(build: Path, recipients: int = 10_000) -> None:
    """Resident memory of smtpapi-queue while it releases a 1 MB message to 10,000 recipients."""
    box = Sandbox(build / "milter")
    try:
        box.configure()
        box.start()
        take_in(box, message(recipients, 1_000_000))
        seen = 0.0
        while released(box) < recipients:
            time.sleep(0.5)
            seen = peak_memory(box.queue.pid)
        print(f"smtpapi-queue, {recipients} copies of 1 MB: {seen:.0f} MB resident at most")
    finally:
        box.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=("pass-through", "fan-out", "memory"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=8, help="inject.concurrency")
    words = parser.parse_args()
    if words.figure == "pass-through":
        pass_through(words.build.resolve())
    elif words.figure == "fan-out":
        fan_out(words.build.resolve(), words.recipients, words.concurrency)
    else:
        memory(words.build.resolve(), words.recipients)


if __name__ == "__main__":
    main()
