mod fixture;
mod pages;
mod simulator;
