#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""meBay's application server: items, carts and orders, kept in the database.

    GET  /api/items			what is sold
    POST /api/cart			{"customer", "item", "amount"}
    GET  /api/cart?customer=NAME
    POST /api/order			{"customer", "ref"}: buys the cart; the same ref twice is one order
    GET  /api/health		200 once the database answers

Environment: DATABASE (host), SHOP_VERSION, API_TOKEN (better: a file /run/secrets/api_token or /fsecret/api_token).
On SIGTERM it goes on for DRAIN seconds, in which whoever shares out requests learns that it leaves, finishes what it
has begun, and ends with status 0.
"""
import http.server
import json
import os
import queue
import signal
import socket
import threading
import time
import urllib.parse

import pymysql

VERSION = os.environ.get("SHOP_VERSION", "1")
DRAIN = float(os.environ.get("DRAIN", "5"))
connections = queue.LifoQueue()


def token():
    for path in "/run/secrets/api_token", "/fsecret/api_token":
        if os.path.exists(path):
            with open(path) as f:
                return f.read().strip()
    return os.environ["API_TOKEN"]


def query(sql, *values):
    """One statement, on a connection that is kept for the next one; a second try when a kept one has died."""
    for kept in True, False:
        try:
            db = connections.get_nowait() if kept else pymysql.connect(host=os.environ.get("DATABASE", "database"),
                user="shop", password=token(), database="shop", autocommit=True, connect_timeout=5)
        except queue.Empty:
            continue
        try:
            with db.cursor() as cursor:
                cursor.execute(sql, values)
                rows = cursor.fetchall()
        except pymysql.err.OperationalError:
            if not kept:
                raise
            continue
        connections.put(db)
        return rows


def items(_):
    return [{"id": i, "name": n, "price": p} for i, n, p in query("SELECT id, name, price FROM items ORDER BY id")]


def put_in_cart(asked):
    query("INSERT INTO carts VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE amount = amount + VALUES(amount)",
        asked["customer"], asked["item"], asked["amount"])
    return cart(asked)


def cart(asked):
    rows = query("SELECT item, amount, price FROM carts JOIN items ON item = id WHERE customer = %s", asked["customer"])
    return {"items": {i: n for i, n, _ in rows}, "total": sum(n * p for _, n, p in rows)}


def order(asked):
    total = cart(asked)["total"]
    query("INSERT IGNORE INTO orders VALUES (%s, %s, %s)", asked["ref"], asked["customer"], total)
    query("DELETE FROM carts WHERE customer = %s", asked["customer"])
    return {"ref": asked["ref"], "total": total}


def health(_):
    if VERSION.endswith("broken"):
        raise RuntimeError("this release does not work")
    return {"database": query("SELECT 1") == ((1,),)}


CALLS = {("GET", "/api/items"): items, ("GET", "/api/cart"): cart, ("POST", "/api/cart"): put_in_cart,
    ("POST", "/api/order"): order, ("GET", "/api/health"): health}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        asked.update(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}"))
        call = CALLS.get((self.command, url.path))
        try:
            status, body = (200, call(asked)) if call else (404, {"error": "no such page"})
        except Exception as e:
            status, body = 500, {"error": str(e)}
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", VERSION)
        self.send_header("X-Served-By", socket.gethostname())
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False	# server_close() waits for what has begun
    request_queue_size = 128


def main():
    server = Server(("", int(os.environ.get("PORT", "8000"))), Handler)

    def leave(*_):
        threading.Thread(target=lambda: (time.sleep(DRAIN), server.shutdown())).start()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


main()
