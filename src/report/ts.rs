//! The block of a transport stream.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::assertion::Value;
use crate::event::{MdiInfo, PidInfo, SpreadInfo, StreamInfo, TsInfo};
use crate::format::ts::NULL_PID;
use crate::units::printable::Printable;
use crate::units::words::count;

/// The most characters of a service name in a table.
const MOST_LETTERS: usize = 24;

/// The name of the service, short enough for a table.
pub fn service(ts: &TsInfo) -> Option<String> {
    let name: String = ts.service.as_ref()?.chars().take(MOST_LETTERS).collect();
    Some(Printable(&name).to_string())
}

/// Writes the measurements that only transport streams have.
pub fn block(stream: &StreamInfo, ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let to = SocketAddr::new(stream.group, stream.port);
    writeln!(out, "transport stream from {} to {to}", stream.source)?;
    programs(ts, out)?;
    pids(ts, out)?;
    rate(ts, out)?;
    losses(ts, out)?;
    tables(ts, out)?;
    clock(ts, out)?;
    if let Some(SpreadInfo { mean, max }) = ts.iat_ns {
        let (mean, max) = (Value::Nanos(mean), Value::Nanos(max));
        writeln!(out, "  time between two datagrams mean {mean}, max {max}")?;
    }
    if let Some(mdi) = &stream.detail.mdi {
        index(mdi, out)?;
    }
    checks(ts, out)
}

/// `program 1, "Service01" by "FFmpeg": PMT on PID 0x1000, PCR on PID 0x0100`.
fn programs(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    for program in &ts.programs {
        write!(out, "  program {}", program.number)?;
        if let Some(service) = &program.service {
            write!(out, ", \"{}\"", Printable(service))?;
        }
        if let Some(provider) = &program.provider {
            write!(out, " by \"{}\"", Printable(provider))?;
        }
        write!(out, ": PMT on PID {:#06x}", program.pmt_pid)?;
        match program.pcr_pid {
            Some(NULL_PID) => writeln!(out, ", no PCR")?,
            Some(pid) => writeln!(out, ", PCR on PID {pid:#06x}")?,
            None => writeln!(out, ", no PMT received")?,
        }
    }
    Ok(())
}

fn pids(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let rate =
        |pid: &PidInfo| pid.bitrate_bps.map_or_else(dash, |rate| Value::Bps(rate).to_string());
    let lost = |pid: &PidInfo| match pid.lost_min {
        0 => "0".to_owned(),
        lost => format!(">={lost}"),
    };
    writeln!(
        out,
        "  {:<6}  {:<14}  {:>12}  {:>10}  {:>6}  {:>6}  SCRAMBLED",
        "PID", "CONTENT", "BIT RATE", "PACKETS", "CC", "LOST"
    )?;
    for pid in &ts.pids {
        writeln!(
            out,
            "  {:#06x}  {:<14}  {:>12}  {:>10}  {:>6}  {:>6}  {:>9}",
            pid.pid,
            pid.label,
            rate(pid),
            pid.packets,
            pid.cc_errors,
            lost(pid),
            pid.scrambled
        )?;
    }
    Ok(())
}

fn rate(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(rate) = ts.bitrate_bps else { return Ok(()) };
    let kind = match (ts.constant_rate, ts.pcr_interval_ns) {
        (true, _) => "constant, by the PCR",
        (false, Some(_)) => "variable, by the PCR",
        (false, None) => "by the arrivals",
    };
    write!(out, "  bit rate {} ({kind})", Value::Bps(rate))?;
    match ts.null_ratio {
        Some(ratio) => writeln!(out, ", null packets {}", Value::Ratio(ratio)),
        None => writeln!(out),
    }
}

/// `5 continuity errors: at least 22 packets lost, 86 by the rate of the PCR`.
fn losses(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  {}", count(ts.cc_errors, "continuity error"))?;
    if ts.lost_min > 0 {
        write!(out, ": at least {} lost", count(ts.lost_min, "packet"))?;
    }
    match ts.lost_estimate {
        Some(estimate) if estimate > ts.lost_min => {
            writeln!(out, "; {estimate} lost by the rate of the PCR")
        }
        _ => writeln!(out),
    }
}

fn tables(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(pat) = ts.pat_interval_ns else { return Ok(()) };
    write!(out, "  PAT interval mean {}, max {}", Value::Nanos(pat.mean), Value::Nanos(pat.max))?;
    if let Some(pmt) = ts.pmt_interval_ns {
        write!(out, "; PMT mean {}, max {}", Value::Nanos(pmt.mean), Value::Nanos(pmt.max))?;
    }
    writeln!(out)
}

fn clock(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(interval) = ts.pcr_interval_ns else { return Ok(()) };
    let [mean, max] = [interval.mean, interval.max].map(Value::Nanos);
    write!(out, "  PCR interval mean {mean}, max {max}")?;
    if let Some(jitter) = ts.pcr_jitter_ns {
        write!(out, "; arrival jitter {} peak to peak", Value::Nanos(jitter.max))?;
    }
    if let Some(accuracy) = ts.pcr_accuracy_ns {
        write!(out, "; accuracy {}", Value::Nanos(accuracy.max))?;
    }
    writeln!(out)
}

/// `MDI DF:MLR 9.5 ms:0 in the last second, 12 ms:7 at most`.
fn index(mdi: &MdiInfo, out: &mut dyn Write) -> io::Result<()> {
    let [last, worst] = [mdi.df_last_ns, mdi.df_ns].map(Value::Nanos);
    let MdiInfo { mlr_last, mlr, .. } = mdi;
    writeln!(out, "  MDI DF:MLR {last}:{mlr_last} in the last second, {worst}:{mlr} at most")
}

fn checks(ts: &TsInfo, out: &mut dyn Write) -> io::Result<()> {
    let errors = ts.tr101290.0.iter().filter_map(|(check, errors)| Some((check, (*errors)?)));
    let mut is_clean = true;
    for (check, errors) in errors.filter(|(_, errors)| *errors > 0) {
        is_clean = false;
        writeln!(out, "  TR 101 290 {} {}: {errors}", check.number(), check.name())?;
    }
    if is_clean {
        writeln!(out, "  TR 101 290: no errors in the checks that a receiver can make")?;
    }
    Ok(())
}

fn dash() -> String {
    "-".to_owned()
}
