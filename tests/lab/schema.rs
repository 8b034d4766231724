//! The schema of the JSON events: every line that a test reads must be valid against it.

use std::fmt::Write;
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// The published schema.
pub static PUBLISHED: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../schema/events.schema.json"))
        .expect("the schema is JSON")
});

/// The address of the schema of the draft.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

static COMPILED: LazyLock<Compiled> = LazyLock::new(Compiled::new);

struct Compiled {
    schemas: Schemas,
    whole: SchemaIndex,
    /// The schemas of each kind of line, by their names: `warning`, `summary_of_recv`.
    kinds: Vec<(&'static str, SchemaIndex)>,
    draft: SchemaIndex,
}

impl Compiled {
    fn new() -> Compiled {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        // By default a format is an annotation, not a condition.
        compiler.enable_format_assertions();
        let id = PUBLISHED["$id"].as_str().expect("an id");
        compiler.add_resource(id, PUBLISHED.clone()).unwrap_or_else(|error| panic!("{error:#}"));
        let mut compile = |location: &str| {
            compiler
                .compile(location, &mut schemas)
                .unwrap_or_else(|error| panic!("{location}: {error:#}"))
        };
        let kinds = PUBLISHED["oneOf"].as_array().expect("kinds of events").iter().map(|kind| {
            let pointer = kind["$ref"].as_str().expect("a reference");
            (
                pointer.strip_prefix("#/$defs/").expect("a definition"),
                compile(&format!("{id}{pointer}")),
            )
        });
        let kinds = kinds.collect();
        let (whole, draft) = (compile(id), compile(DRAFT));
        Compiled { schemas, whole, kinds, draft }
    }
}

/// Validates an event.
///
/// # Errors
/// The violations, for each kind of event that matches its name.
pub fn check(event: &Value) -> Result<(), String> {
    let Compiled { schemas, whole, kinds, .. } = &*COMPILED;
    let Err(error) = schemas.validate(event, *whole) else { return Ok(()) };
    let meant = |kind: &str| kind.split('_').next() == event["event"].as_str();
    let mut why = String::new();
    for (kind, index) in kinds.iter().filter(|(kind, _)| meant(kind)) {
        let result = schemas
            .validate(event, *index)
            .map_or_else(|error| error.to_string(), |()| "valid".to_owned());
        let _ = writeln!(why, "as {kind}: {result}");
    }
    // An event with an unknown name violates every kind only by its name.
    Err(if why.is_empty() { error.to_string() } else { why })
}

/// The schema's name for the kind of an event. The event must match exactly one kind.
pub fn kind(event: &Value) -> &'static str {
    let Compiled { schemas, kinds, .. } = &*COMPILED;
    let fitting: Vec<&str> = kinds
        .iter()
        .filter(|(_, index)| schemas.validate(event, *index).is_ok())
        .map(|(kind, _)| *kind)
        .collect();
    assert_eq!(
        fitting.len(),
        1,
        "{event} is {fitting:?}\n{}",
        check(event).err().unwrap_or_default()
    );
    fitting[0]
}

/// The names of all kinds of events.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    COMPILED.kinds.iter().map(|(kind, _)| *kind)
}

/// Validates a schema against the schema of its draft.
///
/// # Errors
/// The violations.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    let Compiled { schemas, draft, .. } = &*COMPILED;
    schemas.validate(schema, *draft).map_err(|error| error.to_string())
}
