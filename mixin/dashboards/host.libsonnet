// Host: One host: who is in, who came in, and what did they do there?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local login = 'login_last_success_timestamp_seconds';
  local unexpected = ['expected="false"'];
  local doors = ['program=~"sshd|login|ssm-agent"'];
  p.board(
    config.dashboards.host,
    'Host',
    'One host: who is in, who came in, and what did they do there?',
    [
      [
        4,
        [5, p.word('Host', 'The name that the host has for itself.', p.newest(['hostname'], p.of('login_exporter_host_info')), 'hostname')],
        [5, p.word('Instance ID', 'As the host itself knows it; none outside of EC2.', p.newest(['instance_id'], p.of('login_exporter_host_info', ['instance_id!=""'])), 'instance_id')],
        [3, p.numbers('In now', 'Open sessions of sshd, at the console and of Session Manager.', [
          ['', p.orZero('sum(%s)' % p.once(p.of('login_sessions_active', doors))), null],
        ])],
        [5, p.moment('Last login', 'When anybody last came in.', 'max(%s)' % p.of(login))],
        [6, p.numbers('Unexpected', 'Logins and commands through sudo that no rule expects, in the time range.', [
          ['Logins', p.orZero(p.total('login_successes_total', unexpected)), 'unexpected'],
          ['sudo', p.orZero(p.total('login_sudo_commands_total', unexpected)), 'unexpected'],
        ])],
      ],
      [
        8,
        [24, p.table(
          'Last logins',
          'Of people, the newest first, however long ago.',
          [p.ms(p.top(300, p.newest(['program', 'user', 'identity', 'method', 'source', 'network', 'expected'], p.of(login, p.people))))],
          [['Value', 'When'], ['user', 'User'], ['identity', 'Identity'], ['source', 'From'], ['network', 'Network'], ['method', 'Method'], ['program', 'Program'], ['expected', 'Expected']],
          'No login seen yet'
        )],
      ],
      [
        8,
        [11, p.table(
          'Who is in now',
          'Open sessions of sshd, at the console and of Session Manager. A shared account may have several people in it.',
          [
            p.ms(p.top(200, p.newest(['program', 'user'], '%s and on (job, instance, program, user) %s > 0' % [p.of('login_last_session_opened_timestamp_seconds', doors), p.of('login_sessions_active')]))),
            'sum by (program, user) (%s > 0)' % p.once(p.of('login_sessions_active', doors)),
          ],
          [['Value #A', 'Since'], ['user', 'User'], ['program', 'Program'], ['Value #B', 'Sessions']],
          'Nobody is in'
        )],
        [13, p.alertList(['job=~"$job"', 'instance=~"$instance"'])],
      ],
      [
        8,
        [12, p.bars('Logins', 'Logins over time, by account: the ten with the most.', [['{{user}}', p.eachOfTop(10, ['user'], 'login_successes_total'), 'plain']])],
        [12, p.lines('Open sessions', 'Open sessions by program and account: the ten with the most. Services that hold sessions by nature (systemd-user, cron) are left out.', [
          ['{{user}} ({{program}})', 'topk(10, sum by (program, user) (%s))' % p.once(p.of('login_sessions_active', ['program!~"systemd-user|cron"']))],
        ])],
      ],
      'Refused',
      [
        8,
        [7, p.bars('Failed logins', 'Refused attempts over time, by account: the ten that were tried most. (invalid) stands for all names that the host does not have.', [
          ['{{user}}', p.eachOfTop(10, ['user'], 'login_failures_total'), 'refused'],
        ])],
        [7, p.bars('Rejected connections', 'Connections that ended without a login, by reason.', [['{{reason}}', p.each('login_rejections_total', [], ['reason']), 'refused']])],
        [10, p.table(
          'Success after failures',
          'Logins from an address that had failed 5 times or more within the hour before, in the time range.',
          [p.ms(p.top(100, p.newest(['user', 'source', 'network'], p.inRange(p.of('login_last_success_after_failures_timestamp_seconds')))))],
          [['Value', 'When'], ['user', 'User'], ['source', 'From'], ['network', 'Network']]
        )],
      ],
      'What they did',
      [
        9,
        [14, p.table(
          'Last sudo commands',
          'The newest first. The name of the program, never its arguments.',
          [p.ms(p.top(300, p.newest(['user', 'target_user', 'command', 'expected'], p.of('login_sudo_last_command_timestamp_seconds', ['user!~"$automation"']))))],
          [['Value', 'When'], ['user', 'User'], ['target_user', 'As'], ['command', 'Command'], ['expected', 'Expected']],
          'No sudo seen yet'
        )],
        [10, p.table(
          'sudo and su refused',
          'Who was refused, in the time range.',
          [p.ms(p.top(100, p.newest(['user', 'target_user', 'reason'], '(%s or label_replace(%s, "reason", "su", "", "")) >= $__from / 1000' % [p.of('login_sudo_last_failure_timestamp_seconds'), p.of('login_su_last_failure_timestamp_seconds')])))],
          [['Value', 'When'], ['user', 'User'], ['target_user', 'As'], ['reason', 'Reason']]
        )],
      ],
      [
        8,
        [8, p.table(
          'Last switches of user',
          'Through su, the newest first.',
          [p.ms(p.top(100, p.newest(['user', 'target_user'], p.of('login_su_last_switch_timestamp_seconds'))))],
          [['Value', 'When'], ['user', 'User'], ['target_user', 'To']],
          'No su seen yet'
        )],
        [8, p.table(
          'Accounts changed',
          'Accounts and groups added, removed or changed in the time range.',
          [p.ms(p.top(100, p.newest(['change', 'user'], p.inRange(p.of('login_last_account_change_timestamp_seconds')))))],
          [['Value', 'When'], ['change', 'Change'], ['user', 'User']]
        )],
        [8, p.lines(
          'Session duration',
          'Half and nine tenths of the sessions that ended were shorter than this.',
          [
            [name, 'histogram_quantile(%s, sum by (le) (%s))' % [part, p.once('increase(%s[1h])' % p.of('login_session_duration_seconds_bucket', ['program="sshd"']))]]
            for name in ['half', 'nine tenths']
            for part in [{ half: '0.5', 'nine tenths': '0.9' }[name]]
          ],
          'dtdurations'
        )],
      ],
      'Session Manager',
      [
        7,
        [24, p.table(
          'AWS accesses to this host',
          'The newest first, matched by instance ID. CloudTrail tells of it 5 to 15 minutes late.',
          [p.ms(p.top(100, 'max by (event_name, identity, target, document, source, expected) (%s)\n* on (target) group_left () label_replace(topk by (instance_id) (1, max by (instance_id) (%s)), "target", "$1", "instance_id", "(.+)")' % [
            'login_aws_last_success_timestamp_seconds{%s}' % std.join(', ', config.selector + ['identity!~"$automation"']),
            p.of('login_exporter_host_info', ['instance_id!=""']),
          ]))],
          [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['document', 'Document'], ['source', 'From'], ['expected', 'Expected']],
          'None seen yet'
        )],
      ],
      [
        6,
        [24, p.table(
          'Commands of ssm-user',
          'Commands through sudo, each with the person who started the latest Session Manager session before it. Where several people have sessions on the host it may have been any of them; no name means that no session is known from before the command, or that CloudTrail has not told of it yet. Needs the recording rules.',
          [p.ms(p.top(100, p.newest(['identity', 'target_user', 'command'], p.of('instance_identity:login_ssm_last_command_timestamp_seconds:latest'))))],
          [['Value', 'When'], ['identity', 'Identity'], ['target_user', 'As'], ['command', 'Command']],
          'None seen yet'
        )],
      ],
      {
        title: 'Automation',
        bands: [[
          8,
          [12, p.table(
            'Logins of automation',
            'One row for all of a job; the variable Automation says what is one.',
            [p.ms(p.top(100, p.newest(['user', 'identity', 'source', 'network'], '%s or %s' % [p.of(login, ['user=~"$automation"']), p.of(login, ['identity=~"$automation"'])])))],
            [['Value', 'When'], ['user', 'User'], ['identity', 'Identity'], ['source', 'From'], ['network', 'Network']],
            'No automation seen yet'
          )],
          [12, p.bars('Logins of automation over time', 'By account.', [['{{user}}', p.eachOfTop(10, ['user'], 'login_successes_total', ['user=~"$automation"']), 'plain']])],
        ]],
      },
    ],
    [p.automation]
  )
