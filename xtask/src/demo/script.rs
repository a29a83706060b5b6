//! The script: which parts there are, in the order in which they start, and their command lines.

use std::path::PathBuf;

use super::hub;
use super::layout::Layout;
use super::ports::Ports;

/// How to start one part, and how to know that it is ready.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name: of its log, its process id, and for `make fix SERVICE=`.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where 200 means ready.
    pub ready: (u16, &'static str),
    /// What an end that nobody asked the supervisor for most likely means.
    pub role: Role,
}

/// What a part is in the play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A service that is there to be broken.
    Service,
    /// The hub: its first start prints a secret.
    Hub,
    /// A part that nobody should miss.
    Stagehand,
}

/// Every name that `fix` takes.
pub const NAMES: [&str; 6] = [MAIL_CATCHER, LEDGER, PAYMENTS_API, PORTAL, HUB, PROMETHEUS];
/// Catches all mail.
pub const MAIL_CATCHER: &str = "mail-catcher";
/// The service that is broken first: much depends on it.
pub const LEDGER: &str = "ledger";
/// Depends hard on the ledger.
pub const PAYMENTS_API: &str = "payments-api";
/// Uses the payments API, and lives without it.
pub const PORTAL: &str = "portal";
/// The hub.
pub const HUB: &str = "hub";
/// Prometheus.
pub const PROMETHEUS: &str = "prometheus";

/// The mail catcher.
pub fn mail_catcher(layout: &Layout, ports: &Ports, python: PathBuf) -> Script {
    let args = vec![
        demo_file(layout, "mail_catcher.py"),
        "--smtp-port".into(),
        ports.smtp.to_string(),
        "--http-port".into(),
        ports.mail.to_string(),
    ];
    Script { name: MAIL_CATCHER, program: python, args, ready: (ports.mail, "/healthz"), role: Role::Stagehand }
}

/// The three services, those that others need first.
pub fn services(layout: &Layout, ports: &Ports, python: &std::path::Path) -> [Script; 3] {
    let service = |name: &'static str, port: u16, calls: &[String]| {
        let mut args =
            vec![demo_file(layout, "service.py"), "--name".into(), name.into(), "--port".into(), port.to_string()];
        args.extend_from_slice(calls);
        Script { name, program: python.to_path_buf(), args, ready: (port, "/healthz"), role: Role::Service }
    };
    let calls = |how: &str, name: &str, port: u16| [how.to_owned(), format!("{name}=http://127.0.0.1:{port}/")];
    [
        service(LEDGER, ports.ledger, &[]),
        service(PAYMENTS_API, ports.payments_api, &calls("--depends-on", LEDGER, ports.ledger)),
        service(PORTAL, ports.portal, &calls("--uses", PAYMENTS_API, ports.payments_api)),
    ]
}

/// The hub.
pub fn hub(layout: &Layout, ports: &Ports, binary: PathBuf) -> Script {
    Script {
        name: HUB,
        program: binary,
        args: hub::serve_arguments(layout, ports),
        ready: (ports.hub, hub::READY_PATH),
        role: Role::Hub,
    }
}

/// Prometheus, with the configuration that lies in the run's folder.
pub fn prometheus(layout: &Layout, ports: &Ports) -> Script {
    let args = vec![
        format!("--config.file={}", layout.prometheus_config().display()),
        format!("--storage.tsdb.path={}", layout.prometheus_data().display()),
        "--storage.tsdb.retention.time=2d".into(),
        format!("--web.listen-address=127.0.0.1:{}", ports.prometheus),
        format!("--web.external-url=http://127.0.0.1:{}/", ports.prometheus),
    ];
    Script {
        name: PROMETHEUS,
        program: "prometheus".into(),
        args,
        ready: (ports.prometheus, "/-/ready"),
        role: Role::Stagehand,
    }
}

fn demo_file(layout: &Layout, name: &str) -> String {
    layout.harbor().join("demo").join(name).display().to_string()
}
