//! Requests to a server on loopback, whole and short: enough to ask whether it is ready and to make its accounts.

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

const WAIT_MAX: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: u64 = 1 << 20;

pub fn is_taken(port: u16) -> bool {
    connect(port).is_ok()
}

pub fn connect(port: u16) -> Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream =
        TcpStream::connect_timeout(&address, WAIT_MAX).with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(WAIT_MAX))?;
    stream.set_write_timeout(Some(WAIT_MAX))?;
    Ok(stream)
}

/// The body of an answer of 2xx.
pub fn get(port: u16, path: &str, account: Option<(&str, &str)>) -> Result<String> {
    ask(port, "GET", path, account, "")
}

pub fn post(port: u16, path: &str, json: &str) -> Result<String> {
    ask(port, "POST", path, None, json)
}

fn ask(port: u16, method: &str, path: &str, account: Option<(&str, &str)>, body: &str) -> Result<String> {
    let mut stream = connect(port)?;
    let credential = account.map_or_else(String::new, |(name, password)| {
        format!(
            "Authorization: Basic {}\r\n",
            STANDARD.encode(format!("{name}:{password}"))
        )
    });
    // 1.0: the answer ends with the connection.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{credential}\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_string(&mut answer)
        .with_context(|| format!("no answer to {method} {path}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    match status.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(body.to_owned()),
        _ => bail!("{method} {path} was answered with {status}"),
    }
}
