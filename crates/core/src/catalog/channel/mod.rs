//! Channels: ways out that an organisation defines once and names in contacts.

mod template;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::name::{ChannelName, SecretName, TeamName};

pub use template::{BadTemplate, Escape, LONGEST_TEMPLATE, Part, Template, TooLong, Variable};

/// How many messages a minute a channel takes where its document does not say.
pub const DEFAULT_PER_MINUTE: u32 = 600;

/// A way out that an organisation defines once.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: ChannelName,
    /// The team that keeps it.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// How messages leave by it.
    pub way: Way,
    /// How many messages a minute it takes; more wait.
    pub per_minute: u32,
}

/// How messages leave by a channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// An incoming webhook as Slack and Mattermost have it.
    Slack {
        /// Where it is; usually a secret, for whoever knows it may write there.
        url: Address,
    },
    /// A publish by JSON to an ntfy server.
    Ntfy {
        /// The server, without a topic.
        url: Address,
        /// The access token.
        token: Option<SecretName>,
    },
    /// A call by templates.
    Http(Box<HttpCall>),
}

/// An address, in the open or kept as a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The address itself.
    Open(Box<str>),
    /// The secret that holds it.
    Secret(SecretName),
}

/// A call whose parts are templates.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCall {
    /// The method.
    pub method: Method,
    /// The address; its scheme and host are fixed, variables stand behind them.
    pub url: Template,
    /// Headers by name.
    pub headers: Vec<(Box<str>, Template)>,
    /// What kind of text the body is, and thus how variables in it are escaped.
    pub content: BodyKind,
    /// The body; none where absent.
    pub body: Option<Template>,
    /// What counts as accepted.
    pub success: Success,
}

/// The method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `GET`
    Get,
}

/// What kind of text a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// `application/json`; variables stand inside of strings.
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `text/plain`
    Plain,
}

/// What counts as accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// The least status.
    pub from: u16,
    /// The highest status.
    pub to: u16,
    /// What the answer, which is JSON, says at a pointer (RFC 6901); nothing is asked where absent.
    pub answer: Option<(Box<str>, Value)>,
}

impl Default for Success {
    fn default() -> Self {
        Self { from: 200, to: 299, answer: None }
    }
}

impl Channel {
    /// The word for its way: `slack`, `ntfy` or `http`.
    pub const fn kind(&self) -> &'static str {
        match self.way {
            Way::Slack { .. } => "slack",
            Way::Ntfy { .. } => "ntfy",
            Way::Http(_) => "http",
        }
    }

    /// The secrets it needs, by name.
    pub fn secrets(&self) -> BTreeSet<SecretName> {
        match &self.way {
            Way::Slack { url } => url.secret().into_iter().cloned().collect(),
            Way::Ntfy { url, token } => url.secret().into_iter().chain(token).cloned().collect(),
            Way::Http(call) => {
                let headers = call.headers.iter().map(|(_, value)| value);
                let templates = headers.chain(&call.body).chain([&call.url]);
                templates.flat_map(Template::secrets).cloned().collect()
            }
        }
    }

    /// Whether a contact must say whom it is for.
    pub fn needs_recipient(&self) -> bool {
        match &self.way {
            Way::Slack { .. } => false,
            Way::Ntfy { .. } => true,
            Way::Http(call) => {
                let headers = call.headers.iter().map(|(_, value)| value);
                headers.chain(&call.body).chain([&call.url]).any(|template| template.uses(Variable::To))
            }
        }
    }
}

impl Address {
    /// The secret that holds it, if one does.
    pub const fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Open(_) => None,
            Self::Secret(name) => Some(name),
        }
    }
}

impl Method {
    /// The method as the protocol writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Get => "GET",
        }
    }
}

impl BodyKind {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Plain => "text/plain; charset=utf-8",
        }
    }

    /// How variables are escaped in it.
    pub const fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            Self::Form => Escape::Percent,
            Self::Plain => Escape::Plain,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
