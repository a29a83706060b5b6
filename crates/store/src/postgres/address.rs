//! Where a PostgreSQL is, and how to get there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Runtime;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;
use crate::sql::said;

/// How long a connection may take to be made, by host.
const CONNECT: Duration = Duration::from_millis(1_500);
/// After how long a peer that acknowledges nothing is given up.
const UNACKNOWLEDGED: Duration = Duration::from_secs(6);

/// A database of PostgreSQL, and an organisation in it.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: Option<Arc<ClientConfig>>,
    /// The organisation whose rows are meant.
    pub(crate) org: String,
    shown: String,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?sslmode=require&sslrootcert=FILE`. Whatever libpq's environment
    /// says is not looked at. With `sslmode=require`, what the server shows must be signed by `sslrootcert`, or by one of the
    /// public authorities where there is none, and be for its host; `prefer` and `disable` speak without TLS.
    ///
    /// # Errors
    /// Says what about the address is wrong; never shows its password.
    pub fn parse(address: &str, org: &str) -> Result<Self, StoreError> {
        let bad = |reason: String| StoreError::Address { reason };
        let (address, root) = take_root(address);
        let mut config: Config = address.parse().map_err(|error| bad(said(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(bad("it names no host".into()));
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(Arc::new(tls(root.as_deref()).map_err(bad)?)),
            _ if root.is_some() => {
                return Err(bad("`sslrootcert` needs `sslmode=require`".into()));
            }
            _ => {
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        config.application_name("wheelhouse").connect_timeout(CONNECT).tcp_user_timeout(UNACKNOWLEDGED);
        // A standby of the database would show what was, and take nothing.
        config.keepalives_idle(UNACKNOWLEDGED).target_session_attrs(TargetSessionAttrs::ReadWrite);
        let shown = shown(&config);
        Ok(Self { config, tls, org: org.to_owned(), shown })
    }

    /// The same with a password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// Its name for messages, without a password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Connects; what arrives is read by a task of the runtime.
    pub(super) async fn connect(&self, runtime: &Runtime) -> Result<Client, tokio_postgres::Error> {
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                runtime.spawn(connection);
                Ok(client)
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(MakeRustlsConnect::new((**tls).clone())).await?;
                runtime.spawn(connection);
                Ok(client)
            }
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({}, {})", self.shown, self.org)
    }
}

/// Takes `sslrootcert`, which is ours to read, out of an address.
fn take_root(address: &str) -> (String, Option<PathBuf>) {
    let Some((before, query)) = address.split_once('?') else { return (address.to_owned(), None) };
    let (mut kept, mut root) = (Vec::new(), None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => root = Some(PathBuf::from(path)),
            _ => kept.push(pair),
        }
    }
    let query = kept.join("&");
    (if query.is_empty() { before.to_owned() } else { format!("{before}?{query}") }, root)
}

fn tls(root: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match root {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let failed = |error| format!("cannot read certificates from {}: {error}", path.display());
            for certificate in CertificateDer::pem_file_iter(path).map_err(failed)? {
                let found = roots.add(certificate.map_err(failed)?);
                found.map_err(|error| format!("a certificate in {} is not good: {error}", path.display()))?;
            }
            if roots.is_empty() {
                return Err(format!("{} has no certificate", path.display()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}

/// Host, port and database.
fn shown(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let hosts = config.get_hosts().iter().enumerate().map(|(place, host)| {
        let ports = config.get_ports();
        let port = ports.get(place).or_else(|| ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts: Vec<String> = hosts.collect();
    format!("postgres://{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address =
            Address::parse("postgres://wheel:hush@db.example.org:5433/ops?sslmode=require", "harbor").unwrap();
        assert_eq!(address.shown(), "postgres://db.example.org:5433/ops");
        assert!(!format!("{address:?}").contains("hush"));
    }

    #[test]
    fn what_cannot_work_is_said() {
        for (address, said) in [
            ("postgres://", "no host"),
            ("postgres://h/d?sslmode=maybe", "sslmode"),
            ("postgres://h/d?sslrootcert=/nowhere", "needs `sslmode=require`"),
            ("postgres://h/d?sslmode=require&sslrootcert=/nowhere", "/nowhere"),
        ] {
            let error = Address::parse(address, "harbor").unwrap_err().to_string();
            assert!(error.contains(said), "{address}: {error}");
        }
    }
}
