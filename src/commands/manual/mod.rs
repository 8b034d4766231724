//! `mcast man`: the manual pages, made of the help and of what only the manual has room for.

mod help_text;
mod page;
mod roff_text;
mod run;
mod supplement;

#[cfg(test)]
pub use page::pages;
pub use run::run;
