// Person: One person or account: where were they, and how did they come in?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local theirs = ['identity=~"$identity"', 'user=~"$user"'];
  local identity = ['identity=~"$identity"'];
  local account = ['user=~"$user"'];
  local login = 'login_last_success_timestamp_seconds';
  local aws = 'login_aws_last_success_timestamp_seconds';
  local starts = ['event_name="StartSession"'];
  local unexpected = ['expected="false"'];
  p.board(
    config.dashboards.person,
    'Person',
    'One person or account: where were they, and how did they come in?',
    [
      [
        4,
        [5, p.moment('Last login', 'On any host.', 'max(%s)' % p.of(login, theirs))],
        [5, p.moment('Last AWS session', 'As CloudTrail tells it.', 'max(%s)' % p.of(aws, identity + starts))],
        [7, p.numbers('Accesses', 'Logins, and sessions of Session Manager as CloudTrail tells them, in the time range.', [
          ['Logins', p.orZero(p.total('login_successes_total', theirs)), null],
          ['Sessions', p.orZero(p.total('login_aws_successes_total', identity + starts)), null],
        ])],
        [7, p.numbers('Unexpected', 'Logins and AWS accesses that no rule expects, in the time range.', [
          ['Logins', p.orZero(p.total('login_successes_total', theirs + unexpected)), 'unexpected'],
          ['AWS', p.orZero(p.total('login_aws_successes_total', identity + unexpected)), 'unexpected'],
        ])],
      ],
      [9, [24, p.table(
        'Last logins',
        'On each host, by each way, the newest first.',
        [p.list(300, ['program', 'user', 'identity', 'method', 'source', 'network', 'expected'], p.of(login, theirs))],
        [['Value', 'When'], ['identity', 'Identity'], ['user', 'User'], ['hostname', 'Host'], ['source', 'From'], ['network', 'Network'], ['method', 'Method'], ['program', 'Program'], ['expected', 'Expected'], ['instance', 'Instance']],
        'No login seen yet'
      )]],
      [
        8,
        [9, p.bars('Logins', 'Logins over time, by account: the ten with the most.', [['{{user}}', p.eachOfTop(10, ['user'], 'login_successes_total', theirs), 'plain']])],
        [5, p.most('Hosts', 'Where they went most, in the time range.', 'hostname', 'login_successes_total', theirs)],
        [5, p.most('Networks', 'Where they came from, in the time range.', 'network', 'login_successes_total', theirs)],
        [5, p.most('Addresses', 'The addresses they came from most, in the time range.', 'source', 'login_successes_total', theirs + ['source!=""'])],
      ],
      'AWS',
      [
        8,
        [24, p.table(
          'Last AWS accesses',
          'Session Manager and EC2 Instance Connect, the newest first. CloudTrail tells of it 5 to 15 minutes late.',
          [p.ms(p.top(300, p.newest(['event_name', 'identity', 'target', 'document', 'source', 'aws_account', 'expected'], p.of(aws, identity))))],
          [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['target', 'Target'], ['source', 'From'], ['aws_account', 'Account'], ['expected', 'Expected']],
          'No AWS access seen yet'
        )],
      ],
      [
        6,
        [24, p.table(
          'Refused by AWS',
          'Calls that AWS refused, in the time range.',
          [p.ms(p.top(100, p.newest(['event_name', 'identity', 'target', 'error_code'], p.inRange(p.of('login_aws_last_failure_timestamp_seconds', identity)))))],
          [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['target', 'Target'], ['error_code', 'Error']]
        )],
      ],
      'Under their accounts',
      [
        9,
        [14, p.table(
          'sudo commands',
          'Commands of the accounts that they came in by, on the same hosts. A shared account holds the commands of others too.',
          [p.list(300, ['user', 'target_user', 'command', 'expected'], '%s and on (job, instance, user) %s' % [p.of('login_sudo_last_command_timestamp_seconds', account), p.of(login, theirs)])],
          [['Value', 'When'], ['user', 'User'], ['target_user', 'As'], ['command', 'Command'], ['expected', 'Expected'], ['hostname', 'Host'], ['instance', 'Instance']],
          'No sudo seen yet'
        )],
        [10, p.table(
          'Commands of ssm-user',
          'Commands through sudo in their Session Manager sessions: theirs was the latest session that started before the command. Another person with a session on the same host may have run it. Needs the recording rules.',
          [p.list(100, ['identity', 'command'], p.of('instance_identity:login_ssm_last_command_timestamp_seconds:latest', identity + ['identity!=""']))],
          [['Value', 'When'], ['identity', 'Identity'], ['command', 'Command'], ['hostname', 'Host'], ['instance', 'Instance']],
          'None seen yet'
        )],
      ],
      [
        8,
        [12, p.bars('Failed logins', 'Refused attempts on their accounts, by anybody, over time: the ten most.', [
          ['{{user}} from {{network}}', p.eachOfTop(10, ['user', 'network'], 'login_failures_total', account), 'refused'],
        ])],
        [12, p.lines('Open sessions', 'Open sessions of their accounts, on all hosts: the ten accounts with the most.', [
          ['{{user}}', 'topk(10, sum by (user) (%s and on (job, instance, user) %s))' % [p.once(p.of('login_sessions_active', account + ['program=~"sshd|login|ssm-agent"'])), p.of(login, theirs)]],
        ])],
      ],
    ],
    [
      p.variable('identity', 'Identity', p.of(login)) { description: 'A person, a key, or an AWS identity', allValue: '.*' },
      p.variable('user', 'Account', p.of(login)) { allValue: '.*' },
    ]
  )
