//! The JSON of notices. A warning event has no level, evidence or commands.

use serde::{Serialize, Serializer};

use crate::notice::{Id, Level, Notice, ShellCommand};

#[derive(Serialize)]
struct Warning<'a> {
    id: Id,
    what: &'a str,
    remedy: Option<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: Id,
    level: Level,
    what: &'a str,
    evidence: &'a str,
    remedy: Option<&'a str>,
    commands: &'a [ShellCommand],
}

#[derive(Serialize)]
struct Resolved<'a> {
    id: Id,
    level: Level,
    what: &'a str,
}

/// Writes the fields of a warning event.
pub fn warning<S: Serializer>(notice: &Notice, serializer: S) -> Result<S::Ok, S::Error> {
    let Notice { id, what, remedy, .. } = notice;
    Warning { id: *id, what, remedy: remedy.as_deref() }.serialize(serializer)
}

/// Writes the fields of a finding event.
pub fn finding<S: Serializer>(notice: &Notice, serializer: S) -> Result<S::Ok, S::Error> {
    let Notice { id, level, what, why, remedy, commands } = notice;
    Finding {
        id: *id,
        level: *level,
        what,
        evidence: why.as_deref().unwrap_or_default(),
        remedy: remedy.as_deref(),
        commands,
    }
    .serialize(serializer)
}

/// Writes the fields of a resolved event.
pub fn resolved<S: Serializer>(notice: &Notice, serializer: S) -> Result<S::Ok, S::Error> {
    let Notice { id, level, what, .. } = notice;
    Resolved { id: *id, level: *level, what }.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use crate::event::Event;
    use crate::notice::{Id, Notice, Place};

    #[test]
    fn evidence_and_commands_are_of_findings_only() {
        let notice = Notice::fault(Id::NoCarrier, "no carrier", "a flag")
            .remedy("plug it in")
            .run(Place::Switch, "ip link set IFACE up");
        assert_eq!(
            serde_json::to_string(&Event::Finding(&notice)).unwrap(),
            concat!(
                r#"{"event":"finding","id":"no-carrier","level":"fault","what":"no carrier","#,
                r#""evidence":"a flag","remedy":"plug it in","#,
                r#""commands":[{"where":"switch","run":"ip link set IFACE up"}]}"#
            )
        );
        assert_eq!(
            serde_json::to_string(&Event::Warning(&notice)).unwrap(),
            r#"{"event":"warning","id":"no-carrier","what":"no carrier","remedy":"plug it in"}"#
        );
    }
}
