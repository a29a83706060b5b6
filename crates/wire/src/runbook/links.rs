//! Links from one runbook to another.

/// The path of the whole catalog to which a link leads, if it leads to a Markdown file beside this one.
pub(super) fn target(path: &str, link: &str) -> Option<String> {
    let link = link.split(['#', '?']).next().unwrap_or_default();
    let is_elsewhere = link.is_empty() || link.starts_with('/') || link.contains("{{") || link.contains(':');
    if is_elsewhere || !link.to_ascii_lowercase().ends_with(".md") {
        return None;
    }
    let link = decoded(link)?;
    let (root, within) = match path.split_once(':') {
        Some((root, within)) if !root.contains('/') => (Some(root), within),
        _ => (None, path),
    };
    let mut parts: Vec<&str> = within.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            // Above the root nothing is known.
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(root.map_or_else(|| joined.clone(), |root| format!("{root}:{joined}")))
}

/// A text without `%20` and the like; nothing where that gives no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let from = "payments:ops/runbooks/a/x.md";
        for (link, to) in [
            ("y.md", Some("payments:ops/runbooks/a/y.md")),
            ("./y.md#top", Some("payments:ops/runbooks/a/y.md")),
            ("../b/z%20z.md", Some("payments:ops/runbooks/b/z z.md")),
            ("../../../../x.md", None),
            ("https://example.org/y.md", None),
            ("/y.md", None),
            ("#top", None),
            ("y.png", None),
            ("{{< ref \"y.md\" >}}", None),
            ("%zz.md", None),
        ] {
            assert_eq!(target(from, link).as_deref(), to, "{link}");
        }
        assert_eq!(target("/srv/a/runbooks/x.md", "y.md").as_deref(), Some("/srv/a/runbooks/y.md"));
    }
}
