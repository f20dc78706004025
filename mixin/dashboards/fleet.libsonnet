// Fleet: All hosts, one row each: who came in there last, what was unexpected, and does the exporter see it?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local host = ['job', 'instance'];
  local row(expr) = p.named(expr, ['hostname', 'instance_id']);
  local up = 'max by (job, instance) (%s)' % p.of('up');
  local known = 'max by (job, instance) (max_over_time(%s[1d]))' % p.of('login_exporter_build_info');
  p.board(
    config.dashboards.fleet,
    'Fleet',
    'All hosts, one row each: who came in there last, what was unexpected, and does the exporter see it?',
    [
      [
        4,
        [6, p.numbers('Answering', 'Exporters that answer now, and those that did within a day and do not now.', [
          ['Watched', p.exporters, null],
          ['Silent', p.orZero('count(%s == 0 and %s)' % [up, known]), 'broken'],
        ])],
        [6, p.numbers('Hosts with unexpected accesses', 'On which no rule expected a login or a command through sudo, in the time range.', [
          ['Logins', p.orZero('count(%s > 0)' % p.total('login_successes_total', ['expected="false"'], host)), 'unexpected'],
          ['sudo', p.orZero('count(%s > 0)' % p.total('login_sudo_commands_total', ['expected="false"'], host)), 'unexpected'],
        ])],
        [6, p.numbers('Hosts entered', 'On which anybody came in, in the time range, and on which somebody is in now.', [
          ['In the time range', p.orZero('count(%s > 0)' % p.total('login_successes_total', [], host)), null],
          ['Now', p.orZero('count(sum by (job, instance) (%s) > 0)' % p.of('login_sessions_active', ['program=~"sshd|login|ssm-agent"'])), null],
        ])],
        [6, p.numbers('Hosts without rules', 'Whose logins no rule judges: they can only be counted.', [
          ['', p.orZero('count(max by (job, instance) (%s) == 0)' % p.of('login_exporter_rules', ['kind="logins"'])), 'unruled'],
        ])],
      ],
      [14, [24, p.table(
        'Hosts',
        'In the time range, but for the last login, who is in, and what fires now. The one that was entered last comes first.',
        [
          p.ms(p.top(500, row('max by (job, instance) (%s)' % p.of('login_last_success_timestamp_seconds')))),
          p.top(500, row(p.total('login_successes_total', [], host))),
          p.top(500, row(p.total('login_successes_total', ['expected="false"'], host))),
          p.top(500, row(p.total('login_failures_total', [], host))),
          p.top(500, row('sum by (job, instance) (%s)' % p.once(p.of('login_sessions_active', ['program=~"sshd|login|ssm-agent"'])))),
          p.top(500, row(p.firing(host))),
          p.top(500, row('count by (job, instance) (%s == 0)' % p.once(p.of('login_exporter_source_up')))),
        ],
        [
          ['Value #A', 'Last login'],
          ['hostname', 'Host'],
          ['instance_id', 'Instance ID'],
          ['Value #B', 'Logins'],
          ['Value #C', 'Unexpected'],
          ['Value #D', 'Failed'],
          ['Value #E', 'Open'],
          ['Value #F', 'Firing'],
          ['Value #G', 'Down'],
          ['instance', 'Instance'],
        ],
        'No exporter answers'
      )]],
      [
        8,
        [12, p.bars('Logins by host', 'Over time: the ten hosts with the most.', [['{{hostname}}', p.eachOfTop(10, ['hostname'], 'login_successes_total'), 'plain']])],
        [12, p.bars('Failed logins by host', 'Over time: the ten hosts that were tried most.', [['{{hostname}}', p.eachOfTop(10, ['hostname'], 'login_failures_total'), 'refused']])],
      ],
      [9, [13, p.alertList()], [11, p.table(
        'Silent hosts',
        'Exporters that answered within a day and do not now, and when they last did.',
        [p.ms(p.top(100, 'max by (instance, hostname) (max_over_time(timestamp(%s)[1d:5m]) and on (job, instance) (%s == 0))' % [p.of('login_exporter_host_info'), up]))],
        [['Value', 'Last record'], ['hostname', 'Host'], ['instance', 'Instance']],
        'All of them answer'
      )]],
    ]
  )
