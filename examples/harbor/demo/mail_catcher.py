#!/usr/bin/env python3
"""Catches mail: a real SMTP server that delivers nothing and shows what it got.

    mail_catcher.py                      SMTP on 127.0.0.1:1025, pages on http://127.0.0.1:8025/
    mail_catcher.py --smtp-port 0 --http-port 0 --ports-file FILE

GET /               the newest message first; refreshes itself
GET /messages/ID    one message; /messages/ID/source its source
GET /messages.json  everything, in order of arrival; DELETE /messages forgets it

For tests it can refuse (550) or defer (451) recipients and offer STARTTLS. Keeps the last 500
messages in memory. Needs aiosmtpd (Debian: python3-aiosmtpd).
"""

import argparse
import asyncio
import collections
import datetime
import email
import email.policy
import html
import http.server
import json
import os
import re
import ssl
import sys
import threading
import urllib.parse

try:
    import aiosmtpd.smtp
except ImportError:
    sys.exit("error: aiosmtpd is missing for " + sys.executable
             + "\n  = help: run `make deps`, or `apt-get install python3-aiosmtpd` and start this with /usr/bin/python3")

LARGEST_MESSAGE_BYTES = 1 << 20
KEPT_MESSAGES = 500
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
HEADERS_SHOWN = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to")


class Message:
    """One message as it arrived."""

    def __init__(self, number, envelope, tls):
        self.number = number
        self.received_at = datetime.datetime.now(datetime.timezone.utc)
        self.sender = envelope.mail_from or ""
        self.recipients = list(envelope.rcpt_tos)
        self.source = envelope.content
        self.tls = tls
        self.headers, self.text = read(self.source)

    def header(self, name):
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def as_json(self):
        return {
            "id": self.number,
            "received_at": self.received_at.isoformat(),
            "tls": self.tls,
            "from": self.sender,
            "to": self.recipients,
            "subject": self.header("subject"),
            "date": self.header("date"),
            "message_id": self.header("message-id").strip(),
            "in_reply_to": self.header("in-reply-to").strip(),
            "references": MESSAGE_ID.findall(self.header("references")),
            "text": self.text,
            "headers": [list(pair) for pair in self.headers],
        }


def read(source):
    """Headers and the text part of a message; of a broken one, as much as can be read."""
    try:
        message = email.message_from_bytes(source, policy=email.policy.default)
        headers = [(key, str(value)) for key, value in message.items()]
        part = message.get_body(preferencelist=("plain", "html"))
        text = part.get_content() if part is not None else ""
    except Exception:  # the parser raises whatever a hostile message makes it raise
        message = email.message_from_bytes(source, policy=email.policy.compat32)
        headers = [(key, str(value)) for key, value in message.items()]
        text = source.decode("utf-8", "replace")
    return headers, text.replace("\r\n", "\n") if isinstance(text, str) else ""


class Mailbox:
    """The last messages. Safe to use from several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = collections.deque(maxlen=KEPT_MESSAGES)
        self.arrived = 0

    def add(self, envelope, tls):
        with self.lock:
            self.arrived += 1
            self.kept.append(Message(self.arrived, envelope, tls))
            return self.arrived

    def all(self):
        with self.lock:
            return list(self.kept)

    def find(self, number):
        return next((message for message in self.all() if message.number == number), None)

    def clear(self):
        with self.lock:
            self.kept.clear()


class Receiver:
    """What the SMTP server does with recipients and messages."""

    def __init__(self, mailbox, refused, deferred):
        self.mailbox = mailbox
        self.refused = {address.lower() for address in refused}
        self.deferred = {address.lower() for address in deferred}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower() in self.refused:
            return "550 5.1.1 No such mailbox here"
        if address.lower() in self.deferred:
            return "451 4.3.0 Mailbox busy, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = self.mailbox.add(envelope, session.ssl is not None)
        return f"250 OK kept as {number}"


STYLE = """
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #667; --line: #d8dce2; --paper: #fff; --hover: #f3f5f8; --link: #0b57d0 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3af; --line: #343a42; --paper: #16191d; --hover: #20252b; --link: #8ab4f8 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.15rem; margin: 0 0 1rem; overflow-wrap: anywhere }
a { color: var(--link) }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 500; color: var(--soft) }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
tbody tr:hover { background: var(--hover) }
.when { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft) }
.soft { color: var(--soft) }
.fields th { width: 9rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.55 ui-monospace, monospace; padding: 1rem; border: 1px solid var(--line); border-radius: 6px }
"""

SCRIPT = """
"use strict";
const rows = document.getElementById("rows"), state = document.getElementById("state");
let shown = rows.innerHTML;
setInterval(async () => {
  try {
    const answer = await fetch("/rows");
    const text = await answer.text();
    if (answer.ok && text !== shown) { rows.innerHTML = text; shown = text; }
    state.textContent = "live";
  } catch { state.textContent = "the mail catcher has stopped; this list is old"; }
}, 1000);
"""


def page(title, body, script=""):
    """A whole HTML page."""
    return ("<!doctype html><html lang=en><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<title>{html.escape(title)}</title><link rel=stylesheet href=/style.css>{body}{script}</html>")


def rows(messages):
    """The table rows of the list, newest first."""
    if not messages:
        return "<tr><td colspan=4 class=soft>No mail yet. It appears here by itself.</td></tr>"
    return "".join(
        f"<tr><td class=when title='{message.received_at.isoformat()}'>{message.received_at:%H:%M:%S}</td>"
        f"<td>{html.escape(', '.join(message.recipients))}</td>"
        f"<td><a href='/messages/{message.number}'>{html.escape(message.header('subject') or '(no subject)')}</a></td>"
        f"<td class=soft>{html.escape(message.header('from') or message.sender)}</td></tr>"
        for message in reversed(messages))


def list_page(messages):
    body = ("<h1>Caught mail <span class=soft>· times in UTC · <span id=state>live</span></span></h1>"
            "<table><thead><tr><th>Time<th>To<th>Subject<th>From</thead>"
            f"<tbody id=rows>{rows(messages)}</tbody></table>")
    return page("Caught mail", body, "<script src=/app.js></script>")


def linked(text):
    """Text as HTML, with its links to click."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        url = html.escape(found.group())
        parts += [html.escape(text[end:found.start()]), f"<a href='{url}' rel='noopener noreferrer'>{url}</a>"]
        end = found.end()
    return "".join(parts) + html.escape(text[end:])


def message_page(message):
    subject = message.header("subject") or "(no subject)"
    shown = [(key, value) for key, value in message.headers
             if key.lower() in HEADERS_SHOWN or key.lower().startswith(("x-", "list-", "auto-"))]
    shown.append(("Delivered to", ", ".join(message.recipients)))
    fields = "".join(f"<tr><th>{html.escape(key)}</th><td>{html.escape(value)}</td></tr>" for key, value in shown)
    return page(subject, f"<p><a href=/>All mail</a> · <a href='/messages/{message.number}/source'>Source</a></p>"
                f"<h1>{html.escape(subject)}</h1><table class=fields>{fields}</table><pre>{linked(message.text)}</pre>")


def web_handler(mailbox):
    """The request handler of the pages."""

    class Handler(http.server.BaseHTTPRequestHandler):
        server_version, sys_version = "mail-catcher", ""
        timeout = 10

        def do_GET(self):
            path = urllib.parse.urlsplit(self.path).path
            fixed = {"/style.css": ("text/css", STYLE), "/app.js": ("text/javascript", SCRIPT), "/healthz": ("text/plain", "ok\n")}
            one = re.fullmatch(r"/messages/(\d{1,9})(/source)?", path)
            message = mailbox.find(int(one.group(1))) if one else None
            if path == "/":
                self.answer(200, "text/html", list_page(mailbox.all()))
            elif path == "/rows":
                self.answer(200, "text/html", rows(mailbox.all()))
            elif path == "/messages.json":
                self.answer(200, "application/json", json.dumps([message.as_json() for message in mailbox.all()]))
            elif path in fixed:
                self.answer(200, *fixed[path])
            elif message and one.group(2):
                self.answer(200, "text/plain", message.source.decode("utf-8", "replace"))
            elif message:
                self.answer(200, "text/html", message_page(message))
            else:
                self.answer(404, "text/html", page("Not found", "<h1>No such page</h1><p><a href=/>All mail</a></p>"))

        def do_DELETE(self):
            if urllib.parse.urlsplit(self.path).path == "/messages":
                mailbox.clear()
                self.answer(204, "text/plain", "")
            else:
                self.answer(404, "text/plain", "not found; DELETE works on /messages\n")

        def answer(self, code, kind, text):
            body = text.encode("utf-8", "replace")
            self.send_response(code)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if code != 204:
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy",
                             "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing: one look a second would fill the log."""

    return Handler


def write_ports(path, smtp, web):
    """Writes the ports for whoever started this; all at once, so that no half is read."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"smtp": smtp, "http": web}, file)
    os.replace(path + ".new", path)


async def serve(options):
    mailbox = Mailbox()
    receiver = Receiver(mailbox, options.refuse_rcpt, options.defer_rcpt)
    tls = None
    if options.starttls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.starttls)

    def protocol():
        return aiosmtpd.smtp.SMTP(receiver, data_size_limit=LARGEST_MESSAGE_BYTES, enable_SMTPUTF8=True,
                                  hostname="mail-catcher.localhost", ident="mail catcher", tls_context=tls, timeout=60)

    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(protocol, "127.0.0.1", options.smtp_port)
    smtp_port = smtp.sockets[0].getsockname()[1]
    web = http.server.ThreadingHTTPServer(("127.0.0.1", options.http_port), web_handler(mailbox))
    web.daemon_threads = True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    if options.ports_file:
        write_ports(options.ports_file, smtp_port, web.server_port)
    print(f"mail catcher: SMTP on 127.0.0.1:{smtp_port}, pages on http://127.0.0.1:{web.server_port}/", flush=True)
    await smtp.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smtp-port", type=int, default=1025, help="0: any free port")
    parser.add_argument("--http-port", type=int, default=8025, help="0: any free port")
    parser.add_argument("--ports-file", metavar="FILE", help='gets {"smtp": …, "http": …} once both listen')
    parser.add_argument("--refuse-rcpt", metavar="ADDR", action="append", default=[], help="answers 550; may be repeated")
    parser.add_argument("--defer-rcpt", metavar="ADDR", action="append", default=[], help="answers 451; may be repeated")
    parser.add_argument("--starttls", nargs=2, metavar=("CERT", "KEY"), help="offers STARTTLS with this certificate")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"error: the mail catcher cannot start: {error}\n  = help: choose other ports with --smtp-port and --http-port")


if __name__ == "__main__":
    main()
