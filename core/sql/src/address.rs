//! The address of a PostgreSQL database, which may name several servers as libpq has it.

use crate::StoreError;
use sqlx::postgres::PgConnectOptions;
use std::str::FromStr;

/// What `target_session_attrs` may ask for. Whatever it says, only a server that takes changes is used.
const TARGETS: [&str; 2] = ["read-write", "primary"];

/// Reads `postgres://user@one:5432,two:5432/database?sslmode=…`, or with the servers in the query
/// (`host=one,two&port=5432,5433`): how to connect to each server, in the order given.
///
/// No error holds the address, which may hold a password.
pub fn read_address(url: &str) -> Result<Vec<PgConnectOptions>, StoreError> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("must begin with postgres://"))?;
    if !["postgres", "postgresql"].contains(&scheme) {
        return Err(bad("must begin with postgres://"));
    }
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match before.find('/') {
        Some(slash) => before.split_at(slash),
        None => (before, ""),
    };
    let (user, hosts) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    let query = Query::read(query)?;
    let named: Vec<&str> = hosts.split(',').collect();
    if named.len() > 1 && named.iter().any(|host| host.is_empty()) {
        return Err(bad("a server without a name between commas"));
    }
    let urls: Vec<String> = match &*query.hosts {
        [] => named.iter().map(|host| format!("{scheme}://{user}{host}{path}?{}", query.rest(None))).collect(),
        _ if named.len() > 1 => return Err(bad("several servers before the path and again in host=")),
        several => {
            (0..several.len()).map(|at| format!("{scheme}://{user}{hosts}{path}?{}", query.rest(Some(at)))).collect()
        }
    };
    urls.iter().map(|url| PgConnectOptions::from_str(url).map_err(|fault| bad(fault.to_string()))).collect()
}

/// The part behind the question mark: what names servers, and what holds for all of them.
struct Query<'u> {
    hosts: Vec<&'u str>,
    ports: Vec<&'u str>,
    others: Vec<&'u str>,
}

impl<'u> Query<'u> {
    fn read(query: &'u str) -> Result<Self, StoreError> {
        let mut read = Self { hosts: Vec::new(), ports: Vec::new(), others: Vec::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("host", hosts)) => read.hosts = hosts.split(',').collect(),
                Some(("port", ports)) => read.ports = ports.split(',').collect(),
                Some(("target_session_attrs", target)) if TARGETS.contains(&target) => {}
                Some(("target_session_attrs", target)) => {
                    let wanted = TARGETS.join(" or ");
                    return Err(bad(format!("target_session_attrs={target}: the service writes, so {wanted}")));
                }
                Some(_) | None => read.others.push(pair),
            }
        }
        if read.hosts.iter().any(|host| host.is_empty()) {
            return Err(bad("a server without a name between commas"));
        }
        if ![0, 1, read.hosts.len()].contains(&read.ports.len()) {
            let (ports, hosts) = (read.ports.len(), read.hosts.len().max(1));
            return Err(bad(format!("{ports} ports for {hosts} servers; one for each, or one for all")));
        }
        Ok(read)
    }

    /// What is said to the server that stands there in the query.
    fn rest(&self, at: Option<usize>) -> String {
        let mut pairs: Vec<String> = self.others.iter().map(|&pair| pair.to_owned()).collect();
        pairs.extend(at.map(|at| format!("host={}", self.hosts[at])));
        pairs.extend(at.and_then(|at| self.ports.get(at)).or(self.ports.first()).map(|port| format!("port={port}")));
        pairs.join("&")
    }
}

fn bad(why: impl Into<String>) -> StoreError {
    StoreError::Address(why.into())
}

#[cfg(test)]
mod tests {
    use super::read_address;

    fn servers(url: &str) -> Vec<String> {
        let read = read_address(url).unwrap_or_else(|fault| panic!("{url}: {fault}"));
        read.iter()
            .map(|server| match server.get_socket() {
                Some(socket) => format!("{} {}", socket.display(), server.get_port()),
                None => format!("{} {}", server.get_host(), server.get_port()),
            })
            .collect()
    }

    #[test]
    fn an_address_names_one_server_or_several() {
        for (url, named) in [
            ("postgres://dayaq@db/dayaq", &["db 5432"][..]),
            ("postgresql://dayaq:p%40ss@db:6000/dayaq?sslmode=require", &["db 6000"]),
            ("postgres://d@one:5433,two/dayaq?target_session_attrs=read-write", &["one 5433", "two 5432"]),
            ("postgres://d@one,two,10.0.0.3:1/dayaq", &["one 5432", "two 5432", "10.0.0.3 1"]),
            ("postgres://d@x/dayaq?host=one,two&port=1,2", &["one 1", "two 2"]),
            ("postgres://d@x/dayaq?port=7&host=one,two&target_session_attrs=primary", &["one 7", "two 7"]),
            ("postgres://d@x/dayaq?host=/run/one,/run/two", &["/run/one 5432", "/run/two 5432"]),
        ] {
            assert_eq!(servers(url), named, "{url}");
        }
        let read = read_address("postgres://d@one,two/dayaq?sslmode=disable&application_name=x").unwrap();
        assert!(read.iter().all(|server| server.get_username() == "d" && server.get_database() == Some("dayaq")));
    }

    #[test]
    fn a_bad_address_says_why_and_holds_no_password() {
        for (url, why) in [
            ("hunter2", "postgres://"),
            ("mysql://d:hunter2@db/dayaq", "postgres://"),
            ("postgres://d:hunter2@one,,two/dayaq", "without a name"),
            ("postgres://d:hunter2@x/dayaq?host=one,", "without a name"),
            ("postgres://d:hunter2@one,two/dayaq?host=three", "again in host="),
            ("postgres://d:hunter2@x/dayaq?host=a,b,c&port=1,2", "2 ports for 3 servers"),
            ("postgres://d:hunter2@one,two/dayaq?target_session_attrs=standby", "read-write or primary"),
            ("postgres://d:hunter2@one:port/dayaq", "port"),
            ("postgres://d:hunter2@one/dayaq?sslmode=perhaps", "ssl"),
        ] {
            let said = read_address(url).unwrap_err().to_string();
            assert!(said.contains(why) && !said.contains("hunter2"), "{url}: {said}");
        }
    }
}
