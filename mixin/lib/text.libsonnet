// The words of the alerts. Labels are data: Prometheus puts them in as they are, and never reads them as a template.
function(config) {
  local text = self,

  // Names the host, where the address says nothing: by the exporter's own word, else by the target's address.
  local named = |||
    {{- $host := $labels.instance | stripPort }}
    {{- range query (printf "login_exporter_host_info{job=%q,instance=%q}" $labels.job $labels.instance) }}
    {{- with .Labels.hostname }}{{ $host = . }}{{ end }}
    {{- end -}}
  |||,
  local oneLine(words) = std.strReplace(std.rstripChars(words, '\n'), '\n', ''),
  // For texts that say $host.
  onHost(words):: oneLine(named) + words,
  host:: '{{ $host }} ({{ $labels.instance }})',

  when:: '{{ $value | humanizeTimestamp }}',
  // Who, with the person behind a shared account.
  who:: '{{ $labels.user }}{{ with $labels.identity }} ({{ . }}){{ end }}',
  from:: 'from {{ or $labels.source "no address" }} (network {{ $labels.network }})',
  // How somebody came in; the agent of Session Manager names no address.
  login:: 'logged in by {{ $labels.method }} ' + self.from + ' on ' + self.host + ' through {{ $labels.program }} at ' + self.when,

  // The last thing known of a person before this: where from, and on which host.
  local before = |||
    {{- range query (printf "topk(1, last_over_time(job_user_identity:login_last_success_timestamp_seconds:latest{job=%q,user=%q,identity=%q}[7d] offset 16m))" $labels.job $labels.user $labels.identity) }}
     Before that {{ .Labels.user }} came in from {{ or .Labels.source "no address" }} (network {{ .Labels.network }}) on {{ .Labels.instance | stripPort }} at {{ .Value | humanizeTimestamp }}.
    {{- else }} Nothing is known of earlier logins{{ with $labels.identity }} of {{ . }}{{ end }} as {{ $labels.user }}.
    {{- end }}
  |||,
  lastKnown:: oneLine(before),

  // How a user of this host came in last.
  local came = |||
    {{- range query (printf "topk(1, instance_user:login_last_success_timestamp_seconds:latest{job=%q,instance=%q,user=%q})" $labels.job $labels.instance $labels.user) }}
     {{ .Labels.user }}{{ with .Labels.identity }} ({{ . }}){{ end }} last came in from {{ or .Labels.source "no address" }} (network {{ .Labels.network }}) at {{ .Value | humanizeTimestamp }}.
    {{- end }}
  |||,
  cameIn:: oneLine(came),

  local person(variables) = std.join('', [
    '&var-%s={{ $labels.%s | urlquery }}' % [v, variables[v]]
    for v in std.objectFields(variables)
  ]),
  // A dashboard with its variables filled in; `variables` gives the label for each.
  dashboard(name, variables)::
    config.grafanaUrl + '/d/' + config.dashboards[name] + '?from=now-24h&to=now' + person(variables),

  // All that an alert carries besides its expression.
  annotations(name, summary, description, dashboard):: {
    summary: text.onHost(summary),
    description: text.onHost(description),
    runbook_url: if std.length(std.findSubstr('%s', config.runbookUrl)) > 0 then config.runbookUrl % name else config.runbookUrl,
    dashboard_url: dashboard,
  },
}
