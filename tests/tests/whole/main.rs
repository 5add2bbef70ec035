//! Tests of the whole: the walls between the crates, the program as a process, foreign peers.

mod bad_input;
mod canary;
mod content;
mod crash;
mod family;
mod node_smpp;
mod node_smsc;
mod official_example;
mod pcap;
mod plays;
mod program;
mod proxy;
mod raw_smsc;
mod redis;
mod redis_server;
mod serve_config;
mod shipped;
mod slow_core;
mod stage;
mod stand_in;
mod two_processes;
mod valve;
mod walls;
mod wire;
