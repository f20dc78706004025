#!/usr/bin/env python3
"""What the series of a fleet cost a Prometheus: python3 benches/fleet.py LOGIN_EXPORTER PROMETHEUS [HOSTS] [MINUTES]

One real exporter reads three days of one host of tests/alerts/fleet.py. A real Prometheus scrapes what it exposes, fetched anew for
each round of 15 s, once for each of so many hosts (1,000), for so many minutes (10); at the end its head is written as a block.
"""
import http.server
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/alerts"))
import fleet  # noqa: E402

EXPORTER, PROMETHEUS = sys.argv[1:3]
HOSTS, MINUTES = (int(word) for word in (sys.argv[3:] + ["1000", "10"][len(sys.argv[3:]):])[:2])
INTERVAL = 15


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def get(url, data=None):
    return urllib.request.urlopen(url, data, timeout=120).read().decode()


def answers(url):
    for _ in range(600):
        try:
            return get(url)
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} does not answer")


class Exposition(http.server.BaseHTTPRequestHandler):
    """The exporter's last answer, to every target."""
    protocol_version = "HTTP/1.1"
    text = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 2048
    daemon_threads = True


def sample(url, family):
    lines = [line for line in get(url).splitlines() if line.startswith((family + " ", family + "{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def main(work, started):
    log = work / "auth.log"
    log.write_text("\n".join(line for line in fleet.Fleet(42).log() if line.split()[1] == "web-1") + "\n")
    exporter = f"http://127.0.0.1:{free_port()}"
    started.append(subprocess.Popen([EXPORTER, f"--auth-log.path={log}", f"--state.dir={work}/state", f"--web.listen-address={exporter[7:]}", "--log.level=error"]))
    answers(f"{exporter}/-/ready")
    Exposition.text = get(f"{exporter}/metrics").encode()

    server = Server(("127.0.0.1", free_port()), Exposition)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    targets = [{"targets": ["127.0.0.1:%d" % server.server_port], "labels": {"instance": f"i-{n:017x}", "name": f"web-{n}"}} for n in range(HOSTS)]
    (work / "hosts.json").write_text(json.dumps(targets))
    (work / "prometheus.yml").write_text(
        f"global: {{scrape_interval: {INTERVAL}s}}\nscrape_configs: [{{job_name: login, file_sd_configs: [{{files: [hosts.json]}}]}}]\n")
    prometheus = f"http://127.0.0.1:{free_port()}"
    started.append(subprocess.Popen([PROMETHEUS, f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb", "--web.enable-admin-api",
                                     f"--web.listen-address={prometheus[7:]}", "--log.level=error"]))
    answers(f"{prometheus}/-/ready")
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end:
        time.sleep(INTERVAL)
        Exposition.text = get(f"{exporter}/metrics").encode()

    metrics = f"{prometheus}/metrics"
    series, memory = sample(metrics, "prometheus_tsdb_head_series"), sample(metrics, "process_resident_memory_bytes")
    samples, cpu = sample(metrics, "prometheus_tsdb_head_samples_appended_total"), sample(metrics, "process_cpu_seconds_total")
    up = json.loads(get(f"{prometheus}/api/v1/query?query=count(up==1)"))["data"]["result"][0]["value"][1]
    get(f"{prometheus}/api/v1/admin/tsdb/snapshot", b"")
    block = sum(file.stat().st_size for file in (work / "tsdb/snapshots").rglob("*") if file.is_file())
    chunks = sum(file.stat().st_size for file in (work / "tsdb/snapshots").rglob("chunks/*"))
    print(f"{HOSTS} hosts ({up} up), every {INTERVAL} s for {MINUTES} min: {series / HOSTS:.0f} series a host, {series:.0f} in the head; "
          f"{len(Exposition.text) / 1e3:.0f} kB an exposition")
    print(f"memory {memory / 1e6:.0f} MB, {memory / series / 1e3:.1f} kB a series; {cpu / (MINUTES * 60):.2f} cores")
    print(f"{samples:.0f} samples, {samples / MINUTES / 60:.0f} a second; block {block / 1e6:.0f} MB, of it chunks {chunks / samples:.2f} bytes a sample")
    print(f"a day at this pace: {86400 / INTERVAL * series * chunks / samples / 1e9:.2f} GB of chunks")


if __name__ == "__main__":
    running = []
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        try:
            main(Path(folder), running)
        finally:
            for process in running:
                process.terminate()
                process.wait()
