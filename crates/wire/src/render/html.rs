//! HTML: escaping, and the frame that every page has.

use std::fmt::Write as _;

/// The looks of a page: phone first, light and dark, state by word and shape and not by colour alone.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--quiet:#57606a;--paper:#fff;--line:#d0d7de;--act:#0b57d0;--on-act:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4af;--paper:#0f1419;--line:#30363d;--act:#8ab4f8;--on-act:#0f1419}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif}\
main{max-width:40rem;margin:0 auto;padding:1.25rem}h1{font-size:1.375rem;line-height:1.3;margin:.25rem 0 1rem;overflow-wrap:anywhere}\
p{margin:.75rem 0;overflow-wrap:anywhere}.quiet{color:var(--quiet);font-size:.9375rem}.drill{border:2px dashed;padding:.5rem .75rem;font-weight:600}\
.tag{display:inline-block;border:1px solid;border-radius:.25rem;padding:0 .4rem;margin-right:.4rem;font-weight:600}\
button{display:block;width:100%;min-height:3.25rem;margin:1.25rem 0;border:0;border-radius:.5rem;background:var(--act);color:var(--on-act);font:inherit;font-weight:600;cursor:pointer}\
button:focus-visible,a:focus-visible{outline:3px solid;outline-offset:2px}a{color:var(--act)}\
ol{list-style:none;margin:1rem 0;padding:0;border-top:1px solid var(--line)}li{padding:.6rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\
time{display:block;color:var(--quiet);font-size:.875rem;font-variant-numeric:tabular-nums}";

/// A text that can stand between tags and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\0' => html.push('\u{fffd}'),
            _ => html.push(c),
        }
    }
    html
}

/// An address that can stand in `href`; anything but http, https and a path of our own leads nowhere.
pub(super) fn address(url: &str) -> String {
    let own = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    let known = url.starts_with("https://") || url.starts_with("http://") || own;
    escaped(if known { url } else { "#" })
}

/// A whole page; `title` is a text, `main` is HTML.
pub(super) fn document(title: &str, main: &str) -> String {
    let mut html = String::with_capacity(STYLE.len() + main.len() + 512);
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{main}</main>\n</body>\n</html>\n",
        escaped(title)
    );
    html
}
