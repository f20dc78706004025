// AWS accounts: Who entered what in which account of the organisation, and does each of them tell us?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local account = ['aws_account=~"$aws_account"'];
  local theirs = account + ['identity=~"$identity"'];
  local each = ['aws_account', 'aws_region'];
  local ofHost = ['job', 'instance', 'source'];
  local feeds = ['source=~"cloudtrail.*|queue.*|trail.*|/.*json.*"'];
  // What the settings call an account; its number where they do not.
  local called(expr) =
    local name = 'max by (aws_account, account_name) (%s)' % p.of('login_exporter_aws_account_info');
    '(%s)\n* on (aws_account) group_left (account_name) %s\nor on (aws_account, aws_region) (%s)' % [expr, name, expr];
  p.board(
    config.dashboards.accounts,
    'AWS accounts',
    'Who entered what in which account of the organisation, and does each of them tell us?',
    [
      [
        4,
        [6, p.numbers('Accounts', 'Accounts of which anything was told, and those that are asked.', [
          ['Told of', 'count(count by (aws_account) (%s))' % p.of('login_aws_last_success_timestamp_seconds', account), null],
          ['Asked', 'count(count by (aws_account) (%s))' % p.of('login_exporter_cloudtrail_last_poll_timestamp_seconds', account), null],
        ])],
        [6, p.numbers('Unexpected', 'Accesses that no rule for AWS expects, and those that no rule judges, in the time range.', [
          ['Unexpected', p.orZero(p.total('login_aws_successes_total', theirs + ['expected="false"'])), 'unexpected'],
          ['Without rules', p.orZero(p.total('login_aws_successes_total', theirs + ['expected="unset"'])), 'unruled'],
        ])],
        [6, p.numbers('Refused', 'Calls that AWS refused, in the time range.', [['', p.orZero(p.total('login_aws_failures_total', theirs)), 'suspicious']])],
        [6, p.numbers('Not told', 'Accounts and Regions that have not answered for a quarter of an hour, and sources of AWS that cannot be read.', [
          ['Not answering', p.orZero('count(time() - max by (aws_account, aws_region) (%s) > 900)' % p.of('login_exporter_cloudtrail_last_poll_timestamp_seconds', account)), 'broken'],
          ['Sources down', p.orZero('count(%s == 0)' % p.once(p.of('login_exporter_source_up', feeds))), 'broken'],
        ])],
      ],
      [10, [24, p.table(
        'Last accesses',
        'The newest first, with the account by its number. CloudTrail tells of it 5 to 15 minutes late.',
        [p.ms(p.top(300, p.newest(['event_name', 'identity', 'target', 'document', 'source', 'network', 'aws_account', 'aws_region', 'expected'], p.of('login_aws_last_success_timestamp_seconds', theirs))))],
        [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['target', 'Target'], ['document', 'Document'], ['source', 'From'], ['network', 'Network'], ['aws_account', 'Account'], ['aws_region', 'Region'], ['expected', 'Expected']],
        'No AWS access seen yet'
      )]],
      [
        8,
        [11, p.bars('Accesses by account', 'Over time: the ten accounts with the most.', [['{{aws_account}}', p.eachOfTop(10, ['aws_account'], 'login_aws_successes_total', theirs), 'plain']])],
        [13, p.alertList()],
      ],
      [
        8,
        [12, p.most('Accesses by person', 'In the time range.', 'identity', 'login_aws_successes_total', theirs)],
        [12, p.most('Accesses by call', 'In the time range.', 'event_name', 'login_aws_successes_total', theirs)],
      ],
      [7, [24, p.table(
        'Refused by AWS',
        'Calls that AWS refused, in the time range.',
        [p.ms(p.top(100, p.newest(['event_name', 'identity', 'target', 'error_code', 'source', 'aws_account'], p.inRange(p.of('login_aws_last_failure_timestamp_seconds', theirs)))))],
        [['Value', 'When'], ['identity', 'Identity'], ['event_name', 'Event'], ['target', 'Target'], ['error_code', 'Error'], ['source', 'From'], ['aws_account', 'Account']]
      )]],
      'What each account tells',
      [9, [24, p.table(
        'Accounts and Regions that are asked',
        'When each was last asked with success, how often in the time range, what failed, how late its events came at most for nine tenths, and how late one may come and is still found. The one that was asked longest ago comes first.',
        [
          called(p.ms('topk(300, max by (aws_account, aws_region) (%s))' % p.of('login_exporter_cloudtrail_last_poll_timestamp_seconds', account))),
          called(p.total('login_exporter_cloudtrail_requests_total', account, each)),
          called(p.total('login_exporter_cloudtrail_request_failures_total', account, each)),
          called('histogram_quantile(0.9, sum by (aws_account, aws_region, le) (%s)) >= 0' % p.once('increase(%s[$__range])' % p.of('login_exporter_cloudtrail_delivery_delay_seconds_bucket', account))),
          called('min by (aws_account, aws_region) (%s)' % p.of('login_exporter_cloudtrail_reach_seconds', account)),
        ],
        [['Value #A', 'Last asked'], ['aws_account', 'Account'], ['account_name', 'Name'], ['aws_region', 'Region'], ['Value #B', 'Requests'], ['Value #C', 'Errors'], ['Value #D', 'Delay'], ['Value #E', 'Reach']],
        'No account is asked',
        { options+: { sortBy: [{ displayName: 'Last asked', desc: false }] } }
      )]],
      [
        9,
        [14, p.table(
          'Queues, files and pollers',
          'Each source of AWS: does it work, when was its newest record, and how much of it was read in the time range.',
          [
            p.named(p.newest(ofHost, p.of('login_exporter_source_up', feeds))),
            p.ms(p.named(p.newest(ofHost, p.of('login_exporter_source_last_record_timestamp_seconds', feeds)))),
            p.named(p.total('login_exporter_source_records_total', feeds, ofHost)),
            p.named(p.total('login_exporter_source_errors_total', feeds, ofHost)),
          ],
          [['Value #A', 'State'], ['source', 'Source'], ['Value #B', 'Last record'], ['Value #C', 'Records'], ['Value #D', 'Errors'], ['hostname', 'Host'], ['instance', 'Instance']],
          'No source of AWS',
          { options+: { sortBy: [{ displayName: 'State', desc: false }] } }
        )],
        [10, p.lines('How late CloudTrail was', 'By account, nine tenths of its events came sooner than this: the ten latest.', [
          ['{{aws_account}}', 'topk(10, histogram_quantile(0.9, sum by (aws_account, le) (%s)))' % p.once('increase(%s[1h])' % p.of('login_exporter_cloudtrail_delivery_delay_seconds_bucket', account))],
        ], 'dtdurations')],
      ],
    ],
    [
      p.variable('aws_account', 'Account', p.of('login_aws_last_success_timestamp_seconds')) { allValue: '.*' },
      p.variable('identity', 'Identity', p.of('login_aws_last_success_timestamp_seconds')) { allValue: '.*' },
    ]
  )
