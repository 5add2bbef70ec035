//! The service's listeners under connections that want nothing but to be held.

use crate::family::ALONE;
use crate::hub::aggregator;
use crate::program::{PATIENCE, Process, root};
use crate::stage::{Setting, Stage};
use dayaq_simulator::Style;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections that each listener is attacked with.
const CONNECTIONS: usize = 2_000;
/// Files that the program may open: far fewer than the attack holds.
const OPEN_FILES: u32 = 512;

/// A caller that says half of a request's head, or nothing.
async fn held(listener: SocketAddr, says: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(listener).await.expect("it listens");
    // Whoever has given way to another is closed already.
    let _ = stream.write_all(says).await;
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn half_heads_and_idle_connections_on_each_listener_keep_nobody_out() {
    rlimit::increase_nofile_limit(3 * CONNECTIONS as u64).expect("the test itself holds them all");
    let mut stage = Stage::set(Setting::default()).await;
    let profile = root().join("config/aggregators/hubtel.toml").display().to_string();
    let hub = aggregator(Style::Hubtel, "", 3_000).replace("aggregators/hubtel.toml", &profile);
    stage.config = stage.config.gateway(&hub).open_files(OPEN_FILES);
    stage.start().await;
    let said = stage.log();
    assert!(said.contains("HTTP takes fewer connections"), "it says what it does about the limit:\n{said}");
    let callbacks =
        said.lines().find_map(|line| line.split_once("may call http://")?.1.split('/').next()?.parse().ok());
    let listeners = [stage.serve().http, callbacks.expect("an address")];

    let phone = stage.phone(ALONE.number);
    let mut attack = Vec::new();
    for at in 0..CONNECTIONS {
        for listener in listeners {
            let says: &[u8] = if at % 2 == 0 { b"GET /readyz HTTP/1.1\r\nHost: d" } else { b"" };
            attack.push(held(listener, says).await);
        }
        if at % 250 == 249 {
            assert_eq!(stage.page("/readyz").await.0, 200, "after {at}");
            phone.dial().await.says("1 Azərbaycanca");
            let open = std::fs::read_dir(format!("/proc/{}/fd", stage.serve().process.id())).expect("it runs").count();
            assert!(open < OPEN_FILES as usize, "{open} files are open after {at}");
        }
    }
    // The operator's link is lost and comes again while all are held.
    stage.smsc.cut_links();
    assert!(stage.smsc.bound(PATIENCE).await, "{}", stage.log());
    phone.dial().await.says("1 Azərbaycanca");
    let log = stage.log();
    assert!(!log.contains("Connection not taken") && !log.contains("unable to open"), "{log}");
    stage.assert_sound().await;
    // Those that still are held end by themselves: no head has longer than 5 s.
    for mut stream in attack {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok() && rest.is_empty(), "a connection that says nothing is held");
    }
    stage.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_too_few_files_may_be_opened_nothing_starts_and_the_remedy_is_said() {
    let stage = Stage::set(Setting::default()).await;
    let path = stage.config.write().display().to_string();
    let mut process = Process::dayaq_with_files(&["serve", "--config", &path], 64);
    let status = tokio::task::block_in_place(|| process.wait());
    assert_eq!(status.code(), Some(64), "{}", process.said());
    assert!(process.said().contains("may open 64 files and needs") && process.said().contains("LimitNOFILE="));
    assert!(!stage.config.gateway_database().exists(), "nothing was started");
}
