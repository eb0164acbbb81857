#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: traffic.py RESULT URL...

Customers: each of CUSTOMERS threads puts something into its cart, buys it, and looks at the items and the first page,
again and again, over the URLs in turn. Every request is counted, and so is its answer; nothing is tried twice.
An answer that is cut off, or not what was asked for, is none.
SIGTERM: what was begun is finished, and RESULT written as JSON; of each order that was confirmed its "orders" have the
reference, the price of what was put into the cart, and the sum that was told; of each request that was answered "answers"
have when it was sent, when the answer came, and the version that gave it (null for what the front door answers itself).
"left" is how many customers left before they were told to: none, or there is a fault in this program, told on stderr.
RESULT.served is made when the first answer is there.
"""
import collections
import http.client
import json
import os
import signal
import sys
import threading
import time
import urllib.request

CUSTOMERS = int(os.environ.get("CUSTOMERS", "3"))
PAUSE = float(os.environ.get("PAUSE", "0.05"))
stop = threading.Event()
lock = threading.Lock()
seen = {"sent": 0, "answered": 0, "lost": [], "orders": [], "answers": [], "slowest": 0.0, "left": CUSTOMERS}
by_version, by_server = collections.Counter(), collections.Counter()


def ask(url, read, body=None):
    """What read() makes of the answer's bytes, or None when no answer came that it can read."""
    with lock:
        seen["sent"] += 1
    sent, begin = time.time(), time.monotonic()
    try:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
            told = read(answer.read())
            version, server = answer.headers.get("X-Version"), answer.headers.get("X-Served-By")
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as e:
        with lock:
            seen["lost"].append(f"{time.time():.1f} {url}, sent {time.monotonic() - begin:.1f} s before: {e!r}")
        return None
    with lock:
        seen["answered"] += 1
        seen["answers"].append((sent, time.time(), version))
        if seen["answered"] == 1:
            open(sys.argv[1] + ".served", "w").close()
        seen["slowest"] = max(seen["slowest"], time.monotonic() - begin)
        if version:
            by_version[version] += 1
            by_server[server] += 1
    return told


def page_in(text):
    return text[text.index(b"<h1>meBay</h1>"):]


def prices_in(text):
    return {one["id"]: one["price"] for one in json.loads(text)}


def total_in(text):
    return json.loads(text)["total"]


def customer(me, urls):
    turn, prices = 0, {}
    while not stop.is_set():
        url = urls[turn % len(urls)]
        turn += 1
        ref, item = f"{me}-{turn}", turn % 4 + 1
        ask(url + "/", page_in)
        prices.update(ask(url + "/api/items", prices_in) or {})
        ask(url + "/api/cart", total_in, {"customer": me, "item": item, "amount": 1})
        total = ask(url + "/api/order", total_in, {"customer": me, "ref": ref})
        if total is not None:
            with lock:
                seen["orders"].append(f"{ref} {prices.get(item)} {total}")
        stop.wait(PAUSE)
    with lock:
        seen["left"] -= 1


def main():
    result, urls = sys.argv[1], sys.argv[2:]
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run = f"{os.getpid()}-{int(time.time())}"
    threads = [threading.Thread(target=customer, args=(f"c{n}-{run}", urls)) for n in range(CUSTOMERS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    seen.update(by_version=by_version, by_server=by_server, slowest=round(seen["slowest"], 2))
    with open(result, "w") as f:
        json.dump(seen, f)


main()
