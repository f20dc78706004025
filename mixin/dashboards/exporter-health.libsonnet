// Exporter health: Does login_exporter see all there is to see?
function(config)
  local p = import '../lib/panels.libsonnet';
  {
    uid: config.dashboards.health,
    title: 'Exporter health',
    description: 'Does login_exporter see all there is to see?',
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
    time: { from: 'now-6h', to: 'now' },
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
        'Exporters',
        'Exporters that answer now, and those that did within a day and do not now.',
        [0, 0, 6, 4],
        [
          {
            expr: 'count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Up',
          },
          {
            expr: 'count(up{job=~"$job", instance=~"$instance"} == 0 and on (job, instance) max_over_time(login_exporter_build_info{job=~"$job", instance=~"$instance"}[1d])) or 0 * count(max_over_time(login_exporter_build_info{job=~"$job", instance=~"$instance"}[1d]))',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Down',
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
            overrides: [
              {
                matcher: { id: 'byName', options: 'Down' },
                properties: [
                  {
                    id: 'thresholds',
                    value: {
                      mode: 'absolute',
                      steps: [
                        { color: 'text', value: null },
                        { color: 'green', value: 0 },
                        { color: 'red', value: 1 },
                      ],
                    },
                  },
                ],
              },
            ],
          },
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Sources',
        'Sources that are read now, and those that cannot be.',
        [6, 0, 6, 4],
        [
          {
            expr: 'count(login_exporter_source_up{job=~"$job", instance=~"$instance"} == 1) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Up',
          },
          {
            expr: 'count(login_exporter_source_up{job=~"$job", instance=~"$instance"} == 0) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Down',
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
            overrides: [
              {
                matcher: { id: 'byName', options: 'Down' },
                properties: [
                  {
                    id: 'thresholds',
                    value: {
                      mode: 'absolute',
                      steps: [
                        { color: 'text', value: null },
                        { color: 'green', value: 0 },
                        { color: 'red', value: 1 },
                      ],
                    },
                  },
                ],
              },
            ],
          },
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Not seen',
        'Errors of sources, and lines of login programs that no rule knew, in the time range: an access may stand there.',
        [12, 0, 6, 4],
        [
          {
            expr: 'round(sum(increase(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Errors',
          },
          {
            expr: 'round(sum(increase(login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Unknown lines',
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
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'stat',
        'Not kept',
        'Series folded into (other) and snapshots that failed, in the time range, and exporters that refused their rules.',
        [18, 0, 6, 4],
        [
          {
            expr: 'round(sum(increase(login_exporter_series_limited_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Folded',
          },
          {
            expr: 'round(sum(increase(login_exporter_state_save_failures_total{job=~"$job", instance=~"$instance"}[$__range]))) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Snapshots',
          },
          {
            expr: 'count(login_exporter_rules_reload_success{job=~"$job", instance=~"$instance"} == 0) or 0 * count(login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'time_series',
            legendFormat: 'Rules refused',
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
          options+: { colorMode: 'value', textMode: 'value_and_name', reduceOptions+: { fields: '', values: false } },
        }
      ),
      p.panel(
        'table',
        'Sources',
        'Each source of each exporter: does it work, how old is its last record, how much waits to be read, and what went wrong in the time range. The ones that are down come first.',
        [0, 4, 14, 9],
        [
          {
            expr: 'max by (instance, source) (login_exporter_source_up{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'time() - max by (instance, source) (login_exporter_source_last_record_timestamp_seconds{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'sum by (instance, source) (login_exporter_source_lag_bytes{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'round(sum by (instance, source) (increase(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"}[$__range])))',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No source' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
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
                matcher: { id: 'byName', options: 'State' },
                properties: [
                  {
                    id: 'mappings',
                    value: [
                      {
                        type: 'value',
                        options: {
                          '1': { text: 'up', color: 'green', index: 0 },
                          '0': { text: 'down', color: 'red', index: 1 },
                        },
                      },
                      {
                        type: 'special',
                        options: { match: 'null+nan', result: { text: 'no answer', color: 'red', index: 2 } },
                      },
                    ],
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                  { id: 'custom.width', value: 80 },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Last record' },
                properties: [
                  { id: 'unit', value: 'dtdurations' },
                  { id: 'decimals', value: 0 },
                  { id: 'custom.width', value: 140 },
                ],
              },
              {
                matcher: { id: 'byName', options: 'Lag' },
                properties: [{ id: 'unit', value: 'bytes' }, { id: 'custom.width', value: 80 }],
              },
              {
                matcher: { id: 'byName', options: 'Errors' },
                properties: [
                  { id: 'decimals', value: 0 },
                  { id: 'custom.width', value: 80 },
                  {
                    id: 'thresholds',
                    value: { mode: 'absolute', steps: [{ color: 'text', value: null }, { color: 'red', value: 1 }] },
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'State', desc: false }] },
          transformations: [
            { id: 'merge', options: {} },
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['instance', 'source', 'Value #A', 'Value #B', 'Value #C', 'Value #D'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { instance: 0, source: 1, 'Value #A': 2, 'Value #B': 3, 'Value #C': 4, 'Value #D': 5 },
                renameByName: {
                  'Value #A': 'State',
                  'Value #B': 'Last record',
                  'Value #C': 'Lag',
                  'Value #D': 'Errors',
                  instance: 'Host',
                  source: 'Source',
                },
              },
            },
          ],
        }
      ),
      p.panel(
        'table',
        'Exporters',
        'Each exporter: its version, how long it has been running, and its memory.',
        [14, 4, 10, 9],
        [
          {
            expr: 'max by (instance, version) (login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'time() - max by (instance) (process_start_time_seconds{job=~"$job", instance=~"$instance"} and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'max by (instance) (process_resident_memory_bytes{job=~"$job", instance=~"$instance"} and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
          {
            expr: 'min by (instance) (login_exporter_rules_reload_success{job=~"$job", instance=~"$instance"})',
            instant: true,
            range: false,
            format: 'table',
            legendFormat: '',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { noValue: 'No exporter answers' },
            overrides: [
              { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'noValue', value: '–' }] },
              { matcher: { id: 'byType', options: 'number' }, properties: [{ id: 'noValue', value: '–' }] },
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
                matcher: { id: 'byName', options: 'Running' },
                properties: [{ id: 'unit', value: 'dtdurations' }, { id: 'decimals', value: 0 }],
              },
              { matcher: { id: 'byName', options: 'Memory' }, properties: [{ id: 'unit', value: 'bytes' }] },
              {
                matcher: { id: 'byName', options: 'Rules' },
                properties: [
                  {
                    id: 'mappings',
                    value: [
                      {
                        type: 'value',
                        options: {
                          '1': { text: 'in force', color: 'green', index: 0 },
                          '0': { text: 'refused', color: 'red', index: 1 },
                        },
                      },
                    ],
                  },
                  { id: 'custom.cellOptions', value: { type: 'color-text' } },
                ],
              },
            ],
          },
          options+: { sortBy: [{ displayName: 'Rules', desc: false }] },
          transformations: [
            { id: 'merge', options: {} },
            {
              id: 'filterFieldsByName',
              options: { include: { names: ['instance', 'version', 'Value #B', 'Value #C', 'Value #D'] } },
            },
            {
              id: 'organize',
              options: {
                excludeByName: {},
                indexByName: { instance: 0, version: 1, 'Value #B': 2, 'Value #C': 3, 'Value #D': 4 },
                renameByName: {
                  'Value #B': 'Running',
                  'Value #C': 'Memory',
                  'Value #D': 'Rules',
                  instance: 'Host',
                  version: 'Version',
                },
              },
            },
          ],
        }
      ),
      p.row('Reading', [0, 13, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Records read',
        'How many records of each kind of source are read, a second.',
        [0, 14, 8, 8],
        [
          {
            expr: 'sum by (source) (rate(login_exporter_source_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{source}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { unit: 'cps', custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false } },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Bytes read',
        'How much of each kind of source is read.',
        [8, 14, 8, 8],
        [
          {
            expr: 'sum by (source) (rate(login_exporter_source_bytes_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{source}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { unit: 'Bps', custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false } },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Lag',
        'Bytes waiting to be read: the most on any host, for each kind of source.',
        [16, 14, 8, 8],
        [
          {
            expr: 'max by (source) (login_exporter_source_lag_bytes{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{source}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'bytes',
              custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false },
            },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Errors of sources',
        'By reason: gap, suppressed and line_too_long are records lost, untrusted are forged ones, stale is a log beside which the journal has newer entries, the rest could not be read.',
        [0, 22, 8, 8],
        [
          {
            expr: |||
              (sum by (reason) (clamp_min(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"} - (login_exporter_source_errors_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0)
                or label_replace(sum(clamp_min(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"} - (login_exporter_source_errors_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_source_errors_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) == 0, "reason", "none", "", "")
            |||,
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
        'timeseries',
        'Unknown lines',
        'Lines of login programs that no rule knew, by program.',
        [8, 22, 8, 8],
        [
          {
            expr: |||
              (sum by (program) (clamp_min(login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"} - (login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0)
                or label_replace(sum(clamp_min(login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"} - (login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_records_unrecognized_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) == 0, "program", "none", "", "")
            |||,
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{program}}',
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
        'Series folded',
        'Newcomers counted as (other) because their family is full.',
        [16, 22, 8, 8],
        [
          {
            expr: |||
              (sum by (family) (clamp_min(login_exporter_series_limited_total{job=~"$job", instance=~"$instance"} - (login_exporter_series_limited_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_series_limited_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) > 0)
                or label_replace(sum(clamp_min(login_exporter_series_limited_total{job=~"$job", instance=~"$instance"} - (login_exporter_series_limited_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_series_limited_total{job=~"$job", instance=~"$instance"}[$__interval])), 0)) == 0, "family", "none", "", "")
            |||,
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{family}}',
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
      p.row('CloudTrail', [0, 30, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Requests',
        'Requests to CloudTrail, and those that failed, by region. LookupEvents allows two a second for each account and region.',
        [0, 31, 8, 8],
        [
          {
            expr: 'sum by (aws_region) (rate(login_exporter_cloudtrail_requests_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{aws_region}}',
          },
          {
            expr: 'sum by (aws_region, reason) (rate(login_exporter_cloudtrail_request_failures_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{aws_region}} {{reason}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'reqps',
              custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false },
            },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Last poll',
        'How long ago each region was last asked.',
        [8, 31, 8, 8],
        [
          {
            expr: 'time() - max by (aws_region) (login_exporter_cloudtrail_last_poll_timestamp_seconds{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: '{{aws_region}}',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { unit: 's', custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false } },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Delivery delay',
        'From the event to the first time the exporter saw it: half and nine tenths of the records came sooner.',
        [16, 31, 8, 8],
        [
          {
            expr: 'histogram_quantile(0.5, sum by (le) (increase(login_exporter_cloudtrail_delivery_delay_seconds_bucket{job=~"$job", instance=~"$instance"}[1h])))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'half',
          },
          {
            expr: 'histogram_quantile(0.9, sum by (le) (increase(login_exporter_cloudtrail_delivery_delay_seconds_bucket{job=~"$job", instance=~"$instance"}[1h])))',
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
      p.row('State and process', [0, 39, 24, 1], null, [], {}),
      p.panel(
        'timeseries',
        'Snapshots',
        'Snapshots saved, and those that failed.',
        [0, 40, 6, 8],
        [
          {
            expr: 'sum(clamp_min(login_exporter_state_saves_total{job=~"$job", instance=~"$instance"} - (login_exporter_state_saves_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_state_saves_total{job=~"$job", instance=~"$instance"}[$__interval])), 0))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'saved',
          },
          {
            expr: 'sum(clamp_min(login_exporter_state_save_failures_total{job=~"$job", instance=~"$instance"} - (login_exporter_state_save_failures_total{job=~"$job", instance=~"$instance"} offset $__interval or min_over_time(login_exporter_state_save_failures_total{job=~"$job", instance=~"$instance"}[$__interval])), 0))',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'failed',
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
                matcher: { id: 'byName', options: 'saved' },
                properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'green' } }],
              },
              {
                matcher: { id: 'byName', options: 'failed' },
                properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
              },
            ],
          },
          interval: '5m',
        }
      ),
      p.panel(
        'timeseries',
        'Age of the last snapshot',
        'The oldest, and half of them are younger than the other. It grows while nothing happens: then there is nothing to save.',
        [6, 40, 6, 8],
        [
          {
            expr: 'max(time() - login_exporter_state_last_save_timestamp_seconds{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'oldest',
          },
          {
            expr: 'quantile(0.5, time() - login_exporter_state_last_save_timestamp_seconds{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'half',
          },
        ],
        {
          fieldConfig+: {
            defaults+: { unit: 's', custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false } },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Memory',
        'Resident memory: the largest exporter, and half of them need less than the other.',
        [12, 40, 6, 8],
        [
          {
            expr: 'max(process_resident_memory_bytes{job=~"$job", instance=~"$instance"} and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'largest',
          },
          {
            expr: 'quantile(0.5, process_resident_memory_bytes{job=~"$job", instance=~"$instance"} and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'half',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'bytes',
              custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false },
            },
            overrides: [],
          },
        }
      ),
      p.panel(
        'timeseries',
        'Processor',
        'Share of one core: the busiest exporter, and half of them need less than the other.',
        [18, 40, 6, 8],
        [
          {
            expr: 'max(rate(process_cpu_seconds_total{job=~"$job", instance=~"$instance"}[$__rate_interval]) and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'busiest',
          },
          {
            expr: 'quantile(0.5, rate(process_cpu_seconds_total{job=~"$job", instance=~"$instance"}[$__rate_interval]) and on (job, instance) login_exporter_build_info{job=~"$job", instance=~"$instance"})',
            instant: false,
            range: true,
            format: 'time_series',
            legendFormat: 'half',
          },
        ],
        {
          fieldConfig+: {
            defaults+: {
              unit: 'percentunit',
              custom+: { drawStyle: 'line', fillOpacity: 10, lineWidth: 1, spanNulls: false },
            },
            overrides: [],
          },
        }
      ),
    ]),
  }
