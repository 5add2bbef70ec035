mod fixture;
mod masks;
mod pages;
mod simulator;
