//! Measured streams, for people.

use std::fmt::Display;
use std::io::{self, Write};

use super::style::Paint;
use crate::event::{IntervalReport, ProbeInfo, RecvFigures};

pub fn probe(_probe: &ProbeInfo) -> impl Display {
    "probe"
}

pub fn summary(_figures: &RecvFigures, _paint: Paint, _out: &mut dyn Write) -> io::Result<()> {
    Ok(())
}

pub fn interval(_report: &IntervalReport, _paint: Paint, _out: &mut dyn Write) -> io::Result<()> {
    Ok(())
}
