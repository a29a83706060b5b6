//! Just enough HTTP to ask and to feed a local process.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A port of this machine, and the token to show there.
#[derive(Clone, Debug)]
pub struct Door {
    /// The port.
    pub port: u16,
    /// The token; empty where none is asked for.
    pub token: String,
}

impl Door {
    /// GETs a path, as HTTP/1.0, so that the answer ends with the connection.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        let mut stream = self.connect()?;
        write!(stream, "GET {path} HTTP/1.0\r\n{}Connection: close\r\n\r\n", self.head())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = find(&bytes, b"\r\n\r\n").ok_or_else(no_http)?;
        let status = status_of(&String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()))?;
        Ok(Answer { status, body: bytes.split_off(end + 4) })
    }

    /// GETs text; any status but 200 is an error.
    pub fn text(&self, path: &str) -> io::Result<String> {
        let answer = self.get(path)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status == 200 { Ok(text) } else { Err(io::Error::other(format!("{}: {text}", answer.status))) }
    }

    /// Opens a connection for many requests.
    pub fn open(&self) -> io::Result<Feed> {
        Ok(Feed { stream: BufReader::new(self.connect()?), head: self.head() })
    }

    fn head(&self) -> String {
        let token =
            if self.token.is_empty() { String::new() } else { format!("Authorization: Bearer {}\r\n", self.token) };
        format!("Host: 127.0.0.1:{}\r\n{token}", self.port)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

/// A connection that stays open.
pub struct Feed {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Feed {
    /// POSTs JSON and returns the status.
    pub fn post(&mut self, path: &str, body: &str) -> io::Result<u16> {
        let length = body.len();
        let head = &self.head;
        let request = format!(
            "POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let head = read_head(&mut self.stream)?.ok_or_else(no_http)?;
        let mut body = vec![0; content_length(&head)];
        self.stream.read_exact(&mut body)?;
        status_of(&head)
    }
}

/// Reads the lines up to the empty one; `None` where the peer has closed the connection.
pub fn read_head(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if stream.read_line(&mut head)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.get(before..).is_some_and(|line| line.trim().is_empty()) {
            return Ok(Some(head));
        }
    }
}

/// The length of the body that a head announces.
pub fn content_length(head: &str) -> usize {
    let lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    lengths.max().unwrap_or(0)
}

fn status_of(head: &str) -> io::Result<u16> {
    head.strip_prefix("HTTP/1.").and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok()).ok_or_else(no_http)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn no_http() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP")
}
