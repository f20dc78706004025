"""What the acts are played with: commands, conversations on a terminal, and the truth that they tell.

Runs on the booted host, as root. `told` is everything that the exporter should say, one entry an event."""

import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

OUT = "/play"
told = []
acts = []
trouble = []


def act(name):
    """Begins an act; the host's log gets a mark of it, under a tag that is no program of a login."""
    acts.append(name)
    subprocess.run(["logger", "-p", "authpriv.info", "-t", "the-play", f"act {name}"], check=True)


def tell(event, times=1, **fields):
    """An event that the act just played leaves. Fields that are not named are not compared."""
    for _ in range(times):
        told.append({"act": acts[-1], "event": event, **fields})


def session(program, user, times=1):
    tell("session_opened", times, program=program, user=user)
    tell("session_closed", times, program=program, user=user)


def went_wrong(what):
    """An act that did not happen as it should is no proof of anything."""
    trouble.append(f"{acts[-1]}: {what}")


def became(user):
    """Leaves no line in any log."""
    if not user:
        return []
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--reset-env"]


def do(*argv, user=None, ok=True, put=None, env=None, timeout=90):
    """Runs a command; `ok` is how it should end, None where that is open."""
    try:
        done = subprocess.run([*became(user), *argv], input=put, text=True, timeout=timeout, env=env,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/tmp")
    except subprocess.TimeoutExpired:
        went_wrong(f"{argv} did not end")
        return ""
    print(f"[{acts[-1]}] {' '.join(argv)} -> {done.returncode}\n{done.stdout}", flush=True)
    if ok is not None and ok != (done.returncode == 0):
        went_wrong(f"{argv} ended with {done.returncode}: {done.stdout[-300:]}")
    return done.stdout


def talk(argv, *lines, user=None, ok=True, timeout=60):
    """Runs a command on a terminal of its own. `lines` are pairs: what is waited for, and what is typed then."""
    argv = [*became(user), *argv]
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir("/tmp")
        os.execvp(argv[0], argv)
    said, lines, until, code = "", list(lines), time.time() + timeout, None
    seen = 0
    while time.time() < until:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                piece = os.read(fd, 4096)
            except OSError:
                piece = b""
            if not piece:
                # login hangs the terminal up before it begins.
                if ended(pid):
                    break
                time.sleep(0.05)
                continue
            said += piece.decode(errors="replace")
        if lines and re.search(lines[0][0], said[seen:]):
            seen = len(said)
            answer = lines.pop(0)[1]
            # Programs empty the terminal's queue when they begin to ask.
            time.sleep(0.15)
            if answer is None:
                break
            os.write(fd, answer.encode())
    else:
        went_wrong(f"{argv} did not end: {said[-300:]}")
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(f"[{acts[-1]}] {' '.join(argv)} -> {code}\n{said}", flush=True)
    if lines:
        went_wrong(f"{argv} never said {lines[0][0]!r}: {said[-300:]}")
    if ok is not None and ok != (code == 0):
        went_wrong(f"{argv} ended with {code}: {said[-300:]}")
    return said


def ended(pid):
    """Whether the process is there no more; it is not yet waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def has(program):
    return shutil.which(program) is not None


def write(path, text, mode=0o644, owner=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    if owner:
        shutil.chown(path, owner, owner)


def connect(port, source=None):
    return socket.create_connection(("127.0.0.1", port), 10, (source, 0) if source else None)


def until(what, check, timeout=40):
    """Waits for what another program does."""
    end = time.time() + timeout
    while time.time() < end:
        if check():
            return True
        time.sleep(0.1)
    went_wrong(f"waited in vain for {what}")
    return False


def in_log(words, times=1):
    """Whether the journal has an entry with these words since the act began."""
    said = subprocess.run(["journalctl", "-b", "-o", "cat", "--no-pager"], text=True, errors="replace",
                          stdout=subprocess.PIPE).stdout
    since = said.rsplit(f"act {acts[-1]}", 1)[-1]
    return since.count(words) >= times


def finish():
    with open(f"{OUT}/told.json", "w") as file:
        json.dump({"told": told, "acts": acts, "trouble": trouble}, file, indent=1)
