// Who came in, and was that expected?
function(config)
  local p = (import '../lib/promql.libsonnet')(config);
  local t = (import '../lib/text.libsonnet')(config);
  local unexpected = ['expected="false"'];

  // An alert on an access: event-like, told once, and kept for whoever was away.
  local access(name, severity, expr, summary, description, dashboard, comment=null, labels={}) = {
    [if comment != null then 'comment']: comment,
    alert: name,
    expr: expr,
    keep_firing_for: config.keepFiringFor,
    labels: { severity: severity } + labels,
    annotations: t.annotations(name, summary, description, dashboard),
  };
  local onPerson = t.dashboard('person', { job: 'job', user: 'user' });
  local onHost = t.dashboard('host', { job: 'job', instance: 'instance' });
  local onAccount = t.dashboard('accounts', { aws_account: 'aws_account', identity: 'identity' });

  // Several exporters may ask the same AWS account, and a call is one alert all the same: its host is the target, not the instance.
  local perAccount(expr) = 'max without (job, instance) (\n' + p.indented(expr) + '\n)';
  local aws(name, severity, matchers, summary, description, comment=null) = access(
    name,
    severity,
    perAccount(p.news('aws', matchers + unexpected)),
    summary,
    description + ' from {{ or $labels.source "no address" }} (network {{ $labels.network }}) to {{ or $labels.target "no target" }} in account {{ $labels.aws_account }}, {{ $labels.aws_region }}, at ' + t.when + '. No rule expects this.',
    onAccount,
    comment
  ) + {
    // These have no instance, so no host to ask for.
    annotations+: { summary: summary, description: std.substr(super.description, std.length(t.onHost('')), std.length(super.description)) },
  };

  // Which family of accesses each kind of login_accesses_total is, which of them concern us, and who tells of them.
  local kinds = [
    { kind: 'login', access: 'login', matchers: unexpected, told: ['UnexpectedLogin'] },
    { kind: 'sudo', access: 'sudo', matchers: unexpected, told: ['UnexpectedSudo'] },
    { kind: 'account_change', access: 'accountChange', matchers: [], told: ['AccountChanged'] },
    { kind: 'aws', access: 'aws', matchers: unexpected, told: ['UnexpectedSessionManagerSession', 'UnexpectedInstanceConnect', 'UnexpectedAwsAccess'] },
  ];
  local entered(k) = if k.kind == 'aws' then ['event_name!="TerminateSession"'] else [];

  {
    name: 'login_access',
    rules: [
      access(
        'UnexpectedLogin',
        'critical',
        p.news('login', unexpected),
        'Unexpected login of {{ $labels.user }} on {{ $host }}',
        t.who + ' ' + t.login + '. No rule expects this.' + t.lastKnown,
        onPerson,
        // Alertmanager leaves out what CloudTrail tells of the same session.
        labels={ target: '{{ if eq $labels.program "ssm-agent" }}{{ range query (printf "login_exporter_host_info{job=%q,instance=%q}" $labels.job $labels.instance) }}{{ .Labels.instance_id }}{{ end }}{{ end }}' },
      ),

      aws(
        'UnexpectedSessionManagerSession',
        'critical',
        ['event_name=~"StartSession|ResumeSession"'],
        'Unexpected Session Manager session of {{ $labels.identity }} on {{ $labels.target }}',
        '{{ $labels.identity }} opened a session ({{ $labels.event_name }}{{ with $labels.document }}, {{ . }}{{ end }})',
        comment='Several exporters may ask the same AWS account, and a call is one alert all the same: its host is the target, not the\ninstance.',
      ),

      aws(
        'UnexpectedInstanceConnect',
        'critical',
        ['event_name=~"SendSSHPublicKey|SendSerialConsoleSSHPublicKey|OpenTunnel"'],
        'Unexpected EC2 Instance Connect access of {{ $labels.identity }} to {{ $labels.target }}',
        '{{ $labels.identity }} called {{ $labels.event_name }}',
      ),

      aws(
        'UnexpectedAwsAccess',
        'critical',
        ['event_name!~"StartSession|ResumeSession|TerminateSession|SendSSHPublicKey|SendSerialConsoleSSHPublicKey|OpenTunnel"'],
        'Unexpected {{ $labels.event_name }} of {{ $labels.identity }} on {{ or $labels.target $labels.aws_account }}',
        '{{ $labels.identity }} called {{ $labels.event_name }}{{ with $labels.document }} ({{ . }}){{ end }}',
        comment='Every other call that opens a way in. TerminateSession is none: who leaves does not come in.',
      ),

      access(
        'UnexpectedSudo',
        'critical',
        p.news('sudo', unexpected),
        'Unexpected sudo by {{ $labels.user }} on {{ $host }}',
        '{{ $labels.user }} ran {{ $labels.command }} as {{ $labels.target_user }} on ' + t.host + ' at ' + t.when + '. No rule expects this.' + t.cameIn +
        '{{ if eq $labels.user "ssm-user" }}{{ range query (printf "instance:login_ssm_start_timestamp_seconds:latest{job=%q,instance=%q}" $labels.job $labels.instance) }} The latest Session Manager session known on this host is from {{ .Labels.identity }}.{{ end }}{{ end }}',
        onPerson,
      ),

      access(
        'LoginAfterFailures',
        'critical',
        p.news('afterFailures', unexpected) + '\n' +
        'or ' + std.lstripChars(p.indented(p.block(
          p.news('afterFailures', ['method=~"password|keyboard-interactive"', 'expected!="false"']) + '\n' +
          'and on (job, instance, user)\n' +
          '  (max by (job, instance, user) (%s) > time() - 4500)' % p.last('login_last_failure_timestamp_seconds')
        ), ''), ' '),
        'Login of {{ $labels.user }} on {{ $host }} after many failures',
        '{{ $labels.user }} ' + t.login + ', after 5 or more failures from the same address within the hour before.' +
        '{{ if ne $labels.expected "false" }} The password of {{ $labels.user }} may have been guessed.{{ else }} No rule expects this login.{{ end }}',
        onPerson,
        comment=
        'A login by password, of an account that itself failed within the hour before: the password may have been guessed. Or a\n' +
        'login that no rule expects. Not an expected login by key from an office where others mistyped.',
      ),

      access(
        'RootLogin',
        'info',
        p.news('login', ['user="root"', 'expected="unset"']),
        'Login of root on {{ $host }}',
        t.who + ' ' + t.login + '.' + t.lastKnown,
        onHost,
        comment='Information only: group login_history tells of a root login from an address or with a key that is new to the fleet.',
      ),

      access(
        'PasswordLogin',
        'info',
        p.news('login', ['program="sshd"', 'method=~"password|keyboard-interactive"', 'expected="unset"']),
        'Password login of {{ $labels.user }} on {{ $host }}',
        t.who + ' ' + t.login + '.' + t.lastKnown,
        onPerson,
        comment='A password at the console is no surprise; over the network it can be guessed.',
      ),

      {
        comment: 'Passwords are guessed all over the internet. It is worth a warning where a password of that account has let\nsomebody in before.',
        alert: 'BruteForce',
        expr:
          '(sum without (program, method) (increase(%s[10m])) > %d)\n' % [p.selector('login_failures_total', ['user!="(invalid)"']), config.guesses] +
          'and on (job, user)\n' +
          '  (max by (job, user) (%s) > 0)' % p.last('login_successes_total', ['method=~"password|keyboard-interactive"']),
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'warning' },
        annotations: t.annotations(
          'BruteForce',
          'Passwords of {{ $labels.user }} are being guessed on {{ $host }}',
          '{{ $value | printf "%.0f" }} failed logins of {{ $labels.user }} from network {{ $labels.network }} on ' + t.host + ' within 10 minutes. ' +
          'A password of {{ $labels.user }} has let somebody in before. The runbook says how to list the addresses.',
          onPerson
        ),
      },

      {
        comment: 'Refused for lack of rights: at once. For a wrong password, which everyone types now and then: after three in ten\nminutes, as sudo itself gives up after three.',
        alert: 'SudoRefused',
        expr:
          'floor(%s)\n' % p.last('login_sudo_last_failure_timestamp_seconds') +
          'and ' + std.lstripChars(p.indented(p.block(
            p.rise('login_sudo_failures_total', ['reason!~"incorrect_password|password_required"']) + '\n  or\n' +
            '(increase(%s[10m]) >= 3)' % p.selector('login_sudo_failures_total', ['reason="incorrect_password"'])
          ), ''), ' '),
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'warning' },
        annotations: t.annotations(
          'SudoRefused',
          'sudo refused {{ $labels.user }} on {{ $host }}',
          'sudo refused {{ $labels.user }} the rights of {{ $labels.target_user }} on ' + t.host + ' at ' + t.when + ': {{ $labels.reason }}.' + t.cameIn,
          onPerson
        ),
      },

      access(
        'AccountChanged',
        'warning',
        p.news('accountChange', []),
        'Account {{ $labels.user }} on {{ $host }}: {{ $labels.change }}',
        '{{ $labels.change }} for {{ $labels.user }} on ' + t.host + ' at ' + t.when + '.' +
        '{{ range query (printf "topk(1, login_sudo_last_command_timestamp_seconds{job=%q,instance=%q})" $labels.job $labels.instance) }} The last sudo command on this host was {{ .Labels.command }} by {{ .Labels.user }} at {{ .Value | humanizeTimestamp }}.{{ end }}',
        onHost,
      ),

      {
        alert: 'LoginRecordUntrusted',
        expr: p.lately('login_exporter_source_errors_total', ['reason="untrusted"']) + ' > 0',
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'critical' },
        annotations: t.annotations(
          'LoginRecordUntrusted',
          'Someone forges login records on {{ $host }}',
          'login_exporter on ' + t.host + ' refused {{ $value | printf "%%.0f" }} records of {{ $labels.source }} within %d minutes, because the program that they name did not write them. They were not counted.' % p.minutesLately,
          onHost
        ),
      },

      {
        comment: |||
          What was counted while nobody scraped, or before anybody did: the alerts above cannot see it. This one fires once, when
          scrapes begin again, unless an alert above tells of the access. The record that ends in `since` says where the hole in
          the scrapes began. It takes two evaluations in a row, because a scrape may come in between the alerts above and this one.
        |||,
        alert: 'AccessWhileNotScraped',
        expr: std.join('\nor\n', [
          local matchers = entered(k) + k.matchers;
          (if k.kind == 'aws' then perAccount else function(expr) expr)(p.when(k.access, matchers) + '\n  and ' + std.lstripChars(p.indented(p.block(p.unwatched(k.access, matchers))), ' ')) +
          '\nunless ' + p.alerting(k.access, k.told)
          for k in kinds
        ]),
        'for': '1s',
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'critical' },
        annotations: t.annotations(
          'AccessWhileNotScraped',
          'Access by {{ or $labels.user $labels.identity }} while {{ if $labels.instance }}{{ $host }}{{ else }}account {{ $labels.aws_account }}{{ end }} was not watched',
          '{{ if $labels.event_name }}{{ $labels.identity }} called {{ $labels.event_name }} ' + t.from + ' for {{ $labels.target }} in account {{ $labels.aws_account }}, {{ $labels.aws_region }}' +
          '{{ else if $labels.change }}{{ $labels.change }} for {{ $labels.user }} on ' + t.host +
          '{{ else if $labels.command }}{{ $labels.user }} ran {{ $labels.command }} as {{ $labels.target_user }} on ' + t.host +
          '{{ else }}' + t.who + ' logged in by {{ $labels.method }} ' + t.from + ' on ' + t.host + '{{ end }}' +
          ' at ' + t.when + '. Prometheus did not scrape that exporter at the time, so the other rules could not tell of it.',
          t.dashboard('overview', { job: 'job' })
        ),
      },

      {
        comment: |||
          The safety net. login_accesses_total counts every access in a few series that are there from the start. It fires where
          that counter rises by something unexpected, and no series that an alert above looks at has changed.
        |||,
        alert: 'AccessUnexplained',
        expr: std.join('\nor\n', [
          '%s\nunless on (job, instance)\n%s' % [
            p.rise('login_accesses_total', ['kind="%s"' % k.kind] + k.matchers),
            p.indented(p.block(p.told(k.access, k.matchers, k.told + ['AccessWhileNotScraped']))),
          ]
          for k in kinds
        ]),
        // A series that is born may show 0 at the first scrape.
        'for': '2m',
        keep_firing_for: config.keepFiringFor,
        labels: { severity: 'critical' },
        annotations: t.annotations(
          'AccessUnexplained',
          'Access of kind {{ $labels.kind }} on {{ $host }} that no other alert tells of',
          'login_exporter on ' + t.host + ' counted an access of kind {{ $labels.kind }} (expected: {{ $labels.expected }}) of which no other metric tells. The counter stands at {{ $value | printf "%.0f" }}. `login_exporter history` on that host says who it was.',
          onHost
        ),
      },
    ],
  }
