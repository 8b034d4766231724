//! Programs under test: start them, wait for lines of their output, send signals, and check their
//! exit status.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::schema;

/// The timeout of each wait. It is far longer than any wait takes, and ends only failed tests.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Waits until a condition holds, by polling.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "timeout: {what}");
        thread::sleep(Duration::from_millis(2)); // between two polls
    }
}

/// A program that runs.
pub struct Running {
    child: Child,
    what: String,
    out: Lines,
    err: Lines,
}

/// The output and exit status of a program.
pub struct Finished {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
    what: String,
}

impl Running {
    /// Starts a program that reads nothing.
    pub fn start(command: Command) -> Running {
        Self::start_reading(command, Stdio::null())
    }

    /// Starts a program that reads `input`.
    pub fn start_reading(mut command: Command, input: impl Into<Stdio>) -> Running {
        let what = format!("{command:?}");
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{what}: {error}"));
        let out = Lines::read(child.stdout.take().expect("piped"));
        let err = Lines::read(child.stderr.take().expect("piped"));
        Running { child, what, out, err }
    }

    /// Waits for a line of standard output, and returns it.
    pub fn line(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.out.wait(wanted).unwrap_or_else(|| self.give_up("standard output"))
    }

    /// Waits for a line of standard error, and returns it.
    pub fn error_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.err.wait(wanted).unwrap_or_else(|| self.give_up("standard error"))
    }

    /// Waits until mcast reports that it is ready, as text or JSON.
    pub fn ready(self) -> Running {
        self.line(|line| {
            line.starts_with("listening to")
                || line.starts_with("sending to")
                || line.starts_with("pinging ")
                || line.starts_with("{\"event\":\"ready\"")
        });
        self
    }

    /// The output until now.
    pub fn so_far(&self) -> String {
        self.out.so_far()
    }

    /// The error output until now.
    pub fn errors_so_far(&self) -> String {
        self.err.so_far()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill").success(), "{}: cannot send {name}", self.what);
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Waits for the end of the process, with any status.
    pub fn finish(mut self) -> Finished {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if start.elapsed() > TIMEOUT {
                self.give_up("the end");
            }
            thread::sleep(Duration::from_millis(2)); // between two polls
        };
        let (out, err) = (self.out.to_end(), self.err.to_end());
        Finished { status, out, err, what: self.what.clone() }
    }

    /// Waits for the end of the process, which must have this exit status.
    pub fn ends(self, status: i32) -> Finished {
        let finished = self.finish();
        assert_eq!(finished.status.code(), Some(status), "{finished}");
        finished
    }

    fn give_up(&self, what: &str) -> ! {
        panic!(
            "gave up waiting for {what} of {}\n{}{}",
            self.what,
            self.out.so_far(),
            self.err.so_far()
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// The JSON events of standard output. Each must be valid against the schema.
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &str| {
            let event = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("not JSON: {line}: {error}\n{self}"));
            schema::check(&event).unwrap_or_else(|why| {
                panic!("violates the schema: {line}\n{why}\nof {}", self.what)
            });
            event
        };
        self.out.lines().map(parse).collect()
    }

    /// The JSON events of one kind.
    pub fn events_of(&self, kind: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == kind).collect()
    }

    /// The last JSON event, which must be the summary.
    pub fn summary(&self) -> Value {
        let last = self.events().pop().unwrap_or_else(|| panic!("no events\n{self}"));
        assert_eq!(last["event"], "summary", "{self}");
        last
    }

    /// Asserts that standard output or standard error contains a text.
    pub fn prints(&self, part: &str) {
        assert!(
            self.out.contains(part) || self.err.contains(part),
            "does not print {part:?}\n{self}"
        );
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}\n--- out\n{}--- err\n{}", self.what, self.status, self.out, self.err)
    }
}

/// The lines of a stream, read by a thread.
struct Lines(Arc<(Mutex<Stream>, Condvar)>);

#[derive(Default)]
struct Stream {
    text: String,
    ended: bool,
}

impl Lines {
    fn read(stream: impl std::io::Read + Send + 'static) -> Lines {
        let shared = Arc::new((Mutex::new(Stream::default()), Condvar::new()));
        let writer = Arc::clone(&shared);
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            loop {
                line.clear();
                let count = reader.read_until(b'\n', &mut line).unwrap_or(0);
                let mut stream = writer.0.lock().unwrap();
                stream.text.push_str(&String::from_utf8_lossy(&line));
                stream.ended = count == 0;
                writer.1.notify_all();
                if stream.ended {
                    return;
                }
            }
        });
        Lines(shared)
    }

    fn wait(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let (stream, changed) = &*self.0;
        let found =
            |stream: &Stream| stream.text.lines().find(|line| wanted(line)).map(str::to_owned);
        let guard = stream.lock().unwrap();
        let waiting = |stream: &mut Stream| found(stream).is_none() && !stream.ended;
        let (guard, _) = changed.wait_timeout_while(guard, TIMEOUT, waiting).unwrap();
        found(&guard)
    }

    fn to_end(&self) -> String {
        let (stream, changed) = &*self.0;
        let guard = stream.lock().unwrap();
        changed.wait_timeout_while(guard, TIMEOUT, |stream| !stream.ended).unwrap().0.text.clone()
    }

    fn so_far(&self) -> String {
        self.0.0.lock().unwrap().text.clone()
    }
}
