//! Functions: small programs in any language that are given an event and answer with outputs and new events.
//!
//! The event comes as JSON on standard input. The answer, on standard output, is nothing or one JSON object:
//!
//! ```json
//! {"outputs": {"restarted": true}, "events": [{"type": "service.restarted", "data": {"service": "ledger"}}]}
//! ```
//!
//! What a function wants people to see it writes to standard error. It runs as every process step does, within the
//! same limits, and its answer is redacted before it is read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chunk::{Chunk, Stream};
use crate::outcome::{End, Outcome};
use crate::outputs::{Outputs, of_object};
use crate::step::{Action, Step};
use crate::{Cancel, Gap, Runner, Sink, Started};

/// The longest answer.
pub const LONGEST_ANSWER: u64 = 1 << 20;
/// The most events in an answer.
pub const MOST_EVENTS: usize = 100;

/// An event that a function makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What kind of thing happened: 1 to 128 letters, digits, `.`, `-` or `_`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// More about it.
    #[serde(default)]
    pub data: Value,
}

/// What a function came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct Answered {
    /// What became of the process; failed as well if its answer cannot be read. Its outputs are those of the answer.
    pub outcome: Outcome,
    /// The events it made; none unless it succeeded.
    pub events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    outputs: Map<String, Value>,
    #[serde(default)]
    events: Vec<Event>,
}

/// Calls a function with an event. `step` must be a process step without standard input of its own; only what it says
/// on standard error reaches the sink.
pub fn call(runner: &Runner, step: &Step, event: &Value, sink: &mut dyn Sink, cancel: &Cancel) -> Answered {
    let mut step = step.clone();
    if let Action::Process(process) = &mut step.action {
        process.stdin = event.to_string();
    }
    let mut capture = Capture { sink, answer: String::new(), whole: true, escaped: false };
    let mut outcome = runner.execute(&step, &mut capture, cancel);
    let Capture { answer, whole, escaped, .. } = capture;
    let mut events = Vec::new();
    if outcome.end == End::Succeeded {
        match read(&answer, whole, escaped) {
            Ok((outputs, made)) => {
                outcome.outputs.extend(outputs);
                events = made;
            }
            Err(why) => outcome.end = End::Failed { why },
        }
    }
    Answered { outcome, events }
}

fn read(answer: &str, whole: bool, escaped: bool) -> Result<(Outputs, Vec<Event>), String> {
    if !whole {
        return Err(format!(
            "the function's answer is longer than {LONGEST_ANSWER} bytes\n  = help: write what people are to see to standard error"
        ));
    }
    if escaped {
        return Err("the function's answer is no UTF-8".to_owned());
    }
    if answer.trim().is_empty() {
        return Ok((Outputs::new(), Vec::new()));
    }
    let answer: Answer = serde_json::from_str(answer)
        .map_err(|error| format!("the function's answer is not {{\"outputs\": …, \"events\": …}}: {error}\n  = help: write what people are to see to standard error"))?;
    if answer.events.len() > MOST_EVENTS {
        return Err(format!("the function made {} events; {MOST_EVENTS} are allowed", answer.events.len()));
    }
    for event in &answer.events {
        let fine = (1..=128).contains(&event.kind.len())
            && event.kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !fine {
            return Err(format!("`{}` cannot be the type of an event", event.kind.escape_debug()));
        }
    }
    Ok((of_object(answer.outputs)?, answer.events))
}

/// Takes the answer out of what a function says, and hands on the rest.
struct Capture<'a> {
    sink: &'a mut dyn Sink,
    answer: String,
    whole: bool,
    escaped: bool,
}

impl Sink for Capture<'_> {
    fn started(&mut self, started: &Started) {
        self.sink.started(started);
    }

    fn live(&mut self, chunk: &Chunk) {
        if chunk.stream == Stream::Stderr {
            return self.sink.live(chunk);
        }
        self.escaped |= chunk.escaped;
        if self.answer.len() as u64 + chunk.text.len() as u64 <= LONGEST_ANSWER {
            self.answer += &chunk.text;
        } else {
            self.whole = false;
        }
    }

    fn kept(&mut self, chunk: &Chunk) {
        if chunk.stream == Stream::Stderr {
            self.sink.kept(chunk);
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.sink.gap(gap);
    }
}
