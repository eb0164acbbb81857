#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""meBay's chat: whoever listens to a room hears what is said in it, from now on.

    GET  /chat/ROOM		a stream of server-sent events, a line "data: TEXT" each; begins with ": welcome"
    POST /chat/ROOM		the body is said; the answer is how many have heard it
"""
import http.server
import queue
import threading

rooms = {}	# name -> the listeners' queues
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def begin(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def do_GET(self):
        mine = queue.Queue()
        with lock:
            rooms.setdefault(self.path, set()).add(mine)
        self.begin("text/event-stream")
        try:
            self.wfile.write(b": welcome\n\n")
            while True:
                self.wfile.write(b"data: " + mine.get() + b"\n\n")
        except OSError:
            pass
        finally:
            with lock:
                rooms[self.path].discard(mine)

    def do_POST(self):
        said = self.rfile.read(int(self.headers.get("Content-Length", 0))).replace(b"\n", b" ")
        with lock:
            listeners = list(rooms.get(self.path, ()))
        for one in listeners:
            one.put(said)
        self.begin("text/plain")
        self.wfile.write(b"%d\n" % len(listeners))

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 8001), Handler).serve_forever()
