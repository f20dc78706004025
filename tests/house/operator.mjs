// Holds objects of monitoring.coreos.com/v1 against the Prometheus operator's schemas: node operator.mjs CHECKERS < objects.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const models = pathToFileURL(`${process.argv[2]}/node_modules/@kubernetes-models/prometheus-operator/_schemas/`).href;
for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const kind = `ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1${object.kind}`;
  const { validate } = await import(`${models}${kind}.js`);
  if (!validate(object)) {
    console.error(object.kind, object.metadata.name, JSON.stringify(validate.errors));
    process.exitCode = 1;
  }
}
