//! A terminal that notes what happens to it.

use std::panic;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::report::live::panics;

/// Notes what the view does. A write takes until `go` is sent, if there is one.
#[derive(Clone, Default)]
struct Noted {
    events: Arc<Mutex<Vec<String>>>,
    go: Arc<Mutex<Option<Receiver<()>>>>,
}

impl Noted {
    fn note(&self, event: impl Into<String>) {
        self.events.lock().unwrap().push(event.into());
    }

    fn all(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }

    /// From now on writes wait.
    fn stall(&self) -> Sender<()> {
        let (sender, receiver) = channel();
        *self.go.lock().unwrap() = Some(receiver);
        sender
    }
}

impl Device for Noted {
    fn enter(&self) -> io::Result<()> {
        self.note("enter");
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.note(format!("begin {}", String::from_utf8_lossy(bytes)));
        if let Some(go) = &*self.go.lock().unwrap() {
            let _ = go.recv();
        }
        Ok(())
    }

    fn leave(&self) {
        self.note("leave");
    }
}

#[test]
fn nothing_is_drawn_after_the_end() {
    let noted = Noted::default();
    let terminal = Terminal::enter(noted.clone()).unwrap();
    terminal.write(b"one").unwrap();
    terminal.restore();
    terminal.write(b"two").unwrap();
    terminal.restore();
    assert_eq!(noted.all(), ["enter", "begin one", "leave"]);
}

#[test]
fn a_stalled_terminal_does_not_stop_the_end() {
    let noted = Noted::default();
    let terminal = Terminal::enter(noted.clone()).unwrap();
    let go = noted.stall();
    let drawing = terminal.clone();
    let thread = thread::spawn(move || drawing.write(b"frame"));
    while noted.all().len() < 2 {
        thread::yield_now();
    }
    // The write never ends, and the terminal is restored nevertheless.
    terminal.restore();
    assert_eq!(noted.all(), ["enter", "begin frame", "leave"]);
    drop(go);
    thread.join().unwrap().unwrap();
}

#[test]
fn a_panic_restores_the_terminal_before_its_message() {
    let noted = Noted::default();
    let terminal = Terminal::enter(noted.clone()).unwrap();
    let name = "panics while it draws";
    // The hook is one for all threads; the message of this thread is noted instead of printed.
    let before = panic::take_hook();
    let message = noted.clone();
    panic::set_hook(Box::new(move |info| match thread::current().name() {
        Some(thread) if thread == name => message.note("message"),
        _ => before(info),
    }));
    let (held, drawing) = (noted.clone(), terminal.clone());
    panics::install(terminal, move || held.note("release"));
    let draw = move || {
        drawing.write(b"frame").unwrap();
        panic!("for the test");
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(draw).unwrap();
    assert!(thread.join().is_err());
    assert_eq!(noted.all(), ["enter", "begin frame", "leave", "release", "message"]);
}
