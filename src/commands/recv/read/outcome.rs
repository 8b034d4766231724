//! What is known of a capture at the end: warnings, and its part of the summary.

use std::io;
use std::time::Duration;

use super::loop_over::{COMMAND, CaptureTally, Taking};
use crate::capture::{Reader, Reason};
use crate::event::{CaptureInfo, CaptureInterfaceInfo, LeftOut, LeftOutRecords};
use crate::input::{Input, Place};
use crate::notice::capture;
use crate::plan;
use crate::report::Reporter;
use crate::units::words::quote;

/// A step back by less than this is usual: each queue of a network card has its own order.
const SMALL_STEP: Duration = Duration::from_millis(1);

/// The capture in the summary.
pub fn capture_info(place: &Place, reader: &Reader<Input>, taking: &Taking) -> CaptureInfo {
    let CaptureTally { datagrams, checked, wrong, left_out, .. } = taking.tally.clone();
    let clock = &taking.clock;
    let times = reader.times();
    let interfaces = reader.interfaces().iter().map(|interface| CaptureInterfaceInfo {
        name: interface.name.clone(),
        link_type: interface.link_type,
        dropped: interface.dropped,
    });
    CaptureInfo {
        file: place.to_string(),
        bytes: reader.position(),
        records: reader.records(),
        datagrams,
        first_time: times.map(|(first, _)| first.into()),
        last_time: times.map(|(_, last)| last.into()),
        cut: reader.cut().is_some(),
        dropped: dropped(reader),
        interfaces: interfaces.collect(),
        left_out: LeftOut { records: LeftOutRecords(reader.omitted().clone()), ..left_out },
        checksums_checked: checked,
        checksums_wrong: wrong,
        untimed: clock.untimed,
        steps_back: clock.steps_back,
        step_back_max: (clock.steps_back > 0).then_some(clock.longest_step),
    }
}

/// How many packets the capturing system dropped, if the capture states it.
fn dropped(reader: &Reader<Input>) -> Option<u64> {
    let of_interfaces = reader.interfaces().iter().filter_map(|interface| interface.dropped);
    let total = of_interfaces.reduce(u64::saturating_add);
    let between = Some(reader.dropped()).filter(|dropped| *dropped > 0);
    total.max(between)
}

/// Warns of what may mislead: in the capture, and in the selection.
pub fn warn_at_end(
    plan: &plan::Read,
    reader: &Reader<Input>,
    taking: &Taking,
    nothing_received: bool,
    reporter: &mut Reporter,
) -> io::Result<()> {
    let Taking { clock, tally, .. } = taking;
    if let Some(position) = reader.cut() {
        reporter.warn(&capture::cut(&plan.place.quoted(), position))?;
    }
    if let Some(dropped @ 1..) = dropped(reader) {
        reporter.warn(&capture::dropped(dropped))?;
    }
    if clock.longest_step >= SMALL_STEP {
        reporter.warn(&capture::steps_back(clock.steps_back, clock.longest_step))?;
    }
    if clock.untimed > 0 {
        reporter.warn(&capture::untimed(clock.untimed))?;
    }
    if taking.repeats.are_the_rule() {
        reporter.warn(&capture::repeated())?;
    }
    if nothing_received {
        return warn_of_nothing(plan, reader, taking, reporter);
    }
    if tally.wrong > 0 {
        reporter.warn(&capture::wrong_checksums(tally.wrong, tally.checked))?;
    }
    Ok(())
}

fn warn_of_nothing(
    plan: &plan::Read,
    reader: &Reader<Input>,
    taking: &Taking,
    reporter: &mut Reporter,
) -> io::Result<()> {
    if reader.records() == 0 {
        return reporter.warn(&capture::no_packets(&plan.place.quoted()));
    }
    let LeftOut { other_ifaces, other_sources, .. } = taking.tally.left_out;
    if let Some((source, to)) = taking.tally.other {
        return reporter.warn(&capture::other_sources(other_sources, source, to));
    }
    let interfaces = (other_ifaces > 0 && other_ifaces == taking.tally.datagrams).then(|| {
        let names = reader.interfaces().iter().filter_map(|interface| interface.name.clone());
        names.collect::<Vec<String>>()
    });
    let command = format!("{COMMAND} {}", quote(&plan.place.to_string()));
    let was_cut = reader.omitted().reasons().any(|(reason, _)| reason == Reason::Cut);
    let left = taking.places.left();
    reporter.warn(&capture::nothing_selected(&left, &command, interfaces.as_deref(), was_cut))
}
