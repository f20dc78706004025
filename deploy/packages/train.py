#!/usr/bin/env python3
"""Does with an exporter what hosts do with it: usage: train.py FOLDER COMMAND…

COMMAND runs a binary that counts which of its code runs; the counts of what reads a log go to FOLDER/read, those of an exporter
that is started, asked and at rest to FOLDER/rest. CloudTrail is a server here that knows of nothing.
"""
import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import day

FOLDER, COMMAND = Path(sys.argv[1]).resolve(), sys.argv[2:]
CONNECTIONS = 20_000


class NoEvents(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"Events": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def command(of, arguments):
    environment = os.environ | {"LLVM_PROFILE_FILE": str(FOLDER / of / "%p.profraw"), "TZ": "UTC"}
    return COMMAND + arguments, environment


def history(log, *arguments):
    line, environment = command("read", ["history", *arguments, str(log)])
    subprocess.run(line, env=environment, check=True, stdout=subprocess.DEVNULL)


def serve(of, state, log, *arguments):
    """An exporter on this log until it has caught up, and a Prometheus and a person ask it."""
    port = free_port()
    aws = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoEvents)
    threading.Thread(target=aws.serve_forever, daemon=True).start()
    line, environment = command(of, ["serve", f"--auth-log.path={log}", f"--state.dir={state}", f"--web.listen-address=127.0.0.1:{port}", *arguments])
    environment |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.server_port}", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                    "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}
    with subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as exporter:
        try:
            wait_until_ready(exporter, port)
            for path in ("/metrics", "/", "/-/healthy"):
                get(port, path)
            exporter.terminate()
            if exporter.wait(timeout=300) != 0:
                sys.exit(f"{line} ended with {exporter.returncode}")
        finally:
            exporter.kill()


def wait_until_ready(exporter, port):
    """Until it has read what there is. A scraper asks all the while."""
    for _ in range(3000):
        try:
            get(port, "/metrics")
            return get(port, "/-/ready")
        except OSError:
            time.sleep(0.1)
        if exporter.poll() is not None:
            sys.exit(f"{exporter.args} ended with {exporter.returncode}")
    sys.exit(f"{exporter.args} never caught up")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.read().decode()


with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    log, empty = work / "secure", work / "empty"
    log.write_text("".join(day.log(CONNECTIONS)))
    empty.touch()
    for form in ("prometheus", "json", "table"):
        history(log, f"--format={form}")
    serve("read", work / "state", log, "--auth-log.start=beginning")
    serve("rest", work / "at-rest", empty, "--cloudtrail.region=eu-central-1")
