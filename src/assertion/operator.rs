//! The operators of `--assert`.

use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

pub const OPERATOR_CHARS: [char; 4] = ['=', '!', '<', '>'];

pub const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::AtMost),
    (">", Operator::More),
    (">=", Operator::AtLeast),
];

/// Operators of other languages, and ours with the same meaning.
const MISTYPED: [(&str, &str); 7] = [
    ("=", "=="),
    ("===", "=="),
    ("=<", "<="),
    ("=>", ">="),
    ("<>", "!="),
    ("!", "!="),
    ("!==", "!="),
];

impl Operator {
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Operator::Equal => ordering.is_eq(),
            Operator::NotEqual => ordering.is_ne(),
            Operator::Less => ordering.is_lt(),
            Operator::AtMost => ordering.is_le(),
            Operator::More => ordering.is_gt(),
            Operator::AtLeast => ordering.is_ge(),
        }
    }
}

pub fn operators() -> String {
    OPERATORS.map(|(operator, _)| operator).join(" ")
}

/// The most likely correction of an operator.
pub fn meant(operator: &str) -> &'static str {
    let squeezed = operator.replace(' ', "");
    let mut right = OPERATORS.iter().map(|(right, _)| (*right, *right)).chain(MISTYPED);
    right.find(|(wrong, _)| *wrong == squeezed).map_or("==", |(_, right)| right)
}
