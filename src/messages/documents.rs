//! Manual pages without the sections that repeat the help, and documents that cannot be written.

use std::io;

use super::page::Page;
use crate::commands::document::DocumentError;
use crate::commands::manual::pages;

/// The sections that only the manual has.
const SECTIONS: &[&str] = &["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "\"SEE ALSO\""];

pub fn page() -> Page {
    let mut samples: Vec<String> = pages().iter().map(|page| readable(&page.roff)).collect();
    // ENOSPC
    let source = || io::Error::from_raw_os_error(28);
    samples.extend(
        [
            DocumentError::Print(source()),
            DocumentError::CreateFolder { folder: "share/man1".into(), source: source() },
            DocumentError::WriteFile { file: "man1/mcast.1".into(), source: source() },
        ]
        .map(|error| format!("error: {error}")),
    );
    Page { title: "manual pages", samples }
}

/// The text of a page without roff.
fn readable(roff: &str) -> String {
    let (mut text, mut shown) = (String::new(), false);
    for line in roff.lines() {
        if let Some(heading) = line.strip_prefix(".SH ") {
            shown = SECTIONS.contains(&heading);
            text += if shown { line } else { "" };
            text += if shown { "\n" } else { "" };
        } else if shown && (line.starts_with(".TH") || !line.starts_with('.')) {
            let plain = ["\\fB", "\\fI", "\\fR"]
                .iter()
                .fold(line.replace("\\-", "-"), |text, font| text.replace(font, ""));
            text += &(plain.replace("\\*(Aq", "'") + "\n");
        }
    }
    text.replace(".SH ", "")
}
