//! The program as a process: built once, started, watched, killed.

use dayaq_types::{Clock, SystemClock};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The longest that a test waits for something a process should do at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the tree")
}

/// The `dayaq` binary: DAYAQ_BIN, or built here in this profile.
pub fn dayaq() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("DAYAQ_BIN") {
            return PathBuf::from(path);
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", "dayaq"]).current_dir(root());
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        // What cargo tells a test about its own package would make build scripts run anew, and half the tree with them.
        let own = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(own)) {
            build.env_remove(name);
        }
        assert!(build.status().expect("cargo runs").success(), "dayaq does not build");
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
        profile.join("dayaq")
    })
}

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Output {
    run_in(root(), args)
}

/// Runs the program to its end, in a folder.
pub fn run_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(dayaq());
    command.args(args).current_dir(folder).stdin(Stdio::null()).env_remove("RUST_LOG");
    command.output().expect("dayaq runs")
}

/// Standard output of a run, which must have succeeded.
pub fn succeed(args: &[&str]) -> String {
    let output = run(args);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{args:?}: {}\n{out}\n{err}", output.status);
    out
}

/// Octets as text.
pub fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// A process of ours: its lines are kept and can be awaited; it is killed when dropped, by its own pid.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    said: Arc<Mutex<String>>,
}

impl Process {
    /// Starts the program with more environment.
    pub fn dayaq(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(dayaq());
        command.args(args).current_dir(root()).env("RUST_LOG", "trace");
        command.envs(environment.iter().copied());
        Self::start(command)
    }

    /// Starts the program where it may open so many files.
    pub fn dayaq_with_files(args: &[&str], files: u32) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]).arg(dayaq()).args(args);
        command.current_dir(root()).env("RUST_LOG", "info");
        Self::start(command)
    }

    /// Starts the program in a folder.
    pub fn dayaq_in(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(dayaq());
        command.args(args).current_dir(folder).env("RUST_LOG", "info");
        Self::start(command)
    }

    /// Starts any command; both its outputs are read.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let name = format!("{command:?}");
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{name}: {cause}"));
        let said = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = channel();
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        for output in [Box::new(out) as Box<dyn std::io::Read + Send>, Box::new(err)] {
            let (sender, said) = (sender.clone(), Arc::clone(&said));
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.lock().expect("no reader panics").push_str(&format!("{line}\n"));
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines, said }
    }

    /// Waits for a line that holds `part`, and gives it.
    pub fn wait_for(&self, part: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with {part:?} in\n{}", self.said())
                }
            }
        }
    }

    /// The next line, whatever it says.
    pub fn next_line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no further line after\n{}", self.said()))
    }

    /// Writes a line to its standard input.
    pub fn tell(&mut self, line: &str) {
        use std::io::Write;
        let input = self.child.stdin.as_mut().expect("piped");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the process reads");
    }

    /// Everything it has printed so far, on both outputs.
    pub fn said(&self) -> String {
        self.said.lock().expect("no reader panics").clone()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself and all that it said has been read, and gives the status.
    pub fn wait(&mut self) -> ExitStatus {
        let clock = SystemClock::new();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(clock.monotonic())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("it ends"),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.said()),
            }
        }
    }

    /// Sends SIGTERM.
    pub fn ask_to_end(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// SIGTERM, and the status with which it ends.
    pub fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
