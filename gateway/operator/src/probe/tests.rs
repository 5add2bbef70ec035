mod fixture;
mod masks;
mod notes;
mod pages;
mod simulator;
