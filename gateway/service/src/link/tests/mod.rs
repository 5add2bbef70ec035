mod binding;
mod cuts;
mod memory;
mod paced;
mod reach;
mod silence;
