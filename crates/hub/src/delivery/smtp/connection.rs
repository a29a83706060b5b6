//! One conversation with the relay.
//!
//! The library's own pool takes back connections whose use was cancelled half-way, and waits
//! for answers without limit; here a connection is kept only after a complete exchange.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use lettre::transport::smtp::response::Response;

use tokio::net::TcpStream;

use super::letter::Letter;
use super::settings::{Relay, SmtpTls};
use crate::delivery::answer::with_causes;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open connection to the relay.
pub(super) struct Connection(AsyncSmtpConnection);

/// Why a mail was not handed over.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What the relay said, or what went wrong.
    pub(super) answer: String,
    /// Whether trying again is pointless.
    pub(super) permanent: bool,
}

impl Connection {
    /// Connects, says hello, encrypts and signs in as configured.
    pub(super) async fn open(relay: &Relay) -> Result<Self, Trouble> {
        let server = (relay.host.as_str(), relay.port);
        let at_once = matches!(relay.tls, SmtpTls::Tls).then(|| relay.parameters.clone()).flatten();
        let opened = match at_once {
            Some(parameters) => {
                let limit = Some(relay.timeout);
                AsyncSmtpConnection::connect_tokio1(server, limit, &relay.hello, Some(parameters), None).await
            }
            None => AsyncSmtpConnection::connect_with_transport(prompt_stream(server).await?, &relay.hello).await,
        };
        let mut connection = opened.map_err(|error| Trouble::from_smtp("connecting", &error))?;
        let upgrade = match relay.tls {
            SmtpTls::None | SmtpTls::Tls => false,
            SmtpTls::Starttls => connection.can_starttls(),
            SmtpTls::StarttlsRequired if connection.can_starttls() => true,
            SmtpTls::StarttlsRequired => {
                return Err(Trouble::temporary(
                    "the relay does not offer STARTTLS, which the settings require".to_owned(),
                ));
            }
        };
        if let (true, Some(parameters)) = (upgrade, &relay.parameters) {
            connection
                .starttls(parameters.clone(), &relay.hello)
                .await
                .map_err(|error| Trouble::from_smtp("STARTTLS", &error))?;
        }
        if let Some(credentials) = &relay.credentials {
            connection
                .auth(DEFAULT_MECHANISMS, credentials)
                .await
                .map_err(|error| Trouble::from_smtp("signing in", &error))?;
        }
        Ok(Self(connection))
    }

    /// Names sender and recipient, and asks to send the mail.
    pub(super) async fn announce(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let mut parameters = Vec::new();
        if letter.needs_smtputf8 {
            if !self.0.server_info().supports_feature(Extension::SmtpUtfEight) {
                let answer = "the relay does not take addresses with characters outside ASCII (SMTPUTF8)";
                return Err(Trouble { answer: answer.to_owned(), permanent: true });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        self.0.command(mail).await.map_err(|error| Trouble::from_smtp("MAIL FROM", &error))?;
        let recipient = Rcpt::new(letter.to.clone(), Vec::new());
        self.0.command(recipient).await.map_err(|error| Trouble::from_smtp("RCPT TO", &error))?;
        self.0.command(Data).await.map_err(|error| Trouble::from_smtp("DATA", &error))?;
        Ok(())
    }

    /// Sends the mail itself, and says what the relay answered.
    pub(super) async fn transmit(&mut self, letter: &Letter) -> Result<String, Trouble> {
        let response = self.0.message(&letter.bytes).await;
        response.map(|response| spoken(&response)).map_err(|error| Trouble::from_smtp("the mail", &error))
    }

    /// Whether the relay still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.0.test_connected().await
    }

    /// Says goodbye, without keeping anybody waiting for the answer.
    pub(super) fn leave(mut self) {
        tokio::spawn(async move { tokio::time::timeout(FAREWELL, self.0.abort()).await });
    }
}

impl Trouble {
    /// Trying again may help.
    pub(super) const fn temporary(answer: String) -> Self {
        Self { answer, permanent: false }
    }

    /// What an error means: 5xx is final, everything else may pass.
    fn from_smtp(stage: &str, error: &Error) -> Self {
        let answer = match (error.status(), std::error::Error::source(error)) {
            (Some(code), Some(text)) => format!("{code} {text} ({stage})"),
            (Some(code), None) => format!("{code} ({stage})"),
            (None, _) => format!("{} ({stage})", with_causes(error)),
        };
        Self { answer, permanent: error.is_permanent() }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(…)")
    }
}

/// A stream that sends what it is given at once: the library writes a mail and the dot after it one by
/// one, and the dot would wait until the relay's system acknowledges the mail, 40 ms on Linux.
async fn prompt_stream(server: (&str, u16)) -> Result<Box<TcpStream>, Trouble> {
    let trouble = |error| Trouble::temporary(format!("{} (connecting)", with_causes(&error)));
    let stream = TcpStream::connect(server).await.map_err(trouble)?;
    stream.set_nodelay(true).map_err(trouble)?;
    Ok(Box::new(stream))
}

fn spoken(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}
