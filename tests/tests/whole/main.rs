//! Tests of the whole: the walls between the crates, the program as a process, foreign peers.

mod content;
mod node_smpp;
mod plays;
mod program;
mod serve_config;
mod walls;
