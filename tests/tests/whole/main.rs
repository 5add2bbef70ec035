//! Tests of the whole: the walls between the crates, the program as a process, foreign peers.

mod walls;
