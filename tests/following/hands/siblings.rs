//! The same with the tools that people have at hand: editors, copiers, backups.

use std::fs;
use std::os::unix::fs::FileExt;

use super::{Host, line, lines, try_both, try_once};
use crate::support::{missing, skip};

/// As [`try_both`], where the tool is there.
fn with_tool(tool: &str, before: usize, script: &str, count: usize, gaps: usize) {
    match missing(&[tool]) {
        Some(reason) => drop(skip(&reason)),
        None => try_both(before, script, count, gaps),
    }
}

#[test]
fn it_is_emptied() {
    for script in ["truncate -s 0 secure", ": > secure", "cp /dev/null secure"] {
        // While it is down nobody can tell what stood behind the place.
        try_once(300, script, 301);
    }
    try_once(300, "rm secure; : > secure", 301);
}

#[test]
fn its_end_is_cut_within_a_line() {
    try_both(300, "truncate -s -5000 secure; echo >> secure", 301, 1);
}

#[test]
fn its_end_is_cut_between_lines_as_truncate_does() {
    try_both(300, "truncate -s $(head -n 200 secure | wc -c) secure", 301, 0);
}

#[test]
fn it_is_made_longer_with_nothing() {
    try_both(300, "truncate -s +4096 secure", 301, 0);
}

#[test]
fn vim_writes_it_anew_or_in_place() {
    for way in ["yes", "no", "auto"] {
        let script = format!(
            "vim.tiny -es -u NONE -c 'set backup backupcopy={way}' -c 'g/for u77 /d' -c wq secure </dev/null"
        );
        with_tool("vim.tiny", 300, &script, 301, 0);
    }
}

#[test]
fn other_editors_and_filters() {
    with_tool("perl", 300, "perl -ni -e 'print unless /for u77 /' secure", 301, 0);
    with_tool("perl", 300, "perl -ni.bak -e 'print unless /for u77 /' secure", 301, 0);
    try_both(300, "sed -i.orig -e '/for u77 /d' secure", 301, 0);
    try_both(
        300,
        "sed -i -c '/for u77 /d' secure 2>/dev/null || sed -i '/for u77 /d' secure",
        301,
        0,
    );
    try_both(300, "awk '!/for u77 /' secure > x && mv x secure", 301, 0);
    try_both(300, "grep -v 'for u77 ' secure > x; cp x secure; rm x", 301, 0);
    try_both(300, "sed -i '1d' secure", 301, 0);
    try_both(300, "sed -i '1,200d' secure", 301, 0);
    try_both(300, "sed -i '$d' secure", 301, 0);
    try_both(300, "uniq secure > x; mv x secure", 301, 0);
    try_both(300, "sort -u secure > x; cat x > secure", 301, 0);
}

#[test]
fn tee_and_sponge() {
    try_both(300, "grep -v 'for u77 ' secure > x; tee secure < x > /dev/null", 301, 0);
    with_tool("sponge", 300, "grep -v 'for u77 ' secure | sponge secure", 301, 0);
}

#[test]
fn copies_that_keep_times_and_come_back() {
    try_both(300, "cp -p secure x; mv x secure", 301, 0);
    try_both(300, "cp -p secure x; rm secure; cp -p x secure", 301, 0);
    try_both(300, "cp -a secure x; sleep 0.01; cat x > secure", 301, 0);
    try_both(300, "dd if=secure of=x status=none; dd if=x of=secure status=none", 301, 0);
    try_both(300, "tar cf x.tar secure; rm secure; tar xf x.tar", 301, 0);
    try_both(300, "ln secure x; cp secure y; mv y secure", 301, 0);
}

#[test]
fn rsync_in_each_of_its_ways() {
    for options in ["", "--inplace", "--append", "-W --inplace", "-a", "--no-whole-file --inplace"]
    {
        let script = format!("cp secure mirror; rsync {options} -I mirror secure");
        with_tool("rsync", 300, &script, 301, 0);
    }
}

#[test]
fn compressed_and_restored() {
    try_both(300, "gzip secure; gunzip secure.gz", 301, 0);
    try_both(300, "gzip -k secure; rm secure; zcat secure.gz > secure", 301, 0);
    try_both(300, "xz secure && xz -d secure.xz", 301, 0);
}

#[test]
fn emptied_and_restored_from_a_backup() {
    try_both(300, "cp secure backup; : > secure; cat backup > secure", 301, 0);
    for down in [false, true] {
        let mut host = Host::new(300);
        host.sh("cp -p secure backup; : > secure");
        host.settle();
        host.append("secure", &lines(300..305));
        host.settle();
        host.meanwhile(down, |host| {
            host.sh("cat backup secure > x; cat x > secure");
            host.append("secure", &line(305));
        });
        host.check(306, 0);
    }
}

/// Backups are put back by appending them too, behind what came meanwhile.
#[test]
fn a_backup_is_appended() {
    for before in [40, 300, 2_000, 20_000] {
        for down in [false, true] {
            for unread in [0, 7] {
                let mut host = Host::new(before);
                host.sh("cp secure backup; : > secure");
                host.settle();
                host.append("secure", &lines(before..before + 5));
                host.settle();
                host.meanwhile(down, |host| {
                    host.append("secure", &lines(before + 5..before + 5 + unread));
                    host.sh("cat backup >> secure");
                    host.append("secure", &line(before + 50));
                });
                host.append("secure", &line(before + 60));
                host.settle();
                eprintln!("{before}, down: {down}, unread: {unread}");
                assert!(host.gaps.len() <= 1, "{:?}", host.gaps);
                host.check(before + 7 + unread, host.gaps.len());
            }
        }
    }
}

#[test]
fn git_puts_an_old_state_back() {
    let git = "git -c user.name=x -c user.email=x -c init.defaultBranch=x";
    let script = format!(
        "{git} init -q .; head -n 250 secure > x; cp secure y; cat x > secure; {git} add secure; \
         {git} commit -qm x; mv y secure; {git} checkout -q secure; rm -rf .git"
    );
    try_both(300, &script, 301, 0);
}

#[test]
fn last_weeks_backup_is_put_in_its_place() {
    for (before, then) in [(100, 300), (2_000, 30_000), (20_000, 30_000)] {
        for rotated in [false, true] {
            let script = format!(
                "head -n {before} secure > backup; {} cat backup > secure",
                if rotated { "mv secure secure.1;" } else { "" }
            );
            try_once(then, &script, then + 1);
        }
    }
}

#[test]
fn it_is_put_behind_itself() {
    try_once(300, "cat secure secure > x; mv x secure", 301);
    try_once(300, "cat secure >> x; cat x >> secure", 301);
    try_once(5_000, "cat secure secure > x; cat x > secure", 5_001);
    // It was read before: the second half of it cannot be told from lines that come again.
    try_once(20_000, "cat secure secure > x; mv x secure", 20_001);
}

/// The copy that logrotate took is not whole: the disk was full.
#[test]
fn copytruncate_with_a_copy_of_a_part() {
    try_both(300, "head -c 10000 secure > secure.1; : > secure", 301, 0);
    try_both(300, "cp secure secure.1; truncate -s -100 secure.1; : > secure", 301, 0);
    for down in [false, true] {
        let mut host = Host::new(300);
        host.meanwhile(down, |host| {
            host.append("secure", &lines(300..310));
            host.sh("head -n 305 secure > secure.1; : > secure");
            host.append("secure", &line(310));
        });
        host.check(306, 0);
    }
}

/// The daemon goes on in the old file while an editor works, and is told to reopen later.
#[test]
fn its_head_is_edited_while_lines_arrive() {
    for rounds in 1..4 {
        let mut host = Host::new(300);
        let mut n = 300;
        for _ in 0..rounds {
            let writer = fs::OpenOptions::new().append(true).open(host.path("secure")).unwrap();
            host.sh("sed '1,50d' secure > x");
            let size = writer.metadata().unwrap().len();
            writer.write_at(lines(n..n + 4).as_bytes(), size).unwrap();
            host.look();
            host.sh("mv x secure");
            let size = writer.metadata().unwrap().len();
            writer.write_at(lines(n + 4..n + 6).as_bytes(), size).unwrap();
            host.look();
            host.append("secure", &lines(n + 6..n + 10));
            host.settle();
            n += 10;
        }
        host.check(n, 0);
    }
}

/// Lines that are really there twice, and an edit elsewhere.
#[test]
fn lines_that_stand_twice_count_twice_whatever_is_edited() {
    for script in ["sed -i '/for u77 /d' secure", "cp secure x; cat x > secure", "sed -i 1d secure"]
    {
        for down in [false, true] {
            let twice = line(500).repeat(2);
            let mut host = Host::with(&lines(0..300));
            host.append("secure", &twice);
            host.settle();
            host.meanwhile(down, |host| {
                host.sh(script);
                host.settle();
                host.append("secure", &(line(501).repeat(3) + &line(502)));
            });
            assert_eq!(host.lines.len(), 306, "{script}, down: {down}: {:?}", host.gaps);
        }
    }
}

/// A line of before comes again later: another access, in the same words but for its time.
#[test]
fn the_same_words_at_another_time_are_another_line() {
    let again = |n: usize| {
        format!("Nov 26 0{n}:00:00 web1 sshd[7]: Accepted password for a from ::1 port 1 ssh2\n")
    };
    let mut host = Host::with(&again(1));
    host.sh("mv secure secure.1");
    host.append("secure", &again(2));
    host.settle();
    host.sh("mv secure secure.1");
    host.append("secure", &again(3));
    host.settle();
    host.check(3, 0);
}

#[test]
fn more_ways_to_write_the_same_again() {
    with_tool("perl", 300, "perl -i -pe 's/NOTHING//' secure", 301, 0);
    with_tool("perl", 300, "perl -i~ -ne 'print unless /for u77 /' secure", 301, 0);
    with_tool("ed", 300, "printf '/for u77 /d\\nw\\nq\\n' | ed -s secure >/dev/null", 301, 0);
    try_both(300, "sort -u -o secure secure", 301, 0);
    try_both(300, "cp --reflink=auto secure x; mv x secure", 301, 0);
    try_both(300, "cp secure x; dd if=x of=secure conv=notrunc status=none", 301, 0);
    try_both(300, "cp secure x; ln -f x secure", 301, 0);
    try_both(300, "cp secure x; ln secure old; ln -f x secure; rm x", 301, 0);
    try_both(
        300,
        "touch -d 2020-01-01 secure; tar cf x.tar secure; rm secure; tar xf x.tar",
        301,
        0,
    );
    try_both(300, "install -m 600 secure x; mv x secure", 301, 0);
}

/// Across file systems `mv` is a copy and a removal.
#[test]
fn it_is_moved_to_another_file_system_and_back() {
    let script = "D=$(mktemp -d -p /dev/shm); mv secure $D/s; mv $D/s secure; rmdir $D";
    try_both(300, script, 301, 0);
}
