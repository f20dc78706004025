//! A program on a terminal of its own, answered as a person would: read what it asks, then type.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::wait_for;

pub struct Pty {
    child: Child,
    input: Option<ChildStdin>,
    output: Arc<Mutex<Vec<u8>>>,
    /// How much of the output was read as a question.
    read: usize,
    /// The terminal's name without `/dev/`.
    pub tty: String,
}

impl Pty {
    /// Runs a shell command on a terminal that `script` of util-linux opens.
    pub fn run(command: &str) -> Pty {
        let command = format!("echo [$(tty)]; {command}");
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--echo", "never", "--command", &command])
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        let mut from = child.stdout.take().unwrap();
        let into = output.clone();
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut block) {
                into.lock().unwrap().extend_from_slice(&block[..length]);
            }
        });
        let input = child.stdin.take();
        let mut pty = Pty { child, input, output, read: 0, tty: String::new() };
        let before = pty.wait("]");
        pty.tty = before.split("[/dev/").nth(1).expect("a terminal").to_owned();
        pty
    }

    /// Waits until the program has written `text` since the last answer, and returns what came
    /// before it.
    #[track_caller]
    fn wait(&mut self, text: &str) -> String {
        let (output, from) = (self.output.clone(), self.read);
        let (before, end) = wait_for(text, || {
            let output = output.lock().unwrap();
            let new = String::from_utf8_lossy(&output[from..]).into_owned();
            let at = new.find(text)?;
            Some((new[..at].to_owned(), from + at + text.len()))
        });
        self.read = end;
        before
    }

    /// Waits for the question, then types the answer.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.wait(question);
        let input = self.input.as_mut().unwrap();
        input.write_all(answer.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    /// Waits for the program's end; its exit code.
    #[track_caller]
    pub fn end(mut self) -> Option<i32> {
        let code = wait_for("the end of the program on the terminal", || {
            self.child.try_wait().unwrap().map(|status| status.code())
        });
        self.input = None;
        code
    }

    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap()).into_owned()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
