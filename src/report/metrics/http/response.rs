//! Writes responses.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// A status of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The page follows.
    Ok,
    /// The bytes are no request.
    BadRequest,
    /// No such page.
    NotFound,
    /// Neither GET nor HEAD.
    Method,
    /// The head is too long.
    HeadTooLarge,
    /// The run is not ready.
    Unavailable,
    /// Not HTTP/1.
    Version,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::BadRequest => "400 Bad Request",
            Status::NotFound => "404 Not Found",
            Status::Method => "405 Method Not Allowed",
            Status::HeadTooLarge => "431 Request Header Fields Too Large",
            Status::Unavailable => "503 Service Unavailable",
            Status::Version => "505 HTTP Version Not Supported",
        }
    }
}

/// A response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: Status,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body. Connections that receive the same one share it.
    pub body: Arc<str>,
}

impl Response {
    /// A response of text.
    pub fn text(status: Status, body: impl Into<Arc<str>>) -> Self {
        Response { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// The response to bytes that are no request.
    pub fn refusal(status: Status) -> Self {
        Response::text(status, format!("{}\n", status.line()))
    }

    /// The lines before the body. The connection ends after a response that `closes`.
    pub fn head(&self, closes: bool) -> String {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now());
        self.head_at(date.unwrap_or_default().as_str(), closes)
    }

    /// The lines before the body at a date.
    fn head_at(&self, date: &str, closes: bool) -> String {
        let Response { status, content_type, body } = self;
        let connection = if closes { "close" } else { "keep-alive" };
        let mut lines = vec![
            format!("HTTP/1.1 {}", status.line()),
            format!("Date: {date}"),
            format!("Content-Type: {content_type}"),
            format!("Content-Length: {}", body.len()),
            format!("Connection: {connection}"),
            "Vary: Accept".to_owned(),
        ];
        if *status == Status::Method {
            lines.push("Allow: GET, HEAD".to_owned());
        }
        lines.join("\r\n") + "\r\n\r\n"
    }

    /// The whole response, as people read it.
    #[cfg(test)]
    pub fn sample(&self) -> String {
        let head = self.head_at("Sun, 29 Nov 2026 12:00:00 GMT", false);
        head.replace("\r\n", "\n") + &self.body
    }
}
