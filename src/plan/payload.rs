//! The payload of a sender: `--message`, `--hex`, `--size`, and standard input that no option
//! names.

use super::PlanError;
use crate::cli::SendArgs;
use crate::format::probe::MIN_LEN;
use crate::iface::Family;
use crate::input::{InputError, Place, StandardInput, read_whole};

/// The message without an option.
pub const DEFAULT_MESSAGE: &str = "hello world";

/// The value of `--message` for standard input.
const STANDARD: &str = "-";

/// The standard input of a sender. Reads it to its end for `--message -`.
///
/// # Errors
/// The system's error.
pub fn standard_input(args: &SendArgs) -> Result<StandardInput, InputError> {
    if args.message.as_deref() == Some(STANDARD) {
        return Ok(StandardInput::Message(read_whole(&Place::Standard, Family::V6.max_payload())?));
    }
    Ok(StandardInput::here())
}

/// Whether a sender sends standard input although no option names it: there is a pipe or a file,
/// and no option describes another payload or how often the default message is sent.
pub fn is_sent_unasked(args: &SendArgs, standard: &StandardInput) -> bool {
    let repeats = args.count.is_some()
        || args.duration.is_some()
        || args.interval.is_some()
        || args.rate.is_some()
        || args.burst > 1
        || args.shape.poisson
        || args.shape.ramp.is_some()
        || args.shape.on_off.is_some()
        || args.flood;
    matches!(standard, StandardInput::Piped { .. }) && !names_payload(args) && !repeats
}

/// Whether bytes wait on standard input that the user may expect to be sent.
pub fn is_left_unsent(args: &SendArgs, standard: &StandardInput) -> bool {
    *standard == StandardInput::Piped { has_bytes: true }
        && !names_payload(args)
        && !is_sent_unasked(args, standard)
}

fn names_payload(args: &SendArgs) -> bool {
    args.message.is_some()
        || args.hex.is_some()
        || args.probe
        || args.lines
        || args.file.is_some()
        || args.replay.replay.is_some()
}

/// The message of each datagram, which `--size` repeats.
///
/// # Errors
/// [`PlanError::EmptyInput`], [`PlanError::SizeTooSmall`], [`PlanError::NothingToRepeat`].
pub fn message(args: &SendArgs, standard: &StandardInput) -> Result<Vec<u8>, PlanError> {
    let message = match (standard, &args.hex, &args.message) {
        (StandardInput::Message(input), ..) if input.is_empty() => {
            return Err(PlanError::EmptyInput);
        }
        (StandardInput::Message(input), ..) => input.clone(),
        (_, Some(hex), _) => hex.0.clone(),
        (_, None, Some(text)) => text.clone().into_bytes(),
        (_, None, None) => DEFAULT_MESSAGE.into(),
    };
    match args.size.map(usize::from) {
        None => Ok(message),
        Some(size) if message.is_empty() => Err(PlanError::NothingToRepeat { size }),
        Some(size) if size < message.len() => {
            Err(PlanError::SizeTooSmall { len: message.len(), size })
        }
        Some(size) => Ok(repeated(&message, size)),
    }
}

/// The message if standard input that no option names is empty.
pub fn default_message(args: &SendArgs) -> Vec<u8> {
    let default = DEFAULT_MESSAGE.as_bytes();
    args.size.map_or_else(|| default.to_vec(), |size| repeated(default, usize::from(size)))
}

/// The size of measured datagrams in bytes.
///
/// # Errors
/// [`PlanError::ProbeTooSmall`].
pub fn probe_size(args: &SendArgs, default: u16) -> Result<u16, PlanError> {
    match args.size {
        Some(size) if usize::from(size) < MIN_LEN => Err(PlanError::ProbeTooSmall { size }),
        size => Ok(size.unwrap_or(default)),
    }
}

fn repeated(message: &[u8], size: usize) -> Vec<u8> {
    message.iter().copied().cycle().take(size).collect()
}
