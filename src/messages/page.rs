//! The pages of `tests/messages.txt`.

use std::path::PathBuf;

use crate::notice::Notice;

/// The messages of one kind.
pub struct Page {
    pub title: &'static str,
    pub samples: Vec<String>,
}

impl Page {
    fn text(&self) -> String {
        let samples = self.samples.iter().map(|sample| format!("{}\n\n", sample.trim_end()));
        format!("== {}\n\n{}", self.title, samples.collect::<String>())
    }
}

/// The text of all pages.
pub fn text() -> String {
    let pages = [
        super::command_line::page(),
        super::documents::page(),
        super::errors::page(),
        super::captures::page(),
        super::notices::page(),
        super::findings::page(),
        super::checks::page(),
        super::results::page(),
        super::changes::page(),
        super::receivers::page(),
        super::scans::page(),
        super::pings::page(),
        super::benches::page(),
        #[cfg(feature = "live")]
        super::live::page(),
        #[cfg(feature = "metrics")]
        super::metrics::page(),
        super::services::page(),
        super::names::page(),
    ];
    let text: String = pages.iter().map(Page::text).collect();
    let reports = super::reports::page(&text).text();
    text + &reports
}

/// The place of a file of the project.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A notice with all its parts.
pub fn notice(notice: &Notice) -> String {
    let mut text = format!("{} {}: {}", notice.level.name(), notice.id, notice.what);
    let lines = [("", &notice.why), ("tip: ", &notice.remedy)];
    for (label, line) in lines.iter().filter_map(|(label, line)| Some((label, line.as_ref()?))) {
        text += &format!("\n  {label}{line}");
    }
    for command in &notice.commands {
        text += &format!("\n    {}: {}", command.place, command.run);
        for variant in &command.variants {
            text += &format!("\n      {}: {}", variant.system, variant.run);
        }
    }
    text
}
