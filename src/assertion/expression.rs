//! The language of `--assert`: `loss == 0%`, `delay.p99 < 5ms`, `rate >= 900pps`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Value;
use super::limit::value;
use super::metric::{Metric, Vocabulary};
use super::operator::{OPERATOR_CHARS, OPERATORS, Operator, meant, operators};
use super::refusal::{example, no_comparison, no_metric, no_value};

/// A metric, a comparison, and a value. Its `Display` is the text that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    expr: String,
    metric: Metric,
    operator: Operator,
    limit: Value,
}

impl Assertion {
    /// The left side of the comparison.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Compares the measured value. `None`, or a value that is not a number, was not measured and
    /// fails with every operator. A lower bound that does not decide the comparison fails, too.
    pub fn judge(&self, measure: impl FnOnce(Metric) -> Option<Value>) -> Judgement {
        let value = measure(self.metric).filter(|value| value.is_number());
        let comparable = value.is_none_or(|value| !value.compare(self.limit).is_empty());
        debug_assert!(
            comparable,
            "{:?} was measured as {value:?}, but is compared with {:?}",
            self.metric, self.limit
        );
        let held = value.and_then(|value| self.decided(value));
        Judgement {
            expr: self.expr.clone(),
            value: value.filter(|_| held.is_some()),
            held: held == Some(true),
        }
    }

    fn holds(&self, value: Value) -> bool {
        self.decided(value) == Some(true)
    }

    /// `None` if the value is a lower bound, and the comparison depends on the true value.
    fn decided(&self, value: Value) -> Option<bool> {
        let mut ways =
            value.compare(self.limit).iter().map(|ordering| self.operator.holds(*ordering));
        let first = ways.next()?;
        ways.all(|other| other == first).then_some(first)
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expr)
    }
}

impl Assertion {
    /// Reads `METRIC OP VALUE`, with or without spaces between them. The metric is one of `of`.
    ///
    /// # Errors
    /// The reason and a correct expression.
    pub fn read(text: &str, of: Vocabulary) -> Result<Self, String> {
        // A reason of the verdict is one line.
        let expr = text.trim().replace(char::is_whitespace, " ");
        let Some(at) = expr.find(OPERATOR_CHARS) else { return Err(no_comparison(of, &expr)) };
        let (name, rest) = expr.split_at(at);
        let end = rest
            .find(|letter: char| !OPERATOR_CHARS.contains(&letter) && letter != ' ')
            .unwrap_or(rest.len());
        let (operator, typed) = rest.split_at(end);
        let (name, operator, typed) = (name.trim(), operator.trim(), typed.trim());

        if typed.contains(OPERATOR_CHARS) {
            return Err("must be one comparison; for example --assert 'delay.min >= 1ms' \
                        --assert 'delay.max < 5ms'"
                .to_owned());
        }
        let known = OPERATORS.iter().find(|(known, _)| *known == operator);
        let right = known.map_or_else(|| meant(operator), |(known, _)| known);
        let Some(named) = of.metrics().iter().find(|(known, ..)| *known == name) else {
            return Err(no_metric(of, name, right, typed));
        };
        let Some((_, comparison)) = known else {
            return Err(format!(
                "unknown operator '{operator}' (use {}); try '{}'",
                operators(),
                example(named, right, typed)
            ));
        };
        let limit = value(named.2, typed).ok_or_else(|| no_value(of, named, operator, typed))?;
        Ok(Assertion { metric: named.1, operator: *comparison, limit, expr })
    }
}

impl FromStr for Assertion {
    type Err = String;

    /// Reads an assertion of a receiver.
    fn from_str(text: &str) -> Result<Self, String> {
        Assertion::read(text, Vocabulary::Reception)
    }
}

/// The result of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The text of the assertion.
    pub expr: String,
    /// The measured value; `None` if it was not measured.
    pub value: Option<Value>,
    /// Whether the assertion passed.
    pub held: bool,
}

impl Judgement {
    /// The reason of a failure: `loss == 0% (1.25 %)`.
    pub fn reason(&self) -> String {
        let shown = self.shown();
        format!("{} ({})", self.expr, shown.as_deref().unwrap_or("value unknown"))
    }

    /// The measured value, with enough digits to explain the result: "loss <= 1%" failed, but not
    /// with 1.00 %. `None` if it was not measured.
    pub fn shown(&self) -> Option<String> {
        let Judgement { expr, value, held } = self;
        let assertion = Vocabulary::ALL.iter().find_map(|of| Assertion::read(expr, *of).ok());
        let explains =
            |seen| assertion.as_ref().is_none_or(|assertion| assertion.holds(seen) == *held);
        Some((*value)?.shown_until(explains).to_string())
    }
}

#[cfg(test)]
mod tests;
