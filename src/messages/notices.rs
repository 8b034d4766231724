//! Advice and warnings.

use super::page::{Page, notice};
use crate::notice::{Notice, receive};
use crate::units::rcvbuf::RcvbufRequest;

pub fn page() -> Page {
    let samples: Vec<Notice> =
        vec![receive::rcvbuf_capped(RcvbufRequest::Bytes(4 << 20), 425_984, Some(212_992))];
    Page { title: "advice and warnings", samples: samples.iter().map(notice).collect() }
}
