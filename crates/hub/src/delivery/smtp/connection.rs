//! One conversation with the relay.
//!
//! The library's own pool takes back connections whose use was cancelled half-way, and waits
//! for answers without limit; here every step has its time, and a connection is kept only after a
//! complete exchange.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::bounded::Bounded;
use super::letter::Letter;
use super::settings::{Relay, SmtpTls};
use crate::delivery::answer::with_causes;
use crate::delivery::gate::Health;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How much longer the relay may take over its last answer than over any before it: giving up
/// on that one risks sending twice (RFC 5321 §4.5.3.2.6).
const PATIENCE: u32 = 3;

/// An open connection to the relay.
pub(super) struct Connection(AsyncSmtpConnection);

/// Why a mail was not handed over, or perhaps was.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What the relay said, or what went wrong.
    pub(super) answer: String,
    /// What that means for the mail.
    pub(super) fate: Fate,
    /// What that means for the relay.
    pub(super) health: Health,
}

/// What became of a mail that the relay did not accept in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is here, and trying again may help.
    TryAgain,
    /// It is here, and trying again is pointless.
    Refused,
    /// The relay may have it.
    Unknown,
}

impl Connection {
    /// Connects, says hello, encrypts and signs in as configured.
    pub(super) async fn open(relay: &Relay) -> Result<Self, Trouble> {
        let server = (relay.host.as_str(), relay.port);
        let at_once = matches!(relay.tls, SmtpTls::Tls).then(|| relay.parameters.clone()).flatten();
        let limit = relay.timeout;
        let opened = match at_once {
            Some(parameters) => {
                let opening =
                    AsyncSmtpConnection::connect_tokio1(server, Some(limit), &relay.hello, Some(parameters), None);
                step("connecting", limit, opening).await
            }
            None => {
                let stream = timeout(limit, prompt_stream(server)).await.map_err(|_| slow("connecting", limit))??;
                step("connecting", limit, AsyncSmtpConnection::connect_with_transport(stream, &relay.hello)).await
            }
        };
        let mut connection = opened.map_err(Trouble::about_the_relay)?;
        let upgrade = match relay.tls {
            SmtpTls::None | SmtpTls::Tls => false,
            SmtpTls::Starttls => connection.can_starttls(),
            SmtpTls::StarttlsRequired if connection.can_starttls() => true,
            SmtpTls::StarttlsRequired => {
                let answer = "the relay does not offer STARTTLS, which the settings require".to_owned();
                return Err(Trouble { answer, fate: Fate::TryAgain, health: Health::Fails });
            }
        };
        if let (true, Some(parameters)) = (upgrade, &relay.parameters) {
            let upgrading = connection.starttls(parameters.clone(), &relay.hello);
            step("STARTTLS", limit, upgrading).await.map_err(Trouble::about_the_relay)?;
        }
        if let Some(credentials) = &relay.credentials {
            let signing_in = connection.auth(DEFAULT_MECHANISMS, credentials);
            step("signing in", limit, signing_in).await.map_err(Trouble::about_the_relay)?;
        }
        Ok(Self(connection))
    }

    /// Names sender and recipient, and asks to send the mail.
    pub(super) async fn announce(&mut self, letter: &Letter, limit: Duration) -> Result<(), Trouble> {
        let mut parameters = Vec::new();
        if letter.needs_smtputf8 {
            if !self.0.server_info().supports_feature(Extension::SmtpUtfEight) {
                let answer = "the relay does not take addresses with characters outside ASCII (SMTPUTF8)".to_owned();
                return Err(Trouble { answer, fate: Fate::Refused, health: Health::Works });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        step("MAIL FROM", limit, self.0.command(mail)).await?;
        let recipient = Rcpt::new(letter.to.clone(), Vec::new());
        step("RCPT TO", limit, self.0.command(recipient)).await?;
        step("DATA", limit, self.0.command(Data)).await?;
        Ok(())
    }

    /// Sends the mail itself, and says what the relay answered. From here on only the relay's own
    /// words tell that it did not take the mail.
    pub(super) async fn transmit(&mut self, letter: &Letter, limit: Duration) -> Result<String, Trouble> {
        match timeout(limit * PATIENCE, self.0.message(&letter.bytes)).await {
            Ok(Ok(response)) => Ok(spoken(&response)),
            Ok(Err(error)) if error.status().is_some() => Err(Trouble::from_smtp("the mail", &error)),
            Ok(Err(error)) => Err(Trouble {
                answer: format!("{} (the mail); it may have been taken, and may arrive twice", with_causes(&error)),
                fate: Fate::Unknown,
                health: Health::Fails,
            }),
            Err(_) => Err(Trouble {
                answer: "the relay took the mail and did not say what became of it; it may arrive twice".to_owned(),
                fate: Fate::Unknown,
                health: Health::Fails,
            }),
        }
    }

    /// Whether the relay still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.0.test_connected().await
    }

    /// Says goodbye, without keeping anybody waiting for the answer.
    pub(super) fn leave(mut self) {
        tokio::spawn(async move { timeout(FAREWELL, self.0.abort()).await });
    }
}

impl Trouble {
    /// What an error means: 5xx is final, everything else may pass. A relay that answers works,
    /// unless it says that it closes (421, RFC 5321 §3.8).
    fn from_smtp(stage: &str, error: &Error) -> Self {
        let code = error.status().map(|code| code.to_string());
        let answer = match (&code, std::error::Error::source(error)) {
            (Some(code), Some(text)) => format!("{code} {text} ({stage})"),
            (Some(code), None) => format!("{code} ({stage})"),
            (None, _) => format!("{} ({stage})", with_causes(error)),
        };
        let fate = if error.is_permanent() { Fate::Refused } else { Fate::TryAgain };
        let health = if code.is_some_and(|code| code != "421") { Health::Works } else { Health::Fails };
        Self { answer, fate, health }
    }

    /// The same, where it concerns every mail and not this one.
    fn about_the_relay(self) -> Self {
        Self { health: Health::Fails, ..self }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(…)")
    }
}

/// Nothing came within the time allowed.
pub(super) fn slow(stage: &str, limit: Duration) -> Trouble {
    let answer = format!("the relay did not answer within {} s ({stage})", limit.as_secs_f64());
    Trouble { answer, fate: Fate::TryAgain, health: Health::Fails }
}

async fn step<T>(stage: &str, limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    match timeout(limit, work).await {
        Ok(done) => done.map_err(|error| Trouble::from_smtp(stage, &error)),
        Err(_) => Err(slow(stage, limit)),
    }
}

/// A stream that sends what it is given at once: the library writes a mail and the dot after it one by
/// one, and the dot would wait until the relay's system acknowledges the mail, 40 ms on Linux.
async fn prompt_stream(server: (&str, u16)) -> Result<Box<Bounded>, Trouble> {
    let trouble = |error: std::io::Error| {
        let answer = format!("{} (connecting)", with_causes(&error));
        Trouble { answer, fate: Fate::TryAgain, health: Health::Fails }
    };
    let stream = TcpStream::connect(server).await.map_err(trouble)?;
    stream.set_nodelay(true).map_err(trouble)?;
    Ok(Box::new(Bounded::new(stream)))
}

fn spoken(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}
