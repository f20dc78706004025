// Access overview: Who came in to my hosts, when, from where, and was that expected?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local login = 'login_last_success_timestamp_seconds';
  local unexpected = ['expected="false"'];
  local doors = ['program=~"sshd|login|ssm-agent"'];
  local jobs(family) = '%s or %s' % [p.of(family, ['user=~"$automation"']), p.of(family, ['identity=~"$automation"'])];
  local what(expr, format, label) = 'label_replace(%s, "what", "%s", "%s", "(.*)")' % [expr, format, label];
  p.board(
    config.dashboards.overview,
    'Access overview',
    'Who came in to my hosts, when, from where, and was that expected?',
    [
      [
        4,
        [10, p.numbers(
          'Unexpected accesses',
          'Accesses that no rule expects, in the time range: logins, commands through sudo, and AWS (Session Manager and EC2 Instance Connect). Logins on hosts that have no rules can only be counted, not judged.',
          [
            ['Logins', p.orZero(p.total('login_successes_total', unexpected)), 'unexpected'],
            ['sudo', p.orZero(p.total('login_sudo_commands_total', unexpected)), 'unexpected'],
            ['AWS', p.orZero(p.total('login_aws_successes_total', unexpected)), 'unexpected'],
            ['Logins without rules', p.orZero(p.total('login_successes_total', ['expected="unset"'])), 'unruled'],
          ],
          background=true
        )],
        [8, p.numbers(
          'Suspicious',
          'Successes from an address with 5 failures or more within the hour before, refused sudo, and changed accounts, in the time range.',
          [
            ['After failures', p.orZero(p.total('login_successes_after_failures_total')), 'suspicious'],
            ['sudo refused', p.orZero(p.total('login_sudo_failures_total')), 'suspicious'],
            ['Accounts changed', p.orZero(p.total('login_account_changes_total')), 'suspicious'],
          ]
        )],
        [3, p.numbers('In now', 'Open sessions of sshd, at the console and of Session Manager, by account.', [
          ['', p.orZero('sum(%s)' % p.once(p.of('login_sessions_active', ['program=~"sshd|login|ssm-agent"']))), null],
        ])],
        [3, p.numbers('Hosts watched', 'Exporters that answer now.', [['', p.exporters, null]])],
      ],
      [
        8,
        [24, p.table(
          'What was unexpected',
          'Each access in the time range that no rule expects, the newest first, automation too. The host of an AWS access is its target.',
          [p.ms(p.top(100, '(\n%s\nor\n  %s\n) >= $__from / 1000' % [
            p.named('(%s\n  or %s)' % [
              what(p.of(login, unexpected), 'login by $1', 'method'),
              what(p.of('login_sudo_last_command_timestamp_seconds', unexpected), 'sudo $1', 'command'),
            ]),
            'label_replace(%s, "hostname", "$1", "target", "(.+)")' % what(p.of('login_aws_last_success_timestamp_seconds', unexpected), '$1', 'event_name'),
          ]))],
          [['Value', 'When'], ['what', 'What'], ['user', 'User'], ['identity', 'Identity'], ['source', 'From'], ['network', 'Network'], ['hostname', 'Host'], ['instance', 'Instance']]
        )],
      ],
      [7, [24, p.alertList()]],
      'People',
      [
        9,
        [11, p.table(
          'Who is in now',
          'Open sessions of sshd, at the console and of Session Manager, and where the account last came in from. A shared account may have several people in it.',
          [
            p.list(200, ['program', 'user'], '%s and on (job, instance, program, user) %s > 0' % [p.of('login_last_session_opened_timestamp_seconds', doors), p.of('login_sessions_active')]),
            p.named('sum by (job, instance, program, user) (%s > 0)' % p.once(p.of('login_sessions_active', doors))),
            p.named('topk by (job, instance, program, user) (1, max by (job, instance, program, user, identity, source) (%s and on (job, instance, program, user) %s > 0)) > 0' % [p.of(login), p.of('login_sessions_active')]),
          ],
          [['Value #A', 'Since'], ['user', 'User'], ['identity', 'Identity'], ['source', 'From'], ['Value #B', 'Sessions'], ['hostname', 'Host'], ['instance', 'Instance']],
          'Nobody is in'
        )],
        [13, p.table(
          'Last login of each person on each host',
          'The newest first, however long ago. What is automation by the variable above stands at the end of the board.',
          [p.list(500, ['user', 'identity', 'source', 'expected'], 'topk by (job, instance, user, identity) (1, %s)' % p.of(login, p.people))],
          [['Value', 'When'], ['user', 'User'], ['identity', 'Identity'], ['hostname', 'Host'], ['source', 'From'], ['expected', 'Expected'], ['instance', 'Instance']],
          'No login seen yet'
        )],
      ],
      [7, [24, p.bars('Logins', 'Logins over time, by whether a rule expects them; automation is among them.', [
        ['unexpected', p.each('login_successes_total', unexpected), 'unexpected'],
        ['no rule', p.each('login_successes_total', ['expected="unset"']), 'unruled'],
        ['expected', p.each('login_successes_total', ['expected="true"']), 'expected'],
      ])]],
      [
        8,
        [6, p.most('Logins by identity', 'The people and keys behind the accounts, with the most logins in the time range. Logins by password have no identity.', 'identity', 'login_successes_total', ['identity!=""'] + p.people)],
        [6, p.most('Logins by user', 'The accounts with the most logins in the time range.', 'user', 'login_successes_total', p.people)],
        [6, p.most('Logins by network', 'Where logins came from, in the time range.', 'network', 'login_successes_total', p.people)],
        [6, p.most('Logins by method', 'How people logged in, in the time range.', 'method', 'login_successes_total', p.people)],
      ],
      'Refused',
      [
        8,
        [12, p.bars('Failed logins', 'Refused attempts over time, by account: the ten that were tried most. (invalid) stands for all names that the host does not have.', [
          ['{{user}}', p.eachOfTop(10, ['user'], 'login_failures_total'), 'refused'],
        ])],
        [12, p.bars('Rejected connections', 'Connections that ended without a login, by reason.', [
          ['{{reason}}', p.each('login_rejections_total', [], ['reason']), 'refused'],
        ])],
      ],
      'sudo and accounts',
      [
        8,
        [13, p.table(
          'Last sudo commands',
          'Of people, the newest first. The name of the program, never its arguments.',
          [p.list(200, ['user', 'command', 'expected'], p.of('login_sudo_last_command_timestamp_seconds', ['user!~"$automation"']))],
          [['Value', 'When'], ['user', 'User'], ['command', 'Command'], ['expected', 'Expected'], ['hostname', 'Host'], ['instance', 'Instance']],
          'No sudo seen yet'
        )],
        [11, p.table(
          'sudo refused',
          'Who was refused and why, in the time range.',
          [p.list(100, ['user', 'reason'], p.inRange(p.of('login_sudo_last_failure_timestamp_seconds')))],
          [['Value', 'When'], ['user', 'User'], ['reason', 'Reason'], ['hostname', 'Host'], ['instance', 'Instance']]
        )],
      ],
      [
        7,
        [13, p.table(
          'Success after failures',
          'Logins from an address that had failed 5 times or more within the hour before, in the time range.',
          [p.list(100, ['user', 'source', 'network'], p.inRange(p.of('login_last_success_after_failures_timestamp_seconds')))],
          [['Value', 'When'], ['user', 'User'], ['source', 'From'], ['network', 'Network'], ['hostname', 'Host'], ['instance', 'Instance']]
        )],
        [11, p.table(
          'Accounts changed',
          'Accounts and groups added, removed or changed in the time range.',
          [p.list(100, ['change', 'user'], p.inRange(p.of('login_last_account_change_timestamp_seconds')))],
          [['Value', 'When'], ['change', 'Change'], ['user', 'User'], ['hostname', 'Host'], ['instance', 'Instance']]
        )],
      ],
      'AWS',
      [8, [24, p.table(
        'Last AWS accesses',
        'The newest first: Session Manager and EC2 Instance Connect. CloudTrail tells of it 5 to 15 minutes late. The boards of sessions and of accounts tell more.',
        [p.ms(p.top(200, p.newest(['event_name', 'identity', 'target', 'document', 'source', 'network', 'aws_account', 'aws_region', 'expected'], p.of('login_aws_last_success_timestamp_seconds', ['identity!~"$automation"']))))],
        [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['target', 'Target'], ['document', 'Document'], ['source', 'From'], ['network', 'Network'], ['aws_account', 'Account'], ['aws_region', 'Region'], ['expected', 'Expected']],
        'No AWS access seen yet'
      )]],
      {
        title: 'Automation',
        bands: [[
          9,
          [14, p.table(
            'Logins of automation',
            'One row for all of a job that it does on a host: how often in the time range, and when last. The variable Automation says what is one.',
            [
              p.list(200, ['user', 'identity'], jobs(login)),
              p.named('(%s)' % std.join(' or ', [p.total('login_successes_total', [one], ['job', 'instance', 'user', 'identity']) for one in ['user=~"$automation"', 'identity=~"$automation"']])),
            ],
            [['Value #A', 'When'], ['user', 'User'], ['identity', 'Identity'], ['Value #B', 'Times'], ['hostname', 'Host'], ['instance', 'Instance']],
            'No automation seen yet'
          )],
          [10, p.table(
            'sudo of automation',
            'The newest first.',
            [p.list(200, ['user', 'command', 'expected'], p.of('login_sudo_last_command_timestamp_seconds', ['user=~"$automation"']))],
            [['Value', 'When'], ['user', 'User'], ['command', 'Command'], ['expected', 'Expected'], ['hostname', 'Host'], ['instance', 'Instance']],
            'No sudo of automation seen yet'
          )],
        ]],
      },
    ],
    [p.automation]
  )
