// Host: One host: who is in, who came in, and what they did there.
function(config)
  local p = import '../lib/panels.libsonnet';
  {
    uid: config.dashboards.host,
    title: 'Host',
    description: 'One host: who is in, who came in, and what they did there.',
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
          includeAll: false,
          allValue: '.+',
          options: [],
          hide: 0,
        },
      ],
    },
    panels: p.numbered([
      p.panel(
        'stat',
        'Host',
        'The name of the host and, on EC2, its instance ID.',
        [0, 0, 6, 4],
        [
          {
            expr: 'max by (instance, hostname, instance_id) (login_exporter_host_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { thresholds+: { steps: [{ color: 'text', value: null }] }, noValue: 'No exporter answers' },
            overrides: [],
          },
          options+: { colorMode: 'value', textMode: 'auto', reduceOptions+: { fields: '/^hostname$/', values: true } },
        }
      ),
      p.panel(
        'stat',
        'Instance ID',
        'As the host itself knows it; empty outside EC2.',
        [6, 0, 6, 4],
        [
          {
            expr: 'max by (instance_id) (login_exporter_host_info{job=~"$job", instance=~"$instance", instance_id!=""})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { thresholds+: { steps: [{ color: 'text', value: null }] }, noValue: 'Not on EC2' },
            overrides: [],
          },
          options+: {
            colorMode: 'value',
            textMode: 'auto',
            reduceOptions+: { fields: '/^instance_id$/', values: true },
          },
        }
      ),
      p.panel(
        'stat',
        'In now',
        'Open sessions of sshd or at the console.',
        [12, 0, 3, 4],
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
        'Last login',
        'How long ago anybody logged in.',
        [15, 0, 3, 4],
        [
          {
            expr: 'time() - max(login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance"})',
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
        'Unexpected',
        'Logins and commands through sudo that no rule expects, in the time range.',
        [18, 0, 6, 4],
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
        'Who is in now',
        'Open sessions of sshd and login. A shared account may have several people in it.',
        [0, 4, 8, 8],
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
                matcher: { id: 'byName', options: 'Program' },
                properties: [{ id: 'custom.width', value: 90 }],
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
              options: { include: { names: ['Value #A', 'user', 'program', 'Value #B'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { 'Value #A': 0, user: 1, program: 2, 'Value #B': 3 },
                renameByName: { 'Value #A': 'When', 'Value #B': 'Sessions', user: 'User', program: 'Program' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Last logins',
        'The newest first, however long ago.',
        [8, 4, 16, 8],
        [
          {
            expr: 'topk(300, max by (instance, program, user, identity, method, source, network, expected) (login_last_success_timestamp_seconds{job=~"$job", instance=~"$instance"})) * 1000',
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
                  names: ['Value', 'user', 'identity', 'source', 'network', 'method', 'program', 'expected'],
                },
              },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, identity: 2, source: 3, network: 4, method: 5, program: 6, expected: 7 },
                renameByName: {
                  Value: 'When',
                  user: 'User',
                  identity: 'Identity',
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
        [0, 12, 12, 8],
        [
          {
            expr: 'sum by (user) (clamp_min(login_successes_total{job=~"$job", instance=~"$instance"} - (login_successes_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_successes_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0',
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
        'Open sessions',
        'Open sessions by program and account. Services that hold sessions by nature (systemd-user, cron) are left out.',
        [12, 12, 12, 8],
        [
          {
            expr: 'sum by (program, user) (login_sessions_active{job=~"$job", instance=~"$instance", program!~"systemd-user|cron"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{user}} ({{program}})',
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
      p.row('Failures', [0, 20, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Failed logins',
        'Refused attempts over time, by account. (invalid) stands for all names that the host does not have.',
        [0, 21, 8, 8],
        [
          {
            expr: 'sum by (user) (clamp_min(login_failures_total{job=~"$job", instance=~"$instance"} - (login_failures_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_failures_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0',
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
        [8, 21, 8, 8],
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
      p.panel(
        'table',
        'Success after failures',
        'Logins from an address that had failed 5 times or more within the hour before, in the time range.',
        [16, 21, 8, 8],
        [
          {
            expr: 'max by (instance, user, source, network) (login_last_success_after_failures_timestamp_seconds{job=~"$job", instance=~"$instance"} >= $__from / 1000) * 1000',
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
                matcher: { id: 'byName', options: 'Network' },
                properties: [{ id: 'custom.width', value: 90 }],
              },
              {
                matcher: { id: 'byName', options: 'From' },
                properties: [{ id: 'custom.width', value: 130 }],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'user', 'source', 'network'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, source: 2, network: 3 },
                renameByName: { Value: 'When', user: 'User', source: 'From', network: 'Network' },
              },
            },
          ],
        }
      ),
      p.row('What they did', [0, 29, 24, 1], null, [], {}),
      p.panel(
        'table',
        'Last sudo commands',
        'The newest first. The name of the program, never its arguments.',
        [0, 30, 14, 9],
        [
          {
            expr: 'topk(300, max by (instance, user, target_user, command, expected) (login_sudo_last_command_timestamp_seconds{job=~"$job", instance=~"$instance"})) * 1000',
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
              options: { include: { names: ['Value', 'user', 'target_user', 'command', 'expected'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, target_user: 2, command: 3, expected: 4 },
                renameByName: { Value: 'When', user: 'User', target_user: 'As', command: 'Command', expected: 'Expected' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'sudo and su refused',
        'Who was refused, in the time range.',
        [14, 30, 10, 9],
        [
          {
            expr: 'max by (instance, user, target_user, reason) ((login_sudo_last_failure_timestamp_seconds{job=~"$job", instance=~"$instance"} or label_replace(login_su_last_failure_timestamp_seconds{job=~"$job", instance=~"$instance"}, "reason", "su", "", "")) >= $__from / 1000) * 1000',
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
                matcher: { id: 'byName', options: 'Reason' },
                properties: [{ id: 'custom.width', value: 150 }],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'user', 'target_user', 'reason'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, target_user: 2, reason: 3 },
                renameByName: { Value: 'When', user: 'User', target_user: 'As', reason: 'Reason' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Last switches of user',
        'Through su, the newest first.',
        [0, 39, 8, 8],
        [
          {
            expr: 'max by (instance, user, target_user) (login_su_last_switch_timestamp_seconds{job=~"$job", instance=~"$instance"}) * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No su seen yet' },
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
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            { id: 'filterFieldsByName', options: { include: { names: ['Value', 'user', 'target_user'] } } },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, user: 1, target_user: 2 },
                renameByName: { Value: 'When', user: 'User', target_user: 'As' },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Accounts changed',
        'Accounts and groups added, removed or changed in the time range.',
        [8, 39, 8, 8],
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
                properties: [{ id: 'unit', value: 'dateTimeAsIsoNoDateIfToday' }, { id: 'custom.width', value: 165 }],
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
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            { id: 'filterFieldsByName', options: { include: { names: ['Value', 'change', 'user'] } } },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, change: 1, user: 2 },
                renameByName: { Value: 'When', change: 'Change', user: 'User' },
              },
            },
          ],
        }
      ),
      p.panel(
        'timeseries',
        'Session duration',
        'Half and nine tenths of the sessions that ended were shorter than this.',
        [16, 39, 8, 8],
        [
          {
            expr: 'histogram_quantile(0.5, sum by (le) (increase(login_session_duration_seconds_bucket{job=~"$job", instance=~"$instance", program="sshd"}[1h])))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'half',
          },
          {
            expr: 'histogram_quantile(0.9, sum by (le) (increase(login_session_duration_seconds_bucket{job=~"$job", instance=~"$instance", program="sshd"}[1h])))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'nine tenths',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { unit: 's', custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false } },
            overrides: [],
          },
        }
      ),
      p.row('Session Manager', [0, 47, 24, 1], null, [], {}),
      p.panel(
        'table',
        'AWS accesses to this host',
        'The newest first, matched by instance ID. CloudTrail tells of it 5 to 15 minutes late.',
        [0, 48, 24, 7],
        [
          {
            expr: '(max by (event_name, identity, target, document, source, network, expected) (login_aws_last_success_timestamp_seconds)) * on (target) group_left (instance) label_replace(topk by (instance_id) (1, login_exporter_host_info{job=~"$job", instance=~"$instance", instance_id!=""}), "target", "$1", "instance_id", "(.+)") * 1000',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'None seen yet, or this host has no instance ID' },
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
                matcher: { id: 'byName', options: 'Document' },
                properties: [{ id: 'custom.width', value: 230 }],
              },
              {
                matcher: { id: 'byName', options: 'Network' },
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
                include: { names: ['Value', 'identity', 'event_name', 'document', 'source', 'network', 'expected'] },
              },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, identity: 1, event_name: 2, document: 3, source: 4, network: 5, expected: 6 },
                renameByName: {
                  Value: 'When',
                  identity: 'Identity',
                  event_name: 'Event',
                  document: 'Document',
                  source: 'From',
                  network: 'Network',
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
        'Commands through sudo, each with the person who started the latest Session Manager session before it. Where several people have sessions on the host it may have been any of them; no name means that no session is known from before the command, or that CloudTrail has not told of it yet. Needs the recording rules.',
        [0, 55, 24, 7],
        [
          {
            expr: 'max by (instance, identity, target_user, command) (instance_identity:login_ssm_last_command_timestamp_seconds:latest{job=~"$job", instance=~"$instance"}) * 1000',
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
              { matcher: { id: 'byName', options: 'As' }, properties: [{ id: 'custom.width', value: 80 }] },
            ],
          },
          options+: { sortBy: [{ displayName: 'When', desc: true }] },
          transformations: [
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['Value', 'identity', 'command', 'target_user'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { Value: 0, identity: 1, command: 2, target_user: 3 },
                renameByName: { Value: 'When', identity: 'Identity', command: 'Command', target_user: 'As' },
              },
            },
          ],
        }
      ),
    ]),
  }
