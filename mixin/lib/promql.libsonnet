// The expressions that more than one alert is made of: what is news, and by which witness.
local yaml = import 'yaml.libsonnet';

// The accesses that alerts rest on: the last-seen gauge, when the newest was counted, and how many.
local accesses = {
  login: {
    seen: 'login_last_success_timestamp_seconds',
    counted: 'login_last_success_counted_timestamp_seconds',
    total: 'login_successes_total',
  },
  afterFailures: {
    seen: 'login_last_success_after_failures_timestamp_seconds',
    counted: 'login_last_success_after_failures_counted_timestamp_seconds',
    total: 'login_successes_after_failures_total',
  },
  sudo: {
    seen: 'login_sudo_last_command_timestamp_seconds',
    counted: 'login_sudo_last_command_counted_timestamp_seconds',
    total: 'login_sudo_commands_total',
  },
  accountChange: {
    seen: 'login_last_account_change_timestamp_seconds',
    counted: 'login_last_account_change_counted_timestamp_seconds',
    total: 'login_account_changes_total',
  },
  aws: {
    seen: 'login_aws_last_success_timestamp_seconds',
    counted: 'login_aws_last_success_counted_timestamp_seconds',
    total: 'login_aws_successes_total',
  },
};

function(config) {
  local promql = self,
  local minutes(seconds) = '%dm' % (seconds / 60),
  local interval = minutes(config.longestInterval),
  local quarter = minutes(config.news),
  // Two scrapes lie within, whatever the interval.
  local lately = config.news + config.longestInterval,
  // Before the news: a little longer ago, so that no sample is both.
  local before = minutes(config.news + 60),
  // How far back a counter's earlier value is looked for, over a hole in the scrapes.
  local hole = '3h',

  indented(text, by='  '):: yaml.indented(text, by),
  block(text):: '(\n' + self.indented(text) + '\n)',

  selector(family, matchers=[])::
    local all = config.selector + matchers;
    family + (if all == [] then '' else '{' + std.join(', ', all) + '}'),

  // Its newest sample, also where scrapes lie further apart than Prometheus' 5 minutes.
  last(family, matchers=[]):: 'last_over_time(%s[%s])' % [self.selector(family, matchers), interval],
  // Its value before the news and before a hole in the scrapes.
  earlier(family, matchers=[]):: 'last_over_time(%s[%s] offset %s)' % [self.selector(family, matchers), hole, quarter],

  // The first witness: counted within the last quarter of an hour, by the exporter's clock. One that is ahead by more
  // says nothing, or it would be news for as long.
  countedLately(access, matchers)::
    '(%s > time() - %d < time() + %d)' % [self.last(accesses[access].counted, matchers), config.news, config.news],

  // The second: a counter that stands higher than before, whatever hole lies between. One that fell has lost its
  // state, which is no news; one that is born with a 0 before it is compared with that 0.
  rise(family, matchers)::
    '(\n  %s\n    > (%s or min_over_time(%s[%s]))\n)' % [
      self.last(family, matchers),
      self.earlier(family, matchers),
      self.selector(family, matchers),
      quarter,
    ],
  risen(access, matchers):: self.rise(accesses[access].total, matchers),

  // How much one of the exporter's own counters rose lately. They begin anew at each start.
  lately(family, matchers=[]):: 'increase(%s[%s])' % [self.selector(family, matchers), minutes(lately)],
  // And what a start itself finds, before anybody has seen a 0.
  atStart(family, matchers):: |||
    (
      %s > 0
        and on (job, instance) (%s > time() - %d)
    )
  ||| % [self.last(family, matchers), self.last('process_start_time_seconds'), lately],
  minutesLately:: lately / 60,

  // The third: counted while nobody scraped, for a series that no earlier scrape has shown.
  unwatched(access, matchers)::
    '(\n  %s\n    > on (job, instance) group_left () last_over_time(%s[%s])\n)\n' % [self.last(accesses[access].counted, matchers), self.selector('instance:login_exporter_unwatched_timestamp_seconds:since'), quarter] +
    'unless\n  (%s == %s)' % [self.last(accesses[access].counted, matchers), self.earlier(accesses[access].counted, matchers)],

  // When the access took place, in whole seconds.
  when(access, matchers):: 'floor(%s)' % self.last(accesses[access].seen, matchers),

  // An access that is news by the first or the second witness.
  news(access, matchers)::
    self.when(access, matchers) + '\n  and ' +
    std.lstripChars(self.indented(self.block(self.countedLately(access, matchers) + '\n  or\n' + self.risen(access, matchers))), ' '),

  // An access that is news by any of the three.
  newsOrUnwatched(access, matchers)::
    self.when(access, matchers) + '\n  and ' +
    std.lstripChars(self.indented(self.block(
      self.countedLately(access, matchers) + '\n  or\n' + self.risen(access, matchers) + '\n  or\n' + self.block(self.unwatched(access, matchers))
    )), ' '),

  // The series whose newest access was not known a quarter of an hour ago and of which a named alert tells.
  told(access, matchers, alerts)::
    local counted = self.last(accesses[access].counted, matchers);
    self.block(
      '(%s unless (%s == %s))\n  or\n' % [counted, counted, self.earlier(accesses[access].counted, matchers)] +
      self.risen(access, matchers)
    ) + '\nand ' + self.alerting(access, alerts),

  // `and` or `unless` ignoring what an alert's labels have more or less than its series.
  alerting(access, alerts)::
    'ignoring (%salertname, alertstate, severity%s)\n' % (if access == 'aws' then ['job, instance, ', ''] else ['', ', target']) +
    '  last_over_time(ALERTS{alertstate="firing", alertname=~"%s"}[16m])' % std.join('|', alerts),

  // "Nobody in the last days": by the memory of group login_memory as it stood before the news. Where these rules are
  // younger than that, an exporter's own count knows whether it was the first one.
  first(access, matchers, by, memory, days)::
    local known = '%s[7d] offset %s' % [self.selector(memory), before];
    local labels = std.join(', ', by);
    self.newsOrUnwatched(access, matchers) + '\n' +
    'unless on (%s)\n  (max_over_time(%s) > time() - %d * 86400)\n' % [labels, known, days] +
    'unless on (%s)\n' % labels +
    self.indented(self.block(
      '(sum by (%s) (%s) > 1)\n' % [labels, self.last(accesses[access].total)] +
      'unless on (%s)\n  max_over_time(%s)' % [by[0], known]
    )) + '\n',

  accesses:: accesses,
  before:: before,
}
