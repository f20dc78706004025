// The boards' panels: a board says what it asks and what its columns are called; how that looks is said here, once.
//
// What a colour means, on every board: red, what nobody expected and what is broken; orange, what wants a look; green,
// what a rule expects and what works; blue, what no rule judges; purple, what was refused. Words say it too.
function(config)
  local source = { type: 'prometheus', uid: '${datasource}' };
  local join(labels) = std.join(', ', labels);
  {
    local b = self,

    colors:: { unexpected: 'red', broken: 'red', suspicious: 'orange', expected: 'green', works: 'green', unruled: 'blue', plain: 'blue', refused: 'purple' },

    // ---- Selectors and what is made of them.

    // A family as the board's variables choose it; AWS's by job alone, for its exporter is not the host that was entered.
    of(family, matchers=[])::
      local scope = if std.startsWith(family, 'login_aws_') then ['job=~"$job"'] else ['job=~"$job"', 'instance=~"$instance"'];
      '%s{%s}' % [family, join(config.selector + scope + matchers)],

    // Of two Prometheus that scrape the same, and of which a store shows both, one.
    once(expr):: 'max without (%s) (%s)' % [join(config.replicaLabels), expr],

    // How many were counted within a window: whole events, where increase() draws 20 as 25. Where the counter began anew,
    // or is no longer there, increase() knows better. Two Prometheus are made one before the difference is taken: they see
    // an event at two moments, and it would stand in two bars.
    counted(selector, window='$__range')::
      local past = '(%s or min without (%s) (min_over_time(%s[%s])))' % [b.once('%s offset %s' % [selector, window]), join(config.replicaLabels), selector, window];
      '((%s - %s >= 0 unless %s > 0)\nor %s)' % [
        b.once(selector),
        past,
        b.once('resets(%s[%s])' % [selector, window]),
        b.once('round(increase(%s[%s]))' % [selector, window]),
      ],
    local byHost(by, expr) = if by != null && std.member(by, 'hostname') then b.named(expr) else expr,
    // Their sum, by labels; a bar each $__interval.
    total(family, matchers=[], by=null, window='$__range')::
      'sum %s(%s)' % [if by == null then '' else 'by (%s) ' % join(by), byHost(by, b.counted(b.of(family, matchers), window))],
    each(family, matchers=[], by=null):: b.total(family, matchers, by, '$__interval') + ' > 0',
    // The most frequent of the whole range, in each bar: topk by itself would choose others for each.
    eachOfTop(n, by, family, matchers=[])::
      b.each(family, matchers, by) + '\nand on (%s) topk(%d, sum by (%s) (%s))' % [join(by), n, join(by), byHost(by, b.once('max_over_time(%s[$__range] @ end())' % b.of(family, matchers)))],

    exporters:: 'count(max by (job, instance) (%s))' % b.of('login_exporter_build_info'),
    // 0 where an exporter answers and there is none of what is asked for.
    orZero(expr):: expr + ' or 0 * ' + b.exporters,

    // The newest of each, by labels. Milliseconds are what Grafana takes for a time.
    newest(by, expr):: 'max by (%s) (%s)' % [join(by), expr],
    top(n, expr):: 'topk(%d, %s)' % [n, expr],
    inRange(expr):: expr + ' >= $__from / 1000',
    ms(expr):: '(%s) * 1000' % expr,

    // Beside the target's address, the host's own name, and the instance's.
    named(expr, labels=['hostname'])::
      '(%s)\n* on (job, instance) group_left (%s)\n  topk by (job, instance) (1, max by (job, instance, %s) (%s))' % [expr, join(labels), join(labels), b.of('login_exporter_host_info')],

    // The newest of each host's, by labels: for tables.
    list(n, by, expr):: b.ms(b.top(n, b.named(b.newest(['job', 'instance'] + by, expr)))),

    // A key's fingerprint as a name of a bar or a line; in a table it stays whole, and is shown short.
    short(expr):: 'label_replace(%s, "identity", "$1…", "identity", "((?:SHA256|MD5):.{8}).+")' % expr,

    // Those that a person may be behind, and automation. What nobody expected is in neither way left out elsewhere.
    people:: ['user!~"$automation"', 'identity!~"$automation"'],

    // ---- Panels.

    local query(expr, legend, over) = {
      datasource: source,
      expr: std.rstripChars(expr, '\n'),
      instant: !over,
      range: over,
      format: if over || legend != null then 'time_series' else 'table',
      legendFormat: if legend == null then '' else legend,
    },
    local panel(kind, title, description, queries) = {
      type: kind,
      datasource: source,
      title: title,
      description: description,
      targets: [queries[i] { refId: std.char(65 + i) } for i in std.range(0, std.length(queries) - 1)],
      fieldConfig: { defaults: {}, overrides: [] },
    },
    local fixed(color) = { mode: 'fixed', fixedColor: color },
    local steps(list) = { mode: 'absolute', steps: [{ color: list[i][0], value: list[i][1] } for i in std.range(0, std.length(list) - 1)] },
    // `meaning`: null, the number alone; else the colour of what is not 0. None of it is good news, and says so.
    local judged(meaning) =
      if meaning == null then { thresholds: steps([['text', null]]) }
      else {
        thresholds: steps([['text', null], [b.colors[if meaning == 'unruled' then 'unruled' else 'expected'], 0], [b.colors[meaning], 1]]),
        mappings: [{ type: 'value', options: { '0': { text: 'none', index: 0 } } }],
      },

    // Numbers: [name, expression, meaning] each.
    numbers(title, description, values, background=false):: panel('stat', title, description, [query(v[1], v[0], false) for v in values]) {
      fieldConfig: {
        defaults: { unit: 'locale', decimals: 0, noValue: '–', color: { mode: 'thresholds' } } + judged(values[0][2]),
        overrides: [
          { matcher: { id: 'byName', options: v[0] }, properties: [{ id: key, value: judged(v[2])[key] } for key in std.objectFields(judged(v[2]))] }
          for v in values
          if v[2] != values[0][2]
        ],
      },
      options: {
        colorMode: if background then 'background' else 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        textMode: if std.length(values) > 1 then 'value_and_name' else 'value',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },
    // One moment, or one name where `field` is a label.
    moment(title, description, expr):: b.numbers(title, description, [['', b.ms(expr), null]]) {
      fieldConfig+: { defaults+: { unit: b.time } },
    },
    word(title, description, expr, field):: b.numbers(title, description, [['', expr, null]]) {
      targets: [super.targets[0] { format: 'table' }],
      fieldConfig+: { defaults+: { unit: 'string' } },
      options+: { reduceOptions+: { fields: '/^%s$/' % field } },
    },

    local graph(title, description, lines) = panel('timeseries', title, description, [query(line[1], line[0], true) for line in lines]) {
      fieldConfig+: {
        defaults: { unit: 'locale', decimals: 0, min: 0, noValue: 'None in this time range', custom: { showPoints: 'never' } },
      },
      options: {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
    // Bars of events: [name, expression, colour] each. Of names that are not known before, all are shades of the colour.
    bars(title, description, lines):: graph(title, description, lines) {
      interval: '5m',
      fieldConfig+: {
        defaults+: {
          color: { mode: 'shades', fixedColor: b.colors[lines[0][2]] },
          custom+: { drawStyle: 'bars', fillOpacity: 80, lineWidth: 0, barAlignment: -1, stacking: { mode: 'normal', group: 'A' } },
        },
        overrides: [
          { matcher: { id: 'byName', options: line[0] }, properties: [{ id: 'color', value: fixed(b.colors[line[2]]) }] }
          for line in lines
          if std.length(lines) > 1
        ],
      },
    },
    lines(title, description, lines, unit='locale', color='plain'):: graph(title, description, lines) {
      fieldConfig+: {
        defaults+: { unit: unit, color: { mode: 'shades', fixedColor: b.colors[color] }, decimals:: null },
        // Of two that are told apart by their names, one is grey.
        overrides: [
          { matcher: { id: 'byName', options: line[0] }, properties: [{ id: 'color', value: fixed(if line[0] == 'half' then b.colors[color] else 'text') }] }
          for line in lines
          if std.length(lines) > 1
        ],
      },
    },

    // The most frequent of a label, as bars.
    most(title, description, label, family, matchers=[], color='plain')::
      local counts = 'sort_desc(topk(10, %s > 0))' % b.total(family, matchers, [label]);
      panel('bargauge', title, description, [query(if label == 'identity' then b.short(counts) else counts, '{{%s}}' % label, false)]) {
        fieldConfig: {
          defaults: {
            unit: 'locale',
            decimals: 0,
            min: 0,
            noValue: 'None in this time range',
            color: fixed(b.colors[color]),
            thresholds: steps([[b.colors[color], null]]),
            displayName: '${__field.labels.%s}' % label,
          },
          overrides: [],
        },
        options: {
          displayMode: 'basic',
          orientation: 'horizontal',
          showUnfilled: false,
          valueMode: 'text',
          namePlacement: 'left',
          text: { valueSize: 14, titleSize: 12 },
          sizing: 'manual',
          minVizWidth: 8,
          minVizHeight: 18,
          maxVizHeight: 22,
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
        },
      },

    // ---- Tables.

    // The one way to show when something was.
    time:: 'dateTimeAsIsoNoDateIfToday',
    local width(pixels) = { id: 'custom.width', value: pixels },
    local link(title, url) = { id: 'links', value: [{ title: title, url: url, targetBlank: false }] },
    local to(board, name, variable, value) =
      link(name, '/d/%s/%s?${datasource:queryparam}&var-%s=${%s:percentencode}&${__url_time_range}' % [config.dashboards[board], board, variable, value]),
    local words(of) = [{ id: 'mappings', value: [{ type: 'value', options: of }] }, { id: 'custom.cellOptions', value: { type: 'color-text' } }],
    local when = [{ id: 'unit', value: b.time }, width(150)],
    local count = [{ id: 'unit', value: 'locale' }, { id: 'decimals', value: 0 }, width(95)],
    // A number that is bad news unless it is 0.
    local bad(meaning) = count + [
      { id: 'thresholds', value: steps([['text', null], [b.colors[meaning], 1]]) },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    ],
    // What the columns of a title have in common.
    local kinds = {
      When: when,
      Since: when,
      Started: when,
      Ended: when,
      'Last login': when,
      'Last record': when,
      'Last asked': when,
      'Told by AWS': when,
      'Counted': when,
      'Running since': when,
      User: [to('person', 'Account', 'user', '__value.raw'), width(105)],
      Identity: [
        to('person', 'Person', 'identity', '__value.raw'),
        { id: 'mappings', value: [{ type: 'regex', options: { pattern: '^((?:SHA256|MD5):.{8}).+$', result: { text: '$1…', index: 0 } } }] },
        width(150),
      ],
      From: [width(120)],
      // By its name; the link goes by the target's address, in the last column.
      Host: [to('host', 'Host', 'instance', '__data.fields.Instance')],
      Instance: [to('host', 'Host', 'instance', '__value.raw'), { id: 'custom.hidden', value: true }],
      Alert: [link('Runbook', if std.length(std.findSubstr('%s', config.runbookUrl)) > 0 then config.runbookUrl % '${__value.raw}' else config.runbookUrl), width(260)],
      Severity: [width(80)] + words({
        critical: { text: 'critical', color: 'red', index: 0 },
        warning: { text: 'warning', color: 'orange', index: 1 },
        info: { text: 'info', color: 'blue', index: 2 },
      }),
      Expected: [width(105)] + words({
        'true': { text: 'expected', color: 'green', index: 0 },
        'false': { text: 'unexpected', color: 'red', index: 1 },
        unset: { text: 'no rule', color: 'blue', index: 2 },
      }),
      What: [width(195), { id: 'custom.cellOptions', value: { type: 'color-text' } }, { id: 'color', value: fixed('red') }],
      State: [width(95)] + words({
        '0': { text: 'down', color: 'red', index: 0 },
        '1': { text: 'up', color: 'green', index: 1 },
      }),
      Rules: [width(95)] + words({
        '0': { text: 'refused', color: 'red', index: 0 },
        '1': { text: 'in force', color: 'green', index: 1 },
      }),
      Network: [width(80)],
      Target: [width(160)],
      Source: [width(260)],
      Document: [width(220)],
      Account: [width(115)],
      Region: [width(105)],
      Event: [width(140)],
      Method: [width(135)],
      Reason: [width(140)],
      Change: [width(140)],
      Lag: [{ id: 'unit', value: 'bytes' }, width(80)],
      Memory: [{ id: 'unit', value: 'bytes' }, width(90)],
      Lasted: [{ id: 'unit', value: 'dtdurations' }, { id: 'decimals', value: 0 }, width(120)],
      Delay: [{ id: 'unit', value: 'dtdurations' }, { id: 'decimals', value: 0 }, width(120)],
      Reach: [{ id: 'unit', value: 'dtdurations' }, { id: 'decimals', value: 0 }, width(120)],
      Sessions: count,
      Logins: count,
      Times: count,
      Requests: count,
      Records: count,
      Open: count,
      Unexpected: bad('unexpected') + [width(110)],
      Firing: bad('broken'),
      Down: bad('broken'),
      Errors: bad('broken'),
      'Failed': count,
    },
    // Columns are [field, title] in order: a label, or Value, or 'Value #B' of the second query. Several queries are one row
    // where their labels are the same. The first column leads: it sorts, the newest or the highest first.
    table(title, description, queries, columns, empty='None in this time range', own={}):: panel('table', title, description, [query(q, null, false) for q in queries]) {
      fieldConfig: {
        defaults: {
          unit: 'string',
          noValue: empty,
          custom: { align: 'left', minWidth: 60, filterable: true, cellOptions: { type: 'auto' }, inspect: false },
        },
        overrides: [
          { matcher: { id: 'byType', options: kind }, properties: [{ id: 'noValue', value: '–' }] }
          for kind in ['string', 'number']
        ] + [
          { matcher: { id: 'byName', options: column[1] }, properties: kinds[column[1]] }
          for column in columns
          if std.objectHas(kinds, column[1])
        ],
      },
      options: { showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: columns[0][1], desc: true }] },
      transformations: (if std.length(queries) > 1 then [{ id: 'merge', options: {} }] else []) + [
        { id: 'filterFieldsByName', options: { include: { names: [column[0] for column in columns] } } },
        {
          id: 'organize',
          options: {
            excludeByName: {},
            indexByName: { [columns[i][0]]: i for i in std.range(0, std.length(columns) - 1) },
            renameByName: { [column[0]]: column[1] for column in columns },
          },
        },
      ],
    } + own,

    // What fires now, by the rules that this mixin makes: since when.
    local firing(matchers) =
      'ALERTS_FOR_STATE{%s}\nand ignoring (alertstate) ALERTS{%s}' % [
        join(config.selector + matchers),
        join(config.selector + ['alertstate="firing"', 'alertname=~"%s"' % std.join('|', config.alertNames)] + matchers),
      ],
    // An alert on all hosts, or on an account, names no host.
    alertList(matchers=['severity=~"critical|warning"'])::
      local told = ['job', 'instance', 'alertname', 'severity', 'user', 'identity'];
      local rows = 'max by (%s) (%s)' % [join(told), firing(matchers)];
      b.table(
        'What fires',
        'The alerts that fire now, the newest first; the name leads to its runbook. Those of severity info, told to nobody, stand on the board Host.',
        [b.ms(b.top(100, '%s\nor on (%s)\n%s' % [b.named(rows), join(told), rows]))],
        [['Value', 'Since'], ['severity', 'Severity'], ['alertname', 'Alert'], ['user', 'User'], ['hostname', 'Host'], ['instance', 'Instance']],
        'Nothing fires'
      ),
    firing(by):: 'count by (%s) (%s)' % [join(by), firing(['job=~"$job"', 'instance=~"$instance"', 'severity=~"critical|warning"'])],

    // ---- The board.

    // A band is a row of panels that share a height, [height, [width, panel], …]; or a row's title; or a title and the
    // bands that a click opens.
    local flat(list) = std.flattenArrays(list),
    local place(bands, y) =
      if std.length(bands) == 0 then []
      else
        local band = bands[0], rest = bands[1:];
        if std.isString(band) then
          [{ type: 'row', collapsed: false, title: band, gridPos: { x: 0, y: y, w: 24, h: 1 }, panels: [] }] + place(rest, y + 1)
        else if std.isObject(band) then
          [{ type: 'row', collapsed: true, title: band.title, gridPos: { x: 0, y: y, w: 24, h: 1 }, panels: place(band.bands, y + 1) }] + place(rest, y + 1)
        else
          local across(panels, x) =
            if std.length(panels) == 0 then []
            else [panels[0][1] { gridPos: { x: x, y: y, w: panels[0][0], h: band[0] } }] + across(panels[1:], x + panels[0][0]);
          across(band[1:], 0) + place(rest, y + band[0]),
    // Panels, and those within rows, are numbered in order.
    local numbered(panels) = [
      panels[i] {
        id: 100 * (i + 1),
        [if std.objectHas(panels[i], 'panels') then 'panels']: [panels[i].panels[j] { id: 100 * (i + 1) + j + 1 } for j in std.range(0, std.length(panels[i].panels) - 1)],
      }
      for i in std.range(0, std.length(panels) - 1)
    ],

    // A variable whose values Prometheus knows.
    variable(name, label, series, of=name, many=true):: {
      name: name,
      label: label,
      type: 'query',
      datasource: source,
      query: { query: 'label_values(%s, %s)' % [series, of], refId: name },
      refresh: 2,
      sort: 1,
      multi: true,
      includeAll: true,
      allValue: '.+',
      current: { text: 'All', value: '$__all' },
      options: [],
      hide: 0,
    },
    // Accounts and people that are automation, as a regular expression that a reader of the board can change.
    automation:: {
      name: 'automation',
      label: 'Automation',
      description: 'Accounts and identities that fold away as automation, as a regular expression',
      type: 'textbox',
      query: config.automation,
      current: { text: config.automation, value: config.automation },
      options: [{ text: config.automation, value: config.automation, selected: true }],
      hide: 0,
    },

    board(uid, title, description, bands, variables=[]):: {
      uid: uid,
      title: title,
      description: description,
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
      links: [{
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
      }],
      // What fired, as marks on the graphs.
      annotations: { list: [{
        name: 'Alerts',
        enable: true,
        hide: false,
        iconColor: 'red',
        datasource: source,
        expr: 'ALERTS{alertstate="firing", severity=~"critical|warning", alertname=~"%s", job=~"$job"}' % std.join('|', config.alertNames),
        titleFormat: '{{alertname}}',
        textFormat: '{{instance}} {{user}}',
        step: '60s',
      }] },
      templating: {
        list: [
          { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', options: [], refresh: 1, hide: 0 },
          b.variable('job', 'Job', 'login_exporter_build_info'),
          b.variable('instance', 'Instance', 'login_exporter_build_info{job=~"$job"}'),
        ] + variables,
      },
      panels: numbered(place(bands, 0)),
    },
  }
