// The mixin of login_exporter: alerts, recording rules and dashboards, made from `_config`.
(import 'config.libsonnet') + {
  local config = $._config,
  local wanted(rule) = std.get(config.alerts, std.get(rule, 'alert', ''), {}) != false,
  local changed(rule) =
    local change = std.get(config.alerts, std.get(rule, 'alert', ''), {});
    rule + std.prune({ [key]: change[key] for key in std.objectFields(change) if key != 'severity' }) + (
      if std.objectHas(change, 'severity') then { labels+: { severity: change.severity } } else {}
    ),
  local chosen(group) = group { rules: [changed(rule) for rule in group.rules if wanted(rule)] },

  prometheusAlerts:: {
    groups: [chosen(group(config)) for group in [
      import 'alerts/access.libsonnet',
      import 'alerts/history.libsonnet',
      import 'alerts/exporter.libsonnet',
    ]],
  },
  grafanaDashboards::
    local named = config { alertNames: [rule.alert for group in $.prometheusAlerts.groups for rule in group.rules] };
    {
      'access-overview.json': (import 'dashboards/access-overview.libsonnet')(named),
      'fleet.json': (import 'dashboards/fleet.libsonnet')(named),
      'host.json': (import 'dashboards/host.libsonnet')(named),
      'person.json': (import 'dashboards/person.libsonnet')(named),
      'sessions.json': (import 'dashboards/sessions.libsonnet')(named),
      'accounts.json': (import 'dashboards/accounts.libsonnet')(named),
      'exporter-health.json': (import 'dashboards/exporter-health.libsonnet')(named),
    },
  prometheusRules:: (import 'rules.libsonnet')(config),
}
