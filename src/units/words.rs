//! Words for sentences and commands: plurals, lists, times, and quoting for a shell or `sysctl`.

use std::fmt::{self, Display};
use std::time::Duration;

/// The ending of a noun after `number`.
pub fn plural(number: u64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// `1 datagram`, `3 datagrams`.
pub fn count(number: u64, thing: &str) -> impl Display {
    display(move |f| write!(f, "{number} {thing}{}", plural(number)))
}

/// The first of several things and the number of others: `239.1.1.1`, `239.1.1.1 and 1 more group`.
pub fn and_more(first: impl Display, more: usize, thing: &str) -> impl Display {
    display(move |f| match more {
        0 => write!(f, "{first}"),
        more => write!(f, "{first} and {more} more {thing}{}", plural(more as u64)),
    })
}

/// `a, b and c`.
pub fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A time in seconds, with one decimal if it is not whole: `5 s`, `2.5 s`.
pub fn seconds(seconds: f64) -> impl Display {
    let digits = usize::from((seconds - seconds.round()).abs() >= 0.05);
    display(move |f| write!(f, "{seconds:.digits$} s"))
}

/// A time in seconds, to the millisecond; below one second in the unit that fits.
pub fn span(span: Duration) -> impl Display {
    display(move |f| {
        if span >= Duration::from_secs(1) {
            write!(f, "{}.{:03} s", span.as_secs(), span.subsec_millis())
        } else if span >= Duration::from_millis(1) {
            write!(f, "{} ms", span.as_millis())
        } else {
            write!(f, "{} us", span.as_micros())
        }
    })
}

/// A duration as an option takes it: `1.5s`, `250us`.
pub fn as_typed(duration: Duration) -> String {
    format!("{duration:?}").replace('\u{b5}', "u")
}

/// A word that a shell reads as itself: in single quotes if it needs them.
pub fn quote(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:".contains(letter);
    if word.chars().all(is_plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The name of an interface inside the name of a setting. A dot would end it there: `sysctl` reads
/// `net.ipv4.conf.eth0/7.rp_filter` as the setting of `eth0.7`.
pub fn setting(iface: &str) -> String {
    iface.replace('.', "/")
}

/// A `Display` made of a closure. It writes without allocating.
pub fn display<F: Fn(&mut fmt::Formatter) -> fmt::Result>(write: F) -> impl Display {
    FromFn(write)
}

struct FromFn<F>(F);

impl<F: Fn(&mut fmt::Formatter) -> fmt::Result> Display for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!(
            [0, 1, 2].map(|number| count(number, "byte").to_string()),
            ["0 bytes", "1 byte", "2 bytes"]
        );
        assert_eq!(
            [0, 1, 3].map(|more| and_more("239.1.1.1", more, "group").to_string()),
            ["239.1.1.1", "239.1.1.1 and 1 more group", "239.1.1.1 and 3 more groups"]
        );
    }

    #[test]
    fn the_last_of_a_list_follows_and() {
        let things = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            [0, 1, 2, 3].map(|len| list(&things[..len])),
            ["", "a", "a and b", "a, b and c"]
        );
    }

    #[test]
    fn times_are_rounded() {
        assert_eq!([5.0, 2.98, 2.5].map(|time| seconds(time).to_string()), ["5 s", "3 s", "2.5 s"]);
        let span = |micros| span(Duration::from_micros(micros)).to_string();
        assert_eq!([18_002_000, 250_999, 90].map(span), ["18.002 s", "250 ms", "90 us"]);
        let typed = [1_500_000, 250].map(|micros| as_typed(Duration::from_micros(micros)));
        assert_eq!(typed, ["1.5s", "250us"]);
    }

    #[test]
    fn only_words_that_a_shell_changes_are_quoted() {
        for (word, quoted) in [
            ("239.1.1.1:5000", "239.1.1.1:5000"),
            ("[ff15::1]:5000", "'[ff15::1]:5000'"),
            ("a b;c", "'a b;c'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }
}
