//! The payload formats that mcast recognises.

pub mod described;
pub mod digits;
pub mod fields;
pub mod market;
pub mod numbered;
pub mod probe;
pub mod rtcp;
pub mod rtp;
pub mod sap;
pub mod sdp;
pub mod ts;
