// Exporter health: Does login_exporter see all there is to see?
function(config)
  local p = (import '../lib/panels.libsonnet')(config);
  local build = p.of('login_exporter_build_info');
  local ofHost = ['job', 'instance'];
  local ours(family) = '%s and on (job, instance) %s' % [p.of(family), build];
  local rate(family, by) = 'sum by (%s) (%s)' % [std.join(', ', by), p.once('rate(%s[$__rate_interval])' % p.of(family))];
  local delay = p.once('increase(%s[1h])' % p.of('login_exporter_cloudtrail_delivery_delay_seconds_bucket'));
  local down(expr) = p.orZero('count(%s == 0)' % expr);
  p.board(
    config.dashboards.health,
    'Exporter health',
    'Does login_exporter see all there is to see?',
    [
      [
        4,
        [6, p.numbers('Exporters', 'Exporters that answer now, and those that did within a day and do not now.', [
          ['Up', p.exporters, null],
          ['Down', 'count(max by (job, instance) (%s) == 0 and on (job, instance) max_over_time(%s[1d])) or 0 * count(max_over_time(%s[1d]))' % [p.of('up'), build, build], 'broken'],
        ])],
        [6, p.numbers('Sources', 'Sources that are read now, and those that cannot be.', [
          ['Up', p.orZero('count(%s == 1)' % p.once(p.of('login_exporter_source_up'))), null],
          ['Down', down(p.once(p.of('login_exporter_source_up'))), 'broken'],
        ])],
        [6, p.numbers('Not seen', 'Errors of sources, and lines of login programs that no rule knew, in the time range: an access may stand there.', [
          ['Errors', p.orZero(p.total('login_exporter_source_errors_total')), 'broken'],
          ['Unknown lines', p.orZero(p.total('login_exporter_records_unrecognized_total')), 'broken'],
        ])],
        [6, p.numbers('Not kept', 'Series folded into (other) and snapshots that failed, in the time range, and exporters that refused their rules.', [
          ['Folded', p.orZero(p.total('login_exporter_series_limited_total')), 'broken'],
          ['Snapshots', p.orZero(p.total('login_exporter_state_save_failures_total')), 'broken'],
          ['Rules refused', down(p.once(p.of('login_exporter_rules_reload_success'))), 'broken'],
        ])],
      ],
      [
        10,
        [14, p.table(
          'Sources',
          'Each source of each exporter: does it work, when was its last record, how much waits to be read, and what went wrong in the time range. The ones that are down come first.',
          [
            p.named(p.newest(ofHost + ['source'], p.of('login_exporter_source_up'))),
            p.ms(p.named(p.newest(ofHost + ['source'], p.of('login_exporter_source_last_record_timestamp_seconds')))),
            p.named(p.newest(ofHost + ['source'], p.of('login_exporter_source_lag_bytes'))),
            p.named(p.total('login_exporter_source_errors_total', [], ofHost + ['source'])),
          ],
          [['Value #A', 'State'], ['source', 'Source'], ['Value #B', 'Last record'], ['Value #C', 'Lag'], ['Value #D', 'Errors'], ['hostname', 'Host'], ['instance', 'Instance']],
          'No source',
          { options+: { sortBy: [{ displayName: 'State', desc: false }] } }
        )],
        [10, p.table(
          'Exporters',
          'Each exporter: its version, since when it has been running, its memory, and whether its rules are in force.',
          [
            p.named(p.newest(ofHost + ['version'], build)),
            p.ms(p.named(p.newest(ofHost, ours('process_start_time_seconds')))),
            p.named(p.newest(ofHost, ours('process_resident_memory_bytes'))),
            p.named('min by (job, instance) (%s)' % p.of('login_exporter_rules_reload_success')),
          ],
          [['Value #B', 'Running since'], ['version', 'Version'], ['Value #C', 'Memory'], ['Value #D', 'Rules'], ['hostname', 'Host'], ['instance', 'Instance']],
          'No exporter answers'
        )],
      ],
      [7, [24, p.alertList()]],
      'Reading',
      [
        8,
        [8, p.lines('Records read', 'How many records of each kind of source are read, a second: the ten with the most.', [['{{source}}', 'topk(10, %s)' % rate('login_exporter_source_records_total', ['source'])]], 'cps')],
        [8, p.lines('Bytes read', 'How much of each kind of source is read: the ten with the most.', [['{{source}}', 'topk(10, %s)' % rate('login_exporter_source_bytes_total', ['source'])]], 'Bps')],
        [8, p.lines('Lag', 'Bytes waiting to be read: the most on any host, for the ten kinds of source with the most.', [['{{source}}', 'topk(10, max by (source) (%s))' % p.of('login_exporter_source_lag_bytes')]], 'bytes')],
      ],
      [
        8,
        [8, p.bars('Errors of sources', 'By reason: gap, suppressed and line_too_long are records lost, untrusted are forged ones, stale is a log beside which the journal has newer entries, the rest could not be read.', [
          ['{{reason}}', p.each('login_exporter_source_errors_total', [], ['reason']), 'broken'],
        ])],
        [8, p.bars('Unknown lines', 'Lines of login programs that no rule knew, by program.', [
          ['{{program}}', p.each('login_exporter_records_unrecognized_total', [], ['program']), 'broken'],
        ])],
        [8, p.bars('Series folded', 'Newcomers counted as (other) because their family is full.', [
          ['{{family}}', p.each('login_exporter_series_limited_total', [], ['family']), 'broken'],
        ])],
      ],
      'CloudTrail',
      [
        8,
        [8, p.lines('Requests', 'Requests to CloudTrail, a second: the ten accounts and Regions with the most. LookupEvents allows two a second for each.', [
          ['{{aws_account}} {{aws_region}}', 'topk(10, %s)' % rate('login_exporter_cloudtrail_requests_total', ['aws_account', 'aws_region'])],
        ], 'reqps')],
        [8, p.bars('Requests that failed', 'By reason.', [
          ['{{reason}}', p.each('login_exporter_cloudtrail_request_failures_total', [], ['reason']), 'broken'],
        ])],
        [8, p.lines('How late CloudTrail was', 'From the event to the first time the exporter saw it: half and nine tenths of the records came sooner.', [
          ['half', 'histogram_quantile(0.5, sum by (le) (%s))' % delay],
          ['nine tenths', 'histogram_quantile(0.9, sum by (le) (%s))' % delay],
        ], 'dtdurations')],
      ],
      'State and process',
      [
        8,
        [8, p.bars('Snapshots', 'Snapshots saved, and those that failed. None is saved while nothing happens.', [
          ['saved', p.total('login_exporter_state_saves_total', [], null, '$__interval'), 'works'],
          ['failed', p.total('login_exporter_state_save_failures_total', [], null, '$__interval'), 'broken'],
        ])],
        [8, p.lines('Memory', 'Resident memory: the largest exporter, and half of them need less than the other.', [
          ['largest', 'max(%s)' % ours('process_resident_memory_bytes')],
          ['half', 'quantile(0.5, %s)' % ours('process_resident_memory_bytes')],
        ], 'bytes')],
        [8, p.lines('Processor', 'Share of one core: the busiest exporter, and half of them need less than the other.', [
          ['busiest', 'max(rate(%s[$__rate_interval]) and on (job, instance) %s)' % [p.of('process_cpu_seconds_total'), build]],
          ['half', 'quantile(0.5, rate(%s[$__rate_interval]) and on (job, instance) %s)' % [p.of('process_cpu_seconds_total'), build]],
        ], 'percentunit')],
      ],
    ]
  )
