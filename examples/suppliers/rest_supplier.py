#!/usr/bin/env python3
"""The FAKE supplier of fake_supplier.py behind HTTP: an example of the REST shape of docs/suppliers.md.

    rest_supplier.py --port 9000 --state DIR [--token-file FILE] [options of fake_supplier.py]

Prints the address it listens at.  It is for this machine only: a real service has TLS.
"""
import argparse
import hmac
import http.server
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fake_supplier  # noqa: E402

BODY_MAX = 1024 * 1024


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def request_of(self):
        """The operation that method and path mean, with its key; None: there is no such thing."""
        parts = self.path.strip("/").split("/")
        key = parts[1] if len(parts) > 1 else None
        return {("GET", "offers", 1): {"op": "offers"}, ("POST", "quote", 1): {"op": "quote"},
                ("POST", "orders", 1): {"op": "provision"}, ("GET", "orders", 2): {"op": "status", "key": key},
                ("DELETE", "orders", 2): {"op": "release", "key": key},
                ("POST", "orders", 3): {"op": "inspect", "key": key}}.get((self.command, parts[0], len(parts)))

    def is_known(self):
        token = self.server.token
        given = self.headers.get("Authorization", "")
        return token is None or hmac.compare_digest(given.encode(), b"Bearer " + token)

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            raise ValueError("a body of %d bytes" % length)
        return json.loads(self.rfile.read(length)) if length else {}

    def answer(self):
        request = self.request_of()
        if not self.is_known():
            return 401, {"ok": False, "error": "who are you?"}
        if request is None:
            return 404, {"ok": False, "error": "no such path"}
        try:
            body = self.body() if self.command == "POST" else {}
            if not isinstance(body, dict):
                raise ValueError("expected an object")
        except (ValueError, RecursionError) as why:
            self.close_connection = True
            return 400, {"ok": False, "error": str(why)}
        if request["op"] == "provision":
            # The header is the key: proxies and logs know it by that name.
            request["key"] = self.headers.get("Idempotency-Key")
        answer = self.server.shop.answer(dict(body, **request))
        if answer.get("state") == "unknown":
            return 404, answer
        if "refused" in answer:
            return 409, answer
        return 200 if answer["ok"] else 400, answer

    def serve(self):
        faults, shop = self.server.shop.faults, self.server.shop
        status, answer = self.answer()
        op = (self.request_of() or {}).get("op")
        told = shop.options.fault_op in (None, op)
        if told and "hang" in faults:
            time.sleep(3600)
        if told and "die" in faults:
            self.close_connection = True
            return
        text = json.dumps(answer).encode()
        if told and "garbage" in faults:
            text = b"<html>Welcome to the fake supplier!</html>"
        if told and "huge" in faults:
            text = b"x" * (32 * 1024 * 1024)
        if told and "redirect" in self.server.options.http_fault:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        else:
            self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = serve

    def log_message(self, *_arguments):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--state", default=".", help="the folder that it remembers in")
    parser.add_argument("--token-file", help="who has not this bearer token is refused")
    parser.add_argument("--http-fault", action="append", default=[], choices=("redirect",))
    fake_supplier.add_options(parser)
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    server.options = options
    server.token = None
    if options.token_file:
        with open(options.token_file, "rb") as file:
            server.token = file.readline().strip()
    server.shop = fake_supplier.Shop(options.state, options)
    print("http://127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
