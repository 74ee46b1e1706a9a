"""localstripe on loopback, for as long as its starter lives (see live_stripe.rs)."""
import os
import random
import sys
import threading

from aiohttp import web
from localstripe import resources, server

# By itself it keeps its objects in a file that all of its kind share.
resources.Store.dump_to_disk = lambda store: None
# The same ids each time.
random.seed(1)


def _end_with_starter():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=_end_with_starter, daemon=True).start()
# Its own command line listens on every interface.
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
