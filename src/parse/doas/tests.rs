use super::*;
use crate::parse::words::{framed, read, told};

fn check(message: &str, expected: &str) {
    let envelope = framed("doas", Some(9), message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn words_of_the_line_in_command_and_directory() {
    check(
        "alice ran command /bin/echo as www from /tmp as root from /home/alice",
        "sudo_command doas user=alice target=root dir=/home/alice command=/bin/echo as www from /tmp",
    );
    check(
        "alice ran command ls as root from (failed)",
        "sudo_command doas user=alice target=root dir=(failed) command=ls",
    );
    // Cut by syslog before the target.
    check("alice ran command /bin/echo x", "sudo_command doas user=alice command=/bin/echo x");
    check(
        "alice ran a shell as root from /home/alice",
        "sudo_command doas user=alice command=as root from /home/alice",
    );
}

#[test]
fn what_no_row_knows_is_said() {
    check("something new", "unrecognized doas");
    check("two words ran command x as root from /", "unrecognized doas");
}
