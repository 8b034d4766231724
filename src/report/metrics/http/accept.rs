//! The choice between the formats by the field Accept (RFC 9110, 12.5.1).

/// Whether a client names OpenMetrics 1.0, and prefers the text format not more. A client that
/// accepts everything gets the text format, which people read.
pub fn prefers_openmetrics<'a>(fields: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut openmetrics, mut text) = (0, 0);
    for field in fields {
        for range in field.split(|byte| *byte == b',') {
            let Some(range) = Range::read(range) else { continue };
            match range.kind.as_str() {
                "application/openmetrics-text" if range.is_version("1.0.0") => {
                    openmetrics = openmetrics.max(range.weight);
                }
                "text/plain" if range.is_version("0.0.4") => text = text.max(range.weight),
                _ => {}
            }
        }
    }
    openmetrics > 0 && openmetrics >= text
}

/// A media range.
struct Range {
    /// The type, in lower case.
    kind: String,
    version: Option<String>,
    /// The weight in thousandths.
    weight: u32,
}

impl Range {
    fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let (mut version, mut weight) = (None, 1000);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => version = Some(value.to_owned()),
                "q" => weight = thousandths(value)?,
                _ => {}
            }
        }
        Some(Range { kind, version, weight })
    }

    /// Whether the range includes a version: without one, it includes all.
    fn is_version(&self, wanted: &str) -> bool {
        self.version.as_deref().is_none_or(|version| version == wanted)
    }
}

/// A weight from 0 to 1 with at most three digits after the point.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = matches!(whole, "0" | "1") && part.len() <= 3;
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    let weight: u32 = format!("{whole}{part:0<3}").parse().ok().filter(|_| is_valid && digits)?;
    Some(weight).filter(|weight| *weight <= 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_for_clients_that_name_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accept, expected) in [
            (prometheus, true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("Application/OpenMetrics-Text; version=\"1.0.0\"", true),
            ("application/openmetrics-text", true),
            ("application/openmetrics-text;version=0.0.1", false),
            ("application/openmetrics-text;version=2.0.0,*/*", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=0.0", false),
            ("application/openmetrics-text;q=0.4,text/plain;q=0.5", false),
            ("text/plain;version=0.0.4", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("", false),
            ("application/openmetrics-text;q=2", false),
            ("application/openmetrics-text;q=0.5555", false),
            (";;,,=;q=,/", false),
        ] {
            assert_eq!(prefers_openmetrics([accept.as_bytes()].into_iter()), expected, "{accept}");
        }
        let apart = ["text/plain;q=0.5".as_bytes(), b"application/openmetrics-text;q=0.9", b"\xff"];
        assert!(prefers_openmetrics(apart.into_iter()));
    }
}
