"""Loaded by the emulator's Python at its start (see tools.rs)."""
import os
import signal
import socketserver
import threading
import time

# Its Runtime API answers in two writes: with Nagle's algorithm on, every invocation waits 40 ms for the second.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def _end_with(owner):
    """A stack that a test started does not survive a test that was killed."""
    while True:
        time.sleep(0.5)
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            os.killpg(0, signal.SIGKILL)  # the emulator and its functions


if os.environ.get("DUNLIN_OWNER"):
    threading.Thread(target=_end_with, args=(int(os.environ["DUNLIN_OWNER"]),), daemon=True).start()
