// The watcher itself: a blind exporter looks like a quiet host.
function(config)
  local p = (import '../lib/promql.libsonnet')(config);
  local t = (import '../lib/text.libsonnet')(config);
  local s = p.selector;
  local scraped = 'instance:login_exporter_scrape_timestamp_seconds:last';
  local onHealth = t.dashboard('health', { job: 'job', instance: 'instance' });
  local account = '{{ with $labels.aws_account }}account {{ . }}, {{ end }}{{ $labels.aws_region }}';

  local alert(name, severity, expr, summary, description, pending=null, comment=null) = {
    [if comment != null then 'comment']: comment,
    alert: name,
    expr: expr,
    [if pending != null then 'for']: pending,
    labels: { severity: severity },
    annotations: t.annotations(name, summary, description, onHealth),
  };
  // A session by the host's agent and by CloudTrail: the exporter's instance ID is CloudTrail's target.
  local byTarget(expr) = 'label_replace(%s, "target", "$1", "instance_id", "(.+)")' % expr,
        // One for each: what is relabelled or federated may show two for a while, and a join of both would be an error.
        identified = 'topk by (job, instance) (1, %s)' % s('login_exporter_host_info', ['instance_id!=""']),
        joined = {
          host: byTarget('max by (job, instance, identity) (floor(%s)) * on (job, instance) group_left (instance_id) %s' % [p.last('login_last_success_timestamp_seconds', ['program="ssm-agent"']), identified]),
          cloudtrail: 'max by (target, identity) (%s)' % p.last('login_aws_last_success_timestamp_seconds', ['event_name=~"StartSession|ResumeSession"', 'target!=""']),
          started: 'max by (target, identity, aws_account, aws_region) (floor(%s))' % p.last('login_aws_last_success_timestamp_seconds', ['event_name="StartSession"', 'target!=""']),
          watched: byTarget('max by (job, instance) (%s == 1) * on (job, instance) group_left (instance_id) %s' % [s('login_exporter_source_up', ['source=~"ssm-agent.*"']), identified]),
          any: s('login_aws_last_success_timestamp_seconds'),
          late: config.cloudtrailMinutes * 60,
        };
  local baseline = p.last('login_exporter_baseline_timestamp_seconds');
  // For what has no host: a whole job, or all of them.
  local ofNoHost(rule) = rule {
    annotations+: {
      summary: std.substr(super.summary, std.length(t.onHost('')), std.length(super.summary)),
      description: std.substr(super.description, std.length(t.onHost('')), std.length(super.description)),
      dashboard_url: t.dashboard('health', {}),
    },
  };

  {
    name: 'login_exporter',
    rules: [
      alert(
        'LoginExporterDown',
        'critical',
        '(%s == 0)\n  and on (job, instance) max_over_time(%s[7d])' % [s('up'), s(scraped)],
        'login_exporter on {{ $host }} does not answer',
        'Prometheus cannot scrape ' + t.host + ' (job {{ $labels.job }}). Nobody is told who logs in there.' +
        '{{ range query (printf "max_over_time(%s{job=%%q,instance=%%q}[7d])" $labels.job $labels.instance) }} It answered last at {{ .Value | humanizeTimestamp }}.{{ end }}' % scraped,
        pending='5m',
      ),

      alert(
        'LoginExporterNeverAnswered',
        'critical',
        '(\n' +
        '  (%s == 0)\n' % s('up', ['job=~"%s"' % config.jobs]) +
        '  or\n' +
        '  (%s == 0)\n' % s('up') +
        '    and on (job)\n' +
        '      (count by (job) (%s) == count by (job) (%s == 1))\n' % [s('login_exporter_build_info'), s('up')] +
        ')\n' +
        'unless on (job, instance) max_over_time(%s[7d])' % s(scraped),
        'login_exporter on {{ $host }} has never answered',
        'Prometheus has a target ' + t.host + ' (job {{ $labels.job }}), and could never scrape it in a week. Nobody is told who logs in there.',
        pending='10m',
        comment=
        'A target of a job that is named like ours, or whose other targets are all exporters: it was installed, or meant to be,\n' +
        'and has not said a word.',
      ),

      ofNoHost(alert(
        'LoginExportersGone',
        'critical',
        'absent(%s)\n' % s('login_exporter_build_info') +
        'or\n' +
        'group by (job) (last_over_time(%s[1d]))\n' % s(scraped) +
        'unless on (job)\n' +
        '  (group by (job) (%s) or group by (job) (%s))' % [s('up'), s('login_exporter_build_info')],
        '{{ with $labels.job }}Job {{ . }} has no login_exporter any more{{ else }}No login_exporter answers at all{{ end }}',
        '{{ with $labels.job }}All targets of job {{ . }} have left Prometheus{{ else }}Prometheus has no metric of any login_exporter{{ end }}: a change of its configuration or discovery. Nobody is told who logs in.',
        pending='15m',
        comment=
        'All of them gone, or a whole job of them; what is federated has no `up`. One host that is no target any more may well\n' +
        'have been put away.',
      )),

      alert(
        'LoginSourceDown',
        'critical',
        '%s == 0' % s('login_exporter_source_up'),
        'Source {{ $labels.source }} on {{ $host }} is down',
        'login_exporter on ' + t.host + ' cannot read {{ $labels.source }} for 5 minutes. Accesses that stand only there are not seen.',
        pending='5m',
      ),

      alert(
        'LoginSourceStale',
        'warning',
        '(time() - %s > 86400)\n' % s('login_exporter_source_last_record_timestamp_seconds', ['source!~"cloudtrail:.*|trail:.*|queue:.*|ssm-agent.*"']) +
        '  or\n' +
        '(\n' +
        '  time() - %s\n' % s('login_exporter_source_last_record_timestamp_seconds') +
        '    > 2 * max_over_time(%s[7d] offset 1d) > 3600\n' % s('instance_source:login_exporter_source_silence_seconds:max') +
        ')\n' +
        '  or\n' +
        '(\n' +
        '  time() - %s\n' % s('login_exporter_source_last_record_timestamp_seconds') +
        '    and on (job, instance, source) (increase(%s[10m]) > 0)\n' % s('login_exporter_source_errors_total', ['reason="stale"']) +
        ')',
        'Nothing new in {{ $labels.source }} on {{ $host }}',
        'The last record that login_exporter on ' + t.host + ' found in {{ $labels.source }} is {{ $value | humanizeDuration }} old. Perhaps the host writes its log elsewhere.',
        pending='10m',
        comment=
        'No news by its own rate: silent for twice as long as ever in the week before, and for an hour at least. A log without a\n' +
        'line in a day in any case: cron alone writes some, while CloudTrail may well be quiet. And a log beside which the journal\n' +
        'has newer entries: the exporter looks every 5 minutes.',
      ),

      alert(
        'LoginSourceBehind',
        'warning',
        'min_over_time(%s[15m]) > 1048576' % s('login_exporter_source_lag_bytes'),
        'login_exporter on {{ $host }} is behind in {{ $labels.source }}',
        '{{ $value | humanize1024 }}B of {{ $labels.source }} on ' + t.host + ' wait to be read, for 15 minutes or more. Accesses are told late.',
        pending='15m',
      ),

      alert(
        'LoginSourceUnreadable',
        'warning',
        p.lately('login_exporter_source_errors_total', ['reason!~"gap|suppressed|line_too_long|untrusted|stale|vanished"']) + ' > 0',
        'Source {{ $labels.source }} on {{ $host }} gave an error, {{ $labels.reason }}',
        'login_exporter on ' + t.host + ' met {{ $value | printf "%%.0f" }} errors ({{ $labels.reason }}) in {{ $labels.source }} within %d minutes.' % p.minutesLately,
        comment='Whatever reason has no alert of its own ends up here.',
      ),

      alert(
        'LoginRecordsLost',
        'warning',
        p.lately('login_exporter_source_errors_total', ['reason=~"gap|suppressed|line_too_long|vanished"']) + ' > 0\n  or\n' +
        std.rstripChars(p.atStart('login_exporter_source_errors_total', ['reason=~"gap|vanished"']), '\n'),
        'Records of {{ $labels.source }} on {{ $host }} are missing, {{ $labels.reason }}',
        'login_exporter on ' + t.host + ' found that records of {{ $labels.source }} are missing ({{ $labels.reason }}, {{ $value | printf "%%.0f" }} within %d minutes). An access may stand among them.' % p.minutesLately,
        comment='What went missing while the exporter was down is found at its start, before anybody has seen a 0.',
      ),

      alert(
        'LoginLinesUnknown',
        'info',
        'increase(%s[1h]) > 0' % s('login_exporter_records_unrecognized_total', ['program!="unframed"']),
        'Unknown lines of {{ $labels.program }} on {{ $host }}',
        'login_exporter on ' + t.host + ' did not know {{ $value | printf "%.0f" }} lines of {{ $labels.program }} within an hour. An access may stand among them.',
      ),

      alert(
        'LoginLinesUnframed',
        'warning',
        'increase(%s[1h]) > 0' % s('login_exporter_records_unrecognized_total', ['program="unframed"']),
        'Lines without a known frame on {{ $host }}',
        'login_exporter on ' + t.host + ' could not tell when, where and by which program {{ $value | printf "%.0f" }} lines of its logs were written, within an hour. Every access among them is missed.',
        comment='A line whose stamp, host or tag is none that is known: it may be a whole log in a format of its own.',
      ),

      alert(
        'LoginSeriesFolded',
        'warning',
        p.lately('login_exporter_series_limited_total') + ' > 0',
        '{{ $labels.family }} on {{ $host }} is full',
        '{{ $labels.family }} of login_exporter on ' + t.host + ' has reached its limit of series, newcomers are counted as (other). First times and sources may be hidden among them.',
      ) + { keep_firing_for: config.keepFiringFor },

      alert(
        'LoginCloudTrailFailing',
        'critical',
        'increase(%s[10m]) > 0' % s('login_exporter_cloudtrail_request_failures_total', ['reason!="throttled"']),
        'CloudTrail of ' + account + ' cannot be asked, {{ $labels.reason }}',
        'Requests of login_exporter on ' + t.host + ' to CloudTrail of ' + account + ' have failed for 15 minutes ({{ $labels.reason }}). Session Manager sessions there are not seen.',
        pending='15m',
        comment='One failed call is retried. Fifteen minutes of them is a setting, a permission or an outage.',
      ),

      alert(
        'LoginCloudTrailThrottled',
        'warning',
        'increase(%s[10m]) > 0' % s('login_exporter_cloudtrail_request_failures_total', ['reason="throttled"']),
        'CloudTrail of ' + account + ' throttles login_exporter',
        'CloudTrail of ' + account + ' has throttled login_exporter on ' + t.host + ' for 30 minutes. Session Manager sessions are told late.',
        pending='30m',
      ),

      alert(
        'LoginCloudTrailLate',
        'warning',
        '(time() - %s > 900)\n' % s('login_exporter_cloudtrail_last_poll_timestamp_seconds') +
        '  or\n' +
        '(\n' +
        '  increase(%s[1h])\n' % s('login_exporter_cloudtrail_delivery_delay_seconds_sum') +
        '    / increase(%s[1h]) > 1800\n' % s('login_exporter_cloudtrail_delivery_delay_seconds_count') +
        ')\n' +
        '  and on (job, instance) (time() - %s > 7200)' % s('process_start_time_seconds'),
        'CloudTrail of ' + account + ' is late',
        'What login_exporter on ' + t.host + ' knows from CloudTrail of ' + account + ' is {{ $value | humanizeDuration }} old. Session Manager sessions are told late.',
        pending='5m',
        comment=
        'Late by our fault (no poll) or by CloudTrail\'s (records that come late; AWS speaks of 5 minutes on average).\n' +
        'What a fresh start reads from the past is old without anybody being late.',
      ),

      alert(
        'LoginSessionNotInCloudTrail',
        'warning',
        |||
          (
            %(host)s
              > on (target, identity) group_left () (%(cloudtrail)s + 600)
            or
            %(host)s
              unless on (target, identity) %(cloudtrail)s
          )
          < time() - %(late)d > time() - 14400
            and on () group(%(any)s)
        ||| % joined,
        'CloudTrail has not told of a session of {{ $labels.identity }} on {{ $host }}',
        'The agent on ' + t.host + ' told of a Session Manager session of {{ $labels.identity }} at ' + t.when + ', and CloudTrail did not, of {{ $labels.target }}, in %d minutes. A trail may be switched off, or the session belong to an account that nobody asks.' % config.cloudtrailMinutes,
        pending='5m',
        comment='What the host saw and CloudTrail never told; only where CloudTrail is read at all.',
      ),

      ofNoHost(alert(
        'LoginSessionNotOnHost',
        'warning',
        |||
          (
            %(started)s
              > on (target) group_left () (max by (target) (%(host)s) + 120)
            or
            %(started)s
              unless on (target) %(host)s
          )
          < time() - 600 > time() - 14400
            and on (target) %(watched)s
        ||| % joined,
        'The host {{ $labels.target }} has not seen a session of {{ $labels.identity }}',
        'CloudTrail told of a Session Manager session of {{ $labels.identity }} on {{ $labels.target }} in account {{ $labels.aws_account }} at ' + t.when + ', and the exporter on that host, which reads the agent\'s state, has not seen it. The agent may keep its state elsewhere, or somebody have hidden it.',
        pending='10m',
        comment='And what CloudTrail told of a host whose exporter reads the agent\'s state, and the host never saw.',
      )),

      alert(
        'LoginStateNotSaved',
        'warning',
        p.lately('login_exporter_state_save_failures_total') + ' > 0',
        'login_exporter on {{ $host }} cannot save its state',
        '{{ $value | printf "%.0f" }} snapshots of login_exporter on ' + t.host + ' failed within %d minutes. After a restart its counters would fall back to the last snapshot and rise again.' % p.minutesLately,
      ),

      alert(
        'LoginStateSetAside',
        'warning',
        'floor(%s) > time() - 3600' % p.last('login_exporter_state_last_set_aside_timestamp_seconds'),
        'login_exporter on {{ $host }} could not use its state',
        'login_exporter on ' + t.host + ' found at ' + t.when + ' that its snapshot was damaged, or of another version, and set it aside. It went on from the one before, or began anew: then its counters fell, and what is first there may be told again.',
        comment='The file itself is kept, and the log says where. What was logged since it was written is no baseline.',
      ),

      alert(
        'LoginStateLost',
        'warning',
        'floor(%(baseline)s)\n' % { baseline: baseline } +
        'unless (%s == last_over_time(%s[7d] offset %s))\n' % [baseline, s('login_exporter_baseline_timestamp_seconds'), p.before] +
        'and on (job, instance)\n' +
        '  max_over_time(%s[7d] offset %s)' % [s(scraped), p.before],
        'login_exporter on {{ $host }} began anew, without its state',
        'login_exporter on ' + t.host + ' had no saved state when it started at ' + t.when + ', and Prometheus knows it from before. Who came in between its last scrape and then counts as its past, and is told to nobody.',
        comment=
        'Whoever removes the state and restarts the exporter makes a past of what he did. A newborn host that takes the place of\n' +
        'another under its name has no such past.',
      ) + { keep_firing_for: config.keepFiringFor },

      alert(
        'LoginArchiveNotWritten',
        'warning',
        '(%s > 0)\n  or\n(%s > 0)' % [p.lately('login_exporter_archive_failures_total'), p.lately('login_exporter_archive_lines_lost_total')],
        'login_exporter on {{ $host }} cannot write its archive',
        'login_exporter on ' + t.host + ' could not write to its archive within %d minutes. What waits is tried again; once there is no more room for it, lines are lost to `history`. Metrics and alerts are not concerned.' % p.minutesLately,
      ),

      alert(
        'LoginRulesRejected',
        'warning',
        '%s == 0' % s('login_exporter_rules_reload_success'),
        'login_exporter on {{ $host }} refused its rules',
        'The settings of login_exporter on ' + t.host + ' have an error, so the last reload was refused and the rules from before stay in force.',
      ),

      alert(
        'LoginRulesMissing',
        'warning',
        p.rise('login_accesses_total', ['kind=~"login|sudo|aws"', 'expected="unset"']) + '\n' +
        'and on (job, instance, kind)\n' +
        '  max_over_time(%s[7d])' % s('instance_kind:login_accesses_total:judged'),
        'login_exporter on {{ $host }} judges no {{ $labels.kind }} any more',
        'login_exporter on ' + t.host + ' has no expected rules for accesses of kind {{ $labels.kind }}, and had some within the week before. Until it has them again, what is unexpected there is told to nobody.',
        comment='A host that had rules and counts accesses without a verdict: its settings were lost.',
      ) + { keep_firing_for: config.keepFiringFor },
    ],
  }
