//! The program that receives, as the rules name it.

use crate::diagnosis::firewall::Tri;

/// The program that receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    path: String,
    /// The environment variables of the system, by name in lower case.
    variables: Vec<(String, String)>,
}

impl Program {
    /// The program with this path. The rules contain environment variables: `%SystemRoot%`.
    pub fn new(path: &str, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables =
            variables.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        Program { path: path.trim_start_matches(r"\\?\").to_owned(), variables }
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        self.path.rsplit(['\\', '/']).next().unwrap_or(&self.path)
    }

    /// Whether the `App` of a rule is this program.
    pub(super) fn is(&self, app: &str) -> Tri {
        // The kernel itself.
        if app.eq_ignore_ascii_case("system") {
            return Tri::No;
        }
        let Some(expanded) = self.expand(app) else { return Tri::Unknown };
        // A short name (`PROGRA~1`), a device path or a relative path may be the same file.
        let is_plain = |path: &str| {
            let path = path.as_bytes();
            path.get(1) == Some(&b':') && !path.contains(&b'~')
        };
        match (normal(&expanded), normal(&self.path)) {
            (app, own) if app == own => Tri::Yes,
            (app, own) if is_plain(&app) && is_plain(&own) => Tri::No,
            _ => Tri::Unknown,
        }
    }

    /// Replaces the environment variables. `None` if one is not known.
    fn expand(&self, app: &str) -> Option<String> {
        let mut parts = app.split('%');
        let mut expanded = parts.next()?.to_owned();
        while let Some(name) = parts.next() {
            let name = name.to_lowercase();
            let (_, value) = self.variables.iter().find(|(known, _)| *known == name)?;
            expanded.push_str(value);
            // A variable without its second `%` has no end.
            expanded.push_str(parts.next()?);
        }
        Some(expanded)
    }
}

/// The path in lower case, with single backslashes: Windows compares paths without case.
fn normal(path: &str) -> String {
    let path = path.trim_start_matches(r"\\?\").to_lowercase().replace('/', r"\");
    let mut normal = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter != '\\' || !normal.ends_with('\\') {
            normal.push(letter);
        }
    }
    normal
}
