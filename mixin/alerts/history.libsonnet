// Is that the first time?
function(config)
  local p = (import '../lib/promql.libsonnet')(config);
  local t = (import '../lib/text.libsonnet')(config);
  local stranger = config.strangerDays;
  // Where there are rules, group login_access tells of what they do not expect.
  local other = ['expected="unset"'];

  local first(name, severity, expr, summary, description, comment=null) = {
    [if comment != null then 'comment']: comment,
    alert: name,
    expr: expr,
    keep_firing_for: config.keepFiringFor,
    labels: { severity: severity },
    annotations: t.annotations(name, summary, description, t.dashboard('person', { job: 'job', user: 'user' })),
  };

  {
    comment: |||
      Whether somebody came in the 30 days before is asked of group login_memory, which keeps the exporters' last-seen gauges
      for the whole job: nobody is a stranger because a host is new, and no past goes with a host that is gone. It is asked
      as it stood before the access. Where these rules have not run that long, the exporter's own counter says whether the
      access was the first.
    |||,
    name: 'login_history',
    interval: '1m',
    rules: [
      first(
        'DormantAccountLogin',
        'critical',
        p.newsOrUnwatched('login', other) + '\n' +
        'and on (job, user)\n' +
        '  (max_over_time(%s[7d] offset %s) < time() - %d * 86400)' % [p.selector('job_user:login_last_success_timestamp_seconds:max'), p.before, config.dormantDays],
        'Login of {{ $labels.user }} on {{ $host }} after %d days without one' % config.dormantDays,
        t.who + ' ' + t.login + '. No host had seen that account for %d days.' % config.dormantDays + t.lastKnown,
      ),

      first(
        'LoginFromNewAddress',
        'warning',
        p.first('login', other, ['job', 'user', 'source'], 'job_user_source:login_last_success_timestamp_seconds:max', stranger) +
        'unless on (job, user, network)\n' +
        '  (max_over_time(%s[7d] offset %s) > time() - %d * 86400)\n' % [p.selector('job_user_network:login_last_success_timestamp_seconds:max'), p.before, stranger] +
        'unless ' + p.alerting('login', ['DormantAccountLogin']),
        '{{ $labels.user }} came from {{ or $labels.source "no address" }} for the first time, to {{ $host }}',
        t.who + ' ' + t.login + '. No host had seen {{ $labels.user }} come from there for %d days.' % stranger + t.lastKnown,
        comment=
        'This one finds a stolen key: no host of the job has seen the user come from that address. The addresses of a network that\n' +
        'the settings name count as one. It takes two evaluations in a row, because a scrape may come in between this rule and\n' +
        'the one before it.',
      ) + { 'for': '1s' },

      first(
        'LoginWithNewKey',
        'warning',
        p.first('login', ['identity!=""'] + other, ['job', 'user', 'identity'], 'job_user_identity:login_last_success_timestamp_seconds:max', stranger) +
        'unless ' + p.alerting('login', ['DormantAccountLogin', 'LoginFromNewAddress']),
        '{{ $labels.user }} used the key of {{ $labels.identity }} for the first time, on {{ $host }}',
        t.who + ' ' + t.login + '. No host had let in {{ $labels.user }} with that key for %d days.' % stranger,
        comment='The same for a key, certificate or principal with which the user had not come in before.',
      ) + { 'for': '1s' },

      {
        alert: 'FirstSessionManagerSession',
        expr:
          'max without (job, instance) (\n' + p.indented(p.news('aws', ['event_name="StartSession"'] + other)) + '\n)\n' +
          'unless on (aws_account, identity)\n' +
          '  (max_over_time(%s[7d] offset %s) > time() - %d * 86400)\n' % [p.selector('account_identity:login_aws_last_success_timestamp_seconds:max'), p.before, stranger] +
          'unless on (aws_account, identity)\n' +
          p.indented(p.block(
            '(sum by (aws_account, identity) (%s) > 1)\n' % p.last('login_aws_successes_total', ['event_name="StartSession"']) +
            'unless on (aws_account)\n  max_over_time(%s[7d] offset %s)' % [p.selector('account_identity:login_aws_last_success_timestamp_seconds:max'), p.before]
          )),
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'warning' },
        annotations: t.annotations('FirstSessionManagerSession', '', '', t.dashboard('accounts', { aws_account: 'aws_account', identity: 'identity' })) + {
          summary: 'First Session Manager session of {{ $labels.identity }} in %d days, on {{ $labels.target }}' % stranger,
          description: '{{ $labels.identity }} opened a session{{ with $labels.document }} ({{ . }}){{ end }} ' + t.from + ' on {{ $labels.target }} in account {{ $labels.aws_account }}, {{ $labels.aws_region }}, at ' + t.when + ', for the first time in %d days in that account.' % stranger,
        },
      },
    ] + [
      first(
        f.name,
        'info',
        p.news('login', f.matchers + other) + '\n' +
        'unless on (job, instance, %s)\n' % f.label +
        '  (max_over_time(%s[7d] offset %s) > time() - %d * 86400)' % [p.selector('instance_%s:login_last_success_timestamp_seconds:max' % f.label), p.before, stranger],
        f.summary,
        t.who + ' ' + t.login + '. ' + f.unseen,
        comment=f.comment,
      )
      for f in [
        {
          name: 'FirstLoginOfUser',
          label: 'user',
          matchers: [],
          summary: 'First login of {{ $labels.user }} on {{ $host }} in %d days' % stranger,
          unseen: 'This host had not seen that account for %d days.' % stranger,
          comment: 'Information for the boards: what is new to one host is mostly known to the others.',
        },
        {
          name: 'FirstLoginFromNetwork',
          label: 'network',
          matchers: [],
          summary: 'First login from network {{ $labels.network }} on {{ $host }} in %d days' % stranger,
          unseen: 'Nobody had come to this host from that network for %d days.' % stranger,
          comment: null,
        },
        {
          name: 'FirstLoginWithKey',
          label: 'identity',
          matchers: ['identity!=""'],
          summary: 'First login with the key of {{ $labels.identity }} on {{ $host }} in %d days' % stranger,
          unseen: 'This host had not seen that key for %d days.' % stranger,
          comment: null,
        },
      ]
    ] + [
      {
        comment: |||
          A session is open, and none was opened for 12 hours: so it has been open for longer. On a shared account newer sessions
          can hide an old one.
        |||,
        alert: 'SessionOpenTooLong',
        expr: |||
          (floor(%s) < time() - %d * 3600)
            and (%s > 0)
        ||| % [
          p.selector('login_last_session_opened_timestamp_seconds', ['program=~"sshd|login|ssm-agent"']),
          config.sessionHours,
          p.selector('login_sessions_active'),
        ],
        'for': '10m',
        labels: { severity: 'info' },
        annotations: t.annotations(
          'SessionOpenTooLong',
          'Session of {{ $labels.user }} on {{ $host }} open for more than %d hours' % config.sessionHours,
          '{{ or $labels.user "Somebody" }} has a session of {{ $labels.program }} on ' + t.host + ' open since ' + t.when + ' or earlier.' + t.cameIn,
          t.dashboard('host', { job: 'job', instance: 'instance' })
        ),
      },
    ],
  }
