//! A log that was rotated more than once while nobody looked, under names that tell nothing: what
//! came between is counted where it is found, and nothing else is.

use super::{Host, line, lines};

/// 61 lines are read, and then the log is rotated twice: 5 more lines stand in the first file, 10 in
/// the second and 5 in the log. `away` names what is done with each file, `then` with all of them.
fn rotated_twice(away: [&str; 2], then: &str, down: bool) -> Host {
    let mut host = Host::new(61);
    host.meanwhile(down, |host| {
        host.append("secure", &lines(61..66));
        host.sh(away[0]);
        host.append("secure", &lines(66..76));
        host.sh(away[1]);
        host.append("secure", &lines(76..81));
        host.sh(then);
    });
    eprintln!("{away:?}, {then}, down: {down}");
    host
}

fn all_of(away: [&str; 2], then: &str) {
    for down in [false, true] {
        rotated_twice(away, then, down).check(81, 0);
    }
}

#[test]
fn the_middle_of_two_rotations_is_counted_under_any_name() {
    all_of(["mv secure foo1", "mv secure bar2"], "");
    all_of(["mv secure foo", "mv secure bar.txt"], "");
    all_of(["mv secure 2026-11-25.log", "mv secure b"], "");
    all_of(["mv secure .foo", "mv secure .bar"], "");
    all_of(["mv secure x.1", "mv secure x.2"], "");
    all_of(["cp secure foo; : > secure", "cp secure bar; : > secure"], "");
}

#[test]
fn only_one_of_the_two_has_a_name_that_tells_nothing() {
    all_of(["mv secure secure.1", "mv secure bar"], "");
    all_of(["mv secure foo", "mv secure secure.1"], "");
    all_of(["mv secure secure-20261125", "mv secure bar"], "");
    all_of(["mv secure secure.first", "mv secure bar"], "");
    all_of(["mv secure foo", "mv secure secure.second"], "");
}

#[test]
fn the_middle_was_compressed_or_copied() {
    all_of(["mv secure foo", "mv secure bar; gzip bar"], "");
    all_of(["mv secure foo", "mv secure bar"], "gzip foo bar");
    all_of(["mv secure foo", "mv secure bar; gzip -k bar"], "");
    all_of(["mv secure foo", "mv secure bar; cp bar bar~"], "");
    all_of(["mv secure foo", "cp secure bar; rm secure"], "");
    all_of(["mv secure foo", "mv secure bar; ln bar baz"], "");
    all_of(["mv secure foo", "mv secure bar"], "sleep 0.01; touch foo");
}

/// A rotated file is packed while another name of it stays, and it ends within a line.
#[test]
fn half_a_line_that_stands_in_a_gz_and_under_another_name_is_counted_once() {
    let mut host = Host::new(61);
    host.stop();
    host.sh("mv secure foo");
    host.append("secure", &line(61)[..60]);
    host.sh("ln secure secure.kept; mv secure secure.1; gzip -kf secure.1; rm secure.1");
    host.append("secure", &lines(62..66));
    host.start();
    host.settle();
    host.clock += std::time::Duration::from_secs(120);
    host.settle();
    host.check(66, 0);
}

#[test]
fn two_files_come_between() {
    for down in [false, true] {
        for (names, pack) in
            [(["a", "b", "c"], ""), (["c", "b", "a"], "gzip b"), (["x.0", "secure.1", "y"], "")]
        {
            let mut host = Host::new(61);
            host.meanwhile(down, |host| {
                for (n, name) in names.iter().enumerate() {
                    host.append("secure", &lines(61 + 10 * n..71 + 10 * n));
                    host.sh(&format!("mv secure {name}"));
                }
                host.append("secure", &lines(91..100));
                host.sh(pack);
            });
            eprintln!("{names:?}, down: {down}");
            host.check(100, 0);
        }
    }
}

#[test]
fn it_is_counted_once_over_the_next_starts_and_rotations() {
    let mut host = rotated_twice(["mv secure foo", "mv secure bar"], "", true);
    for n in 81..85 {
        host.stop();
        host.start();
        host.settle();
        host.append("secure", &line(n));
        host.settle();
        host.sh("mv secure $RANDOM$RANDOM");
    }
    host.append("secure", &line(85));
    host.settle();
    host.check(86, 0);
}

#[test]
fn the_exporter_is_killed_while_it_reads_the_middle() {
    for looks in 1..8 {
        let mut host = Host::new(61);
        host.stop();
        host.append("secure", &lines(61..66));
        host.sh("mv secure foo");
        host.append("secure", &lines(66..76));
        host.sh("mv secure bar");
        host.append("secure", &lines(76..81));
        host.start();
        for _ in 0..looks {
            host.look();
        }
        host.stop();
        host.start();
        host.settle();
        host.check(81, 0);
    }
}

/// What is written into other logs at the time of which no line of the log is known.
fn others() -> [(&'static str, String); 6] {
    let at = |n: usize| line(n)[..15].to_owned();
    let of = |tell: &dyn Fn(usize) -> String| -> String {
        (67..75).map(|n| format!("{} {}\n", at(n), tell(n))).collect()
    };
    [
        ("messages", of(&|n| format!("web1 systemd[1]: Started Session {n} of User u{n}."))),
        ("cron", of(&|n| format!("web1 CROND[{n}]: (root) CMD (run-parts /etc/cron.hourly)"))),
        ("maillog", of(&|n| format!("web1 postfix/smtpd[{n}]: connect from unknown[192.0.2.7]"))),
        ("dmesg", of(&|n| format!("web1 kernel: [{n}.0] sshd[{n}]: segfault"))),
        (
            "db1",
            of(&|n| {
                format!("db1 sshd[{n}]: Accepted password for u{n} from 192.0.2.7 port 1 ssh2")
            }),
        ),
        ("wtmp", "\u{7}\0\0\0sshd".repeat(9_000)),
    ]
}

#[test]
fn other_logs_of_the_same_time_are_not_counted() {
    for (with_middle, down) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut host = Host::new(66);
        host.meanwhile(down, |host| {
            host.sh("mv secure foo");
            if with_middle {
                host.append("secure", &lines(66..76));
                host.sh("mv secure bar");
            }
            for (name, text) in others() {
                host.append(name, &text);
            }
            host.append("huge", &"x".repeat(1 << 20));
            host.append("secure", &lines(76..81));
        });
        host.check(if with_middle { 81 } else { 71 }, 0);
    }
}

/// sshd's lines go to a log of their own too, which was rotated when the log was.
#[test]
fn a_second_log_of_the_same_lines_is_not_counted() {
    for down in [false, true] {
        let mut host = Host::new(66);
        host.meanwhile(down, |host| {
            host.sh("cp secure sshd.log; mv sshd.log sshd.log-20261125; mv secure secure-20261125");
            for name in ["secure", "sshd.log", "all"] {
                host.append(name, &line(70));
            }
            // It came before the lines that are in both.
            host.append("sshd.log", &line(68));
        });
        host.check(67, 0);
    }
}

#[test]
fn of_two_that_cannot_both_be_the_middle_neither_is_counted_and_it_is_said() {
    let change = "mv secure bar; sed 's/192.0.2.7/192.0.2.8/' bar > baz";
    for down in [false, true] {
        rotated_twice(["mv secure foo", change], "", down).check(71, 1);
    }
}

#[test]
fn what_may_be_the_middle_or_not_is_not_counted_and_said() {
    let mix = "mv secure bar; sed 'p; s/sshd.*/kernel: eth0: link up/' bar > x; mv x bar";
    for down in [false, true] {
        let host = rotated_twice(["mv secure foo", mix], "", down);
        host.check(71, 1);
        assert!(host.gaps[0].contains("/bar may have been the log"), "{:?}", host.gaps);
    }
}

#[test]
fn files_that_were_moved_to_another_folder_are_a_gap() {
    let away = ["mkdir -p old; mv secure old/foo", "mv secure old/bar"];
    rotated_twice(away, "", true).check(66, 1);
}
