// Access overview: Who came in to my hosts, when, from where, and was that expected?
function(config)
  local p = import '../lib/panels.libsonnet';
  {
    uid: config.dashboards.overview,
    title: 'Access overview',
    description: 'Who came in to my hosts, when, from where, and was that expected?',
    tags: config.dashboardTags,
    editable: false,
    graphTooltip: 1,
    schemaVersion: 39,
    version: 1,
    timezone: 'browser',
    weekStart: '',
    fiscalYearStartMonth: 0,
    liveNow: false,
    refresh: '1m',
    time: { from: 'now-24h', to: 'now' },
    timepicker: {},
    links: [
      {
        type: 'dashboards',
        title: 'Logins',
        tags: config.dashboardTags,
        asDropdown: false,
        includeVars: false,
        keepTime: true,
        targetBlank: false,
        icon: 'external link',
        tooltip: '',
        url: '',
      },
    ],
    annotations: { list: p.annotations(config) },
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
          options: [],
          refresh: 1,
          hide: 0,
        },
        {
          name: 'job',
          label: 'Job',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          query: { query: 'label_values(login_exporter_build_info, job)', refId: 'job' },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: '.+',
          current: { text: 'All', value: '$__all' },
          options: [],
          hide: 0,
        },
        {
          name: 'instance',
          label: 'Instance',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          query: { query: 'label_values(login_exporter_build_info{job=~"$job"}, instance)', refId: 'instance' },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: '.+',
          current: { text: 'All', value: '$__all' },
          options: [],
          hide: 0,
        },
      ],
    },
    panels: p.numbered([
      p.panel(
        'stat',
        'Unexpected accesses',
        'Accesses that no rule expects, in the time range: logins, commands through sudo, and AWS (Session Manager and EC2 Instance Connect). Logins on hosts that have no rules can only be counted, not judged.',
        [0, 0, 10, 4],
        [
          {
            expr: 'round(sum(increase(login_successes_total{job=~"$job", instance=~"$instance", expected="false"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Logins',
          },
          {
            expr: 'round(sum(increase(login_sudo_commands_total{job=~"$job", instance=~"$instance", expected="false"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'sudo',
          },
          {
            expr: 'round(sum(increase(login_aws_successes_total{job=~"$job", expected="false"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'AWS',
          },
          {
            expr: 'round(sum(increase(login_successes_total{job=~"$job", instance=~"$instance", expected="unset"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Logins without rules',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              thresholds+: {
                steps: [{ color: 'text', value: null }, { color: 'green', value: 0 }, { color: 'red', value: 1 }],
              },
              noValue: '–',
              decimals: 0,
            },
            overrides: [
              {
                matcher: { id: 'byName', options: 'Logins without rules' },
                properties: [
                  {
                    id: 'thresholds',
                    value: {
                      mode: 'absolute',
                      steps: [
                        { color: 'text', value: null },
                        { color: 'green', value: 0 },
                        { color: 'blue', value: 1 },
                      ],
                    },
                  },
                ],
              },
            ],
          },
          options+: {
            colorMode: 'background',
            textMode: 'value_and_name',
            reduceOptions+: { fields: '', values: false },
          },
        }
      ),
      p.panel(
        'stat',
        'Suspicious',
        'Successes from an address with 5 failures or more within the hour before, refused sudo, and changed accounts, in the time range.',
        [10, 0, 7, 4],
        [
          {
            expr: 'round(sum(increase(login_successes_after_failures_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'After failures',
          },
          {
            expr: 'round(sum(increase(login_sudo_failures_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'sudo refused',
          },
          {
            expr: 'round(sum(increase(login_account_changes_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Accounts changed',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              thresholds+: {
                steps: [{ color: 'text', value: null }, { color: 'green', value: 0 }, { color: 'orange', value: 1 }],
              },
              noValue: '–',
              decimals: 0,
            },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'In now',
        'People with an open session of sshd or at the console, by account.',
        [17, 0, 3, 4],
        [
          {
            expr: 'sum(login_sessions_active{job=~"$job", instance=~"$instance", program=~"sshd|login"}) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              thresholds+: { steps: [{ color: 'text', value: null }] },
              noValue: '–',
              decimals: 0,
            },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'auto', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Hosts watched',
        'Exporters that answer now.',
        [20, 0, 4, 4],
        [
          {
            expr: 'count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              thresholds+: { steps: [{ color: 'text', value: null }] },
              noValue: 'No exporter answers',
              decimals: 0,
            },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'auto', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'table',
        'What was unexpected',
        'Each access in the time range that no rule expects, the newest first. The host of an AWS access is its target.',
        [0, 4, 24, 7],
        [
          {
            expr: |||
              topk(100,
                (label_replace(login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", expected="false"}, "what", "login by $1", "method", "(.*)")
                or label_replace(login_sudo_last_command_timestamp_seconds{job=~"$job", instance=~"$instance", expected="false"}, "what", "sudo $1", "command", "(.*)")
                or label_replace(label_replace(login_aws_last_success_timestamp_seconds{job=~"$job", expected="false"}, "what", "$1", "event_name", "(.*)"), "instance", "$1", "target", "(.+)"))
                >= $__from / 1000
              ) * 1000
            |||,
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None in this time range' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'What' },
                properties: [
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                  { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
                ],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Identity' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Person',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-identity=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Network' },
                properties: [{ id: 'custom.width', value: 90 }],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'what', 'user', 'identity', 'instance', 'source', 'network'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, what: 1, user: 2, identity: 3, instance: 4, source: 5, network: 6 },
                renameByName: {
                  Value: 'When',
                  what: 'What',
                  user: 'User',
                  identity: 'Identity',
                  instance: 'Host',
                  source: 'From',
                  network: 'Network',
                },
              },
            },
          ],
        }
      ),
      p.row('Logins', [0, 11, 24, 1], null, [], {}),
      p.panel(
        'table',
        'Who is in now',
        'Open sessions of sshd and login, and where the account last came in from. A shared account may have several people in it.',
        [0, 12, 12, 9],
        [
          {
            expr: 'max by (instance, program, user) (login_last_session_opened_timestamp_seconds{job=~"$job", instance=~"$instance", program=~"sshd|login"} and login_sessions_active{job=~"$job", instance=~"$instance"} > 0) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'sum by (instance, program, user) (login_sessions_active{job=~"$job", instance=~"$instance", program=~"sshd|login"} > 0)',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'topk by (instance, user) (1, max by (instance, program, user, identity, source, network) (login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance"}) and on (instance, program, user) login_sessions_active{job=~"$job", instance=~"$instance"} > 0) > 0',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'Nobody is in' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Identity' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Person',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-identity=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Sessions' },
                properties: [
                  { id: 'custom.width', value: 100 },
                  { id: 'unit', value: 'locale' },
                  { id: 'decimals', value: 0 },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            { id: 'merge', options: {} },
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value #A', 'user', 'identity', 'instance', 'source', 'Value #B'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { 'Value #A': 0, user: 1, identity: 2, instance: 3, source: 4, 'Value #B': 5 },
                renameByName: {
                  'Value #A': 'When',
                  'Value #B': 'Sessions',
                  user: 'User',
                  identity: 'Identity',
                  instance: 'Host',
                  source: 'From',
                },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Last login of each user and host',
        'The newest first, however long ago.',
        [12, 12, 12, 9],
        [
          {
            expr: 'topk(500, max by (instance, user, identity, source, network, expected) (topk by (job, instance, user) (1, login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance"}))) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No login seen yet' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Identity' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Person',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-identity=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Expected' },
                properties: [
                  { id: 'custom.width', value: 105 },
                  {
                    id: 'mappings',
                    value: [
                      {
                        type: 'value',
                        options: {
                          'true': { text: 'expected', color: 'green', index: 0 },
                          'false': { text: 'unexpected', color: 'red', index: 1 },
                          unset: { text: 'no rule', color: 'text', index: 2 },
                        },
                      },
                    ],
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'user', 'identity', 'instance', 'source', 'expected'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, identity: 2, instance: 3, source: 4, expected: 5 },
                renameByName: {
                  Value: 'When',
                  user: 'User',
                  identity: 'Identity',
                  instance: 'Host',
                  source: 'From',
                  expected: 'Expected',
                },
              },
            },
          ],
        }
      ),
      p.panel(
        'timeseries',
        'Logins',
        'Logins over time, by whether a rule expects them.',
        [0, 21, 24, 7],
        [
          {
            expr: 'sum(clamp_min(login_successes_total{job=~"$job", instance=~"$instance", expected="false"} - (login_successes_total{job=~"$job", instance=~"$instance", expected="false"} offset $__interval or min_over_time(login_successes_total{job=~"$job", instance=~"$instance", expected="false"}[$__interval])), 0)) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'unexpected',
          },
          {
            expr: 'sum(clamp_min(login_successes_total{job=~"$job", instance=~"$instance", expected="unset"} - (login_successes_total{job=~"$job", instance=~"$instance", expected="unset"} offset $__interval or min_over_time(login_successes_total{job=~"$job", instance=~"$instance", expected="unset"}[$__interval])), 0)) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'no rule',
          },
          {
            expr: 'sum(clamp_min(login_successes_total{job=~"$job", instance=~"$instance", expected="true"} - (login_successes_total{job=~"$job", instance=~"$instance", expected="true"} offset $__interval or min_over_time(login_successes_total{job=~"$job", instance=~"$instance", expected="true"}[$__interval])), 0)) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'expected',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              decimals: 0,
              noValue: 'None in this time range',
              custom+: {
                drawStyle: 'bars',
                fillOpacity: 80,
                lineWidth: 0,
                barAlignment: -1,
                stacking: { mode: 'normal', group: 'A' },
              },
            },
            overrides: [
              {
                matcher: { id: 'byName', options: 'unexpected' },
                properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
              },
              {
                matcher: { id: 'byName', options: 'expected' },
                properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'green' } }],
              },
              {
                matcher: { id: 'byName', options: 'no rule' },
                properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } }],
              },
            ],
          },
          interval: '5m',
        }
      ),
      p.panel(
        'bargauge',
        'Logins by user',
        'The accounts with the most logins in the time range.',
        [0, 28, 6, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (user) (increase(login_successes_total{job=~"$job", instance=~"$instance"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{user}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.user}' } } }
      ),
      p.panel(
        'bargauge',
        'Logins by identity',
        'The people and keys behind the accounts, with the most logins in the time range. Logins by password have no identity.',
        [6, 28, 6, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (identity) (increase(login_successes_total{job=~"$job", instance=~"$instance", identity!=""}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{identity}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.identity}' } } }
      ),
      p.panel(
        'bargauge',
        'Logins by network',
        'Where logins came from, in the time range.',
        [12, 28, 6, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (network) (increase(login_successes_total{job=~"$job", instance=~"$instance"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{network}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.network}' } } }
      ),
      p.panel(
        'bargauge',
        'Logins by method',
        'How people logged in, in the time range.',
        [18, 28, 6, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (method) (increase(login_successes_total{job=~"$job", instance=~"$instance"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{method}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.method}' } } }
      ),
      p.row('Failures', [0, 36, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Failed logins',
        'Refused attempts over time, by account. (invalid) stands for all names that the host does not have.',
        [0, 37, 12, 8],
        [
          {
            expr: 'topk(8, sum by (user) (clamp_min(login_failures_total{job=~"$job", instance=~"$instance"} - (login_failures_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_failures_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0)',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{user}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              decimals: 0,
              noValue: 'None in this time range',
              custom+: {
                drawStyle: 'bars',
                fillOpacity: 80,
                lineWidth: 0,
                barAlignment: -1,
                stacking: { mode: 'normal', group: 'A' },
              },
            },
            overrides: [],
          },
          interval: '5m',
        }
      ),
      p.panel(
        'timeseries',
        'Rejected connections',
        'Connections that ended without a login, by reason.',
        [12, 37, 12, 8],
        [
          {
            expr: 'sum by (reason) (clamp_min(login_rejections_total{job=~"$job", instance=~"$instance"} - (login_rejections_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_rejections_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{reason}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              decimals: 0,
              noValue: 'None in this time range',
              custom+: {
                drawStyle: 'bars',
                fillOpacity: 80,
                lineWidth: 0,
                barAlignment: -1,
                stacking: { mode: 'normal', group: 'A' },
              },
            },
            overrides: [],
          },
          interval: '5m',
        }
      ),
      p.row('sudo and accounts', [0, 45, 24, 1], null, [], {}),
      p.panel(
        'table',
        'Last sudo commands',
        'The newest first. The name of the program, never its arguments.',
        [0, 46, 12, 10],
        [
          {
            expr: 'topk(200, max by (instance, user, target_user, command, expected) (login_sudo_last_command_timestamp_seconds{job=~"$job", instance=~"$instance"})) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No sudo seen yet' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Expected' },
                properties: [
                  { id: 'custom.width', value: 105 },
                  {
                    id: 'mappings',
                    value: [
                      {
                        type: 'value',
                        options: {
                          'true': { text: 'expected', color: 'green', index: 0 },
                          'false': { text: 'unexpected', color: 'red', index: 1 },
                          unset: { text: 'no rule', color: 'text', index: 2 },
                        },
                      },
                    ],
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'user', 'command', 'instance', 'expected'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, command: 2, instance: 3, expected: 4 },
                renameByName: { Value: 'When', user: 'User', command: 'Command', instance: 'Host', expected: 'Expected' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'sudo refused',
        'Who was refused and why, in the time range.',
        [12, 46, 12, 5],
        [
          {
            expr: 'max by (instance, user, reason) (login_sudo_last_failure_timestamp_seconds{job=~"$job", instance=~"$instance"} >= $__from / 1000) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None in this time range' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeFromNow' }, { id: 'custom.width', value: 115 }],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Reason' },
                properties: [{ id: 'custom.width', value: 150 }],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'user', 'reason', 'instance'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, reason: 2, instance: 3 },
                renameByName: { Value: 'When', user: 'User', reason: 'Reason', instance: 'Host' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Accounts changed',
        'Accounts and groups added, removed or changed in the time range.',
        [12, 51, 12, 5],
        [
          {
            expr: 'max by (instance, change, user) (login_last_account_change_timestamp_seconds{job=~"$job", instance=~"$instance"} >= $__from / 1000) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None in this time range' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeFromNow' }, { id: 'custom.width', value: 115 }],
              },
              {
                matcher: { id: 'byName', options: 'Change' },
                properties: [{ id: 'custom.width', value: 125 }],
              },
              {
                matcher: { id: 'byName', options: 'User' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Account',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-user=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Host' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Host',
                        url: '/d/login-exporter-host/host?${datasource:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'change', 'user', 'instance'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, change: 1, user: 2, instance: 3 },
                renameByName: { Value: 'When', change: 'Change', user: 'User', instance: 'Host' },
              },
            },
          ],
        }
      ),
      p.row('AWS', [0, 56, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Session Manager sessions',
        'Sessions started, by person. CloudTrail tells of it 5 to 15 minutes late.',
        [0, 57, 10, 8],
        [
          {
            expr: 'sum by (identity) (clamp_min(login_aws_successes_total{job=~"$job", event_name="StartSession"} - (login_aws_successes_total{job=~"$job", event_name="StartSession"} offset $__interval or min_over_time(login_aws_successes_total{job=~"$job", event_name="StartSession"}[$__interval])), 0)) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{identity}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'locale',
              decimals: 0,
              noValue: 'None in this time range',
              custom+: {
                drawStyle: 'bars',
                fillOpacity: 80,
                lineWidth: 0,
                barAlignment: -1,
                stacking: { mode: 'normal', group: 'A' },
              },
            },
            overrides: [],
          },
          interval: '5m',
        }
      ),
      p.panel(
        'bargauge',
        'Sessions by person',
        'Who started sessions, in the time range.',
        [10, 57, 6, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (identity) (increase(login_aws_successes_total{job=~"$job", event_name="StartSession"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{identity}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.identity}' } } }
      ),
      p.panel(
        'bargauge',
        'Sessions by target',
        'The instances that were entered, in the time range.',
        [16, 57, 8, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (target) (increase(login_aws_successes_total{job=~"$job", event_name="StartSession"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{target}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.target}' } } }
      ),
      p.panel(
        'table',
        'Last AWS accesses',
        'The newest first: Session Manager and EC2 Instance Connect. CloudTrail tells of it 5 to 15 minutes late.',
        [0, 65, 24, 9],
        [
          {
            expr: 'topk(200, max by (event_name, identity, target, document, source, network, aws_account, aws_region, expected) (login_aws_last_success_timestamp_seconds{job=~"$job"})) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No AWS access seen yet' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'Identity' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Person',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-identity=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Target' },
                properties: [{ id: 'custom.width', value: 175 }],
              },
              {
                matcher: { id: 'byName', options: 'Document' },
                properties: [{ id: 'custom.width', value: 230 }],
              },
              {
                matcher: { id: 'byName', options: 'Network' },
                properties: [{ id: 'custom.width', value: 90 }],
              },
              {
                matcher: { id: 'byName', options: 'Account' },
                properties: [{ id: 'custom.width', value: 125 }],
              },
              {
                matcher: { id: 'byName', options: 'Region' },
                properties: [{ id: 'custom.width', value: 130 }],
              },
              {
                matcher: { id: 'byName', options: 'Expected' },
                properties: [
                  { id: 'custom.width', value: 105 },
                  {
                    id: 'mappings',
                    value: [
                      {
                        type: 'value',
                        options: {
                          'true': { text: 'expected', color: 'green', index: 0 },
                          'false': { text: 'unexpected', color: 'red', index: 1 },
                          unset: { text: 'no rule', color: 'text', index: 2 },
                        },
                      },
                    ],
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Event' },
                properties: [{ id: 'custom.width', value: 155 }],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: {
                include: {
                  names: [
                    'Value',
                    'identity',
                    'event_name',
                    'target',
                    'document',
                    'source',
                    'network',
                    'aws_account',
                    'aws_region',
                    'expected',
                  ],
                },
              },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: {
                  Value: 0,
                  identity: 1,
                  event_name: 2,
                  target: 3,
                  document: 4,
                  source: 5,
                  network: 6,
                  aws_account: 7,
                  aws_region: 8,
                  expected: 9,
                },
                renameByName: {
                  Value: 'When',
                  identity: 'Identity',
                  event_name: 'Event',
                  target: 'Target',
                  document: 'Document',
                  source: 'From',
                  network: 'Network',
                  aws_account: 'Account',
                  aws_region: 'Region',
                  expected: 'Expected',
                },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Refused by AWS',
        'Calls that AWS refused, in the time range.',
        [0, 74, 24, 6],
        [
          {
            expr: 'max by (event_name, identity, target, error_code, source, network, aws_account) (login_aws_last_failure_timestamp_seconds{job=~"$job"} >= $__from / 1000) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None in this time range' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
              {
                matcher: { id: 'byName', options: 'When' },
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
              },
              {
                matcher: { id: 'byName', options: 'Identity' },
                properties: [
                  {
                    id: 'links',
                    value: [
                      {
                        title: 'Person',
                        url: '/d/login-exporter-person/person?${datasource:queryparam}&var-identity=${__value.raw:percentencode}&${__url_time_range}',
                        targetBlank: false,
                      },
                    ],
                  },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Target' },
                properties: [{ id: 'custom.width', value: 175 }],
              },
              {
                matcher: { id: 'byName', options: 'Network' },
                properties: [{ id: 'custom.width', value: 90 }],
              },
              {
                matcher: { id: 'byName', options: 'Account' },
                properties: [{ id: 'custom.width', value: 125 }],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: {
                include: {
                  names: [
                    'Value',
                    'identity',
                    'event_name',
                    'target',
                    'error_code',
                    'source',
                    'network',
                    'aws_account',
                  ],
                },
              },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: {
                  Value: 0,
                  identity: 1,
                  event_name: 2,
                  target: 3,
                  error_code: 4,
                  source: 5,
                  network: 6,
                  aws_account: 7,
                },
                renameByName: {
                  Value: 'When',
                  identity: 'Identity',
                  event_name: 'Event',
                  target: 'Target',
                  error_code: 'Error',
                  source: 'From',
                  network: 'Network',
                  aws_account: 'Account',
                },
              },
            },
          ],
        }
      ),
    ]),
  }
