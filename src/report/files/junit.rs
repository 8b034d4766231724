//! The verdict and each assertion as test cases, in the XML of JUnit that CI systems read.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use quick_junit::{Report, TestCase, TestSuite};

use super::test_cases::{self, Text, of_summary, of_verdict};
use crate::event::Event;
use crate::notice::Notice;
use crate::report::observe::{Observer, ObserverError, RunInfo};
use crate::report::output_file::OutputFile;
use crate::sys;
use crate::verdict::Verdict;

/// The most warnings that the file lists. A run of weeks may have more.
const MOST_WARNINGS: usize = 1000;

/// The most findings of a check.
const MOST_FINDINGS: usize = 1000;

/// Opens the test cases of a run.
///
/// # Errors
/// The file cannot be written.
pub fn junit(path: &Path, run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Ok(Box::new(Junit {
        file: OutputFile::open(path)?,
        run: run.clone(),
        date: SystemTime::now(),
        start: Instant::now(),
        warnings: Vec::new(),
        explanations: Vec::new(),
        findings: Vec::new(),
        cases: Vec::new(),
        verdict: None,
    }))
}

/// A suite of test cases for a run.
struct Junit {
    file: OutputFile,
    run: RunInfo,
    date: SystemTime,
    start: Instant,
    warnings: Vec<String>,
    /// Why nothing arrives.
    explanations: Vec<String>,
    /// The findings that hold.
    findings: Vec<Notice>,
    cases: Vec<TestCase>,
    verdict: Option<Verdict>,
}

impl Observer for Junit {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        match event {
            Event::Warning(warning) if self.warnings.len() < MOST_WARNINGS => {
                self.warnings.push(text_of(warning));
            }
            Event::Explanation(finding) => self.explanations.push(text_of(finding)),
            Event::Finding(finding) if self.findings.len() < MOST_FINDINGS => {
                self.findings.push((*finding).clone());
            }
            Event::Resolved(finding) => self.findings.retain(|known| known != *finding),
            _ => {
                if let Some((verdict, cases)) = of_summary(event) {
                    self.cases.extend(cases);
                    self.verdict = Some(verdict);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ObserverError> {
        let report = self.report(self.start.elapsed());
        // The only errors of the crate are those of the writer, and memory has none.
        let document = report.to_string().unwrap_or_default();
        // Only suites have this attribute in the schema of Jenkins, and this is the first element.
        let skipped = format!(" skipped=\"{}\"", report.skipped);
        self.file.replace(document.replacen(&skipped, "", 1).as_bytes())
    }
}

impl Junit {
    fn report(&mut self, elapsed: Duration) -> Report {
        let name = format!("mcast {}", self.run.command);
        let class = name.replace(' ', ".");
        let verdict = of_verdict(self.verdict.as_ref(), &self.explanations);
        let mut suite = TestSuite::new(name.as_str());
        suite.set_time(elapsed);
        let mut names = Vec::new();
        let of_finding = |finding: &Notice| test_cases::of_finding(finding, &text_of(finding));
        let findings: Vec<TestCase> = self.findings.iter().map(of_finding).collect();
        for mut case in findings.into_iter().chain(self.cases.drain(..)).chain([verdict]) {
            number(&mut case, &mut names);
            case.set_classname(class.as_str());
            suite.add_test_case(case);
        }
        if let Some(last) = suite.test_cases.last_mut() {
            last.set_time(elapsed);
        }
        if let Ok(date) = Timestamp::try_from(self.date) {
            suite.extra.insert("timestamp".into(), format!("{date:.0}").into());
        }
        let host = sys::host_name();
        if let Some(host) = &host {
            suite.extra.insert("hostname".into(), Text(host).to_string().into());
        }
        suite.add_property(("command", Text(&self.run.line).to_string().as_str()));
        suite.add_property(("version", env!("CARGO_PKG_VERSION")));
        if !self.warnings.is_empty() {
            suite.set_system_err(self.warnings.join("\n"));
        }
        let mut report = Report::new(name);
        report.set_time(elapsed).add_test_suite(suite);
        report
    }
}

/// Numbers the second and further cases of a name: CI systems take equal names for one case.
fn number(case: &mut TestCase, names: &mut Vec<String>) {
    let name = case.name.as_str().to_owned();
    let known = names.iter().filter(|known| **known == name).count();
    if known > 0 {
        case.name = format!("{name} ({})", known + 1).into();
    }
    names.push(name);
}

/// A notice with all its parts, one line each.
fn text_of(notice: &Notice) -> String {
    let Notice { id, level, what, why, remedy, commands } = notice;
    let mut lines = vec![format!("{} {id}: {}", level.name(), Text(what))];
    lines.extend(why.iter().map(|why| format!("  {}", Text(why))));
    lines.extend(remedy.iter().map(|remedy| format!("  tip: {}", Text(remedy))));
    for command in commands {
        lines.push(format!("    {}: {}", command.place, Text(&command.run)));
    }
    lines.join("\n")
}
