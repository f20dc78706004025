#!/usr/bin/env python3
"""Every format string of a list of them, filled with plausible values, is known to the exporter: usage:

    tests/lines/formats.py BINARY LIST…

A LIST is a file with lines `NUMBER<tab>FUNCTION<tab>CALL<tab>ARGUMENTS` as a script takes them out of C sources, below
headings that name the source file (`## src/useradd.c`). What is not known and need not be is in EXCEPT, with the reason."""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

binary, lists = sys.argv[1], sys.argv[2:]

# What each list's programs are called; PAM modules speak in sshd.
PROGRAMS = {"openssh": "sshd-session", "sudo": "sudo", "linux-pam": "pam", "shadow": "file", "util-linux": "file",
            "dropbear": "dropbear", "doas": "doas"}
VALUES = {
    "authmsg": "Failed", "method": "password", "reason": "Certificate invalid: expired", "loc": "/home/alice/.ssh/authorized_keys:1",
    "child->id": "connection from 192.0.2.7 to 192.0.2.1", "child_status": " (early)", "fname": "/etc/sudoers",
    "fromhost": " on '/dev/tty1'", "sudoers": "/etc/sudoers", "pam_strerror": "Permission denied",
    "user": "alice", "name": "alice", "ip": "192.0.2.7", "host": "h.example.org", "port": "4242", "tty": "pts/0", "dir": "/home/alice",
    "path": "/etc/x", "file": "/etc/x", "strerror": "No such file or directory", "errno": "No such file or directory", "fp": "SHA256:abc",
    "shell": "/bin/sh", "group": "ops", "fmt": "x", "key_type": "ED25519",
}
EXCEPT = {
    r"^x$": "what another library says, whole",
    r"^   alice : x( ;|$)": "the same",
    r"^pam_unix\([a-z]+:auth\): x$": "the same",
    r"key type .* is not in permitted list": "the method before it is publickey or hostbased, and both are known",
}


def literal(arguments):
    """The C string literals at the front of the arguments, behind what is no literal, joined."""
    found = re.search(r'(?:N?_\()?"(?:\\.|[^"\\])*"(?:\s*(?:PRI\w+|"(?:\\.|[^"\\])*"))*', arguments)
    if not found:
        return None
    pieces = re.findall(r'"((?:\\.|[^"\\])*)"', found.group())
    rest = arguments[found.end():].lstrip(") ").lstrip(", ")
    return "".join(pieces).replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t"), rest


def filled(text, rest, function):
    arguments = iter(split(rest))

    def value(match):
        kind = match.group(0)[-1]
        if kind == "%":
            return "%"
        if kind == "m":
            return "No such file or directory"
        name = next(arguments, "")
        if "__func__" in name:
            return function
        if "?" in name or name.strip().startswith('"'):
            # A word that is there or not.
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', name)
            return words[-1] if words else "x"
        if kind in "duixlcXz":
            return "c" if kind == "c" else "7"
        for word, known in VALUES.items():
            if word in name.lower():
                return known
        return "x"

    return re.sub(r"%(?:%|m|[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j)?[a-zA-Z])", value, text)


def split(text):
    depth, piece, out = 0, "", []
    for char in text:
        depth += char in "([" 
        depth -= char in ")]"
        if char == "," and depth == 0:
            out.append(piece)
            piece = ""
        else:
            piece += char
    return [*out, piece] if piece.strip() else out


def openssh(function, call, text):
    """log.h: the suffix of a call says what is put around its text."""
    name, _, suffix = call.partition("_")
    if call.startswith("ssh_packet_disconnect"):
        return [f"Disconnecting authenticating user alice 192.0.2.7 port 4242: {text} [preauth]"]
    if call.startswith("sshpkt_disconnect") or call.startswith("sshpkt_fatal") or call.startswith("auth2_record"):
        return []
    level = {"fatal": "fatal: ", "error": "error: ", "sshfatal": "fatal: "}.get(name, "")
    if call.startswith("do_log2") or name in ("logit", "verbose", "info", "error", "fatal", "sshlogdie"):
        text = f"{function}: {text}" if "f" in suffix else text
        text = f"{text}: unexpected internal error" if "r" in suffix else text
        return [level + text, level + text + " [preauth]"]
    return []


def messages(kind, source, function, call, text):
    text = text.rstrip("\n")
    if kind == "openssh":
        return [("sshd-session[7]", message) for message in openssh(function, call, text)]
    if kind == "linux-pam":
        module = re.search(r"(pam_\w+)/", source)
        module = module.group(1) if module else "pam_unix"
        if "libpam" in source and not module.startswith("pam_unix"):
            return [("sshd-session[7]", f"PAM {text}"), ("sshd-session[7]", f"pam_unix(sshd:auth): {text}")]
        return [("sshd-session[7]", f"{module}(sshd:auth): {text}"), ("sudo[7]", f"{module}(sudo:auth): {text}")]
    if kind == "sudo":
        return [("sudo[7]", f"   alice : {text} ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls"), ("sudo[7]", f"   alice : {text}")]
    if kind in ("shadow", "util-linux"):
        if "lib/" in source:
            program = "useradd"
        else:
            program = re.sub(r"\W.*", "", source.rsplit("/", 1)[-1].replace("su-common", "su"))
        return [(f"{program}[7]", text)]
    return [(f"{kind}[7]", text)]


def read(path):
    kind = re.sub(r"-format-strings.*", "", path.rsplit("/", 1)[-1])
    source = ""
    for line in open(path, encoding="utf-8", errors="replace"):
        if line.startswith("#"):
            source = line.strip("# \n")
        parts = line.rstrip("\n").split("\t")
        if len(parts) != 4 or not parts[0].strip().isdigit():
            continue
        found = literal(parts[3])
        if not found or parts[2] == "openlog":
            continue
        text, rest = found
        for tag, message in messages(kind, source, parts[1], parts[2], filled(text, rest, parts[1])):
            yield kind, source, parts[0], tag, message


def unknown(entry):
    kind, source, number, tag, message = entry
    line = f"2026-11-26T01:02:03.000001+00:00 h {tag}: {message}\n"
    done = subprocess.run([binary, "history", "--unrecognized", "-"], input=line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return bool(done.stdout.strip()), line


failed = 0
for path in lists:
    entries = list(dict.fromkeys(read(path)))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(unknown, entries))
    bad = [(entry, line) for entry, (is_unknown, line) in zip(entries, answers) if is_unknown]
    excused = [entry for entry, _ in bad if any(re.search(words, entry[4]) for words in EXCEPT)]
    for entry, line in bad:
        if entry not in excused:
            print(f"{entry[1]}:{entry[2]}: {line.split(' h ', 1)[1].rstrip()}")
    failed += len(bad) - len(excused)
    print(f"{path.rsplit('/', 1)[-1]}: {len(entries)} lines, {len(bad)} unknown, {len(excused)} of them need not be known")
sys.exit(bool(failed))
