//! The payload formats that mcast recognises.

pub mod artnet;
pub mod described;
pub mod digits;
pub mod exchange;
pub mod fields;
pub mod iperf;
pub mod kind;
pub mod market;
pub mod mcjoin;
pub mod mgen;
pub mod msend;
pub mod names;
pub mod numbered;
pub mod probe;
pub mod ptp;
pub mod rtcp;
pub mod rtp;
pub mod sacn;
pub mod sap;
pub mod sdp;
pub mod sockperf;
pub mod ts;
