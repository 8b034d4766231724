//! Reads the head of a request. The bytes are from anyone.

use httparse::{EMPTY_HEADER, Error, Header};

use super::{Status, prefers_openmetrics};

/// The longest head of a request, in bytes.
pub const MOST_HEAD: usize = 8 << 10;

/// The most header fields of a request.
const MOST_FIELDS: usize = 64;

/// The first bytes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The head is not complete yet.
    Incomplete,
    /// A request, and the length of its head.
    Request(Request, usize),
    /// No request. The connection cannot continue.
    Refused(Status),
}

/// A request. Only the parts that an answer depends on are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, without a query.
    pub path: String,
    /// The client prefers OpenMetrics to the text format.
    pub openmetrics: bool,
    /// The connection ends after the response: the client asks for that, or sends a body, which the
    /// server does not read.
    pub closes: bool,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD: the response has no body.
    Head,
    /// Any other one.
    Other,
}

/// Reads the head of a request from the bytes of a connection.
pub fn parse(bytes: &[u8]) -> Parsed {
    // An incomplete head is parsed again with each segment, so its length is limited first.
    let head = &bytes[..bytes.len().min(MOST_HEAD)];
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) => match read(&request) {
            Ok(request) => Parsed::Request(request, length),
            Err(status) => Parsed::Refused(status),
        },
        Ok(httparse::Status::Partial) if bytes.len() < MOST_HEAD => Parsed::Incomplete,
        Ok(httparse::Status::Partial) | Err(Error::TooManyHeaders) => {
            Parsed::Refused(Status::HeadTooLarge)
        }
        Err(Error::Version) => Parsed::Refused(Status::Version),
        Err(_) => Parsed::Refused(Status::BadRequest),
    }
}

fn read(request: &httparse::Request) -> Result<Request, Status> {
    let fields = &*request.headers;
    let method = match request.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        _ => Method::Other,
    };
    let is_1_1 = request.version == Some(1);
    // RFC 9112, 3.2: a request of HTTP/1.1 has one host.
    let hosts = named(fields, "host").count();
    if hosts > 1 || (is_1_1 && hosts == 0) {
        return Err(Status::BadRequest);
    }
    let asks = |wanted| tokens(fields, "connection").any(|token| token == wanted);
    let keeps = !asks("close") && (is_1_1 || asks("keep-alive"));
    Ok(Request {
        method,
        path: path(request.path.unwrap_or_default()),
        openmetrics: prefers_openmetrics(named(fields, "accept")),
        closes: !keeps || has_body(fields),
    })
}

/// Whether bytes of a body follow the head. Without a valid length, that is assumed.
fn has_body(fields: &[Header]) -> bool {
    let is_empty = |length: &[u8]| !length.is_empty() && length.iter().all(|byte| *byte == b'0');
    let has_length = named(fields, "content-length").any(|length| !is_empty(length));
    has_length || named(fields, "transfer-encoding").next().is_some()
}

/// The path of a target, which may be absolute: `http://host:9464/metrics?x=y` (RFC 9112, 3.2.2).
fn path(target: &str) -> String {
    let whole = match target.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |start| &rest[start..])
        }
        _ => target,
    };
    whole.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// The values of the fields with a name in lower case.
fn named<'a>(fields: &'a [Header], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// The comma-separated values of the fields with a name, in lower case.
fn tokens<'a>(fields: &'a [Header], name: &'a str) -> impl Iterator<Item = String> + 'a {
    named(fields, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|token| String::from_utf8_lossy(token.trim_ascii()).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Parsed::Request(request, length) if length == text.len() => request,
            other => panic!("{text:?} is {other:?}"),
        }
    }

    fn refused(bytes: impl AsRef<[u8]>) -> Status {
        match parse(bytes.as_ref()) {
            Parsed::Refused(status) => status,
            other => panic!("{:?} is {other:?}", String::from_utf8_lossy(bytes.as_ref())),
        }
    }

    #[test]
    fn a_scrape_is_read() {
        let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";
        let scrape = format!("GET /metrics HTTP/1.1\r\nHost: a:9464\r\nAccept: {accept}\r\n\r\n");
        let expected = Request {
            method: Method::Get,
            path: "/metrics".to_owned(),
            openmetrics: true,
            closes: false,
        };
        assert_eq!(request(&scrape), expected);
        (0..scrape.len()).for_each(|end| {
            assert_eq!(parse(&scrape.as_bytes()[..end]), Parsed::Incomplete, "{end}");
        });
    }

    #[test]
    fn the_path_ends_before_a_query() {
        for (target, path) in [
            ("/metrics", "/metrics"),
            ("/metrics?a=b", "/metrics"),
            ("http://host:9464/metrics?a", "/metrics"),
            ("http://host", "/"),
            ("*", "*"),
            ("//metrics", "//metrics"),
        ] {
            let read = request(&format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n"));
            assert_eq!(read.path, path, "{target}");
        }
    }

    #[test]
    fn a_connection_continues_only_without_a_body() {
        for (head, closes) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n", true),
            ("GET / HTTP/1.0\r\n", true),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", true),
        ] {
            assert_eq!(request(&format!("{head}\r\n")).closes, closes, "{head}");
        }
    }

    #[test]
    fn bytes_that_are_no_request_are_refused() {
        assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), Status::BadRequest);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), Status::BadRequest);
        assert_eq!(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Status::Version);
        assert_eq!(refused([0x16, 3, 1, 2, 0, 1]), Status::BadRequest);
        let fields = "A: b\r\n".repeat(65);
        assert_eq!(refused(format!("GET / HTTP/1.1\r\n{fields}")), Status::HeadTooLarge);
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(MOST_HEAD));
        assert_eq!(refused(long), Status::HeadTooLarge);
        let late = format!("GET / HTTP/1.1\r\nHost: a\r\nB: {}\r\n\r\n", "x".repeat(MOST_HEAD));
        assert_eq!(refused(late), Status::HeadTooLarge);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"GET / HTTP/1.1\r\n", &bytes[..]].concat());
            let head = b"GET / HTTP/1.1\r\nhost: a\r\naccept: ";
            let _ = parse(&[head, &bytes[..], b"\r\n\r\n"].concat());
        }
    }
}
