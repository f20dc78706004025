// The files that are made of the mixin, by their path in the repository. `mixin/make` writes them.
local mixin = import 'mixin.libsonnet';
local yaml = import 'lib/yaml.libsonnet';

// The same for the Prometheus operator, as the chart makes them from those files.
local prometheusRule(name, file) = |||
  apiVersion: monitoring.coreos.com/v1
  kind: PrometheusRule
  metadata:
    name: login-exporter-%s
  spec:
||| % name + yaml.indented(file, '  ') + '\n';

local rules = {
  'deploy/prometheus/recording.yml': yaml.rules(
    |||
      Recording rules of login_exporter, for Prometheus 2.42 and later. Load them together with alerts.yml.
      Made by mixin/make from mixin/: change them there.
    |||, mixin.prometheusRules
  ),
  'deploy/prometheus/alerts.yml': yaml.rules(
    |||
      Alert rules of login_exporter, for Prometheus 2.42 and later. Load them together with recording.yml.
      Made by mixin/make from mixin/: change them there.

      How they are built:
      - An access is news if one of three witnesses says so. First: the exporter counted it within the last quarter of an
        hour, by its own clock. That needs no earlier sample, so it holds for a fresh Prometheus, for a long interval, where
        somebody else scrapes too, and for a record of CloudTrail that comes hours late. Second: its counter stands higher
        than a quarter of an hour ago, or than before a hole in the scrapes. Third: AccessWhileNotScraped.
        Where none of them can name an access, AccessUnexplained says that there was one.
      - The value of such an alert is the time of the access, in whole seconds. The alert stays for an hour, so that an
        Alertmanager that was away hears of it.
      - What an `expected` rule allows fires nothing. Hosts without such rules (expected="unset") have the alerts on
        addresses and keys that are new to the whole job, guessed passwords, dormant accounts and account changes.
      - severity: critical wakes somebody, warning is read, info is for the boards and is sent to nobody.
      - No rule but LoginExporterNeverAnswered names a job: the name of a metric is enough.
    |||, mixin.prometheusAlerts
  ),
};

rules {
  'deploy/kubernetes/kustomize/rules.yaml': std.join('---\n', [
    prometheusRule(name, rules['deploy/prometheus/%s.yml' % name])
    for name in ['recording', 'alerts']
  ]),
} + {
  ['grafana/' + name]: std.manifestJsonEx(mixin.grafanaDashboards[name], '  ') + '\n'
  for name in std.objectFields(mixin.grafanaDashboards)
}
