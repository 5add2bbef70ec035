//! Connecting an operator: its profile checked, its SMSC probed, its traffic learnt from.

pub mod check;
pub mod learn;
mod oddity;
pub mod probe;
