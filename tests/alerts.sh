#!/usr/bin/env bash
# Holds deploy/prometheus, deploy/alertmanager and deploy/runbooks, with the tools of Debian's packages prometheus and
# prometheus-alertmanager: rules and settings are valid, the rules' unit tests pass, each alert is complete, tested and
# has its runbook page, and the example routes alerts to the right people in a message that can be read.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf 'FAILED: %s\n' "$*"; }
# check WHAT COMMAND...: passes when the command does, and shows what it said when it does not.
check() { local what=$1 said; shift; if said=$("$@" 2>&1); then pass; else fail "$what"; printf '%s\n' "$said"; fi; }

for tool in promtool amtool; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install prometheus prometheus-alertmanager"; exit 2; }
done
prom=deploy/prometheus am=deploy/alertmanager

check "rules are valid" promtool check rules $prom/recording.yml $prom/alerts.yml
check "the example prometheus.yml is valid" promtool check config $prom/prometheus.yml
for test in $prom/tests/*.yml; do check "unit tests $test" promtool test rules "$test"; done

# An alert is what stands between its line and the next one's.
alert() { awk -v want="$1" '$2 == "alert:" { on = $3 == want } on' $prom/alerts.yml; }
# An alert is tested when a unit test expects it to fire: exp_labels follow its alertname before the next one.
fires_in_a_test() { awk -v want="$1" '$2 == "alertname:" { on = $3 == want } on && /exp_labels:/ { found = 1 } END { exit !found }' $prom/tests/*.yml; }
complete() {
  local name=$1 text page; text=$(alert "$name")
  for key in expr severity summary description; do grep -q "^ *$key: ." <<<"$text" || { echo "no $key"; return 1; }; done
  grep -qE '^ *severity: (critical|warning|info)$' <<<"$text" || { echo "unknown severity"; return 1; }
  page=$(sed -nE 's|^ *runbook_url: .*/(deploy/runbooks/.*)$|\1|p' <<<"$text")
  [ "$page" = "deploy/runbooks/$name.md" ] && [ -s "$page" ] || { echo "no runbook page ($page)"; return 1; }
  for part in "# $name" "## What it means" "## What to look at" "## What to do"; do
    grep -qxF "$part" "$page" || { echo "$page lacks '$part'"; return 1; }
  done
  fires_in_a_test "$name" || { echo "no unit test in which it fires"; return 1; }
}
names=$(awk '$2 == "alert:" { print $3 }' $prom/alerts.yml)
for name in $names; do check "alert $name is complete" complete "$name"; done
for page in deploy/runbooks/*.md; do
  name=$(basename "$page" .md)
  [ "$name" = README ] || check "page $page has an alert" grep -qx "$name" <<<"$names"
done

check "the example alertmanager.yml is valid" amtool check-config $am/alertmanager.yml
# route RECEIVER LABEL=VALUE...: Alertmanager sends an alert of these labels to that receiver.
route() { local to=$1; shift; check "route of $*" amtool config routes test --config.file=$am/alertmanager.yml --verify.receivers="$to" "$@"; }
route on-call alertname=UnexpectedLogin severity=critical instance=web-1:10922 user=deploy
route on-call alertname=UnexpectedSessionManagerSession severity=critical event_name=StartSession target=i-0abc
route admins alertname=RootLogin severity=warning instance=web-1:10922 user=root
route admins alertname=FirstSessionManagerSession severity=warning event_name=StartSession target=i-0abc
route operators alertname=LoginExporterDown severity=critical instance=web-1:10922
route operators alertname=LoginRulesRejected severity=warning instance=web-1:10922
# Every alert on the exporter itself, and no other, is for its operators.
for name in $(awk '/- name: / { group = $3 } $2 == "alert:" && group == "login_exporter" { print $3 }' $prom/alerts.yml); do
  route operators alertname="$name" severity=warning
done

# The message: what a person reads for two alerts of one group.
message() {
  local data; data=$(mktemp)
  cat >"$data" <<'JSON'
{"status": "firing", "alerts": [
 {"status": "firing", "annotations": {"summary": "Unexpected login of deploy on web-1", "description": "deploy logged in from 198.51.100.7.", "runbook_url": "https://example.org/UnexpectedLogin.md"}},
 {"status": "firing", "annotations": {"summary": "Unexpected sudo by deploy on web-1", "description": "deploy ran /usr/bin/bash.", "runbook_url": "https://example.org/UnexpectedSudo.md"}}]}
JSON
  amtool template render --template.glob="$am/*.tmpl" --template.data="$data" --template.text='{{ template "login_exporter.subject" . }}
{{ template "login_exporter.text" . }}'
  rm -f "$data"
}
check "the message reads well" diff <(message | sed '/^$/d') - <<'TEXT'
Unexpected login of deploy on web-1 (and 1 more)
deploy logged in from 198.51.100.7.
What to do: https://example.org/UnexpectedLogin.md
deploy ran /usr/bin/bash.
What to do: https://example.org/UnexpectedSudo.md
TEXT

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
