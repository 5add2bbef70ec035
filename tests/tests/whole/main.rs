//! Tests of the whole: the walls between the crates, the program as a process, foreign peers.

mod canary;
mod content;
mod crash;
mod defects;
mod family;
mod grounds;
mod institutions;
mod node_smpp;
mod node_sms;
mod pcap;
mod plays;
mod program;
mod proxy;
mod redis_server;
mod serve_config;
mod stage;
mod valve;
mod walls;
mod web_phone;
mod wire;
