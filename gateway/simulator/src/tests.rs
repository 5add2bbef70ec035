mod control;
pub(crate) mod esme;
mod faults;
mod operator;
mod play;
mod raw;
mod services;
mod setup;
mod terminal;
