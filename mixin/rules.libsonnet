// What alerts and boards have worked out beforehand.
function(config)
  local p = (import 'lib/promql.libsonnet')(config);
  local s = p.selector;
  local quarter = config.news;
  local scraped = 'instance:login_exporter_scrape_timestamp_seconds:last';

  // The newest access of each, as Prometheus knows it now, and as it was known: so a host that is gone, and its
  // gauges with it, does not take the memory along.
  local memory(labels, family, matchers=[]) = {
    local name = std.join('_', [l for l in labels]) + ':' + family + ':max',
    record: name,
    expr: |||
      max by (%(labels)s) (
        %(now)s
          or
        (last_over_time(%(own)s[1d]) > time() - 400 * 86400)
      )
    ||| % { labels: std.join(', ', labels), now: p.last(family, matchers), own: s(name) },
  };
  local success = 'login_last_success_timestamp_seconds';

  {
    groups: [
      {
        comment: 'Read by alert texts, by the alerts and by panels, at the pace of the alerts.',
        name: 'login_latest',
        rules: [
          {
            comment: 'When each exporter was last scraped: by this an exporter that is down is told from any other target, and a hole in the\nscrapes has a beginning.',
            record: scraped,
            expr: 'max by (job, instance) (timestamp(%s))' % s('login_exporter_build_info'),
          },
          {
            comment: |||
              For an exporter that is scraped again: since when nobody had scraped it, that is the last scrape before the hole. Of a
              hole of less than 3 hours, 10 minutes are taken off, because clocks may differ and there are samples from before to
              compare with. An exporter that is new here has been unwatched since it began, if that was within 75 minutes.
            |||,
            record: 'instance:login_exporter_unwatched_timestamp_seconds:since',
            expr: |||
              (max_over_time(%(scraped)s[7d] offset 1m) < %(scraped)s - %(interval)d)
                - 600 * (max_over_time(%(scraped)s[7d] offset 1m) > bool time() - 10800)
              or
              (
                max by (job, instance) (%(started)s) > time() - 4500
              )
              unless on (job, instance)
                max_over_time(%(scraped)s[7d] offset %(quarter)dm)
            ||| % {
              scraped: s(scraped),
              quarter: quarter / 60,
              interval: config.longestInterval,
              started: s('process_start_time_seconds') + '\n                  and on (job, instance) ' + s('login_exporter_build_info') + '\n                ',
            },
          },
          {
            comment: 'The last login of each user, with all that is known of it: who, how and where from.',
            record: 'instance_user:login_last_success_timestamp_seconds:latest',
            expr: 'topk by (job, instance, user) (1, %s)' % s(success),
          },
        ],
      },
      {
        comment: |||
          What "first in 30 days" and "not for 90 days" are asked of: the exporters' last-seen gauges. Each of these records also
          carries its own earlier value along, so it outlasts a target that is away and a host that is replaced. One sample in ten
          minutes is enough, and lets the alerts look back a week at little cost.
        |||,
        name: 'login_memory',
        interval: '10m',
        rules: [
          memory(['job', 'user'], success) { comment: 'Over the whole job: who, from where, with which key.' },
          memory(['job', 'user', 'source'], success),
          memory(['job', 'user', 'network'], success, ['network!~"public|private|unknown"']),
          memory(['job', 'user', 'identity'], success, ['identity!=""']),
          {
            comment: 'The last login of each person, with where from and on which host, for the texts of alerts.',
            record: 'job_user_identity:login_last_success_timestamp_seconds:latest',
            expr: 'topk by (job, user, identity) (1, floor(%s))' % p.last(success),
          },
          {
            comment: 'For each host.',
            record: 'instance_user:login_last_success_timestamp_seconds:max',
            expr: 'max by (job, instance, user) (%s)' % p.last(success),
          },
          {
            record: 'instance_network:login_last_success_timestamp_seconds:max',
            expr: 'max by (job, instance, network) (%s)' % p.last(success),
          },
          {
            record: 'instance_identity:login_last_success_timestamp_seconds:max',
            expr: 'max by (job, instance, identity) (%s)' % p.last(success, ['identity!=""']),
          },
          {
            comment: 'Several exporters may ask the same AWS account, so neither job nor instance is part of the question.',
            record: 'account_identity:login_aws_last_success_timestamp_seconds:max',
            expr: 'max by (aws_account, identity) (%s)' % p.last('login_aws_last_success_timestamp_seconds', ['event_name="StartSession"']),
          },
          {
            comment: 'How long each source has been silent, and which hosts judge which kind of access by rules.',
            record: 'instance_source:login_exporter_source_silence_seconds:max',
            expr: 'max by (job, instance, source) (time() - %s)' % s('login_exporter_source_last_record_timestamp_seconds'),
          },
          {
            record: 'instance_kind:login_accesses_total:judged',
            expr: 'max by (job, instance, kind) (%s) > 0' % p.last('login_accesses_total', ['expected=~"true|false"']),
          },
        ],
      },
      {
        comment: |||
          Who stands behind ssm-user? CloudTrail names the person and the instance ID of a Session Manager session, and its commands
          run as ssm-user. host_info joins the two.
        |||,
        name: 'login_ssm',
        rules: [
          {
            comment: "Each person's last shell session on each host. SSH and port forwarding through Session Manager give no\nssm-user, so their documents are left out. topk keeps one exporter where two tell the same instance ID.",
            record: 'instance_identity:login_ssm_start_timestamp_seconds:max',
            expr: |||
              label_replace(
                max by (identity, target) (
                  %s
                ),
                "instance_id", "$1", "target", "(.+)"
              )
              * on (instance_id) group_left (job, instance)
                topk by (instance_id) (1, %s)
            ||| % [
              s('login_aws_last_success_timestamp_seconds', ['event_name=~"StartSession|ResumeSession"', 'target!=""', 'document!~"AWS-StartSSHSession|AWS-StartPortForwardingSession.*"']),
              s('login_exporter_host_info', ['instance_id!=""']),
            ],
          },
          {
            comment: 'The latest starter is the best guess, and the one before it for commands that are older than the latest start.',
            record: 'instance:login_ssm_start_timestamp_seconds:latest',
            expr: 'topk by (job, instance) (1, %s)' % s('instance_identity:login_ssm_start_timestamp_seconds:max'),
          },
          {
            record: 'instance:login_ssm_start_timestamp_seconds:previous',
            expr: |||
              topk by (job, instance) (1,
                %s
                  unless on (job, instance, identity) %s
              )
            ||| % [s('instance_identity:login_ssm_start_timestamp_seconds:max'), s('instance:login_ssm_start_timestamp_seconds:latest')],
          },
          {
            comment: 'When ssm-user last ran each command through sudo, with the person who most likely did. The identity is empty where the\ncommand is older than both known starts, or where CloudTrail, up to 15 minutes late, has not told of the start yet.',
            record: 'instance_identity:login_ssm_last_command_timestamp_seconds:latest',
            expr: |||
              (%(command)s
                >= on (job, instance) group_left (identity) %(latest)s)
              or ignoring (identity)
                (%(command)s
                  >= on (job, instance) group_left (identity) %(previous)s)
              or ignoring (identity)
                %(command)s
            ||| % {
              command: s('login_sudo_last_command_timestamp_seconds', ['user="ssm-user"']),
              latest: s('instance:login_ssm_start_timestamp_seconds:latest'),
              previous: s('instance:login_ssm_start_timestamp_seconds:previous'),
            },
          },
        ],
      },
    ],
  }
