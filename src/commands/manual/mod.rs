//! `mcast man`: the manual pages, from the help and from texts that only the manual has.

mod help_text;
mod page;
mod roff_text;
mod run;
mod supplement;

#[cfg(test)]
pub use page::pages;
pub use run::run;
