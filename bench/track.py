#!/usr/bin/env python3
"""Redirects a second of smtpapi-track beside nginx that answers a fixed 302.

    bench/track.py [--build build] [--rounds 5]

Needs wrk and nginx. Both servers run at one time on the same two workers' worth of machine and are
asked in turn, with 64 and with 1,000 connections; the figure is the ratio. Then the delay of
smtpapi-track at half of its top rate, by wrk with pauses."""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "tests" / "e2e"))

NGINX = """
worker_processes 2; pid {folder}/nginx.pid; error_log stderr crit; daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} reuseport backlog=4096; location / {{ return 302 https://example.com/target; }} }}
}}
"""


def wrk(url: str, connections: int, seconds: int) -> tuple[float, int]:
    """Requests a second, and how many were answered wrongly or not at all."""
    words = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-H", "User-Agent: Mozilla/5.0 (X11)", url]
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    wrong = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", out)))
    wrong += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", out)))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), wrong


def paced(url: str, rate: float, folder: Path, seconds: int) -> str:
    """The delays of requests at about `rate` a second: each connection waits 20 ms on average
    before it asks again, so that none of them waits for another's answer."""
    pause = folder / "pause.lua"
    pause.write_text("function delay() return math.random(0, 40) end\n")
    words = ["wrk", "-t1", f"-c{round(rate * 0.0205)}", f"-d{seconds}s", "--latency", "-s", str(pause)]
    out = subprocess.run([*words, "-H", "User-Agent: Mozilla/5.0 (X11)", url], check=True, capture_output=True, text=True).stdout
    reached = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    p50, p99 = (re.search(rf"{part}%\s+(\S+)", out)[1] for part in (50, 99))
    return f"at {reached:.0f}/s: p50 {p50}, p99 {p99}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    for program in ("wrk", "nginx"):
        if not shutil.which(program):
            sys.exit(f"{program} is not installed")
    os.environ["SMTPAPI_PROGRAMS"] = str(options.build / "milter")
    from lib.tracker import CLICK, Tracker, until

    track = Tracker(tracking__max_connections="4000")
    port = track._block.ports[1]
    nginx = None
    try:
        track.daemon.start()
        (track.folder / "nginx.conf").write_text(NGINX.format(folder=track.folder, port=port))
        nginx = subprocess.Popen(["nginx", "-c", str(track.folder / "nginx.conf")])
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "nginx")
        link = track.link(CLICK, 0, "ann@example.org", "https://example.com/target", 0)
        top = 0.0
        for connections in (64, 1000):
            ratios, rates = [], []
            for turn in range(options.rounds + 1):
                theirs, _ = wrk(f"http://127.0.0.1:{port}/", connections, options.seconds)
                ours, wrong = wrk(link, connections, options.seconds)
                if turn:  # the first warms up
                    ratios.append(ours / theirs)
                    rates.append((ours, theirs, wrong))
            print(
                f"{connections:5} connections: smtpapi-track {statistics.median(r[0] for r in rates):7.0f}/s, nginx "
                f"{statistics.median(r[1] for r in rates):7.0f}/s, ratio {statistics.median(ratios):.2f}, "
                f"{sum(r[2] for r in rates)} wrong"
            )
            if connections == 64:
                top = statistics.median(r[0] for r in rates)
        print(paced(link, top / 2, track.folder, 5))
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        track.close()


if __name__ == "__main__":
    main()
