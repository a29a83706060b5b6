//! Channels: whether what a document says can be sent by, and whether contacts say what it needs.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::channel::{
    Address, BodyKind, Channel, DEFAULT_PER_MINUTE, Escape, HttpCall, LONGEST_TEMPLATE, Method, Success, Template, Way,
};
use super::super::draft::{AddressDraft, ChannelDraft, ChannelKind, Document, Drafts};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::known::nearest;
use super::super::limits;
use super::super::model::Contact;
use super::super::place::At;
use super::names::Names;
use super::values;
use crate::name::ChannelName;

/// What stands for every variable when a template is tried out: what would break a careless one.
const TRIAL: &str = "a\"b\\c\n<d>&{e}ü\u{7}";

/// Checks every channel, and every contact that names one.
pub fn check(drafts: &Drafts, names: &Names<'_>, findings: &mut Vec<Finding>) {
    for document in &drafts.channels {
        channel(document, names, findings);
    }
    let built: BTreeMap<String, Channel> = drafts
        .channels
        .iter()
        .filter_map(|document| build(document).map(|channel| (document.name.value.clone(), channel)))
        .collect();
    let people = drafts.people.iter().flat_map(|document| &document.body.contacts);
    let teams = drafts.teams.iter().flat_map(|document| &document.body.contacts);
    let audiences = drafts.audiences.iter().flat_map(|document| &document.body.contacts);
    for contact in people.chain(teams).chain(audiences) {
        let Contact::Channel { channel: name, to } = &contact.value else { continue };
        names.resolve(Kind::Channel, name.as_str(), contact.place, findings);
        values::check_length("`to`", to, limits::LONGEST_LINE, contact.place, findings);
        let Some(channel) = built.get(name.as_str()) else { continue };
        if to.is_empty() && channel.needs_recipient() {
            let message = format!("channel `{name}` needs to know whom it is for");
            let finding = Finding::error(Code::MissingField, contact.place, message);
            findings.push(finding.label("`to` is missing").help(format!("write `{{channel: {name}, to: …}}`")));
        }
    }
}

/// The channel that a document describes; `None` if it does not pass the checks.
pub fn build(document: &Document<ChannelDraft>) -> Option<Channel> {
    let says = &document.body;
    Some(Channel {
        name: ChannelName::new(&document.name.value).ok()?,
        team: says.team.value.clone(),
        summary: says.summary.as_ref().map(|text| text.value.clone()),
        way: way(says)?,
        per_minute: says.per_minute.as_ref().map_or(DEFAULT_PER_MINUTE, |count| count.value),
    })
}

/// What a channel needs of secrets that `kept` lacks, each with its place and the nearest kept name.
pub fn missing_secrets(drafts: &Drafts, kept: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in &drafts.channels {
        let Some(channel) = build(document) else { continue };
        for secret in channel.secrets().iter().filter(|secret| !kept.contains(secret.as_str())) {
            let message = format!("channel `{}` needs the secret `{secret}`, which is not kept", channel.name);
            let help = nearest(secret.as_str(), kept.iter().map(String::as_str)).map_or_else(
                || format!("put it into a file `{secret}` in the folder of `--secrets`, readable by the hub alone"),
                |meant| format!("did you mean `{meant}`?"),
            );
            let finding = Finding::error(Code::MissingSecret, document.name.place, message);
            findings.push(finding.label("cannot send without it").help(help));
        }
    }
    findings
}

fn way(says: &ChannelDraft) -> Option<Way> {
    let address = || match &says.url.value {
        AddressDraft::Open(url) => Address::Open(url.as_str().into()),
        AddressDraft::Secret(name) => Address::Secret(name.clone()),
    };
    Some(match says.kind.value {
        ChannelKind::Slack => Way::Slack { url: address() },
        ChannelKind::Ntfy => Way::Ntfy { url: address(), token: says.token.as_ref().map(|token| token.value.clone()) },
        ChannelKind::Http => Way::Http(Box::new(call(says)?)),
    })
}

fn call(says: &ChannelDraft) -> Option<HttpCall> {
    let AddressDraft::Open(url) = &says.url.value else { return None };
    let headers = says.headers.iter().map(|(name, value)| {
        Template::parse(&value.value).ok().map(|template| (Box::<str>::from(name.as_str()), template))
    });
    Some(HttpCall {
        method: says.method.as_ref().map_or(Method::Post, |method| method.value),
        url: Template::parse(url).ok()?,
        headers: headers.collect::<Option<_>>()?,
        content: says.content.as_ref().map_or(BodyKind::Json, |content| content.value),
        body: says
            .body
            .as_ref()
            .map(|body| Template::parse(&body.value).ok())
            .map_or(Some(None), |body| body.map(Some))?,
        success: success(says),
    })
}

fn success(says: &ChannelDraft) -> Success {
    let usual = Success::default();
    let Some(wanted) = &says.success else { return usual };
    let (from, to) = wanted.value.status.unwrap_or((usual.from, usual.to));
    let answer = wanted
        .value
        .pointer
        .as_deref()
        .map(|pointer| (Box::from(pointer), wanted.value.equals.clone().unwrap_or(serde_json::Value::Bool(true))));
    Success { from, to, answer }
}

fn channel(document: &Document<ChannelDraft>, names: &Names<'_>, findings: &mut Vec<Finding>) {
    let says = &document.body;
    names.resolve(Kind::Team, says.team.value.as_str(), says.team.place, findings);
    values::check_summary(says.summary.as_ref(), findings);
    if let Some(count) = says.per_minute.as_ref().filter(|count| !(1..=60_000).contains(&count.value)) {
        let finding = Finding::error(Code::OutOfRange, count.place, "`per_minute` is out of range");
        findings.push(finding.label("expected 1 to 60000").help("say how many messages a minute the channel takes"));
    }
    if says.kind.value == ChannelKind::Http {
        http(document, findings);
    } else {
        not_http(says, findings);
    }
}

/// What only channels of type `http` have.
fn not_http(says: &ChannelDraft, findings: &mut Vec<Finding>) {
    let fields = [
        ("method", says.method.as_ref().map(|field| field.place)),
        ("headers", says.headers.values().next().map(|field| field.place)),
        ("content", says.content.as_ref().map(|field| field.place)),
        ("body", says.body.as_ref().map(|field| field.place)),
        ("success", says.success.as_ref().map(|field| field.place)),
    ];
    for (field, place) in fields.into_iter().filter_map(|(field, place)| Some((field, place?))) {
        let message = format!("`{field}` is for channels of type `http`");
        findings.push(Finding::error(Code::Conflict, place, message).label("has no meaning here").help("leave it out"));
    }
    if let Some(token) = says.token.as_ref().filter(|_| says.kind.value == ChannelKind::Slack) {
        let finding = Finding::error(Code::Conflict, token.place, "`token` is for channels of type `ntfy`");
        findings.push(finding.label("has no meaning here").help("leave it out; the address itself is the secret"));
    }
    if let AddressDraft::Open(url) = &says.url.value {
        fixed_host(url, &says.url, findings);
    }
}

fn http(document: &Document<ChannelDraft>, findings: &mut Vec<Finding>) {
    let says = &document.body;
    if let Some(token) = &says.token {
        let finding = Finding::error(Code::Conflict, token.place, "`token` is for channels of type `ntfy`");
        findings.push(finding.label("has no meaning here").help("write a header with `{{secret:NAME}}`"));
    }
    match &says.url.value {
        AddressDraft::Open(url) => {
            template(&At::new(url.clone(), says.url.place), findings);
            fixed_host(url, &says.url, findings);
        }
        AddressDraft::Secret(name) => {
            let finding = Finding::error(Code::Conflict, says.url.place, "the address of a call is a template");
            let help = format!("write `https://host/{{{{secret:{name}}}}}`; the host is not a secret");
            findings.push(finding.label("a secret as a whole is for `slack` and `ntfy`").help(help));
        }
    }
    values::check_count("headers", says.headers.len(), limits::MOST_NOTES, document.name.place, findings);
    for (name, value) in &says.headers {
        template(value, findings);
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || name.len() > 200 || !name.bytes().all(token) {
            let message = format!("`{}` is not the name of a header", values::shown(name));
            let finding = Finding::error(Code::BadValue, value.place, message);
            findings.push(finding.label("belongs to it").help("write it like `Authorization`"));
        }
    }
    if let Some(body) = &says.body {
        let kind = says.content.as_ref().map_or(BodyKind::Json, |content| content.value);
        if let Some(template) = template(body, findings).filter(|_| kind == BodyKind::Json) {
            is_json(&template, body, findings);
        }
    }
    if let Some(success) = &says.success {
        let (from, to) = success.value.status.unwrap_or((200, 299));
        let pointer = success.value.pointer.as_deref();
        let message = if !(100..=599).contains(&from) || !(from..=599).contains(&to) {
            "the status range of `success` does not exist"
        } else if pointer.is_some_and(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            "`pointer` is not a JSON pointer"
        } else if pointer.is_none() && success.value.equals.is_some() {
            "`equals` needs a `pointer`"
        } else {
            return;
        };
        let help = "write `success: {status: 200-299, pointer: /status, equals: queued}`";
        findings.push(Finding::error(Code::BadValue, success.place, message).label("cannot be judged by").help(help));
    }
}

/// Reads a template, and says what is wrong with it.
fn template(text: &At<String>, findings: &mut Vec<Finding>) -> Option<Template> {
    match Template::parse(&text.value) {
        Ok(template) => Some(template),
        Err(bad) => {
            let finding = Finding::error(Code::BadTemplate, text.place, bad.message);
            findings.push(finding.label("in this template").help(bad.help));
            None
        }
    }
}

/// A body that says it is JSON must be, whatever its variables stand for.
fn is_json(template: &Template, body: &At<String>, findings: &mut Vec<Finding>) {
    let trial = |_: super::super::channel::Variable| Cow::Borrowed(TRIAL);
    let filled = template.fill(Escape::Json, 64 * LONGEST_TEMPLATE, &trial, &|_| Cow::Borrowed(TRIAL));
    let Ok(filled) = filled else { return };
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&filled) {
        let why = error.to_string();
        let message = "the body is not JSON once its variables are filled in";
        let finding = Finding::error(Code::BadTemplate, body.place, message).label(why);
        findings.push(finding.help("put every variable inside of quotes, or say `content: plain`"));
    }
}

/// Whoever writes a variable must not choose where a message goes.
fn fixed_host(url: &str, at: &At<AddressDraft>, findings: &mut Vec<Finding>) {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let plain = |authority: &str| {
        !authority.is_empty() && authority.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c))
    };
    if !authority.is_some_and(plain) {
        let finding = Finding::error(Code::BadValue, at.place, "the address has no fixed host");
        findings.push(
            finding.label("expected `https://host/…`").help("variables and secrets may stand behind the host only"),
        );
    }
}
