"""A worker that needs no engine and misbehaves in one way: `python fake_worker.py WAY LOG`.

LOG gets a line for each start, so that a test can count them, and a way may behave otherwise later.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

HELLO = {
    "op": "hello",
    "protocol": 1,
    "target": "torch:cpu",
    "engine": "fake",
    "version": "1",
    "models": "2.13.0",
    "device": "cpu",
    "features": ["nn"],
    "unavailable": None,
    "attestation": {"python": "0"},
    "pid": os.getpid(),
}


def say(message) -> None:
    print(json.dumps(message), flush=True)


def answer(request, **more) -> None:
    say(
        {
            "op": "trace",
            "id": request["id"],
            "seconds": 0.0,
            "error": None,
            "given": {"exception": None, "warnings": []},
            "steps": [],
            **more,
        }
    )


def main(way: str, log: str) -> None:
    with open(log, "a") as file:
        file.write("start\n")
    with open(log) as file:
        starts = len(file.readlines())
    sys.stdin.readline()
    if way == "dies at start" or (way == "dies at first start" and starts == 1):
        print("no engine to be found", file=sys.stderr)
        sys.exit(3)
    if way == "never says hello":
        time.sleep(60)
    if way == "garbage for hello":
        print("hello there", flush=True)
    say({**HELLO, "protocol": 2} if way == "another protocol" else HELLO)
    if way == "quits when idle" and starts == 1:
        sys.exit(0)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "bye":
            return
        name = request["id"].partition("::")[2]
        if way == "crashes always" or name == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "exit":
            print("first words\nlast words", file=sys.stderr, flush=True)
            os._exit(7)
        if name.startswith("slow"):
            time.sleep(0.02)
        if name == "hang":
            time.sleep(60)
        if name == "garbage":
            print("Loading weights...", flush=True)
        if name == "half":
            sys.stdout.write('{"op": "trace", "id"')
            sys.stdout.flush()
            os._exit(0)
        if name == "other":
            request["id"] = "tests::someone-else"
        if name == "flood":
            for _ in range(2000):
                sys.stderr.write("x" * 1000 + "\n")
        if name == "last":
            answer(request, last=True)
            return
        answer(request)


main(sys.argv[1], sys.argv[2])
