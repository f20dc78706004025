// The panels of the boards: what those of a kind have in common. A board says what is its own.
{
  bargauge:: {
    type: 'bargauge',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    fieldConfig: {
      defaults: {
        unit: 'locale',
        decimals: 0,
        min: 0,
        noValue: 'None in this time range',
        color: { mode: 'fixed', fixedColor: 'blue' },
        thresholds: { mode: 'absolute', steps: [{ color: 'blue', value: null }] },
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

  bar:: { type: 'row', collapsed: false },

  stat:: {
    type: 'stat',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    fieldConfig: { defaults: { thresholds: { mode: 'absolute' }, color: { mode: 'thresholds' } } },
    options: {
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      reduceOptions: { calcs: ['lastNotNull'] },
    },
  },

  table:: {
    type: 'table',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    fieldConfig: {
      defaults: {
        unit: 'string',
        custom: { align: 'left', minWidth: 60, filterable: true, cellOptions: { type: 'auto' }, inspect: false },
      },
    },
    options: { showHeader: true, cellHeight: 'sm' },
  },

  timeseries:: {
    type: 'timeseries',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    fieldConfig: { defaults: { min: 0, custom: { showPoints: 'never' } } },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  },

  // A query of a panel.
  target:: { datasource: { type: 'prometheus', uid: '${datasource}' } },

  // A panel of a kind at [x, y, w, h]. Its queries are named in order, A to Z.
  panel(kind, title, description, at, queries, own={}):: self[kind] + {
    title: title,
    [if description != null then 'description']: description,
    gridPos: { x: at[0], y: at[1], w: at[2], h: at[3] },
    [if queries != null then 'targets']: [
      $.target + { refId: std.char(65 + i) } + queries[i] + { expr: std.rstripChars(super.expr, '\n') }
      for i in std.range(0, std.length(queries) - 1)
    ],
  } + own,

  // A row, and within it what a click opens.
  row(title, at, open, panels, own={}):: self.bar + {
    title: title,
    gridPos: { x: at[0], y: at[1], w: at[2], h: at[3] },
    panels: panels,
  } + own,

  // What fired, as marks on the graphs.
  annotations(config):: [{
    name: 'Alerts',
    enable: true,
    hide: false,
    iconColor: 'red',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    expr: 'ALERTS{alertstate="firing", severity=~"critical|warning", alertname=~"%s", job=~"$job"}' % std.join('|', config.alertNames),
    titleFormat: '{{alertname}}',
    textFormat: '{{instance}} {{user}}',
    step: '60s',
  }],

  // Panels, and those within rows, are numbered in order.
  numbered(panels)::
    local flat(list) = std.flattenArrays([[p] + flat(std.get(p, 'panels', [])) for p in list]);
    local place(p, all) = std.find({ title: p.title, gridPos: p.gridPos }, [{ title: q.title, gridPos: q.gridPos } for q in all])[0] + 1;
    local all = flat(panels);
    [p { id: place(p, all), [if std.objectHas(p, 'panels') then 'panels']: [q { id: place(q, all) } for q in p.panels] } for p in panels],
}
