// What a user of the mixin may want otherwise. Import mixin.libsonnet and add `_config+:: {…}`; each key is explained here.
{
  _config+:: {
    // Matchers that every selector of every rule gets besides its own, for a Prometheus of several worlds: ['env="prod"'].
    selector: [],
    // Jobs whose targets are exporters even if none of them has ever answered.
    jobs: 'login.*',

    // Where the alerts' links lead: a runbook by the alert's name, a dashboard by its UID.
    runbookUrl: 'https://github.com/login-exporter/login_exporter/blob/main/deploy/runbooks/%s.md',
    grafanaUrl: 'https://grafana.example.org',
    dashboards: {
      overview: 'login-exporter-overview',
      host: 'login-exporter-host',
      person: 'login-exporter-person',
      fleet: 'login-exporter-fleet',
      sessions: 'login-exporter-sessions',
      accounts: 'login-exporter-accounts',
      health: 'login-exporter-health',
    },
    dashboardTags: ['login-exporter'],

    // Accounts and identities that the boards fold away as automation unless nobody expected them: a job's, a service's, a
    // session that a tool named.
    automation: 'ci|cd|ci-.+|deploy|deployer|ansible|jenkins|gitlab-runner|github-actions|terraform|puppet|salt|nagios|icinga|zabbix|monitoring|prometheus|.+/[*]|.+:[*]|service:.+',
    // Labels by which two Prometheus that scrape the same are told apart, where a store shows both.
    replicaLabels: ['prometheus', 'prometheus_replica', 'replica', '__replica__'],

    // false drops an alert, {severity: …} or any other key of a rule replaces it: {RootLogin: false}.
    alerts: {},
    // An alert on an access stays this long after its quarter of an hour, so that an Alertmanager that was away is still told.
    keepFiringFor: '1h',

    // How far apart two scrapes may lie, in seconds, with a little to spare. Prometheus' own limit of 5 minutes does
    // not hold, since the rules look back themselves.
    longestInterval: 660,
    // An access is news for this long after it was counted, in seconds.
    news: 900,
    // How many days make a stranger, and an account dormant.
    strangerDays: 30,
    dormantDays: 90,
    // Failed logins of one account in ten minutes that are guessing, where its password ever let in.
    guesses: 30,
    // Hours after which an open session is told of.
    sessionHours: 12,
    // Minutes that CloudTrail may take to tell of a session that the host saw, and the host of one that CloudTrail told.
    cloudtrailMinutes: 45,
  },
}
