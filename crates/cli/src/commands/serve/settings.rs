//! From options to what the hub is started with.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use reqwest::Url;
use wheelhouse_hub::delivery::{Credentials, Secret, SmtpSettings, SmtpTls as HubTls};
use wheelhouse_hub::outgoing::{Allowed, Guard};
use wheelhouse_hub::{Address, Config, DatabaseSettings, StepSettings};
use wheelhouse_runner::step::User;

use crate::args::{DEFAULT_LISTEN, Serve, SmtpTls};
use crate::failure::Failure;

/// Where data is kept unless told otherwise.
const DEFAULT_DATA: &str = "./data";
/// The organisation in a database unless told otherwise.
const DEFAULT_ORG: &str = "main";
/// How long a lease lasts unless told otherwise, in seconds.
const DEFAULT_LEASE_SECONDS: u64 = 6;
/// How long it may last.
const LEASES: std::ops::RangeInclusive<u64> = 2..=120;
/// The most automated steps at a time.
const MOST_STEPS: usize = 400;
/// The largest file with a secret, in bytes.
const LARGEST_SECRET: usize = 4_096;

/// What the hub is started with.
///
/// # Errors
/// Names the option that cannot be used.
pub(super) fn config(options: &Serve) -> Result<Config, Failure> {
    let listen = listen(options.listen.as_deref().unwrap_or(DEFAULT_LISTEN))?;
    let base_url = options.base_url.as_deref().map(base_url).transpose()?;
    let webhook_secret = options.webhook_secret_file.as_deref();
    Ok(Config {
        repositories: super::repositories::settings(options)?,
        data: options.data.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DATA)),
        database: database(options, listen)?,
        listen,
        smtp: smtp(options, base_url.as_ref())?,
        outgoing: outgoing(&options.allow_outgoing)?,
        secrets: options.secrets.clone(),
        base_url: base_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        webhook_secret: webhook_secret.map(|path| secret("--webhook-secret-file", path)).transpose()?,
        checkpoint_file: options.checkpoint_file.clone(),
        against: options.against.clone(),
        public_tiles: options.public_tiles,
        web: options.web.clone(),
        steps: steps(options)?,
        runner_silence: std::time::Duration::from_millis(
            options.runner_silence_ms.unwrap_or(30_000).clamp(300, 3_600_000),
        ),
        origin: options.origin.clone(),
    })
}

/// The PostgreSQL that holds the data, if one does.
fn database(options: &Serve, listen: SocketAddr) -> Result<Option<DatabaseSettings>, Failure> {
    let Some(url) = options.database.as_deref() else { return Ok(None) };
    let bad = |error: &dyn std::fmt::Display| Failure::cannot_run(format!("--database: {error}"));
    let org = options.org.as_deref().unwrap_or(DEFAULT_ORG);
    let mut address = Address::parse(url, org).map_err(|error| bad(&error))?;
    if let Some(path) = &options.database_password_file {
        address = address.with_password(&secret("--database-password-file", path)?);
    }
    let advertise = options.advertise.as_deref().map(base_url).transpose()?;
    if advertise.is_none() && listen.ip().is_unspecified() {
        return Err(Failure::cannot_run(format!(
            "--advertise is missing: {listen} is no address at which other hubs reach this one"
        ))
        .help("give the URL by which they do: --advertise http://10.0.0.11:8080"));
    }
    let lease = options.lease_seconds.unwrap_or(DEFAULT_LEASE_SECONDS);
    if !LEASES.contains(&lease) {
        let (least, most) = (LEASES.start(), LEASES.end());
        return Err(Failure::cannot_run(format!("--lease-seconds: {lease}; expected {least} to {most}")));
    }
    Ok(Some(DatabaseSettings {
        address,
        advertise: advertise.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        lease: std::time::Duration::from_secs(lease),
    }))
}

/// How the hub carries out automated steps itself.
fn steps(options: &Serve) -> Result<StepSettings, Failure> {
    let user = |name: &String| User::named(name).map_err(|error| Failure::cannot_run(format!("--step-user: {error}")));
    let usual = StepSettings::default();
    for folder in options.step_folder.iter().chain(&options.step_secrets) {
        if !folder.is_dir() {
            return Err(Failure::cannot_run(format!("{}: expected a folder for automated steps", folder.display())));
        }
    }
    let mut environment = std::collections::BTreeMap::new();
    for pair in &options.step_env {
        let (name, value) = pair.split_once('=').filter(|(name, _)| is_variable(name)).ok_or_else(|| {
            Failure::cannot_run(format!("--step-env: `{pair}` is not NAME=VALUE"))
                .help("a name has capital letters, digits and `_`, and does not begin with `WH_`")
        })?;
        environment.insert(name.to_owned(), value.to_owned());
    }
    Ok(StepSettings {
        environment,
        at_once: options.steps.unwrap_or(usual.at_once).min(MOST_STEPS),
        secrets: options.step_secrets.clone(),
        user: options.step_user.as_ref().map(user).transpose()?,
        folders: options.step_folder.clone(),
        labels: options.step_label.clone(),
    })
}

/// Whether a name may stand in the environment of steps beside what runbooks give them.
fn is_variable(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().next().is_some_and(|first| first.is_ascii_uppercase())
        && name.bytes().all(fits)
        && !name.starts_with("WH_")
}

/// Reads an address to listen on; names such as `localhost:8480` are looked up.
fn listen(text: &str) -> Result<SocketAddr, Failure> {
    let failed = |why: String| {
        Failure::cannot_run(format!("--listen: `{text}` is not an address to listen on{why}"))
            .help("expected an address and a port: 127.0.0.1:8480, 0.0.0.0:8480 or [::]:8480")
    };
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if text.starts_with(':') {
        return Err(failed(": it names no address".to_owned()));
    }
    let mut found = text.to_socket_addrs().map_err(|error| failed(format!(": {error}")))?;
    found.next().ok_or_else(|| failed(String::new()))
}

fn base_url(text: &str) -> Result<Url, Failure> {
    let usable = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(text).ok().filter(usable).ok_or_else(|| {
        Failure::cannot_run(format!("--base-url: `{text}` is not the address of a web page"))
            .help("expected how people reach the hub: https://wheelhouse.example.org")
    })
}

fn smtp(options: &Serve, base_url: Option<&Url>) -> Result<Option<SmtpSettings>, Failure> {
    let Some(relay) = &options.smtp else {
        return match lone_smtp_option(options) {
            Some(option) => Err(Failure::cannot_run(format!("{option} is given, and no mail server"))
                .help("name the mail server: --smtp HOST:PORT")),
            None => Ok(None),
        };
    };
    let (host, port) = host_and_port(relay)?;
    // Mail from an address without a domain is refused by many relays.
    let domain = base_url.and_then(Url::domain).unwrap_or("localhost");
    let from = options.smtp_from.clone().unwrap_or_else(|| format!("Wheelhouse <wheelhouse@{domain}>"));
    let credentials = match (&options.smtp_user, &options.smtp_password_file) {
        (None, None) => None,
        (Some(user), Some(path)) => {
            let password = Secret::from_file(path)
                .map_err(|error| Failure::cannot_run(format!("--smtp-password-file: {error}")))?;
            Some(Credentials { username: user.clone(), password })
        }
        (Some(_), None) => {
            return Err(
                Failure::cannot_run("--smtp-user is given without a password").help("add --smtp-password-file FILE")
            );
        }
        (None, Some(_)) => {
            return Err(
                Failure::cannot_run("--smtp-password-file is given without a user").help("add --smtp-user NAME")
            );
        }
    };
    let settings = SmtpSettings::new(&host, port, &from);
    Ok(Some(SmtpSettings {
        tls: options.smtp_tls.map_or(settings.tls, hub_tls),
        credentials,
        hello: domain.to_owned(),
        ..settings
    }))
}

/// What may be called beside the public internet.
fn outgoing(allowed: &[String]) -> Result<Guard, Failure> {
    let read = |text: &String| {
        text.parse::<Allowed>().map_err(|error| Failure::cannot_run(format!("--allow-outgoing: {error}")))
    };
    Ok(Guard::new(allowed.iter().map(read).collect::<Result<_, _>>()?))
}

fn lone_smtp_option(options: &Serve) -> Option<&'static str> {
    [
        ("--smtp-from", options.smtp_from.is_some()),
        ("--smtp-tls", options.smtp_tls.is_some()),
        ("--smtp-user", options.smtp_user.is_some()),
        ("--smtp-password-file", options.smtp_password_file.is_some()),
    ]
    .into_iter()
    .find_map(|(name, given)| given.then_some(name))
}

const fn hub_tls(tls: SmtpTls) -> HubTls {
    match tls {
        SmtpTls::None => HubTls::None,
        SmtpTls::Starttls => HubTls::Starttls,
        SmtpTls::Required => HubTls::StarttlsRequired,
        SmtpTls::Tls => HubTls::Tls,
    }
}

/// `mail.example.org:587`, `[::1]:25`.
fn host_and_port(text: &str) -> Result<(String, u16), Failure> {
    let split = || {
        let (host, port) = text.rsplit_once(':')?;
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match inner {
            Some(address) => address,
            None if host.contains(':') => return None,
            None => host,
        };
        let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
        let plain = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '/');
        plain.then(|| (host.to_owned(), port))
    };
    split().ok_or_else(|| {
        Failure::cannot_run(format!("--smtp: `{text}` is not a mail server"))
            .help("expected a host and a port: mail.example.org:587")
    })
}

fn secret(option: &str, path: &Path) -> Result<String, Failure> {
    let failed = |why: String| Failure::cannot_run(format!("{option}: {}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.len() > LARGEST_SECRET {
        return Err(failed(format!("expected a secret of 1 to {LARGEST_SECRET} bytes")));
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn message(options: &Serve) -> String {
        config(options).unwrap_err().message
    }

    #[test]
    fn without_options_the_hub_listens_here_and_sends_no_mail() {
        let config = config(&Serve::default()).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8480");
        assert_eq!(config.data, PathBuf::from("./data"));
        assert!(config.smtp.is_none());
    }

    #[test]
    fn mail_takes_its_domain_from_the_base_url() {
        let options = Serve {
            smtp: Some("mail.example.org:587".to_owned()),
            base_url: Some("https://wheelhouse.example.org/".to_owned()),
            smtp_tls: Some(SmtpTls::Required),
            ..Serve::default()
        };
        let config = config(&options).unwrap();
        assert_eq!(config.base_url.as_deref(), Some("https://wheelhouse.example.org"));
        let smtp = config.smtp.unwrap();
        assert_eq!((smtp.host.as_str(), smtp.port), ("mail.example.org", 587));
        assert_eq!(smtp.from, "Wheelhouse <wheelhouse@wheelhouse.example.org>");
        assert_eq!(smtp.tls, HubTls::StarttlsRequired);
    }

    #[test]
    fn what_cannot_be_used_names_its_option() {
        for listen in ["", "8480", ":8480", "127.0.0.1", "127.0.0.1:99999"] {
            let options = Serve { listen: Some(listen.to_owned()), ..Serve::default() };
            assert!(message(&options).starts_with("--listen: "), "{listen}");
        }
        for smtp in ["mail", "mail:", "mail:0", "::1:25", "a b:25"] {
            let options = Serve { smtp: Some(smtp.to_owned()), ..Serve::default() };
            assert!(message(&options).starts_with("--smtp: "), "{smtp}");
        }
        let options = Serve { base_url: Some("hub".to_owned()), ..Serve::default() };
        assert!(message(&options).starts_with("--base-url: "));
        let options = Serve { smtp_user: Some("hub".to_owned()), ..Serve::default() };
        assert!(message(&options).contains("no mail server"));
        let options = Serve { smtp: Some("mail:25".to_owned()), smtp_user: Some("hub".to_owned()), ..Serve::default() };
        assert!(message(&options).contains("without a password"));
        let options = Serve { webhook_secret_file: Some("/nowhere/secret".into()), ..Serve::default() };
        assert!(message(&options).starts_with("--webhook-secret-file: "));
    }
}
