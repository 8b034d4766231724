//! The characters that draw lines and bars.

/// The characters that draw lines and bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// The levels of a sample, without 0.
    pub levels: [&'static str; 8],
    pub zero: &'static str,
    pub line: &'static str,
    pub bar: &'static str,
    pub rest: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub arrows: &'static str,
    pub selected: &'static str,
    pub more: &'static str,
    pub divide: &'static str,
}

/// For a terminal that shows Unicode.
pub const UNICODE: Glyphs = Glyphs {
    levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    zero: "·",
    line: "─",
    bar: "█",
    rest: "░",
    up: "▲",
    down: "▼",
    arrows: "↑↓",
    selected: "▶",
    more: "…",
    divide: "│",
};

/// For any other terminal.
pub const ASCII: Glyphs = Glyphs {
    levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
    zero: "!",
    line: "-",
    bar: "#",
    rest: ".",
    up: "^",
    down: "v",
    arrows: "^v",
    selected: ">",
    more: "~",
    divide: "|",
};

impl Glyphs {
    /// The characters for these settings of the environment.
    pub fn of(read: impl Fn(&str) -> Option<String>) -> Glyphs {
        let set = |name: &str| read(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
        let is_utf8 = cfg!(windows)
            || locale.is_some_and(|locale| {
                let locale = locale.to_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            });
        // The console of Linux has few of these characters.
        let is_console = set("TERM").as_deref() == Some("linux");
        if is_utf8 && !is_console { UNICODE } else { ASCII }
    }

    /// The character for a value, in proportion to the highest one.
    pub fn level(&self, value: f32, highest: f32) -> &'static str {
        if value <= 0.0 || highest <= 0.0 {
            return self.zero;
        }
        let eighths = (value / highest * self.levels.len() as f32).ceil() as usize;
        self.levels[eighths.clamp(1, self.levels.len()) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_and_the_terminal_decide() {
        let of = |known: &[(&str, &str)]| {
            Glyphs::of(|name| {
                known.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")]), UNICODE);
        assert_eq!(of(&[("LANG", "C.utf8")]), UNICODE);
        if cfg!(not(windows)) {
            assert_eq!(of(&[]), ASCII);
            assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]), ASCII);
        }
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("TERM", "linux")]), ASCII);
    }

    #[test]
    fn a_level_is_a_part_of_the_highest_value() {
        let shown = [0.0, 0.1, 12.5, 50.0, 99.0, 100.0].map(|value| UNICODE.level(value, 100.0));
        assert_eq!(shown, ["·", "▁", "▁", "▄", "█", "█"]);
        assert_eq!(UNICODE.level(0.0, 0.0), "·");
    }
}
