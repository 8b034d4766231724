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

    /// The response to a GET.
    #[cfg(test)]
    pub fn at(&mut self, path: &str) -> Response {
        let (method, path) = (Method::Get, path.to_owned());
        self.respond(&Request { method, path, openmetrics: false, closes: false })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::metrics::shared::Health;

    fn request(method: Method, path: &str) -> Request {
        Request { method, path: path.to_owned(), openmetrics: false, closes: false }
    }

    #[test]
    fn a_run_is_healthy_once_it_is_ready() {
        let shared = Arc::new(Shared::default());
        let mut pages = Pages::new(Arc::clone(&shared));
        let health = request(Method::Get, "/healthz");
        let before = pages.respond(&health);
        assert_eq!(before.status, Status::Unavailable);
        assert!(before.body.starts_with("not ready: "), "{}", before.body);
        let mut ready = Health::default();
        ready.set_ready();
        shared.publish(Arc::default(), ready);
        assert_eq!(pages.respond(&health).status, Status::Ok);
    }

    #[test]
    fn each_page_has_its_methods() {
        let mut pages = Pages::new(Arc::default());
        for (method, path, status) in [
            (Method::Get, "/metrics", Status::Ok),
            (Method::Head, "/metrics", Status::Ok),
            (Method::Other, "/metrics", Status::Method),
            (Method::Other, "/healthz", Status::Method),
            (Method::Get, "/", Status::NotFound),
            (Method::Other, "/metrics/", Status::NotFound),
        ] {
            assert_eq!(pages.respond(&request(method, path)).status, status, "{path}");
        }
    }

    #[test]
    fn a_document_is_encoded_once() {
        let shared = Arc::new(Shared::default());
        let mut pages = Pages::new(Arc::clone(&shared));
        let scrape = request(Method::Get, "/metrics");
        let (first, second) = (pages.respond(&scrape).body, pages.respond(&scrape).body);
        assert!(Arc::ptr_eq(&first, &second));
        shared.publish(Arc::default(), Health::default());
        assert!(!Arc::ptr_eq(&first, &pages.respond(&scrape).body));
    }
}
