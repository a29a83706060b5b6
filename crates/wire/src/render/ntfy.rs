//! A message as ntfy takes it by JSON at the root of its server.

use serde_json::{Value, json};
use wheelhouse_core::case::Severity;

use super::Brief;
use super::view::is_unseen;

/// The most bytes of a message; above 4,096 the server makes a file of it.
const LARGEST_MESSAGE: usize = 3_900;

/// Writes the JSON.
pub fn ntfy(brief: &Brief, topic: &str) -> Value {
    let link = brief.link();
    let mut actions = Vec::new();
    if let Some(take) = &brief.take_link {
        actions.push(json!({"action": "view", "label": format!("Take {}", brief.case), "url": take, "clear": true}));
    }
    if let Some(answer) = &brief.answer_link {
        actions.push(json!({"action": "view", "label": "Answer", "url": answer, "clear": true}));
    }
    let look = if brief.case.is_empty() { "Open Wheelhouse".to_owned() } else { format!("Look at {}", brief.case) };
    actions.push(json!({"action": "view", "label": look, "url": brief.case_link}));
    json!({
        "topic": topic,
        "title": brief.subject,
        "message": message(brief),
        "priority": priority(brief),
        "tags": tags(brief),
        "click": link,
        "actions": actions,
        "markdown": false,
    })
}

/// 5 breaks through silence on a phone, 1 makes no sound.
fn priority(brief: &Brief) -> u8 {
    match (brief.severity, brief.is_page()) {
        (Some(Severity::Sev1), true) => 5,
        (Some(Severity::Sev2), true) => 5,
        (Some(_), true) => 4,
        (Some(Severity::Sev1 | Severity::Sev2), false) if !brief.is_over => 4,
        (Some(Severity::Sev4), false) => 2,
        (_, _) => 3,
    }
}

fn tags(brief: &Brief) -> Vec<&str> {
    let mut tags = vec![match brief.severity {
        _ if brief.is_over => "white_check_mark",
        Some(Severity::Sev1 | Severity::Sev2) => "rotating_light",
        Some(_) => "warning",
        None => "test_tube",
    }];
    tags.extend(brief.severity.map(Severity::as_str));
    tags.extend([brief.case.as_str(), brief.service.as_str()].into_iter().filter(|tag| !tag.is_empty()));
    if brief.drill {
        tags.push("drill");
    }
    tags
}

fn message(brief: &Brief) -> String {
    let text = brief.text.split("\n-- \n").next().unwrap_or_default();
    let mut message = String::new();
    for c in text.trim().chars().filter(|c| matches!(c, '\n' | '\t') || !is_unseen(*c)) {
        if message.len() + c.len_utf8() > LARGEST_MESSAGE {
            message.push('…');
            break;
        }
        message.push(c);
    }
    message
}
