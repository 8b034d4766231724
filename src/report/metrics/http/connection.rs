//! One connection of a client: requests in, responses out, within limits.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{MOST_HEAD, Method, Parsed, Request, parse};
use super::response::Response;

/// The time for a request, from its first byte to its last. A connection must begin its first
/// request within this time, too.
const REQUEST: Duration = Duration::from_secs(5);

/// The time for a response.
const RESPONSE: Duration = Duration::from_secs(30);

/// The time between two requests.
const IDLE: Duration = Duration::from_secs(120);

/// The time that a closing connection waits for the client to read the response. A close with
/// unread bytes would reset the connection and could discard it.
const LINGER: Duration = Duration::from_secs(1);

/// The most bytes that a closing connection discards.
const MOST_DISCARDED: usize = 64 << 10;

/// How many requests a connection carries.
const MOST_REQUESTS: u32 = 1000;

/// How many requests a connection answers before others have their turn.
const REQUESTS_A_TURN: u32 = 8;

/// The state of a connection after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for the client.
    Waits,
    /// It has more to do at once.
    Continues,
    /// It is over.
    Closed,
}

/// A connection.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    input: Vec<u8>,
    state: State,
    /// When the state ends the connection.
    deadline: Instant,
    requests: u32,
}

#[derive(Debug)]
enum State {
    /// Reads a request.
    Reads,
    /// Writes the rest of a response.
    Writes { head: Vec<u8>, body: Arc<str>, written: usize, closes: bool },
    /// Discards the rest of the input.
    Discards { bytes: usize },
}

impl<S: Read + Write> Connection<S> {
    /// A connection that began `now`.
    pub fn new(stream: S, now: Instant) -> Self {
        Connection {
            stream,
            input: Vec::new(),
            state: State::Reads,
            deadline: now + REQUEST,
            requests: 0,
        }
    }

    /// The stream.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// When it must have progressed.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether a response is under way.
    pub fn is_writing(&self) -> bool {
        matches!(self.state, State::Writes { .. })
    }

    /// Reads and writes as much as possible without a wait. `respond` answers a request; `shut`
    /// ends the output.
    pub fn turn(
        &mut self,
        now: Instant,
        respond: &mut dyn FnMut(&Request) -> Response,
        shut: &dyn Fn(&S) -> io::Result<()>,
    ) -> Progress {
        let most = self.requests.saturating_add(REQUESTS_A_TURN);
        loop {
            let step = match &self.state {
                State::Reads if self.requests >= most => return Progress::Continues,
                State::Reads => self.read(now, respond),
                State::Writes { .. } => self.write(now, shut),
                State::Discards { .. } => self.discard(),
            };
            match step {
                Ok(true) => {}
                Ok(false) => return Progress::Closed,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Progress::Waits,
                Err(_) => return Progress::Closed,
            }
        }
    }

    /// Takes a step to read a request. Returns whether the connection continues.
    fn read(
        &mut self,
        now: Instant,
        respond: &mut dyn FnMut(&Request) -> Response,
    ) -> io::Result<bool> {
        match parse(&self.input) {
            Parsed::Request(request, length) => {
                self.input.drain(..length);
                self.requests += 1;
                let closes = request.closes || self.requests >= MOST_REQUESTS;
                let response = respond(&request);
                self.answer(&response, request.method == Method::Head, closes, now);
                return Ok(true);
            }
            Parsed::Refused(status) => {
                self.input.clear();
                self.answer(&Response::refusal(status), false, true, now);
                return Ok(true);
            }
            Parsed::Incomplete => {}
        }
        let mut bytes = [0; 4096];
        let most = bytes.len().min(MOST_HEAD - self.input.len().min(MOST_HEAD));
        let count = self.stream.read(&mut bytes[..most])?;
        if self.input.is_empty() && self.requests > 0 {
            self.deadline = now + REQUEST;
        }
        self.input.extend_from_slice(&bytes[..count]);
        Ok(count > 0)
    }

    fn answer(&mut self, response: &Response, head_only: bool, closes: bool, now: Instant) {
        let body = if head_only { Arc::from("") } else { Arc::clone(&response.body) };
        let head = response.head(closes).into_bytes();
        self.state = State::Writes { head, body, written: 0, closes };
        self.deadline = now + RESPONSE;
    }

    /// Takes a step to write a response.
    fn write(&mut self, now: Instant, shut: &dyn Fn(&S) -> io::Result<()>) -> io::Result<bool> {
        let State::Writes { head, body, written, closes } = &mut self.state else {
            return Ok(true);
        };
        let rest = match head.get(*written..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => &body.as_bytes()[*written - head.len()..],
        };
        if !rest.is_empty() {
            let count = self.stream.write(rest)?;
            *written += count;
            return Ok(count > 0);
        }
        if *closes {
            shut(&self.stream)?;
            self.state = State::Discards { bytes: 0 };
            self.deadline = now + LINGER;
        } else {
            self.state = State::Reads;
            self.deadline = now + if self.input.is_empty() { IDLE } else { REQUEST };
        }
        Ok(true)
    }

    /// Takes a step to discard the rest of the input.
    fn discard(&mut self) -> io::Result<bool> {
        let State::Discards { bytes } = &mut self.state else { return Ok(true) };
        let mut rest = [0; 4096];
        let count = self.stream.read(&mut rest)?;
        *bytes += count;
        Ok(count > 0 && *bytes < MOST_DISCARDED)
    }
}

#[cfg(test)]
mod tests;
