//! The columns of a table on a narrow terminal.

/// The blanks between two columns.
pub const GAP: usize = 2;

/// Whether each column of a table is shown. The columns in `first_out` are left out, in that order,
/// until the rest fits a terminal of `available` columns.
pub fn shown(
    titles: &[&str],
    widths: &[usize],
    available: Option<usize>,
    first_out: &[&str],
) -> Vec<bool> {
    let mut shown = vec![true; titles.len()];
    let Some(available) = available else { return shown };
    let mut out = first_out.iter();
    while width(widths, &shown) > available {
        let Some(title) = out.next() else { break };
        titles
            .iter()
            .zip(&mut shown)
            .filter(|(of, _)| *of == title)
            .for_each(|(_, shown)| *shown = false);
    }
    shown
}

fn width(widths: &[usize], shown: &[bool]) -> usize {
    let kept = widths.iter().zip(shown).filter(|(_, shown)| **shown);
    kept.map(|(width, _)| width + GAP).sum::<usize>().saturating_sub(GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_left_out_until_the_rest_fits() {
        let kept = |available| {
            let titles = ["A", "B", "C"];
            let shown = shown(&titles, &[4, 5, 6], available, &["B", "A"]);
            titles
                .into_iter()
                .zip(shown)
                .filter(|(_, shown)| *shown)
                .map(|(title, _)| title)
                .collect::<String>()
        };
        assert_eq!(
            [None, Some(19), Some(18), Some(12), Some(11), Some(1)].map(kept),
            ["ABC", "ABC", "AC", "AC", "C", "C"]
        );
    }
}
