//! Arbitrary bytes from a client of the metrics. Nothing panics, the limits hold, and the client
//! receives whole responses.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::time::Instant;

use mcast::report::metrics::http::{
    Connection, MOST_HEAD, Parsed, Progress, Request, Response, Status, parse,
};

/// The length of a piece that arrives at once.
const PIECE: usize = 700;

/// Reads the bytes as the head of a request, and serves them as a connection.
///
/// # Panics
/// If a limit is exceeded, or a response is incomplete.
pub fn run(bytes: &[u8]) {
    match parse(bytes) {
        Parsed::Request(request, length) => {
            assert!(length <= bytes.len() && length <= MOST_HEAD);
            assert!(request.path.len() < length && !request.path.contains(['?', '\n', '\r']));
            let head = parse(&bytes[..length]);
            assert_eq!(head, Parsed::Request(request, length), "the head is complete");
        }
        Parsed::Incomplete => assert!(bytes.len() < MOST_HEAD),
        Parsed::Refused(status) => assert!(status != Status::Ok),
    }
    serve(bytes);
}

/// A client that sends the bytes in pieces and then ends its output.
struct Client<'a> {
    rest: &'a [u8],
    pauses: bool,
    received: Vec<u8>,
    is_shut: Cell<bool>,
}

impl Read for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pauses = !self.pauses;
        if self.pauses && !self.rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.rest.len().min(buffer.len()).min(PIECE);
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

impl Write for Client<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.is_shut.get(), "the output has ended");
        let count = bytes.len().min(PIECE);
        self.received.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn serve(bytes: &[u8]) {
    let client =
        Client { rest: bytes, pauses: false, received: Vec::new(), is_shut: Cell::new(false) };
    let mut connection = Connection::new(client, Instant::now());
    let mut requests = 0;
    let mut respond = |request: &Request| {
        requests += 1;
        Response::text(Status::Ok, format!("{}{}", request.path.len(), request.openmetrics))
    };
    let shut = |client: &Client| {
        client.is_shut.set(true);
        Ok(())
    };
    // Each turn takes a piece or serves some requests.
    let most = 100 + bytes.len();
    let ended =
        (0..most).any(|_| connection.turn(Instant::now(), &mut respond, &shut) == Progress::Closed);
    assert!(ended, "the client has ended, and the connection has not");
    let received = &connection.stream().received;
    let heads = received.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
    assert!(heads == requests || heads == requests + 1, "{heads} responses to {requests} requests");
}
