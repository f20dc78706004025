// Person: One person: where they were, how they came in, and what was done under their accounts. Choose an identity (the name behind a key or a role; several, where a person has several), an account, or both.
function(config)
  local p = import '../lib/panels.libsonnet';
  {
    uid: config.dashboards.person,
    title: 'Person',
    description: 'One person: where they were, how they came in, and what was done under their accounts. Choose an identity (the name behind a key or a role; several, where a person has several), an account, or both.',
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
        {
          name: 'identity',
          label: 'Identity',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          query: {
            query: 'label_values({__name__=~"login_(aws_)?last_success_timestamp_seconds", job=~"$job", identity!=""}, identity)',
            refId: 'identity',
          },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
          options: [],
          hide: 0,
        },
        {
          name: 'user',
          label: 'Account',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          query: {
            query: 'label_values(login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance"}, user)',
            refId: 'user',
          },
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
        'Last login',
        'How long ago.',
        [0, 0, 4, 4],
        [
          {
            expr: 'time() - max(login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'dtdurations',
              thresholds+: { steps: [{ color: 'text', value: null }] },
              noValue: 'Never',
            },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'auto', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Last AWS session',
        'How long ago.',
        [4, 0, 4, 4],
        [
          {
            expr: 'time() - max(login_aws_last_success_timestamp_seconds{job=~"$job", identity=~"$identity", event_name="StartSession"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'dtdurations',
              thresholds+: { steps: [{ color: 'text', value: null }] },
              noValue: 'Never',
            },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'auto', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Accesses',
        'Logins and Session Manager sessions in the time range.',
        [8, 0, 8, 4],
        [
          {
            expr: 'round(sum(increase(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Logins',
          },
          {
            expr: 'round(sum(increase(login_aws_successes_total{job=~"$job", identity=~"$identity", event_name="StartSession"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Sessions',
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
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Unexpected',
        'Logins and AWS accesses that no rule expects, in the time range.',
        [16, 0, 8, 4],
        [
          {
            expr: 'round(sum(increase(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user", expected="false"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Logins',
          },
          {
            expr: 'round(sum(increase(login_aws_successes_total{job=~"$job", identity=~"$identity", expected="false"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'AWS',
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
            overrides: [],
          },
          options+: {
            colorMode: 'background',
            textMode: 'value_and_name',
            reduceOptions+: { fields: '', values: false },
          },
        }
      ),
      p.panel(
        'table',
        'Last logins',
        'On each host, by each way, the newest first.',
        [0, 4, 24, 9],
        [
          {
            expr: 'topk(300, max by (instance, program, user, identity, method, source, network, expected) (login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"})) * 1000',
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
                matcher: { id: 'byName', options: 'Network' },
                properties: [{ id: 'custom.width', value: 90 }],
              },
              {
                matcher: { id: 'byName', options: 'Method' },
                properties: [{ id: 'custom.width', value: 105 }],
              },
              {
                matcher: { id: 'byName', options: 'Program' },
                properties: [{ id: 'custom.width', value: 90 }],
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
              options: {
                include: {
                  names: [
                    'Value',
                    'identity',
                    'user',
                    'instance',
                    'source',
                    'network',
                    'method',
                    'program',
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
                  user: 2,
                  instance: 3,
                  source: 4,
                  network: 5,
                  method: 6,
                  program: 7,
                  expected: 8,
                },
                renameByName: {
                  Value: 'When',
                  identity: 'Identity',
                  user: 'User',
                  instance: 'Host',
                  source: 'From',
                  network: 'Network',
                  method: 'Method',
                  program: 'Program',
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
        'Logins over time, by account.',
        [0, 13, 9, 8],
        [
          {
            expr: 'sum by (user) (clamp_min(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"} - (login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"} offset $__interval or min_over_time(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"}[$__interval])), 0)) > 0',
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
        'bargauge',
        'Hosts',
        'Where they went most, in the time range.',
        [9, 13, 5, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (instance) (increase(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{instance}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.instance}' } } }
      ),
      p.panel(
        'bargauge',
        'Networks',
        'Where they came from, in the time range.',
        [14, 13, 5, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (network) (increase(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"}[$__range]))) > 0))',
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
        'Addresses',
        'The addresses they came from most, in the time range.',
        [19, 13, 5, 8],
        [
          {
            expr: 'sort_desc(topk(10, round(sum by (source) (increase(login_successes_total{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user", source!=""}[$__range]))) > 0))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: '{{source}}',
          },
        ],
        { fieldConfig+: { defaults+: { displayName: '${__field.labels.source}' } } }
      ),
      p.row('AWS', [0, 21, 24, 1], null, [], {}),
      p.panel(
        'table',
        'Last AWS accesses',
        'Session Manager and EC2 Instance Connect, the newest first. CloudTrail tells of it 5 to 15 minutes late.',
        [0, 22, 24, 9],
        [
          {
            expr: 'topk(300, max by (event_name, identity, target, document, source, network, aws_account, aws_region, expected) (login_aws_last_success_timestamp_seconds{job=~"$job", identity=~"$identity"})) * 1000',
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
        [0, 31, 24, 6],
        [
          {
            expr: 'max by (event_name, identity, target, error_code) (login_aws_last_failure_timestamp_seconds{job=~"$job", identity=~"$identity"} >= $__from / 1000) * 1000',
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
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'identity', 'event_name', 'target', 'error_code'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, identity: 1, event_name: 2, target: 3, error_code: 4 },
                renameByName: {
                  Value: 'When',
                  identity: 'Identity',
                  event_name: 'Event',
                  target: 'Target',
                  error_code: 'Error',
                },
              },
            },
          ],
        }
      ),
      p.row('Under their accounts', [0, 37, 24, 1], null, [], {}),
      p.panel(
        'table',
        'sudo commands',
        'Commands of the accounts that they came in by, on the same hosts. A shared account holds the commands of others too.',
        [0, 38, 14, 9],
        [
          {
            expr: 'topk(300, max by (instance, user, target_user, command, expected) (login_sudo_last_command_timestamp_seconds{job=~"$job", instance=~"$instance", user=~"$user"} and on (job, instance, user) login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"})) * 1000',
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
              { matcher: { id: 'byName', options: 'As' }, properties: [{ id: 'custom.width', value: 80 }] },
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
              options: { include: { names: ['Value', 'user', 'target_user', 'command', 'instance', 'expected'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, target_user: 2, command: 3, instance: 4, expected: 5 },
                renameByName: {
                  Value: 'When',
                  user: 'User',
                  target_user: 'As',
                  command: 'Command',
                  instance: 'Host',
                  expected: 'Expected',
                },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Commands of ssm-user',
        'Commands through sudo in their Session Manager sessions: theirs was the latest session that started before the command. Another person with a session on the same host may have run it. Needs the recording rules.',
        [14, 38, 10, 9],
        [
          {
            expr: 'max by (instance, identity, target_user, command) (instance_identity:login_ssm_last_command_timestamp_seconds:latest{job=~"$job", instance=~"$instance", identity=~"$identity", identity!=""}) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None seen yet' },
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
              options: { include: { names: ['Value', 'identity', 'command', 'instance'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, identity: 1, command: 2, instance: 3 },
                renameByName: { Value: 'When', identity: 'Identity', command: 'Command', instance: 'Host' },
              },
            },
          ],
        }
      ),
      p.panel(
        'timeseries',
        'Failed logins',
        'Refused attempts on their accounts, by anybody, over time.',
        [0, 47, 12, 8],
        [
          {
            expr: 'topk(10, sum by (user, network) (clamp_min(login_failures_total{job=~"$job", instance=~"$instance", user=~"$user"} - (login_failures_total{job=~"$job", instance=~"$instance", user=~"$user"} offset $__interval or min_over_time(login_failures_total{job=~"$job", instance=~"$instance", user=~"$user"}[$__interval])), 0) and on (job, instance, user) login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"}) > 0)',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{user}} from {{network}}',
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
        'Open sessions',
        'Open sessions of their accounts, on all hosts.',
        [12, 47, 12, 8],
        [
          {
            expr: 'sum by (user) (login_sessions_active{job=~"$job", instance=~"$instance", user=~"$user", program=~"sshd|login"} and on (job, instance, user) login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance", identity=~"$identity", user=~"$user"})',
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
              custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false },
            },
            overrides: [],
          },
        }
      ),
    ]),
  }
