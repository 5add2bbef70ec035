mod binding;
mod cuts;
mod leaving;
mod memory;
mod paced;
mod reach;
mod silence;

pub(crate) use memory::VirtualClock;
