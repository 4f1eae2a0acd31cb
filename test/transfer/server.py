#!/usr/bin/env python3
"""A web server and an object store for tests, honest about being neither: it checks AWS Signature Version 4
by itself, keeps objects in memory, and fails in the ways that its paths name.

    /plain/NAME      ranges, ETag               /noranges/NAME   200 always
    /noetag/NAME     ranges, Last-Modified      /slow/NAME       2 MiB/s
    /cut/NAME        two answers of three (of more than one byte) end half way
    /lie/NAME        Content-Range of a larger file, and its bytes end early, always
    /change/NAME     another content from the third request on
    /flaky/NAME      503 for two requests of four
    /hang/NAME       the answer stops after 100 kB and the line stays open
    /digest/NAME     Repr-Digest of other content
    /gone/NAME       404        /closed/NAME     403
    PUT /put/NAME    kept; GET /put/NAME gives it back
    S3: /BUCKET/KEY for every BUCKET that begins with "bucket"

Prints its port. FILES is the folder of what it serves; requests are counted at /count.
"""
import base64
import hashlib
import hmac
import http.server
import os
import re
import sys
import threading
import time
import urllib.parse

FILES, KEY, SECRET = sys.argv[1], "AKIDTEST", "secret/of+the=test"
lock = threading.Lock()
objects, uploads, counts, kept = {}, {}, {}, {}


def hmac256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def expected_signature(handler, parts, body_hash):
    """As the AWS documentation has it: canonical request, string to sign, signing key."""
    date, region, service, _ = parts["scope"]
    url = urllib.parse.urlsplit(handler.path)
    query = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
    canonical_query = "&".join(
        f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in sorted(query))
    path = urllib.parse.quote(urllib.parse.unquote(url.path), safe="/-_.~")
    headers = "".join(f"{name}:{' '.join(handler.headers[name].split())}\n" for name in parts["signed"])
    canonical = "\n".join([handler.command, path, canonical_query, headers, ";".join(parts["signed"]), body_hash])
    scope = "/".join(parts["scope"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", handler.headers["x-amz-date"], scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = hmac256(hmac256(hmac256(hmac256(("AWS4" + SECRET).encode(), date), region), service), "aws4_request")
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def is_signed(handler, body):
    match = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$",
                     handler.headers.get("Authorization", ""))
    claimed = handler.headers.get("x-amz-content-sha256", "")
    if not match or match[1] != KEY or claimed != hashlib.sha256(body).hexdigest():
        return False
    parts = {"scope": match[2].split("/"), "signed": match[3].split(";")}
    if "host" not in parts["signed"] or "x-amz-content-sha256" not in parts["signed"]:
        return False
    return hmac.compare_digest(expected_signature(handler, parts, claimed), match[4])


def load(name, loaded={}):
    path = os.path.join(FILES, name)
    key = (path, os.stat(path).st_mtime_ns, os.stat(path).st_size)
    with lock:
        if key not in loaded:
            with open(path, "rb") as file:
                data = file.read()
            loaded[key] = (data, '"%s"' % hashlib.md5(data).hexdigest())
        return loaded[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def store_error(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>as the test wants</Message></Error>".encode())

    def seen(self):
        with lock:
            counts[self.path] = counts.get(self.path, 0) + 1
            return counts[self.path]

    def send_range(self, data, etag, modified=None, lie=0, headers=()):
        match = re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("Range", ""))
        version = [("ETag", etag)] if etag else [("Last-Modified", modified)]
        version += list(headers)
        if not match:
            return self.answer(200, data, version)
        first, last = int(match[1]), min(int(match[2]), len(data) + lie - 1)
        if first >= len(data) + lie:
            return self.answer(416, b"", [("Content-Range", f"bytes */{len(data)}")])
        body = memoryview(data)[first:last + 1]
        self.send_response(206)
        for name, value in version:
            self.send_header(name, value)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data) + lie}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        return self.send_body(body, last + 1 - first)

    def send_body(self, body, promised):
        kind, times = self.path.split("/")[1], counts.get(self.path, 0)
        if kind == "slow":
            for at in range(0, len(body), 65536):
                self.wfile.write(body[at:at + 65536])
                time.sleep(0.03)
        elif kind == "cut" and promised > 1 and times % 6 != 0:
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
        elif kind == "hang" and promised > 1:
            self.wfile.write(body[:100000])
            self.wfile.flush()
            time.sleep(30)
        else:
            self.wfile.write(body)
            self.close_connection = self.close_connection or len(body) != promised

    def do_GET(self):
        times = self.seen()
        kind, _, name = self.path[1:].partition("/")
        if kind == "count":
            return self.answer(200, str(counts.get("/" + name, 0)).encode())
        if kind.startswith("bucket"):
            return self.get_object()
        if kind == "put":
            return self.send_range(kept[name], '"put"') if name in kept else self.answer(404)
        if kind in ("gone", "closed"):
            return self.answer(404 if kind == "gone" else 403)
        if kind == "flaky" and times % 4 in (1, 2):
            return self.answer(503)
        data, etag = load(name)
        if kind == "noranges":
            return self.answer(200, data)
        if kind == "change" and times > 2:
            data = bytes(byte ^ 1 for byte in data)
            etag = '"changed"'
        if kind == "noetag":
            return self.send_range(data, None, "Sat, 21 Nov 2026 10:00:00 GMT")
        if kind == "digest":
            other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
            return self.send_range(data, etag, headers=[("Repr-Digest", f"sha-256=:{other}:")])
        return self.send_range(data, etag, lie=1000000 if kind == "lie" else 0)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_PUT(self):
        self.seen()
        body, (kind, _, name) = self.body(), self.path[1:].partition("/")
        if kind == "put":
            kept[name] = body
            return self.answer(201)
        return self.put_object(body) if kind.startswith("bucket") else self.answer(405)

    def get_object(self):
        if not is_signed(self, b""):
            return self.store_error(403, "SignatureDoesNotMatch")
        found = objects.get(urllib.parse.unquote(self.path))
        if not found:
            return self.store_error(404, "NoSuchKey")
        return self.send_range(found[0], found[1], headers=[("x-amz-meta-blake2b", found[2])])

    def put_object(self, body):
        if not is_signed(self, body):
            return self.store_error(403, "SignatureDoesNotMatch")
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        path = urllib.parse.unquote(path)
        etag = '"%s"' % hashlib.md5(body).hexdigest()
        with lock:
            if "uploadId" in query:
                if query["uploadId"] not in uploads:
                    return self.store_error(404, "NoSuchUpload")
                if path.endswith("fail-part-2") and query["partNumber"] == "2" and counts.get("failed", 0) < 2:
                    counts["failed"] = counts.get("failed", 0) + 1
                    return self.store_error(500, "InternalError")
                uploads[query["uploadId"]]["parts"][int(query["partNumber"])] = (etag, body)
            else:
                objects[path] = (body, etag, self.headers.get("x-amz-meta-blake2b", ""))
        if path.endswith("slow-put"):
            time.sleep(0.2)
        return self.answer(200, b"", [("ETag", etag)])

    def do_POST(self):
        self.seen()
        body, (path, _, query) = self.body(), self.path.partition("?")
        if not is_signed(self, body):
            return self.store_error(403, "SignatureDoesNotMatch")
        path, query = urllib.parse.unquote(path), dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        with lock:
            if "uploads" in query:
                upload = f"id+{len(uploads)}/="
                uploads[upload] = {"parts": {}, "meta": self.headers.get("x-amz-meta-blake2b", "")}
                return self.answer(200, f"<?xml version='1.0'?><InitiateMultipartUploadResult xmlns='urn:x'>"
                                        f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
            upload = uploads.pop(query.get("uploadId"), None)
            if not upload:
                return self.store_error(404, "NoSuchUpload")
            wanted = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]+)</ETag>", body.decode())
            if [(int(n), tag) for n, tag in wanted] != [(n, p[0]) for n, p in sorted(upload["parts"].items())]:
                return self.store_error(400, "InvalidPart")
            data = b"".join(part[1] for _, part in sorted(upload["parts"].items()))
            objects[path] = (data, '"multi-%d"' % len(wanted), upload["meta"])
        return self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
