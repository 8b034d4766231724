//! Turns the events of a run into metrics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::catalogue::{BUILD, RUN, WARNINGS};
use super::check::Check;
use super::file::MetricsFile;
use super::ping::Ping;
use super::receiver::Receiver;
use super::sender::Sender;
use super::server::Server;
use super::shared::{Health, Shared};
use super::snapshot::{Snapshot, Table, Value, labels};
use crate::event::Event;
use crate::report::observe::{MetricsPlace, Observer, ObserverError, RunInfo};
use crate::report::output_file::OutputFile;
use crate::units::UnixTime;

/// Opens the observer: binds the address or writes the file for the first time.
///
/// # Errors
/// The address cannot be bound, or the file cannot be written.
pub fn open(place: &MetricsPlace, _run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    let run = Run::new();
    let publisher = match place {
        MetricsPlace::Endpoint(address) => {
            let shared = Arc::new(Shared::default());
            shared.publish(run.snapshot(), run.health);
            let server = Server::start(*address, Arc::clone(&shared))
                .map_err(|source| ObserverError::Listen { address: *address, source })?;
            Publisher::Server { shared, _server: server }
        }
        MetricsPlace::File(path) => {
            Publisher::File(MetricsFile::start(OutputFile::open(path)?, &run.snapshot())?)
        }
    };
    Ok(Box::new(Metrics { run, publisher }))
}

/// The observer.
struct Metrics {
    run: Run,
    publisher: Publisher,
}

/// Where the metrics go.
enum Publisher {
    Server { shared: Arc<Shared>, _server: Server },
    File(MetricsFile),
}

impl Observer for Metrics {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        if self.run.take(event, Instant::now()) {
            let snapshot = self.run.snapshot();
            match &self.publisher {
                Publisher::Server { shared, .. } => shared.publish(snapshot, self.run.health),
                Publisher::File(file) => file.publish(snapshot),
            }
        }
        Ok(())
    }

    fn date(&mut self, time: Option<SystemTime>) {
        self.run.clock = time;
    }

    fn finish(&mut self) -> Result<(), ObserverError> {
        match &mut self.publisher {
            Publisher::Server { .. } => Ok(()),
            Publisher::File(file) => file.finish(),
        }
    }
}

/// The metrics of a run.
struct Run {
    start: SystemTime,
    /// The clock of a capture.
    clock: Option<SystemTime>,
    health: Health,
    warnings: BTreeMap<&'static str, u64>,
    receiver: Option<Box<Receiver>>,
    sender: Option<Box<Sender>>,
    ping: Option<Box<Ping>>,
    check: Option<Box<Check>>,
}

impl Run {
    fn new() -> Self {
        Run {
            start: SystemTime::now(),
            clock: None,
            health: Health::default(),
            warnings: BTreeMap::new(),
            receiver: None,
            sender: None,
            ping: None,
            check: None,
        }
    }

    /// Takes an event. Returns whether the metrics should be published again.
    fn take(&mut self, event: &Event, now: Instant) -> bool {
        match event {
            Event::Listening(ready) => {
                self.receiver = Some(Box::new(Receiver::new(&ready.targets)))
            }
            Event::Reading(_) => self.receiver = Some(Box::default()),
            Event::Sending(ready) => self.sender = Some(Box::new(Sender::new(&ready.targets))),
            Event::Pinging(_) => self.ping = Some(Box::default()),
            Event::Checking(_) => {}
            Event::Interval(report) => {
                let clock = self.clock.unwrap_or_else(SystemTime::now).into();
                self.receiver.get_or_insert_default().take(report, clock, now);
                self.health.note_interval(now);
                return true;
            }
            Event::SendInterval(report) => {
                self.sender.get_or_insert_default().take(report);
                self.health.note_interval(now);
                return true;
            }
            Event::Receivers(report) => {
                self.sender.get_or_insert_default().reports = Some(report.receivers.clone());
                return false;
            }
            Event::PingProgress(progress) => {
                self.ping.get_or_insert_default().take(progress);
                self.health.note_interval(now);
                return true;
            }
            Event::Checked(state) => {
                self.check = Some(Box::new(Check::new(state)));
                self.health.note_interval(now);
                return true;
            }
            Event::Warning(notice) | Event::Explanation(notice) => {
                *self.warnings.entry(notice.id.as_str()).or_default() += 1;
                return false;
            }
            _ => return false,
        }
        self.health.set_ready();
        true
    }

    /// The current values.
    fn snapshot(&self) -> Arc<Snapshot> {
        let mut snapshot = Snapshot::default();
        let mut build = Table::new(&BUILD);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        build.add(labels([("version", Some(version))]), &[Value::Count(1)]);
        snapshot.tables.push(build);
        let start = UnixTime::from(self.start).nanos();
        let ready = Value::Count(self.health.is_ready().into());
        snapshot.add(&RUN, &[ready, Value::seconds(Some(start))]);
        let mut warnings = Table::new(&WARNINGS);
        for (id, count) in &self.warnings {
            warnings.add(labels([("id", Some((*id).to_owned()))]), &[Value::Count(*count)]);
        }
        snapshot.tables.push(warnings);
        if let Some(receiver) = &self.receiver {
            receiver.describe(Instant::now(), &mut snapshot);
        }
        if let Some(sender) = &self.sender {
            sender.describe(&mut snapshot);
        }
        if let Some(ping) = &self.ping {
            ping.describe(&mut snapshot);
        }
        if let Some(check) = &self.check {
            check.describe(&mut snapshot);
        }
        Arc::new(snapshot)
    }
}
