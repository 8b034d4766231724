//! Plots as SVG.
//!
//! No plotting crate: theirs draw for one size and one background, with numbers for colours. These
//! plots are part of the page. Their colours are classes of its style sheet, for light, dark and
//! print. Their shapes stretch to any width while their text keeps its size: positions of text are
//! in percent, and shapes are in a box without a fixed aspect ratio.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use super::axis::{self, Axis};

/// The size of the box of the shapes, in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;

/// The height of the labels below the shapes, in pixels.
const LABELS: u32 = 22;

/// The space above the shapes for half a label, in pixels.
const ABOVE: u32 = 12;

/// A plot over time or over another value.
pub struct Plot<'a> {
    /// The name of the plot in the page.
    pub id: String,
    /// The title.
    pub title: &'a str,
    /// The values and their meaning, in a sentence: for readers who do not see the plot, too.
    pub description: String,
    /// The horizontal axis.
    pub x: Axis,
    /// A label of the horizontal axis.
    pub x_label: fn(f64) -> String,
    /// The vertical axis.
    pub y: Axis,
    /// A label of the vertical axis.
    pub y_label: &'a dyn Fn(f64) -> String,
    /// The shapes, the lowest first.
    pub layers: Vec<Layer>,
    /// The height of the shapes, in pixels.
    pub height: u32,
}

/// A shape of many parts, each with its own horizontal range.
pub struct Layer {
    /// The class of the style sheet.
    pub class: &'static str,
    /// How it is drawn.
    pub kind: Kind,
    /// The parts: from, to, and the value; for an area from the first to the second value.
    pub parts: Vec<(f64, f64, f64, f64)>,
    /// Its name in the legend.
    pub name: Option<&'static str>,
}

/// How a layer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The area between two lines.
    Area,
    /// The line of the second value.
    Line,
    /// A bar for each part.
    Bars,
}

impl Plot<'_> {
    /// The plot with its title and its legend.
    pub fn figure(&self) -> Markup {
        let named: Vec<&Layer> = self.layers.iter().filter(|layer| layer.name.is_some()).collect();
        html! {
            figure.plot {
                figcaption {
                    h3 { (self.title) }
                    p { (self.description) }
                    @if !named.is_empty() {
                        ul.legend {
                            @for layer in named {
                                li {
                                    span class={ "swatch " (layer.class) } {}
                                    (layer.name.unwrap_or_default())
                                }
                            }
                        }
                    }
                }
                (self.svg("whole", LABELS, |y| ("-8", "end", y + 4.0)))
            }
        }
    }

    /// The drawing without its title, with its labels above the values instead of beside them.
    pub fn small(&self) -> Markup {
        self.svg("small", if self.x.ticks.is_empty() { 4 } else { LABELS }, |y| {
            // Above the line, at the left.
            ("0", "start", y - 3.0)
        })
    }

    fn svg(
        &self,
        class: &str,
        below: u32,
        label: impl Fn(f64) -> (&'static str, &'static str, f64),
    ) -> Markup {
        let all = ABOVE + self.height + below;
        let (title, description) = (format!("{}-t", self.id), format!("{}-d", self.id));
        html! {
            svg class=(class) width="100%" height=(all) role="img" aria-labelledby={ (title) " " (description) } {
                title id=(title) { (self.title) }
                desc id=(description) { (self.description) }
                svg y=(ABOVE) width="100%" height=(self.height) viewBox="0 0 1000 100"
                    preserveAspectRatio="none" {
                    path.grid d=(self.grid()) {}
                    @for layer in &self.layers {
                        path class=(layer.class) d=(self.path(layer)) {}
                    }
                }
                (self.labels(label))
            }
        }
    }

    fn labels(&self, label: impl Fn(f64) -> (&'static str, &'static str, f64)) -> Markup {
        let bottom = ABOVE + self.height;
        html! {
            @for tick in &self.y.ticks {
                @let place = 1.0 - self.y.place(*tick);
                @let (x, anchor, y) = label(f64::from(ABOVE) + place * f64::from(self.height));
                text x=(x) y=(number(y)) text-anchor=(anchor) {
                    ((self.y_label)(*tick))
                }
            }
            @for tick in &self.x.ticks {
                @let place = self.x.place(*tick);
                @let anchor = match place {
                    place if place < 0.04 => "start",
                    place if place > 0.96 => "end",
                    _ => "middle",
                };
                text x={ (number(place * 100.0)) "%" } y=(bottom + 16) text-anchor=(anchor) {
                    ((self.x_label)(*tick))
                }
            }
        }
    }

    /// Horizontal lines at the ticks, and short vertical ones at the bottom.
    fn grid(&self) -> String {
        let mut path = String::new();
        for tick in &self.y.ticks {
            let _ = write!(path, "M0 {}H{WIDTH}", number(self.down(*tick)));
        }
        for tick in &self.x.ticks {
            let _ = write!(path, "M{} {HEIGHT}V{}", number(self.across(*tick)), HEIGHT - 4.0);
        }
        path
    }

    fn path(&self, layer: &Layer) -> PreEscaped<String> {
        PreEscaped(match layer.kind {
            Kind::Bars => self.bars(&layer.parts),
            Kind::Line => self.runs(&layer.parts, |run, path| {
                self.steps(run.iter().map(|&(from, to, _, high)| (from, to, high)), 'M', path);
            }),
            Kind::Area => self.runs(&layer.parts, |run, path| {
                self.steps(run.iter().map(|&(from, to, _, high)| (from, to, high)), 'M', path);
                let back = run.iter().rev().map(|&(from, to, low, _)| (to, from, low));
                self.steps(back, 'L', path);
                path.push('Z');
            }),
        })
    }

    fn bars(&self, parts: &[(f64, f64, f64, f64)]) -> String {
        let mut path = String::new();
        for &(from, to, low, high) in parts.iter().filter(|(_, _, low, high)| low != high) {
            let [left, right] = [from, to].map(|x| self.across(x));
            // A bar of a long run is narrower than a pixel.
            let right = right.max(left + 1.5);
            let [low, high] = [low, high].map(|y| number(self.down(y)));
            let (left, right) = (number(left), number(right));
            let _ = write!(path, "M{left} {low}V{high}H{right}V{low}Z");
        }
        path
    }

    /// Draws each run of parts that follow each other without a gap.
    fn runs(
        &self,
        parts: &[(f64, f64, f64, f64)],
        draw: impl Fn(&[(f64, f64, f64, f64)], &mut String),
    ) -> String {
        let mut path = String::new();
        // Intervals begin a little after the end of the last one.
        let near = (self.x.high - self.x.low) / WIDTH;
        let apart = |one: &(f64, f64, f64, f64), next: &(f64, f64, f64, f64)| {
            next.0 - one.1 <= near.max((next.1 - next.0) / 2.0)
        };
        parts.chunk_by(apart).for_each(|run| draw(run, &mut path));
        path
    }

    /// A line in steps: a value holds for its whole part.
    fn steps(&self, parts: impl Iterator<Item = (f64, f64, f64)>, first: char, path: &mut String) {
        for (position, (from, to, value)) in parts.enumerate() {
            let y = number(self.down(value));
            let _ = match position {
                0 => write!(path, "{first}{} {y}", number(self.across(from))),
                _ => write!(path, "V{y}"),
            };
            let _ = write!(path, "H{}", number(self.across(to)));
        }
    }

    fn across(&self, x: f64) -> f64 {
        self.x.place(x) * WIDTH
    }

    fn down(&self, y: f64) -> f64 {
        (1.0 - self.y.place(y)) * HEIGHT
    }
}

/// A coordinate with at most one decimal.
fn number(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// The labels of a time axis.
pub fn time(seconds: f64) -> String {
    axis::time(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(layers: Vec<Layer>) -> String {
        let plot = Plot {
            id: "p".to_owned(),
            title: "rate",
            description: "two < three".to_owned(),
            x: Axis::of_run(0.0, 4.0),
            x_label: time,
            y: Axis::linear(0.0, 10.0),
            y_label: &|value| format!("{value}"),
            layers,
            height: 100,
        };
        plot.figure().into_string()
    }

    #[test]
    fn lines_are_steps_and_break_at_gaps() {
        let parts = vec![(0.0, 1.0, 0.0, 10.0), (1.0, 2.0, 0.0, 5.0), (3.0, 4.0, 0.0, 0.0)];
        let of = |kind| plot(vec![Layer { class: "rate", kind, parts: parts.clone(), name: None }]);
        assert!(
            of(Kind::Line).contains("d=\"M0 0H250V50H500M750 100H1000\""),
            "{}",
            of(Kind::Line)
        );
        let area = of(Kind::Area);
        assert!(area.contains("M0 0H250V50H500L500 100H250V100H0Z"), "{area}");
        let bars = of(Kind::Bars);
        assert!(bars.contains("d=\"M0 100V0H250V100ZM250 100V50H500V100Z\""), "{bars}");
    }

    #[test]
    fn text_is_escaped() {
        assert!(plot(Vec::new()).contains("two &lt; three"));
    }
}
