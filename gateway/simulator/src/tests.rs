pub(crate) mod esme;
mod operator;
mod play;
mod terminal;
