//! Where messages end: a webhook and a mail server that note when which page came.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use super::client::{content_length, read_head};

/// The largest webhook body that is read for what it says; Alertmanager's are larger under load.
const LARGEST_READ: usize = 64 << 10;
/// How a mail says that it is a page.
const PAGE_WORDS: &str = "You are asked to take it";

/// A page that arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The service that it is about.
    pub service: String,
    /// When.
    pub at: Instant,
}

/// What has arrived.
#[derive(Debug, Default)]
pub struct Caught {
    /// Pages by webhook and mail, in order of arrival.
    pub pages: Vec<Arrival>,
    /// Everything that arrived.
    pub messages: u64,
    /// The bytes of it.
    pub bytes: u64,
}

/// A webhook and a mail server on ports of their own. They end with the program.
#[derive(Clone)]
pub struct Sinks {
    /// The webhook's port.
    pub webhook_port: u16,
    /// The mail server's port.
    pub smtp_port: u16,
    caught: Arc<Mutex<Caught>>,
}

impl Sinks {
    /// Starts both.
    pub fn open() -> io::Result<Self> {
        let caught = Arc::new(Mutex::new(Caught::default()));
        let listen = |serve: fn(TcpStream, &Mutex<Caught>) -> io::Result<()>| -> io::Result<u16> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            let caught = caught.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let caught = caught.clone();
                    // A peer that goes away in the middle is the end of the connection, no more.
                    thread::spawn(move || serve(stream, &caught).ok());
                }
            });
            Ok(port)
        };
        Ok(Self { webhook_port: listen(webhook)?, smtp_port: listen(mail)?, caught })
    }

    /// Takes what has arrived since the last time.
    pub fn take(&self) -> Caught {
        std::mem::take(&mut lock(&self.caught))
    }

    /// How many messages have arrived since the last time.
    pub fn messages(&self) -> u64 {
        lock(&self.caught).messages
    }
}

fn lock(caught: &Mutex<Caught>) -> MutexGuard<'_, Caught> {
    caught.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(caught: &Mutex<Caught>, at: Instant, bytes: usize, services: Vec<String>) {
    let mut caught = lock(caught);
    caught.messages += 1;
    caught.bytes += bytes as u64;
    caught.pages.extend(services.into_iter().map(|service| Arrival { service, at }));
}

fn webhook(stream: TcpStream, caught: &Mutex<Caught>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    let mut body = Vec::new();
    while let Some(head) = read_head(&mut stream)? {
        body.resize(content_length(&head), 0);
        stream.read_exact(&mut body)?;
        let at = Instant::now();
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        let services = if body.len() <= LARGEST_READ { paged_services(&body) } else { Vec::new() };
        note(caught, at, body.len(), services);
    }
    Ok(())
}

/// The services that a webhook's body pages about: one of the hub's, or those of Alertmanager's firing alerts.
fn paged_services(body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    if let Some(lane) = text(&body, "/lane") {
        return if lane == "page" { text(&body, "/case/service").into_iter().collect() } else { Vec::new() };
    }
    let alerts = body.get("alerts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let firing = alerts.iter().filter(|alert| text(alert, "/status").is_some_and(|status| status == "firing"));
    firing.filter_map(|alert| text(alert, "/labels/service")).collect()
}

/// Serves SMTP (RFC 5321) as far as a client needs it that only delivers.
fn mail(stream: TcpStream, caught: &Mutex<Caught>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 bench.example\r\n")?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let reply: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n")?;
                let text = data(&mut stream)?;
                note(caught, Instant::now(), text.len(), mailed_service(&text).into_iter().collect());
                b"250 taken\r\n"
            }
            "QUIT" => return stream.get_mut().write_all(b"221 bye\r\n"),
            _ => b"250 bench.example\r\n",
        };
        stream.get_mut().write_all(reply)?;
    }
}

fn data(stream: &mut impl BufRead) -> io::Result<String> {
    let mut text = Vec::new();
    loop {
        let before = text.len();
        if stream.read_until(b'\n', &mut text)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if text.get(before..) == Some(b".\r\n") {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
    }
}

/// The service that a mail pages about: the first that it names, in its subject.
fn mailed_service(text: &str) -> Option<String> {
    let start = text.find("bench-svc-")?;
    text.contains(PAGE_WORDS).then(|| text.get(start..start + "bench-svc-000".len()).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_notices_in_both_peers_words() {
        let hub = |lane: &str| format!(r#"{{"lane": "{lane}", "case": {{"service": "bench-svc-007"}}}}"#);
        assert_eq!(paged_services(hub("page").as_bytes()), ["bench-svc-007"]);
        assert!(paged_services(hub("notice").as_bytes()).is_empty());
        let alertmanager = br#"{"alerts": [{"status": "firing", "labels": {"service": "a"}},
            {"status": "resolved", "labels": {"service": "b"}}]}"#;
        assert_eq!(paged_services(alertmanager), ["a"]);
        assert!(paged_services(b"no json").is_empty());
    }

    #[test]
    fn a_mail_pages_if_it_asks() {
        let page = "Subject: [INC-1] bench-svc-012: x\r\n\r\nYou are asked to take it.\r\n.\r\n";
        assert_eq!(mailed_service(page).as_deref(), Some("bench-svc-012"));
        assert_eq!(mailed_service("Subject: bench-svc-012\r\n\r\nTo your knowledge.\r\n.\r\n"), None);
    }
}
