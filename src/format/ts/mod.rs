//! MPEG transport streams (ISO/IEC 13818-1, ITU-T H.222.0), and the service names of DVB.

mod kind;
mod packet;
pub mod pes;
mod rewrite;
mod section;
pub mod tables;
mod text;

pub use kind::Kind;
pub use packet::{
    Adaptation, NULL_PACKET, NULL_PID, PACKET_LEN, PCR_MODULUS, Packet, packet_len, packets,
};
pub use rewrite::PacketMut;
pub use section::{Section, SectionError, Sections, crc32};
