//! Real peers on free loopback ports; each ends with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The mail catcher of the example organisation, run by a Python that has aiosmtpd.
pub struct MailCatcher {
    process: Child,
    pub smtp: u16,
    http: u16,
    _folder: tempfile::TempDir,
}

impl MailCatcher {
    /// Starts it with further options and waits until it listens.
    pub async fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = folder.path().join("ports.json");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/harbor/demo/mail_catcher.py");
        let process = Command::new(python())
            .arg(program)
            .args(["--smtp-port", "0", "--http-port", "0", "--ports-file"])
            .arg(&ports)
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut catcher = Self { process, smtp: 0, http: 0, _folder: folder };
        for _ in 0..300 {
            if let Ok(text) = std::fs::read_to_string(&ports) {
                let ports: Value = serde_json::from_str(&text).unwrap();
                let port = |name: &str| u16::try_from(ports[name].as_u64().unwrap()).unwrap();
                (catcher.smtp, catcher.http) = (port("smtp"), port("http"));
                return catcher;
            }
            assert!(catcher.process.try_wait().unwrap().is_none(), "the mail catcher did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the mail catcher does not listen");
    }

    /// What it caught, in order of arrival.
    pub async fn caught(&self) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/messages.json", self.http);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Ends it, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for MailCatcher {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A Python 3 that can import aiosmtpd: `$WHEELHOUSE_PYTHON`, Debian's own, or the one on the path.
fn python() -> PathBuf {
    let chosen = std::env::var_os("WHEELHOUSE_PYTHON").map(PathBuf::from);
    let candidates = chosen.into_iter().chain(["/usr/bin/python3".into(), "python3".into()]);
    let able = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", "import aiosmtpd.smtp"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    candidates.into_iter().find(able).expect("no Python 3 with aiosmtpd: apt-get install python3-aiosmtpd")
}

/// A certificate for 127.0.0.1, made with openssl: where it and its key lie.
pub fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl is needed: apt-get install openssl");
    assert!(made.success());
    (certificate, key)
}
