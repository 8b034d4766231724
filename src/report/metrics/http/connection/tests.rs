use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::report::metrics::http::Status;

/// A client: the pieces that it sends, and the bytes that it receives.
#[derive(Default)]
struct Client {
    sends: VecDeque<Vec<u8>>,
    ends: bool,
    received: Vec<u8>,
    /// How many bytes it takes at a time.
    window: usize,
    is_shut: std::cell::Cell<bool>,
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.sends.front_mut() else {
            return if self.ends { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        };
        if piece.is_empty() {
            // The client pauses.
            self.sends.pop_front();
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            self.sends.pop_front();
        }
        Ok(count)
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.is_shut.get(), "the output has ended");
        let count = bytes.len().min(self.window);
        self.received.extend_from_slice(&bytes[..count]);
        if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connection(pieces: &[&[u8]], ends: bool) -> Connection<Client> {
    let sends = pieces.iter().map(|piece| piece.to_vec()).collect();
    let client = Client { sends, ends, window: 7, ..Client::default() };
    Connection::new(client, Instant::now())
}

/// Runs a connection until it waits for more, or is over.
fn run(connection: &mut Connection<Client>) -> Progress {
    let mut respond = |request: &Request| Response::text(Status::Ok, format!("[{}]", request.path));
    let shut = |client: &Client| {
        client.is_shut.set(true);
        Ok(())
    };
    let mut waits = 0;
    for _ in 0..10_000 {
        match connection.turn(Instant::now(), &mut respond, &shut) {
            Progress::Waits if connection.stream.sends.is_empty() || waits > 100 => {
                return Progress::Waits;
            }
            Progress::Waits => waits += 1,
            Progress::Continues => {}
            Progress::Closed => return Progress::Closed,
        }
    }
    panic!("the connection does not end");
}

/// The statuses and bodies of all responses.
fn responses(mut bytes: &[u8]) -> Vec<(u16, String)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut fields);
        let head = response.parse(bytes).unwrap().unwrap();
        let length = response.headers.iter().find(|field| field.name == "Content-Length").unwrap();
        let length: usize = std::str::from_utf8(length.value).unwrap().parse().unwrap();
        let end = bytes.len().min(head + length);
        let body = String::from_utf8_lossy(&bytes[head..end]).into_owned();
        found.push((response.code.unwrap(), body));
        bytes = &bytes[end..];
    }
    found
}

fn paths(connection: &Connection<Client>) -> Vec<String> {
    responses(&connection.stream.received).into_iter().map(|(_, body)| body).collect()
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let one = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    let two = b"GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHo";
    let mut pipelined =
        connection(&[&[one.as_slice(), two].concat(), b"", b"st: h\r\n\r\n"], false);
    assert_eq!(run(&mut pipelined), Progress::Waits);
    assert_eq!(paths(&pipelined), ["[/a]", "[/b]", "[/c]"]);
    let many = one.repeat(2000);
    let mut many = connection(&[&many], true);
    assert_eq!(run(&mut many), Progress::Closed);
    assert_eq!(paths(&many).len(), MOST_REQUESTS as usize);
}

#[test]
fn a_client_that_ends_its_output_receives_its_response() {
    let mut half_closed = connection(&[b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"], true);
    assert_eq!(run(&mut half_closed), Progress::Closed);
    assert_eq!(paths(&half_closed), ["[/a]"]);
    let mut incomplete = connection(&[b"GET /a HT"], true);
    assert_eq!(run(&mut incomplete), Progress::Closed);
    assert!(incomplete.stream.received.is_empty());
}

#[test]
fn head_has_the_length_but_no_body() {
    let mut head = connection(&[b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"], false);
    run(&mut head);
    let text = String::from_utf8(head.stream.received).unwrap();
    assert!(text.contains("\r\nContent-Length: 4\r\n") && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn bytes_after_a_refused_request_are_discarded() {
    let body = vec![b'x'; 20_000];
    let mut posted =
        connection(&[b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n", &body], true);
    assert_eq!(run(&mut posted), Progress::Closed);
    assert_eq!(paths(&posted), ["[/a]"]);
    assert!(posted.stream.is_shut.get() && posted.stream.sends.is_empty());
    let endless = vec![0; 1 << 20];
    let mut binary = connection(&[&endless], false);
    assert_eq!(run(&mut binary), Progress::Closed);
    assert_eq!(responses(&binary.stream.received)[0].0, 400);
    assert!(!binary.stream.sends.is_empty(), "the client sends forever");
}

#[test]
fn the_time_for_a_request_begins_with_its_first_byte() {
    let start = Instant::now();
    let mut slow = connection(&[b"GET /a HTTP/1.1\r\n"], false);
    run(&mut slow);
    assert!(slow.deadline() <= Instant::now() + REQUEST && slow.deadline() >= start);
    let before = slow.deadline();
    slow.stream.sends.push_back(b"Host: h\r\nX: ".to_vec());
    run(&mut slow);
    assert_eq!(slow.deadline(), before, "further bytes give no more time");
    slow.stream.sends.push_back(b"y\r\n\r\n".to_vec());
    run(&mut slow);
    assert!(slow.deadline() > Instant::now() + REQUEST, "it may be idle");
    slow.stream.sends.push_back(b"G".to_vec());
    run(&mut slow);
    assert!(slow.deadline() <= Instant::now() + REQUEST);
}

proptest! {
    #[test]
    fn any_bytes_get_whole_responses(
        pieces in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..50),
                Just(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(b"GET /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".to_vec()),
            ],
            0..8,
        ),
        ends in any::<bool>(),
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let mut any = connection(&pieces, ends);
        run(&mut any);
        for (status, _) in responses(&any.stream.received) {
            prop_assert!(matches!(status, 200 | 400 | 431 | 505), "{}", status);
        }
    }
}
