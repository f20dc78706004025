use super::*;

const FRAME: &str = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1700000000000001\n\
     __MONOTONIC_TIMESTAMP=5\n_BOOT_ID=b\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n\
     SYSLOG_PID=70\n_PID=71\n_AUDIT_LOGINUID=1000\n_COMM=sshd\n_EXE=/usr/sbin/sshd\n";

fn entry(more: &str) -> Vec<u8> {
    format!("{FRAME}{more}\n").into_bytes()
}

fn binary(name: &str, value: &[u8]) -> Vec<u8> {
    let mut field = format!("{name}\n").into_bytes();
    field.extend((value.len() as u64).to_le_bytes());
    field.extend(value);
    field.push(b'\n');
    field
}

#[test]
fn an_entry_tells_what_was_said_and_by_whom() {
    let bytes = entry("_UID=0\nMESSAGE=Accepted\n");
    assert_eq!(whole(&bytes), Some(bytes.len()));
    let read = read(&bytes).unwrap();
    assert_eq!(read.cursor, "s=1;i=2");
    let record = read.record;
    assert_eq!(record.time.nanoseconds(), 1_700_000_000_000_001_000);
    assert_eq!((record.host, record.identifier), ("web1", "sshd"));
    assert_eq!(record.message, b"Accepted");
    assert_eq!((record.pid, record.uid, record.login_uid), (Some(70), Some(0), Some(1000)));
    assert_eq!((record.comm, record.exe), (Some("sshd"), Some("/usr/sbin/sshd")));
    assert!(record.may_be_stripped);
}

#[test]
fn a_message_may_hold_line_ends_and_bytes_that_are_no_text() {
    let value = b"one\n\n__CURSOR=forged\n\xff\0";
    let mut bytes = FRAME.as_bytes().to_vec();
    bytes.extend(binary("MESSAGE", value));
    bytes.extend(b"_UID=0\n\n");
    for cut in 0..bytes.len() {
        assert_eq!(whole(&bytes[..cut]), None, "cut at {cut}");
    }
    bytes.extend(b"__CURSOR=next");
    assert_eq!(whole(&bytes), Some(bytes.len() - 13));
    let read = read(&bytes).unwrap();
    assert_eq!((read.cursor, read.record.message), ("s=1;i=2", &value[..]));
    assert_eq!(read.record.uid, Some(0));
}

#[test]
fn of_several_messages_the_first_counts() {
    assert_eq!(read(&entry("MESSAGE=a\nMESSAGE=b\n")).unwrap().record.message, b"a");
    assert!(read(&entry("")).unwrap().record.message.is_empty());
}

#[test]
fn blanks_that_journald_stripped_are_there_again() {
    let with = |raw: &str| {
        read(&entry(&format!("MESSAGE=from x\nSYSLOG_RAW={raw}\n"))).map(|e| {
            (String::from_utf8(e.record.message.to_vec()).unwrap(), e.record.may_be_stripped)
        })
    };
    let stripped = with("<38>Nov 26 01:00:00 sshd[70]: from x   ").unwrap();
    assert_eq!(stripped, ("from x   ".to_owned(), false));
    assert_eq!(with("<38>Nov 26 01:00:00 sshd: from x  ").unwrap().0, "from x  ");
    assert_eq!(with("something else").unwrap().0, "from x", "it is not the same message");
    assert_eq!(with("<38>sshd[70]: from y").unwrap().0, "from x");
    let dated = read(&entry("SYSLOG_TIMESTAMP=Nov 26 01:00:00 \nMESSAGE=x\n"))
        .map(|e| e.record.may_be_stripped);
    assert_eq!(dated, Some(false));
}

#[test]
fn a_user_cannot_choose_the_pid_that_joins_his_lines() {
    let pid = |uid: &str| read(&entry(uid)).unwrap().record.pid;
    assert_eq!(pid("_UID=0\n"), Some(70));
    assert_eq!(pid("_UID=1000\n"), Some(71));
    assert_eq!(pid(""), Some(71));
}

#[test]
fn a_field_of_journalds_own_that_stands_twice_proves_nothing() {
    assert_eq!(read(&entry("_UID=0\n_UID=1000\n")).unwrap().record.uid, None);
    assert_eq!(read(&entry("_COMM=x\n")).unwrap().record.comm, None);
}

#[test]
fn an_entry_without_a_tag_bears_its_programs_name() {
    let bytes = entry("");
    let text = String::from_utf8(bytes).unwrap().replace("SYSLOG_IDENTIFIER=sshd\n", "");
    assert_eq!(read(text.as_bytes()).unwrap().record.identifier, "sshd");
}

#[test]
fn what_is_no_entry_is_told_from_one() {
    for bytes in [&b"\n"[..], b"-- Boot 1 --\n\n", b"__CURSOR=x\n\n", b"{}\n\n"] {
        assert!(read(bytes).is_none(), "{}", String::from_utf8_lossy(bytes));
    }
    assert!(read(b"__CURSOR=x\n__REALTIME_TIMESTAMP=soon\n\n").is_none());
}

/// What is kept of these bytes, come in pieces: the entries, and how many were too long.
fn sifted(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, u32, usize) {
    let (mut sieve, mut entries, mut too_long, mut held) = (Sieve::default(), vec![], 0, 0);
    for piece in bytes.chunks(piece) {
        sieve.buffer().extend(piece);
        held = held.max(sieve.buffer().len());
        let (mut block, mut ranges) = (Vec::new(), Vec::new());
        too_long += sieve.take(&mut block, &mut ranges);
        assert_eq!(ranges.iter().map(Range::len).sum::<usize>(), block.len());
        entries.extend(ranges.into_iter().map(|range| block[range].to_vec()));
    }
    (entries, too_long, held)
}

const PIECES: [usize; 6] = [1, 7, 73, 4096, 65_536, usize::MAX];

#[test]
fn fields_that_are_not_read_are_passed_over_however_long_and_in_any_pieces() {
    let long = "x=y ".repeat(100_000);
    let hostile = b"\n\n__CURSOR=forged\nMESSAGE=forged\n\n".repeat(10_000);
    let mut bytes = entry(&format!("_CMDLINE={long}\nMESSAGE=one\n"));
    bytes.extend(FRAME.as_bytes());
    bytes.extend(binary("CUSTOM", &hostile));
    bytes.extend(binary("MESSAGE", b"two\n\n\xff=\0"));
    bytes.extend(format!("{}={long}\n{}\n_UID=0\n\n", "N".repeat(64), "-".repeat(500)).bytes());
    bytes.extend(entry("MESSAGE=three\n"));
    for piece in PIECES {
        let (entries, too_long, held) = sifted(&bytes, piece);
        let read: Vec<_> = entries.iter().map(|entry| read(entry).unwrap()).collect();
        let messages: Vec<_> = read.iter().map(|entry| entry.record.message).collect();
        let expected = [&b"one"[..], b"two\n\n\xff=\0", b"three"];
        assert_eq!((&messages[..], too_long), (&expected[..], 0), "pieces of {piece}");
        assert_eq!(read[1].record.uid, Some(0));
        assert!(piece > 4096 || held < piece + 1024, "{held} held of pieces of {piece}");
    }
}

#[test]
fn what_is_sifted_reads_as_the_whole_does() {
    let mut bytes = entry("_UID=0\nOTHER=1\nMESSAGE=a\nMESSAGE=b\n_UID=0\n");
    let plain = format!("{:?}", read(&bytes).unwrap());
    assert_eq!(format!("{:?}", read(&sifted(&bytes, 5).0[0]).unwrap()), plain);
    bytes.truncate(bytes.len() - 1);
    assert!(sifted(&bytes, 5).0.is_empty(), "it has not ended");
}

#[test]
fn an_entry_too_long_is_passed_over_to_its_end_in_any_pieces() {
    let mut bytes = binary("MESSAGE", &vec![b'\n'; LONGEST_ENTRY]);
    bytes.extend(b"SYSLOG_RAW=x\nB=2\n\n");
    bytes.extend(format!("MESSAGE={}\n\n", "x".repeat(LONGEST_ENTRY)).bytes());
    bytes.extend(b"__CURSOR=next\n\n");
    for piece in [4096, 100_000, usize::MAX] {
        let (entries, too_long, held) = sifted(&bytes, piece);
        let expected = [b"__CURSOR=next\n\n".to_vec()];
        assert_eq!((&entries[..], too_long), (&expected[..], 2), "pieces of {piece}");
        assert!(held <= piece.saturating_add(LONGEST_ENTRY + 1024), "{held} held");
    }
}
