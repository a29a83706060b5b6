//! Mail servers: the real one of the example organisation, and one that falls silent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::client::Client;
use super::process::Process;
use super::program::{free_port, python, repository};
use super::wait::{SOON, until};

/// The mail catcher of the example organisation.
pub struct MailCatcher {
    process: Process,
    folder: TempDir,
    pub smtp: u16,
    http: u16,
}

/// A mail that was handed over.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: Vec<String>,
    pub text: String,
    headers: BTreeMap<String, String>,
}

impl MailCatcher {
    /// Starts it with further options, such as `--refuse-rcpt ADDRESS`.
    pub fn start(options: &[&str]) -> Self {
        Self::on_ports(free_port(), free_port(), tempfile::tempdir().unwrap(), options)
    }

    /// Ends it as a crash does, and what it caught is lost.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same ports, with other options.
    pub fn restart(mut self, options: &[&str]) -> Self {
        self.kill();
        let folder = tempfile::tempdir().unwrap();
        Self::on_ports(self.smtp, self.http, folder, options)
    }

    fn on_ports(smtp: u16, http: u16, folder: TempDir, options: &[&str]) -> Self {
        let ports = folder.path().join("ports.json");
        let mut command = Command::new(python());
        command.arg(repository().join("examples/harbor/demo/mail_catcher.py")).args(options);
        command.args(["--smtp-port", &smtp.to_string(), "--http-port", &http.to_string(), "--ports-file"]).arg(&ports);
        let mut process = Process::start("the mail catcher", &mut command, &folder.path().join("mail.log"));
        let text = until("the mail catcher listens", SOON, || {
            assert!(process.ended().is_none(), "the mail catcher ended by itself");
            std::fs::read_to_string(&ports).ok()
        });
        let ports: Value = serde_json::from_str(&text).unwrap();
        let port = |name: &str| u16::try_from(ports[name].as_u64().unwrap()).unwrap();
        Self { process, folder, smtp: port("smtp"), http: port("http") }
    }

    /// What it caught, in order of arrival.
    pub fn caught(&self) -> Vec<Mail> {
        assert!(self.folder.path().is_dir());
        let web = Client::new(&format!("http://127.0.0.1:{}", self.http), "");
        web.get("/messages.json").as_array().unwrap().iter().map(Mail::of).collect()
    }

    /// Waits for a mail to `address` whose subject has `words`.
    pub fn wait_for(&self, address: &str, words: &str) -> Mail {
        until(&format!("a mail to {address} about `{words}`"), SOON, || {
            self.caught().into_iter().find(|mail| mail.is_to(address) && mail.subject().contains(words))
        })
    }
}

impl Mail {
    fn of(value: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = value["headers"].as_array().unwrap().iter();
        Self {
            to: value["to"].as_array().unwrap().iter().map(text).collect(),
            text: text(&value["text"]),
            headers: headers.map(|pair| (text(&pair[0]).to_ascii_lowercase(), text(&pair[1]))).collect(),
        }
    }

    /// A header; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(&name.to_ascii_lowercase()).map_or("", String::as_str)
    }

    pub fn subject(&self) -> &str {
        self.header("subject")
    }

    /// The name of the message in the hub, such as `INC-1/m2`.
    pub fn message(&self) -> &str {
        self.header("wheelhouse-message")
    }

    /// Whether the hub says that it may have sent it before.
    pub fn is_repeat(&self) -> bool {
        self.header("wheelhouse-repeat") == "yes"
    }

    pub fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to == address)
    }
}

/// A mail server that takes every mail and says what became of it only when it is told to.
pub struct SilentServer {
    pub port: u16,
    taken: Arc<Mutex<Vec<Mail>>>,
    answers: Arc<AtomicBool>,
}

impl SilentServer {
    /// Starts it, silent. It ends with the test's process.
    pub fn start() -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (taken, answers) = (Arc::<Mutex<Vec<Mail>>>::default(), Arc::<AtomicBool>::default());
        let (mails, speaks) = (taken.clone(), answers.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (mails, speaks) = (mails.clone(), speaks.clone());
                thread::spawn(move || converse(&stream, &mails, &speaks));
            }
        });
        Self { port, taken, answers }
    }

    /// Lets it answer from now on.
    pub fn speak(&self) {
        self.answers.store(true, Ordering::SeqCst);
    }

    /// The mails that it took.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }
}

/// The server's side of SMTP (RFC 5321), until the client goes; nothing where the client breaks off.
fn converse(mut stream: &TcpStream, taken: &Mutex<Vec<Mail>>, answers: &AtomicBool) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    stream.write_all(b"220 silent.localhost\r\n").ok()?;
    let mut to = Vec::new();
    while let Some(line) = lines.next() {
        let command = line.to_ascii_uppercase();
        if let Some(address) = command.strip_prefix("RCPT TO:") {
            to.push(address.trim_matches(['<', '>']).to_ascii_lowercase());
        }
        if command != "DATA" {
            stream.write_all(b"250 OK\r\n").ok()?;
            continue;
        }
        stream.write_all(b"354 go on\r\n").ok()?;
        let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
        let headers = mail.iter().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        taken.lock().unwrap().push(Mail { to: std::mem::take(&mut to), text: mail.join("\n"), headers });
        if answers.load(Ordering::SeqCst) {
            stream.write_all(b"250 OK\r\n").ok()?;
        }
    }
    Some(())
}
