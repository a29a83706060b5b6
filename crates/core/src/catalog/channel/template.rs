//! The substitution language of HTTP channels.
//!
//! A template is text with variables: `{{subject}}` stands for a text, `{{text:300}}` for its first
//! 300 characters, `{{secret:sms-token}}` for a kept secret, and `{{{{` for two braces. Nothing else
//! has a meaning: no conditions, no loops, no calls. What a variable stands for is escaped for the
//! place where it stands, so that no text can change the shape of what surrounds it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::name::SecretName;

use super::super::known::nearest;

/// The longest template, in bytes.
pub const LONGEST_TEMPLATE: usize = 16_384;
/// The most parts of a template.
const MOST_PARTS: usize = 200;
/// The most characters that a variable can be cut to.
const LONGEST_CUT: u32 = 10_000;

/// A text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(Box<str>),
    /// A variable, cut to so many characters where that is said.
    Variable(Variable, Option<u32>),
    /// A secret.
    Secret(SecretName),
}

/// Where a template stands, and so how what its variables stand for is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Inside of a JSON string (RFC 8259 §7).
    Json,
    /// In a URL or a form: everything but unreserved characters as `%` and hexadecimal digits (RFC 3986 §2.1).
    Percent,
    /// In plain text: control characters other than line ends become spaces.
    Plain,
    /// In a header: control characters, line ends among them, become spaces.
    Header,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTemplate {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// A filled template would be longer than is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

macro_rules! variables {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)*) => {
        /// What a template can speak of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Variable { $($(#[doc = $doc])+ $name,)* }

        impl Variable {
            /// Every variable.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word for it in templates.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

variables! {
    /// Whom the contact names: a telephone number, a room.
    To = "to",
    /// The message's name, the same at every attempt: `INC-17/m3`.
    Message = "message",
    /// The message in one line.
    Subject = "subject",
    /// The message in full.
    Text = "text",
    /// Where to take the case, for pages; where to see it, for notices.
    Link = "link",
    /// Where to see the case.
    CaseLink = "case_link",
    /// The case's name: `INC-17`.
    Case = "case",
    /// The case's title.
    Title = "title",
    /// How bad it is: `sev1` … `sev4`.
    Severity = "severity",
    /// The service it is about; empty where that is not known.
    Service = "service",
    /// The team that handles it.
    Team = "team",
    /// What the message is for: `page`, `told`, `informed`, `undeliverable` or `test`.
    Purpose = "purpose",
    /// `yes` for a drill, else empty.
    Drill = "drill",
    /// `yes` where the message may have been sent before, else empty.
    Repeat = "repeat",
}

impl Template {
    /// Reads a template, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > LONGEST_TEMPLATE {
            let message =
                alloc::format!("the template has {} bytes; at most {LONGEST_TEMPLATE} are allowed", text.len());
            return Err(BadTemplate { message, help: "shorten it".into() });
        }
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix("{{") {
                plain.push_str("{{");
                rest = after;
                continue;
            }
            let Some((inside, after)) = after.split_once("}}") else {
                return Err(BadTemplate {
                    message: "`{{` is not closed".into(),
                    help: "close it with `}}`, or write `{{{{` for two braces".into(),
                });
            };
            if !plain.is_empty() {
                parts.push(Part::Text(core::mem::take(&mut plain).into()));
            }
            parts.push(part(inside.trim())?);
            rest = after;
            if parts.len() > MOST_PARTS {
                let message = alloc::format!("the template has more than {MOST_PARTS} parts");
                return Err(BadTemplate { message, help: "use fewer variables".into() });
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(Self { parts })
    }

    /// The text with everything filled in, at most `longest` bytes.
    ///
    /// # Errors
    /// Says when it would be longer.
    pub fn fill<'v>(
        &self,
        escape: Escape,
        longest: usize,
        value: &dyn Fn(Variable) -> Cow<'v, str>,
        secret: &dyn Fn(&SecretName) -> Cow<'v, str>,
    ) -> Result<String, TooLong> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Variable(variable, cut) => write(&mut filled, &shortened(&value(*variable), *cut), escape),
                Part::Secret(name) => write(&mut filled, &secret(name), escape),
            }
            if filled.len() > longest {
                return Err(TooLong);
            }
        }
        Ok(filled)
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The secrets it needs.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name),
            Part::Text(_) | Part::Variable(..) => None,
        })
    }

    /// Whether it speaks of a variable.
    pub fn uses(&self, variable: Variable) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Variable(used, _) if *used == variable))
    }
}

/// What stands between the braces.
fn part(inside: &str) -> Result<Part, BadTemplate> {
    let (word, more) = inside.split_once(':').map_or((inside, None), |(word, more)| (word.trim(), Some(more.trim())));
    if word == "secret" {
        let name = more.and_then(|name| SecretName::new(name).ok());
        return name.map(Part::Secret).ok_or_else(|| BadTemplate {
            message: alloc::format!("`{}` names no secret", shown(inside)),
            help: "write `{{secret:NAME}}`".into(),
        });
    }
    let Some(variable) = Variable::ALL.iter().copied().find(|variable| variable.as_str() == word) else {
        let words = || Variable::ALL.iter().map(|variable| variable.as_str());
        let help = nearest(word, words().chain(["secret"])).map_or_else(
            || alloc::format!("the variables are {}", words().collect::<Vec<_>>().join(", ")),
            |meant| alloc::format!("did you mean `{{{{{meant}}}}}`?"),
        );
        return Err(BadTemplate { message: alloc::format!("there is no variable `{}`", shown(word)), help });
    };
    let Some(cut) = more else { return Ok(Part::Variable(variable, None)) };
    match cut.parse::<u32>() {
        Ok(cut) if (1..=LONGEST_CUT).contains(&cut) => Ok(Part::Variable(variable, Some(cut))),
        _ => Err(BadTemplate {
            message: alloc::format!("`{}` is not a length", shown(cut)),
            help: alloc::format!("write `{{{{{word}:300}}}}` for at most 300 characters, up to {LONGEST_CUT}"),
        }),
    }
}

/// At most so many characters, the last of which says that something is missing.
fn shortened(text: &str, cut: Option<u32>) -> Cow<'_, str> {
    let Some(most) = cut.and_then(|cut| usize::try_from(cut).ok()) else { return Cow::Borrowed(text) };
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect()),
    }
}

/// Appends a text so that it cannot leave its place.
fn write(to: &mut String, text: &str, escape: Escape) {
    for c in text.chars() {
        match (escape, c) {
            (Escape::Json, '"') => to.push_str("\\\""),
            (Escape::Json, '\\') => to.push_str("\\\\"),
            (Escape::Json, '\n') => to.push_str("\\n"),
            (Escape::Json, c) if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(to, "\\u{:04x}", u32::from(c));
            }
            (Escape::Percent, c) if !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(to, "%{byte:02X}");
                }
            }
            (Escape::Plain, '\n' | '\t') => to.push(c),
            (Escape::Plain | Escape::Header, c) if c.is_control() => to.push(' '),
            (_, c) => to.push(c),
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn fill(template: &str, escape: Escape, text: &str) -> String {
        let template = Template::parse(template).unwrap();
        template.fill(escape, 1_000, &|_| Cow::Borrowed(text), &|name| Cow::Owned(name.as_str().into())).unwrap()
    }

    #[test]
    fn text_variables_secrets_and_braces() {
        assert_eq!(fill("a{{to}}b{{ secret : key-1 }}c}}d{{{{e", Escape::Plain, "X"), "aXbkey-1c}}d{{e");
        assert_eq!(fill("", Escape::Plain, "X"), "");
        assert_eq!(fill("{{text:3}}|{{text: 9 }}", Escape::Plain, "äöüß"), "äö…|äöüß");
        let template = Template::parse("{{to}}{{secret:a}}").unwrap();
        assert!(template.uses(Variable::To) && !template.uses(Variable::Text));
        assert_eq!(template.secrets().count(), 1);
    }

    #[test]
    fn nothing_leaves_its_place() {
        let hostile = "\"\\\n\u{7}\u{2028}&=%/ü\r";
        let json = fill("{\"a\": \"{{text}}\"}", Escape::Json, hostile);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read.get("a").and_then(serde_json::Value::as_str), Some(hostile));
        assert_eq!(fill("x={{text}}", Escape::Percent, hostile), "x=%22%5C%0A%07%E2%80%A8%26%3D%25%2F%C3%BC%0D");
        assert_eq!(fill("{{text}}", Escape::Header, "a\r\nEvil: 1"), "a  Evil: 1");
        assert_eq!(fill("{{text}}", Escape::Plain, "a\r\n\tb\0"), "a \n\tb ");
    }

    #[test]
    fn what_cannot_be_meant_is_said_with_what_was_meant() {
        for (template, message, help) in [
            ("{{sevrity}}", "no variable `sevrity`", "`{{severity}}`"),
            ("{{}}", "no variable ``", "the variables are to, message"),
            ("{{to", "`{{` is not closed", "`{{{{`"),
            ("{{text:0}}", "`0` is not a length", "{{text:300}}"),
            ("{{text:many}}", "`many` is not a length", "{{text:300}}"),
            ("{{secret}}", "names no secret", "{{secret:NAME}}"),
            ("{{secret:Not A Name}}", "names no secret", "{{secret:NAME}}"),
            ("{{secrt:x}}", "no variable `secrt`", "`{{secret}}`"),
        ] {
            let bad = Template::parse(template).unwrap_err();
            assert!(bad.message.contains(message) && bad.help.contains(help), "{template}: {bad:?}");
        }
        assert!(Template::parse(&"x".repeat(LONGEST_TEMPLATE + 1)).is_err());
        assert!(Template::parse(&"{{to}}".repeat(MOST_PARTS + 1)).is_err());
        let long = Template::parse("{{text}}{{text}}").unwrap();
        assert_eq!(long.fill(Escape::Json, 10, &|_| Cow::Borrowed("\u{1}"), &|_| Cow::Borrowed("")), Err(TooLong));
    }
}
