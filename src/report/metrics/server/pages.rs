//! The pages of the server.

use std::sync::Arc;
use std::time::Instant;

use crate::report::metrics::encoding::{Format, encode};
use crate::report::metrics::http::{Method, Request, Response, Status};
use crate::report::metrics::shared::Shared;
use crate::report::metrics::snapshot::Snapshot;

/// The pages of the server.
pub struct Pages {
    shared: Arc<Shared>,
    /// The newest document of each format. It is encoded once, however many clients ask for it.
    documents: [Option<Document>; 2],
}

struct Document {
    snapshot: Arc<Snapshot>,
    text: Arc<str>,
}

impl Pages {
    /// The pages of a run.
    pub fn new(shared: Arc<Shared>) -> Self {
        Pages { shared, documents: [None, None] }
    }

    /// Answers a request.
    pub fn respond(&mut self, request: &Request) -> Response {
        let page = request.path.as_str();
        if !matches!(page, "/metrics" | "/healthz") {
            let body = "not found: this server has /metrics and /healthz\n";
            return Response::text(Status::NotFound, body);
        }
        if request.method == Method::Other {
            return Response::refusal(Status::Method);
        }
        match page {
            "/healthz" => self.health(),
            _ => self.metrics(request.openmetrics),
        }
    }

    fn health(&self) -> Response {
        match self.shared.health().problem(Instant::now()) {
            None => Response::text(Status::Ok, "ok\n"),
            Some(problem) => Response::text(Status::Unavailable, format!("{problem}\n")),
        }
    }

    fn metrics(&mut self, openmetrics: bool) -> Response {
        let format = if openmetrics { Format::OpenMetrics } else { Format::Text };
        let snapshot = self.shared.snapshot();
        let known = &mut self.documents[usize::from(openmetrics)];
        let is_new = |known: &Document| Arc::ptr_eq(&known.snapshot, &snapshot);
        let text = match known {
            Some(known) if is_new(known) => Arc::clone(&known.text),
            _ => {
                let text: Arc<str> = encode(&snapshot, format).into();
                *known = Some(Document { snapshot, text: Arc::clone(&text) });
                text
            }
        };
        Response { status: Status::Ok, content_type: format.content_type(), body: text }
    }
}
