//! What a system lacks, with the signatures of `linux`. The module of a system replaces the parts
//! that it has.

pub mod batch;
pub mod command;
pub mod membership;
pub mod metadata;
pub mod options;
pub mod packet;
pub mod system;
pub mod trains;
pub mod waiter;
