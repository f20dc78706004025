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
        'Prometheus has a target ' + t.host + ' (job {{ $labels.job }}) that it could not scrape once in a week. Nobody is told who logs in there.',
        pending='10m',
        comment=
        'A target that was meant to be an exporter, by the name of its job or because all other targets of the job are exporters,\n' +
        'and that has never answered.',
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
        '{{ with $labels.job }}All targets of job {{ . }} have left Prometheus{{ else }}Prometheus has no metric of any login_exporter{{ end }}. Its configuration or discovery may have changed. Nobody is told who logs in.',
        pending='15m',
        comment=
        'Every exporter is gone, or every one of a job. A single host that is no target any more may have been switched off for\n' +
        'good. Metrics that are federated have no `up`, so the build\'s metric stands for it.',
      )),

      alert(
        'LoginSourceDown',
        'critical',
        '%s == 0' % s('login_exporter_source_up'),
        'Source {{ $labels.source }} on {{ $host }} is down',
        'login_exporter on ' + t.host + ' has not been able to read {{ $labels.source }} for 5 minutes. Accesses that stand only there are not seen.',
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
        'A log without a line for a day: cron alone writes some (CloudTrail may well be quiet for so long). A source that has been\n' +
        'silent for an hour or more, and twice as long as ever in the week before. A log beside which the journal has newer\n' +
        'entries: the exporter looks every 5 minutes.',
      ),

      alert(
        'LoginSourceBehind',
        'warning',
        'min_over_time(%s[15m]) > 1048576' % s('login_exporter_source_lag_bytes'),
        'login_exporter on {{ $host }} is behind in {{ $labels.source }}',
        'At least {{ $value | humanize1024 }}B of {{ $labels.source }} on ' + t.host + ' have been waiting to be read for 15 minutes. Accesses are told late.',
        pending='15m',
      ),

      alert(
        'LoginSourceUnreadable',
        'warning',
        p.lately('login_exporter_source_errors_total', ['reason!~"gap|suppressed|line_too_long|untrusted|stale|vanished"']) + ' > 0',
        'Source {{ $labels.source }} on {{ $host }} gave an error, {{ $labels.reason }}',
        'login_exporter on ' + t.host + ' met {{ $value | printf "%%.0f" }} errors ({{ $labels.reason }}) in {{ $labels.source }} within %d minutes.' % p.minutesLately,
        comment='Every reason that has no alert of its own.',
      ),

      alert(
        'LoginRecordsLost',
        'warning',
        p.lately('login_exporter_source_errors_total', ['reason=~"gap|suppressed|line_too_long|vanished"']) + ' > 0\n  or\n' +
        std.rstripChars(p.atStart('login_exporter_source_errors_total', ['reason=~"gap|vanished"']), '\n'),
        'Records of {{ $labels.source }} on {{ $host }} are missing, {{ $labels.reason }}',
        'login_exporter on ' + t.host + ' found that records of {{ $labels.source }} are missing ({{ $labels.reason }}, {{ $value | printf "%%.0f" }} within %d minutes). An access may stand among them.' % p.minutesLately,
        comment='The second part: what went missing while the exporter was down is counted as it starts, so no scrape sees that\ncounter rise.',
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
        'login_exporter on ' + t.host + ' could not read time, host and program in {{ $value | printf "%.0f" }} lines of its logs within an hour. Every access among them is missed.',
        comment='Such lines begin with no time, host and tag in a form that is known. It may be a whole log in a format of its own.',
      ),

      alert(
        'LoginSeriesFolded',
        'warning',
        p.lately('login_exporter_series_limited_total') + ' > 0',
        '{{ $labels.family }} on {{ $host }} is full',
        '{{ $labels.family }} of login_exporter on ' + t.host + ' has reached its limit of series, so newcomers are counted as (other). First logins and new addresses may be hidden among them.',
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
        'Late because nobody asks it (no poll for 15 minutes), or because its records come late (AWS speaks of 5 minutes on\n' +
        'average). The second is not looked at for two hours after a start, which reads what is long past.',
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
        'The agent on ' + t.host + ' told of a Session Manager session of {{ $labels.identity }} at ' + t.when + '. CloudTrail has not told of it (target {{ $labels.target }}) within %d minutes. A trail may be switched off, or no exporter asks the account of that session.' % config.cloudtrailMinutes,
        pending='5m',
        comment='The host saw a session, and CloudTrail never told of it. Only where CloudTrail is read at all.',
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
        'CloudTrail told of a Session Manager session of {{ $labels.identity }} on {{ $labels.target }} in account {{ $labels.aws_account }} at ' + t.when + '. The exporter on that host reads the agent\'s state and has not seen the session. The agent may keep its state elsewhere, or somebody may have hidden it.',
        pending='10m',
        comment='The other way round: CloudTrail told of a session on a host whose exporter reads the agent\'s state, and the host\nnever saw it.',
      )),

      alert(
        'LoginStateNotSaved',
        'warning',
        p.lately('login_exporter_state_save_failures_total') + ' > 0',
        'login_exporter on {{ $host }} cannot save its state',
        'login_exporter on ' + t.host + ' failed to save its state {{ $value | printf "%%.0f" }} times within %d minutes. After a restart its counters would fall back to the last snapshot and rise again.' % p.minutesLately,
      ),

      alert(
        'LoginStateSetAside',
        'warning',
        'floor(%s) > time() - 3600' % p.last('login_exporter_state_last_set_aside_timestamp_seconds'),
        'login_exporter on {{ $host }} could not use its state',
        'login_exporter on ' + t.host + ' found at ' + t.when + ' that its snapshot was damaged, or of another version, and set it aside. It went on from the snapshot before. If there was none, it began anew: its counters fell, and logins may be told as first ones once more.',
        comment='The file is kept, and the exporter\'s log says where. What the sources hold from after it was written counts as news.',
      ),

      alert(
        'LoginStateLost',
        'warning',
        'floor(%(baseline)s)\n' % { baseline: baseline } +
        'unless (%s == last_over_time(%s[7d] offset %s))\n' % [baseline, s('login_exporter_baseline_timestamp_seconds'), p.before] +
        'and on (job, instance)\n' +
        '  max_over_time(%s[7d] offset %s)' % [s(scraped), p.before],
        'login_exporter on {{ $host }} began anew, without its state',
        'login_exporter on ' + t.host + ' had no saved state when it started at ' + t.when + ', although Prometheus knows it from before. Whoever came in between its last scrape and that start counts as past, so no alert tells of them.',
        comment=
        'Whoever removes the state and restarts the exporter turns what they did into a past that no alert tells of. A newborn host\n' +
        'that takes over another\'s name has no such past, and fires nothing.',
      ) + { keep_firing_for: config.keepFiringFor },

      alert(
        'LoginArchiveNotWritten',
        'warning',
        '(%s > 0)\n  or\n(%s > 0)' % [p.lately('login_exporter_archive_failures_total'), p.lately('login_exporter_archive_lines_lost_total')],
        'login_exporter on {{ $host }} cannot write its archive',
        'login_exporter on ' + t.host + ' could not write to its archive within %d minutes. It tries again; once what waits finds no more room, those lines are lost to `history`. Metrics and alerts are not affected.' % p.minutesLately,
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
        'login_exporter on ' + t.host + ' has no rules that say which accesses of kind {{ $labels.kind }} are expected, and had some within the week before. Until it has them again, no alert tells of what is unexpected there.',
        comment='A host that had rules and counts accesses without a verdict: its settings were lost.',
      ) + { keep_firing_for: config.keepFiringFor },
    ],
  }
