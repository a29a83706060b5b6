//! How the relay is reached.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials as SmtpCredentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::delivery::Secret;

/// How mail is handed to the relay.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The relay's host name or address; its certificate must bear it.
    pub host: String,
    /// Its port: usually 587, 465 for [`SmtpTls::Tls`], 25 within a network.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// How to sign in, if the relay asks for it.
    pub credentials: Option<Credentials>,
    /// The sender: `Wheelhouse <wheelhouse@example.org>`.
    pub from: String,
    /// The name that the hub gives itself (RFC 5321 §4.1.1.1): a domain or an address.
    pub hello: String,
    /// The time for each step, usually 10 s. All steps up to the mail's text may take three times as
    /// long together, and so may the relay's last answer.
    pub timeout: Duration,
    /// How many connections there may be at a time, per lane.
    pub connections: usize,
    /// Certificates (PEM) that are trusted beside the well-known authorities.
    pub trusted: Vec<Vec<u8>>,
}

/// How a connection to the relay is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// By STARTTLS if the relay offers it, whatever its certificate (RFC 7435); else not at all.
    Starttls,
    /// By STARTTLS (RFC 3207), or no mail is sent.
    StarttlsRequired,
    /// From the first byte (RFC 8314 §3).
    Tls,
}

/// How to sign in at the relay.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password, from the environment or a file.
    pub password: Secret,
}

/// Why mail cannot be sent as configured.
#[derive(Debug, thiserror::Error)]
pub enum BadSmtpSettings {
    /// The sender is not one.
    #[error("`{0}` is not a sender; write `Name <name@example.org>` or `name@example.org`")]
    From(String),
    /// The password would cross the network readable.
    #[error("signing in at {0} without required encryption would show the password; use `starttls-required` or `tls`")]
    PasswordInTheClear(String),
    /// The password is not text.
    #[error("the password for the mail server is not UTF-8 text")]
    Password,
    /// The certificates or the host name cannot be used.
    #[error("encryption to the mail server cannot be set up; check its host name and the trusted certificates (PEM)")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// The relay, ready to be connected to.
pub(super) struct Relay {
    /// Host and port, as people read them.
    pub(super) name: String,
    pub(super) connections: usize,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: SmtpTls,
    pub(super) parameters: Option<TlsParameters>,
    pub(super) credentials: Option<SmtpCredentials>,
    pub(super) from: Mailbox,
    pub(super) hello: ClientId,
    pub(super) timeout: Duration,
}

impl SmtpTls {
    /// Reads `none`, `starttls`, `starttls-required` or `tls`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "starttls" => Some(Self::Starttls),
            "starttls-required" => Some(Self::StarttlsRequired),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }
}

impl SmtpSettings {
    /// The usual settings for a relay: encryption if it offers it, 10 s, 8 connections per lane.
    pub fn new(host: &str, port: u16, from: &str) -> Self {
        Self {
            host: host.to_owned(),
            port,
            tls: SmtpTls::Starttls,
            credentials: None,
            from: from.to_owned(),
            hello: "localhost".to_owned(),
            timeout: Duration::from_secs(10),
            connections: 8,
            trusted: Vec::new(),
        }
    }
}

impl Relay {
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, BadSmtpSettings> {
        let from = settings.from.parse().map_err(|_| BadSmtpSettings::From(settings.from.clone()))?;
        let encrypted = matches!(settings.tls, SmtpTls::StarttlsRequired | SmtpTls::Tls);
        if settings.credentials.is_some() && !encrypted && !is_loopback(&settings.host) {
            return Err(BadSmtpSettings::PasswordInTheClear(settings.host));
        }
        let parameters = match settings.tls {
            SmtpTls::None => None,
            _ => Some(parameters(&settings).map_err(BadSmtpSettings::Tls)?),
        };
        let credentials = settings.credentials.map(|credentials| {
            let password = std::str::from_utf8(credentials.password.expose()).map_err(|_| BadSmtpSettings::Password)?;
            Ok(SmtpCredentials::new(credentials.username, password.to_owned()))
        });
        Ok(Self {
            credentials: credentials.transpose()?,
            hello: hello(&settings.hello),
            name: format!("{}:{}", settings.host, settings.port),
            connections: settings.connections,
            host: settings.host,
            port: settings.port,
            tls: settings.tls,
            timeout: settings.timeout,
            parameters,
            from,
        })
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relay({}:{})", self.host, self.port)
    }
}

fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    for pem in &settings.trusted {
        builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
    }
    // Whoever could forge a certificate could as well strip the offer of STARTTLS.
    builder.dangerous_accept_invalid_certs(matches!(settings.tls, SmtpTls::Starttls)).build()
}

fn hello(name: &str) -> ClientId {
    match name.parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(name.chars().filter(|c| c.is_ascii_graphic()).collect()),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
