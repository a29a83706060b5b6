#!/usr/bin/env python3
"""Plays one service of the example organisation: a small HTTP server with real dependencies.

    service.py --name payments-api --port 8482 --depends-on ledger=http://127.0.0.1:8481/

GET /         calls every dependency, then answers: 200, or 503 if a hard dependency failed
GET /metrics  Prometheus text format
GET /healthz  200 while the process lives
It also calls its own / a few times a second, so that there is traffic to measure.
"""

import argparse
import http.client
import http.server
import json
import random
import threading
import time
import urllib.parse

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
DEPENDENCY_TIMEOUT_SECONDS = 1.0


class Dependency:
    """Another service that this one calls."""

    def __init__(self, text, strength):
        name, separator, url = text.partition("=")
        if not separator:
            name, url = "", text
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise argparse.ArgumentTypeError(f"`{text}` is no dependency; expected [NAME=]http://HOST:PORT/")
        self.name = name or parts.netloc
        self.host, self.port, self.path = parts.hostname, parts.port or 80, parts.path or "/"
        self.strength = strength
        self.up = True

    def call(self):
        """Calls the dependency and remembers whether it answered well."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEPENDENCY_TIMEOUT_SECONDS)
        try:
            connection.request("GET", self.path)
            response = connection.getresponse()
            response.read()
            self.up = response.status < 500
        except (OSError, http.client.HTTPException):
            self.up = False
        finally:
            connection.close()
        return self.up


class Metrics:
    """Counts requests by code and their durations."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_code = {}
        self.buckets = [0] * len(BUCKETS)
        self.seconds, self.count = 0.0, 0

    def observe(self, code, seconds):
        with self.lock:
            self.by_code[code] = self.by_code.get(code, 0) + 1
            self.seconds += seconds
            self.count += 1
            for place, bound in enumerate(BUCKETS):
                if seconds <= bound:
                    self.buckets[place] += 1

    def render(self, dependencies):
        """All metrics in Prometheus text format 0.0.4."""
        lines = ["# HELP http_requests_total Requests answered, by status code.", "# TYPE http_requests_total counter"]
        with self.lock:
            for code in sorted({200, 503} | set(self.by_code)):
                lines.append(f'http_requests_total{{code="{code}"}} {self.by_code.get(code, 0)}')
            lines.append("# HELP http_request_duration_seconds How long an answer took.")
            lines.append("# TYPE http_request_duration_seconds histogram")
            for bound, count in zip(BUCKETS, self.buckets):
                lines.append(f'http_request_duration_seconds_bucket{{le="{bound}"}} {count}')
            lines.append(f'http_request_duration_seconds_bucket{{le="+Inf"}} {self.count}')
            lines.append(f"http_request_duration_seconds_sum {self.seconds:.6f}")
            lines.append(f"http_request_duration_seconds_count {self.count}")
        lines.append("# HELP dependency_up Whether the last call of a dependency went well.")
        lines.append("# TYPE dependency_up gauge")
        for dependency in dependencies:
            labels = f'dependency="{escape(dependency.name)}",strength="{dependency.strength}"'
            lines.append(f"dependency_up{{{labels}}} {int(dependency.up)}")
        return "\n".join(lines) + "\n"


def escape(text):
    """A label value as the text format wants it."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def handler(name, dependencies, metrics):
    """The request handler of one service."""

    class Handler(http.server.BaseHTTPRequestHandler):
        server_version, sys_version = name, ""
        timeout = 10

        def do_GET(self):
            path = urllib.parse.urlsplit(self.path).path
            if path == "/metrics":
                self.answer(200, metrics.render(dependencies), "text/plain; version=0.0.4; charset=utf-8")
            elif path == "/healthz":
                self.answer(200, "ok\n", "text/plain; charset=utf-8")
            elif path == "/":
                self.work()
            else:
                self.answer(404, "not found; try /, /metrics or /healthz\n", "text/plain; charset=utf-8")

        def work(self):
            started = time.monotonic()
            time.sleep(random.uniform(0.001, 0.012))
            down = [dependency for dependency in dependencies if not dependency.call()]
            code = 503 if any(dependency.strength == "hard" for dependency in down) else 200
            state = "down" if code == 503 else "degraded" if down else "up"
            body = {"service": name, "state": state, "failed": [dependency.name for dependency in down]}
            metrics.observe(code, time.monotonic() - started)
            self.answer(code, json.dumps(body) + "\n", "application/json")

        def answer(self, code, text, kind):
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing: the metrics say it."""

    return Handler


def traffic(port, per_second):
    """Calls this service for ever, like citizens would."""
    while True:
        time.sleep(random.expovariate(per_second))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)
        finally:
            connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--depends-on", metavar="[NAME=]URL", action="append", default=[],
                        type=lambda text: Dependency(text, "hard"), help="a hard dependency: without it, 503")
    parser.add_argument("--uses", metavar="[NAME=]URL", action="append", default=[],
                        type=lambda text: Dependency(text, "soft"), help="a soft dependency: without it, degraded")
    parser.add_argument("--requests-per-second", type=float, default=5.0)
    options = parser.parse_args()

    dependencies = options.depends_on + options.uses
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port),
                                             handler(options.name, dependencies, Metrics()))
    server.daemon_threads = True
    if options.requests_per_second > 0:
        threading.Thread(target=traffic, args=(server.server_port, options.requests_per_second), daemon=True).start()
    print(f"{options.name} listens on http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
