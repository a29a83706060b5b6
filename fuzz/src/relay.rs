//! A mail server on this machine that says what it is told to, for one mail.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_hub::delivery::{Channels, Http, HttpSettings, Outgoing, Secret, Secrets, Smtp, SmtpSettings, SmtpTls};
use wheelhouse_hub::outgoing::Guard;

use crate::stage::NOW;

/// How long the server waits for the client before it says its next line anyway.
const PATIENCE: Duration = Duration::from_millis(15);

/// What the server says.
pub enum Relay {
    /// What a server says that takes mail.
    Decent,
    /// These lines, the next one whenever it hears something; then it hangs up.
    Says(Vec<u8>),
}

/// How a mail went, and all that the server heard.
pub struct Delivered {
    /// How it went.
    pub outcome: Outcome,
    /// What the server heard.
    pub heard: Vec<u8>,
}

/// Hands one mail over.
pub fn deliver(outgoing: &Outgoing, relay: Relay) -> Delivered {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("this machine lets a test talk to itself");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("this machine lets a test talk to itself");
        let port = listener.local_addr().expect("this machine lets a test talk to itself").port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("this machine lets a test talk to itself");
            match relay {
                Relay::Decent => decent(stream).await,
                Relay::Says(lines) => says(stream, &lines).await,
            }
        });
        let channels = channels(port);
        let (_, outcome) = channels.send(outgoing, NOW).await;
        // The server sees nobody call where the mail could not be written at all.
        let heard = timeout(Duration::from_secs(1), server).await;
        Delivered { outcome, heard: heard.map(|heard| heard.expect("the relay does not stumble")).unwrap_or_default() }
    })
}

fn channels(port: u16) -> Channels {
    static HTTP: OnceLock<Http> = OnceLock::new();
    let http = HTTP.get_or_init(|| {
        Http::new(HttpSettings::new(Guard::new(Vec::new()))).expect("this machine lets a test talk to itself")
    });
    let mut settings = SmtpSettings::new("127.0.0.1", port, "Wheelhouse <hub@hub.example>");
    settings.tls = SmtpTls::None;
    settings.hello = "hub.example".into();
    settings.timeout = Duration::from_millis(500);
    Channels::new(
        Some(Smtp::new(settings).expect("this machine lets a test talk to itself")),
        http.clone(),
        Secret::new(b"key"),
        8,
        Secrets::default(),
    )
}

async fn decent(mut stream: TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut in_mail = false;
    let mut answered = 0;
    let _ = stream.write_all(b"220 relay\r\n").await;
    loop {
        let Some(end) = ending(&heard[answered..], in_mail) else {
            if !hear(&mut stream, &mut heard, Duration::from_millis(300)).await {
                return heard;
            }
            continue;
        };
        let command = heard[answered..answered + end].to_ascii_uppercase();
        answered += end;
        let answer: &[u8] = match &command {
            _ if in_mail => b"250 taken\r\n",
            word if word.starts_with(b"DATA") => b"354 go on\r\n",
            _ => b"250 relay\r\n",
        };
        let over = in_mail;
        in_mail = command.starts_with(b"DATA") && !over;
        let _ = stream.write_all(answer).await;
        if over {
            return heard;
        }
    }
}

/// Where what is being said ends: a line, or the whole mail.
fn ending(heard: &[u8], in_mail: bool) -> Option<usize> {
    let mark: &[u8] = if in_mail { b"\r\n.\r\n" } else { b"\r\n" };
    heard.windows(mark.len()).position(|bytes| bytes == mark).map(|at| at + mark.len())
}

async fn says(mut stream: TcpStream, lines: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n').take(200) {
        if stream.write_all(line).await.is_err() {
            return heard;
        }
        let is_last = line.get(3).is_none_or(|byte| *byte != b'-');
        if is_last && !hear(&mut stream, &mut heard, PATIENCE).await {
            continue;
        }
    }
    while hear(&mut stream, &mut heard, Duration::from_millis(1)).await {}
    heard
}

/// Hears what the client says; false where it is silent or gone.
async fn hear(stream: &mut TcpStream, heard: &mut Vec<u8>, patience: Duration) -> bool {
    let mut bytes = [0; 16 << 10];
    match timeout(patience, stream.read(&mut bytes)).await {
        Ok(Ok(count)) if count > 0 => {
            heard.extend_from_slice(&bytes[..count]);
            true
        }
        _ => false,
    }
}
