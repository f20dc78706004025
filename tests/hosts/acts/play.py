#!/usr/bin/env python3
"""Everything that a person can do on a host, one act after the other; run on the booted host by tests/hosts/play."""

import os
import subprocess
import sys
import time
import traceback

sys.path.insert(0, "/play")
import accounts
import becoming
import doors
import people
import ssh
import stage

PARTS = [people.settle, ssh.logins, ssh.refusals, ssh.strangers, ssh.strict, ssh.loud, becoming.sudo, becoming.sudo_rs,
         becoming.su, becoming.doas, becoming.polkit, doors.console, doors.cron, doors.dropbear, doors.kerberos,
         doors.systemd, accounts.tools, accounts.own, doors.daemons]

for part in PARTS:
    try:
        part()
    except Exception:
        stage.went_wrong(traceback.format_exc())
stage.act("curtain")
stage.finish()
