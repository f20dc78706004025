"""Holds Kubernetes objects (YAML on standard input) against the schemas, and prints them as JSON: objects.py CHECKERS

Kubernetes' own strictly, a key that no schema knows is an error; the Prometheus operator's by their types (operator.mjs).
"""
import json
import pathlib
import subprocess
import sys

import kubernetes_validate
import yaml

KUBERNETES = ["1.25", "1.37"]  # the oldest that the chart takes, and the newest that there are schemas of
objects = [o for o in yaml.safe_load_all(sys.stdin) if o]
operators = [o for o in objects if o["apiVersion"] == "monitoring.coreos.com/v1"]
wrong = []
for o in objects:
    for version in KUBERNETES if o not in operators else []:
        try:
            kubernetes_validate.validate(o, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            wrong.append(f"{o['kind']} {o['metadata']['name']} ({version}): {error.message} at {list(error.path)}")
schemas = pathlib.Path(__file__).with_name("operator.mjs")
told = subprocess.run(["node", schemas, sys.argv[1]], input=json.dumps(operators), text=True, stderr=subprocess.PIPE)
if told.returncode:
    wrong.append(told.stderr)
print(json.dumps(objects))
sys.exit("\n".join(wrong) or 0)
