// Session Manager: Who had a session on which host, until when, and did CloudTrail tell of it?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local agent = ['program="ssm-agent"'];
  local starts = ['event_name="StartSession"'];
  local pair = 'on (identity, target)';
  // What the host saw: the newest session of each person on each host, by instance ID.
  local seen = 'label_replace(%s, "target", "$1", "instance_id", "(.+)")' % p.named(
    'max by (job, instance, identity, user) (%s)' % p.of('login_last_success_timestamp_seconds', agent), ['hostname', 'instance_id']
  );
  // What CloudTrail told, of the same.
  local told(family) = 'max by (identity, target) (%s)' % p.of(family, starts);
  local toldWhen = told('login_aws_last_success_timestamp_seconds');
  local beside(expr) = '(%s)\n* 0 + %s group_left ()\n  (%s)' % [seen, pair, expr];
  local ofAccount(family) = 'max by (job, instance, user) (%s)' % p.of(family, agent);
  p.board(
    config.dashboards.sessions,
    'Session Manager',
    'Who had a session of Session Manager on which host, until when, and did CloudTrail tell of it?',
    [
      [
        4,
        [6, p.numbers('Open now', 'Sessions that the hosts\' agents have open.', [['', p.orZero('sum(%s)' % p.once(p.of('login_sessions_active', agent))), null]])],
        [9, p.numbers('Sessions', 'In the time range, as the hosts saw them and as CloudTrail told them. CloudTrail also tells of hosts without an exporter.', [
          ['Seen by hosts', p.orZero(p.total('login_successes_total', agent)), null],
          ['Told by CloudTrail', p.orZero(p.total('login_aws_successes_total', starts)), null],
        ])],
        [9, p.numbers('Unexpected', 'By the rules for logins, and by those for AWS, in the time range.', [
          ['Logins', p.orZero(p.total('login_successes_total', agent + ['expected="false"'])), 'unexpected'],
          ['AWS', p.orZero(p.total('login_aws_successes_total', starts + ['expected="false"'])), 'unexpected'],
        ])],
      ],
      [11, [24, p.table(
        'Last session of each person on each host',
        'One row for what the host and CloudTrail tell of it. Open: how many sessions the account has open on the host. Ended: when its last one ended, where none is open. Delay: from the session\'s start until CloudTrail told of it; nothing there means that it has not. Nobody on the host: CloudTrail alone tells of it, and no exporter watches that host.',
        [
          p.ms(p.top(300, '(%s)\nor\n%s unless %s %s' % [seen, toldWhen, pair, seen])),
          p.ms('(%s)\n* 0 + on (job, instance, user) group_left ()\n  (%s unless %s > 0)' % [seen, ofAccount('login_last_session_closed_timestamp_seconds'), ofAccount('login_sessions_active')]),
          '(%s)\n* 0 + on (job, instance, user) group_left () (%s)' % [seen, ofAccount('login_sessions_active')],
          beside('%s - %s' % [told('login_aws_last_success_counted_timestamp_seconds'), toldWhen]),
        ],
        [['Value #A', 'Started'], ['identity', 'Identity'], ['user', 'User'], ['hostname', 'Host'], ['target', 'Target'], ['Value #C', 'Open'], ['Value #B', 'Ended'], ['Value #D', 'Delay'], ['instance', 'Instance']],
        'No session seen yet'
      )]],
      [
        8,
        [12, p.bars('Sessions', 'Over time, by person, as the hosts saw them: the ten with the most.', [
          ['{{identity}}', p.short('(%s)' % p.eachOfTop(10, ['identity'], 'login_successes_total', agent)), 'plain'],
        ])],
        [12, p.lines('How long sessions lasted', 'Half and nine tenths of the sessions that ended were shorter than this.', [
          ['half', 'histogram_quantile(0.5, sum by (le) (%s))' % p.once('increase(%s[1h])' % p.of('login_session_duration_seconds_bucket', agent))],
          ['nine tenths', 'histogram_quantile(0.9, sum by (le) (%s))' % p.once('increase(%s[1h])' % p.of('login_session_duration_seconds_bucket', agent))],
        ], 'dtdurations')],
      ],
      'CloudTrail',
      [
        8,
        [8, p.lines('How late CloudTrail was', 'Half and nine tenths of its events came sooner than this after they happened.', [
          ['half', 'histogram_quantile(0.5, sum by (le) (%s))' % p.once('increase(%s[1h])' % p.of('login_exporter_cloudtrail_delivery_delay_seconds_bucket'))],
          ['nine tenths', 'histogram_quantile(0.9, sum by (le) (%s))' % p.once('increase(%s[1h])' % p.of('login_exporter_cloudtrail_delivery_delay_seconds_bucket'))],
        ], 'dtdurations')],
        [8, p.most('Sessions by person', 'As CloudTrail tells them, in the time range.', 'identity', 'login_aws_successes_total', starts)],
        [8, p.most('Sessions by target', 'The instances that were entered, as CloudTrail tells them, in the time range.', 'target', 'login_aws_successes_total', starts)],
      ],
      [8, [24, p.table(
        'Commands of ssm-user',
        'Commands through sudo, each with the person who started the latest session before it. Where several people have sessions on the host it may have been any of them. Needs the recording rules.',
        [p.list(200, ['identity', 'target_user', 'command'], p.of('instance_identity:login_ssm_last_command_timestamp_seconds:latest'))],
        [['Value', 'When'], ['identity', 'Identity'], ['target_user', 'As'], ['command', 'Command'], ['hostname', 'Host'], ['instance', 'Instance']],
        'None seen yet'
      )]],
    ]
  )
