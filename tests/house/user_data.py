"""Holds user data (standard input) against cloud-init's schema, as `cloud-init schema` does: user_data.py CHECKERS"""
import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml

text = sys.stdin.read()
assert text.startswith("#cloud-config\n"), "the first line says what it is"
data = yaml.safe_load(text)
schema = next(pathlib.Path(sys.argv[1], "cloud-init").rglob("schema-cloud-config-v1.json"))
jsonschema.validate(data, json.loads(schema.read_text()))
for command in data["runcmd"]:
    subprocess.run(["sh", "-n", "-c", command], check=True)
