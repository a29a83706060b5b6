//! Which texts Alertmanager takes as a `generatorURL`: what Go's `url.ParseRequestURI` does.

/// Whether `text` is an absolute URI or an absolute path, by Go's rules.
pub(super) fn is_request_uri(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    if text.is_empty() || text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return false;
    }
    let Some((scheme, rest)) = split_scheme(text) else { return false };
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    if !rest.starts_with('/') {
        return scheme;
    }
    let Some(after) = rest.strip_prefix("//").filter(|_| scheme) else { return escapes_hold(rest) };
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    is_user(user) && is_host(host) && escapes_hold(path)
}

/// Whether the text has a scheme, and what follows it; nothing where the scheme is empty.
fn split_scheme(text: &str) -> Option<(bool, &str)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    match text.find(|c| !inside(c)) {
        Some(0) if text.starts_with(':') => None,
        Some(end) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Some(text.get(end..)?.strip_prefix(':').map_or((false, text), |rest| (true, rest)))
        }
        _ => Some((false, text)),
    }
}

fn is_user(user: &str) -> bool {
    user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)) && escapes_hold(user)
}

fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        let Some(end) = host.rfind(']') else { return false };
        let (address, port) = (host.get(..end).unwrap_or_default(), host.get(end + 1..).unwrap_or_default());
        let (address, zone) = address.find("%25").map_or((address, ""), |at| address.split_at(at));
        return is_port(port) && is_host_text(address, false) && is_host_text(zone, true);
    }
    let port = host.rfind(':').and_then(|at| host.get(at..)).unwrap_or_default();
    is_port(port) && is_host_text(host, false)
}

fn is_port(port: &str) -> bool {
    port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a host or an IPv6 zone has only the characters and escapes that Go allows there.
fn is_host_text(text: &str, zone: bool) -> bool {
    let allowed = |byte: u8| byte >= 0x80 || byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte);
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        if *first != b'%' {
            if !allowed(*first) {
                return false;
            }
            continue;
        }
        let Some(value) = hex2(rest) else { return false };
        let escaped_percent = value == b'%';
        let fine =
            if zone { escaped_percent || value == b' ' || allowed(value) } else { escaped_percent || value >= 0x80 };
        if !fine {
            return false;
        }
        bytes = rest.get(2..).unwrap_or_default();
    }
    true
}

/// Whether two hexadecimal digits follow every `%`.
fn escapes_hold(text: &str) -> bool {
    text.split('%').skip(1).all(|after| hex2(after.as_bytes()).is_some())
}

fn hex2(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
