"""SQS, S3, SNS and STS of moto on a port of its own, and boto3 to drive them: a call a line.

Prints the port first. A line is ["service", "call", {arguments}]; the answer is a line of JSON. Bytes
come as {"base64": "..."}.
"""

import base64
import json
import sys

import boto3
from moto.server import ThreadedMotoServer


def of_json(value):
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        return {key: of_json(item) for key, item in value.items()}
    return value


server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
clients = {}
print(port, flush=True)
for line in sys.stdin:
    service, call, arguments = json.loads(line)
    if service not in clients:
        clients[service] = boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-west-1",
            aws_access_key_id="AKIATEST",
            aws_secret_access_key="secret",
        )
    try:
        answer = getattr(clients[service], call)(**of_json(arguments))
        answer.pop("ResponseMetadata", None)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer, default=str), flush=True)
