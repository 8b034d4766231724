//! A header that the user describes: `seq=u32be@4,count=u16le@14,time=u64le-ns@4,key=u32be@8`.

mod field;
mod header;
mod parse;

pub use field::{ByteOrder, Field, Magic, Time, TimeUnit};
pub use header::{Fields, Header, content};
