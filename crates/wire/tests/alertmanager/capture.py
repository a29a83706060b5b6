#!/usr/bin/env python3
"""Asks a real Alertmanager (0.25) and writes its answers beside this file.

Usage: capture.py [ALERTMANAGER_BINARY]

answers.json  POST /api/v2/alerts: request (latin-1), status, body
filters.json  GET /api/v2/alerts?filter=…: filter, status, and the names of the alerts found or the error
shapes.json   GET of alerts, groups, receivers, silences and status, as text
"""
import http.client, json, pathlib, socket, subprocess, sys, tempfile, time, urllib.parse

here = pathlib.Path(__file__).parent
binary = sys.argv[1] if len(sys.argv) > 1 else "prometheus-alertmanager"

X = '[{"labels":{"a":"x"},%s}]'
END = '"endsAt":"2099-11-23T02:00:00Z"'
LEAP = '2026-11-23T02:00:00'
TIMES = ['"%s%s"' % (LEAP, s) for s in
    ['Z', 'z', '.5Z', ',5Z', '+0100', '+01', '+24:00', '+99:59', '+99:99', '-99:99', '-00:00', '.123456789123Z', '.Z', '',
     '.123', '.000+0100', '.000000+0100', '.000000Z', '.000000000Z', '.5+01:00', 'Z ', '+1:00', '+01:0', '.000-0700', 'ZZ', '+01:00Z', '.5z', '.000z',
     '.12+0100', '.1234+0100', '.1234567+0100']] + [
    '"2026-11-23t02:00:00Z"', '"2026-11-23T02:00:60Z"', '"2026-11-23T24:00:00Z"', '"2026-11-23T02:60:00Z"', '"2026-02-29T00:00:00Z"', '"2028-02-29T00:00:00Z"',
    '"0000-01-01T00:00:00Z"', '"12026-01-01T00:00:00Z"', '"2026-11-23T02:00"', '"2026-11-23T02:00Z"', '"2026-11-23T02:00+01:00"',
    '"2026-11-23T2:00:00Z"', '"2026-11-23T2:00Z"', '" 2026-11-23T02:00:00Z"', '"2026-11-23 02:00:00"', '"2026-11-23  02:00:00"', '"2026-11-23 2:00:00"', '"2026-11-23 02:00:00.5"',
    '"2026-11-23 02:00:00Z"', '"2026-11-23 02:00"', '"2026-11-23 2"', '"2026-11-23 25:00:00"', '"2026-11-23 02:61:00"', '"2026-11-23 02:00:61"', '"2026-02-30 02:00:00"', '"2026-00-30 02:00:00"', '"2026-01-00 02:00:00"', '"2026-01-32 02:00:00"',
    '"2026-1-23T02:00:00Z"', '"2026-11-23T02:00.5Z"', '""', '"2026-13-23T02:00:00Z"', '"\\u0032026-11-23T02:00:00Z"', '"9999-11-23T02:00:00Z"',
    '"2026-11-23"', '"2026"', '"2"', '"202"', '"zzz"', '"2026-11"', '"2026-11-2"', '"2026-11-2x"', '"2026-11-23 aa"', '"2026-11-23 02:a"', '"2026-11-23 02:1"', '"é\\"<\\n"', '"2026-11-23 02:00:00é"',
    '"2026-11-23 02:00:0"', '"2026-11-23 02:00:00."', '"2026-11-23 02:00:00.x"', '"-2026-11-23T02:00:00Z"', '"+2026"', '5', 'true', 'false', 'null', '{}', '[]', '1.5e3']
URLS = ['http://x', '/p', 'p', 'mailto:x', 'http://a b/', 'http://a/b c', 'http://a/%zz', 'http://a/?%zz', 'http://a:x/', 'http://a:80/', 'http://[::1]:9/', 'http://[::1',
    'http://<x>/', 'http://é/', 'http:', 'http:x', '://x', '1http://x', 'http://a/\\u0001', 'http://a\\u007f', '#f', 'http://a/#%zz', 'http://a/#ok', 'http://u:p@h/', 'http://u p@h/', 'http://a%41/',
    'http://a%2f/', '//h/p', '*', ' http://a', 'ht-tp+1.2://a', 'ht_tp://a', 'http://a/|^{}\\"', 'http://\\"/', 'http://a:/', 'http://h{}/', 'http://h|/', 'http://h^`/', 'http://h\\\\/', 'http://u[@h/',
    'http://[::1%25eth0]/', 'http://[::1%eth0]/', 'http://[x]/', 'http://]/', 'http://[::1]x/', 'http://[::1]:x/', 'http://h%zz/', 'http://h?x y', 'x:%zz', '/%zz', 'http://h%20/', 'http://h(),;=!*$&+/', 'not a url', '?q', '/?q', 'a/b:c', 'a:b/%zz', 'http://h/%4', 'http://h/%', '', 'http://a:80:90/', 'http://::1/', 'http://u%zz@h/', 'http://u%40@h/', 'http://@h/', 'http://a@b@c/', 'HTTP://X', 'http:///x', 'http:/x y', 'x:y z', "http://h'/", 'http://h~_-./', 'http://h#', 'x:/%zz', '///a', '//h%zz/p', '//h p/', 'a+:b', '+a:b']
VALUES = ['5', 'true', '[]', '{}', '"s"', 'null', '{"a":5}', '{"a":[1]}', '{"a":{"b":1}}', '{"a":true}', '{"a":null}', '-0.5e+3']
REQUESTS = ['[]', '{}', 'nope', '', ' ', 'null', 'true', '"x"', '5', '[{}]', '[{},{}]', '[{"labels":null}]', '[{"labels":{}}]', '[{"labels":{}},{}]', '[{"labels":{"a":""}}]', '[{"labels":{"a":null}}]',
    '[{"labels":{"a-b":"x"}}]', '[{"labels":{"a-b":"x","c d":"y"}}]', '[{"labels":{"1":"x"}}]', '[{"labels":{"":"x"}}]', '[{"labels":{"":""}}]', '[{"labels":{"a-b":"","a":"b"}}]', '[{"labels":{"a<b>&":"x"}}]', '[{"labels":{"é\\u0001\\u2028\\u00a0\\u200b\\"\\\\\\n\\ud800":"x"}}]',
    '[{"labels":{"a:b":"x"}}]', '[{"labels":{"__name__":"x"}}]', '[{"labels":{"a":"x"},"annotations":{"b-c":"x"}}]', '[{"labels":{"a":"x"},"annotations":{"b-c":""}}]', '[{"labels":{"a":"x"},"annotations":{"b":""}}]',
    '[{"labels":{"a":"x"},"startsAt":"2026-11-23T03:00:00Z","endsAt":"2026-11-23T02:00:00Z"}]', '[{"labels":{"a-":"x"},"startsAt":"2026-11-23T03:00:00Z","endsAt":"2026-11-23T02:00:00Z"}]', '[{"labels":{},"startsAt":"2026-11-23T03:00:00Z","endsAt":"2026-11-23T02:00:00Z"}]',
    '[{"labels":{"a":"x"},"startsAt":"2026-11-23T03:00:00.000000001Z","endsAt":"2026-11-23T03:00:00Z"}]', '[{"labels":{"a":"x"},"startsAt":"2026-11-23T03:00:00Z","endsAt":"2026-11-23T03:00:00Z"}]', '[{"labels":{"a":"x"},"startsAt":"2026-11-23T03:00:00+01:00","endsAt":"2026-11-23T02:00:00Z"}]',
    '[{"labels":{"ok":"1"}},{"labels":{}},{"labels":{"q-":"1"}},{"labels":{"a":"x"},"startsAt":"2026-11-23T03:00:00Z","endsAt":"2026-11-23T02:00:00Z"}]',
    '[{"labels":{"a":"\\ud800"}}]', '[{"labels":{"a":"x"}}] trailing', '[{"labels":{"a":"x"}}]]', '[{"labels":{"a":"x"}}]\xff', '[{"labels":{"dup":"1","dup":"2"}}]', '[{"labels":{"dup":"1","dup":""}}]', '[{"Labels":{"case":"1"}}]', '[{"labels":{"a":"x"},"labels":{"b":"y"},"LABELS":{"c":"z"}}]', '[{"labels":{"a":"x"},"labels":null}]',
    '[{"labels":{"bad":"\xff"}}]', '[{"labels":{"a":"x"},"foo":{"deep":[[{"x":null}]]}}]', '[{"labels":{"a":"x"}', '[{"labels":{"a":"x"},}]', '[{"labels":["a"]}]', '[{"labels":{"a":5}}, x]', '[{"labels":{"a":5}},{"labels":{"a":true}}]', '[5,{"labels":5}]',
    '[{"labels":{"a":"x"},"startsAt":5,"generatorURL":5}]', '[{"labels":{"a":"x"},"generatorURL":5,"startsAt":5}]', '[{"labels":5,"generatorURL":5}]', '[{"generatorURL":5,"labels":5}]', '[{"labels":{"a":5},"generatorURL":5}]', '[{"generatorURL":5,"labels":{"a":5}}]', '[{"labels":"x","generatorURL":true}]', '[{"labels":5,"labels":true}]', '[{"labels":{"a":5,"b":true}}]', '[{"labels":{"a":5},"labels":5}]', '[{"labels":5,"labels":{"a":5}}]', '[{"annotations":5,"annotations":{"a":5}}]', '[{"annotations":{"a":5},"annotations":5}]', '[{"generatorURL":5,"generatorURL":true}]', '[{"generatorURL":"x"}]', '[{},{"labels":{"a":"b"},"generatorURL":"x"}]', '[{"labels":{},"generatorURL":"x"}]',
    '[{"startsAt":"x","annotations":5}]', '[{"annotations":5,"startsAt":"x"}]', '[{"startsAt":"x"},{"annotations":5}]', '[{"labels":{"a":5},"startsAt":"x"}]', '[{"startsAt":"2026-11-23T02:00:00+99:99","generatorURL":"x"}]', '[{"startsAt":"2026-11-23T02:00:00+99:99","endsAt":"2026-11-23T02:00:00-99:99"}]',
    '[5]', '[true]', '["s"]', '[[]]', '[{"labels":{"a":"x"}},5]',
    '[', '[1', '[1,', '[1,]', '[{', '[{"a"', '[{"a":', '[{"a":1', '[{"a":1,', '[{"a" 1}]', '[{"a":1 "b"}]', '[1 2]', '[{a:1}]', '[tru]', '[true', '[nul', 'n', 'x', '-', '[-]', '[01]', '[1.]', '[1.x]', '[1e]', '[1ex]', '["\\x"]', '["\\u12x"]', '["', '["a\n"]', '["a\\', '\xff', '[\xff]', '["\xff',
    '[\xc3\xa9]', '[\x01]', "[']", '[\\]', '}', ']', '[}', '{]', '{"a":1]', '[{"a":1}}', '[1e+]', '[-x]', '[0x]', '[0.5e-x', '[\x7f]', '[,]', '{,}', '[fals3]', '[{"a":01}]', '[{"a":1.5.}]', '[{"a":"\t"}]', '[{"a":"\x00"}]', '\xef\xbb\xbf[]', '[{"a":nulL}]', '[{"labels":{"a":"x",}}]', '[{"labels":{"a":"x"}},]', '[{"labels":{"a" "x"}}]', '[{"labels":{5:"x"}}]', '[{"labels":{"a":"\\ud83d\\ude00\\udc00\\ud83dx\\u00e9"}}]', '[{"a":[1}]', '[{"a":{"b":1]}]', '\t\r\n [ \n]', '[{"a":[1,]}]', '[{"a":{"b":}}]', '{"a":[]', '{}x', '{"a"}', '{"a":1,}',
] + [X % ('"startsAt":' + t + ',' + END) for t in TIMES] + [X % ('"generatorURL":"%s"' % u) for u in URLS] + [
    X % ('"%s":%s' % (f, v)) for f in ['labels', 'annotations', 'startsAt', 'endsAt', 'generatorURL', 'unknown'] for v in VALUES]
REQUESTS = [r if all(ord(c) < 256 for c in r) and '\xff' in r or '\xc3' in r or '\xef' in r else r.encode().decode('latin-1') for r in REQUESTS]

ALERTS = [
    {"labels": {"alertname": "HighErrors", "service": "payments-api", "severity": "critical", "instance": "a:1", "empty": ""}, "annotations": {"summary": "5xx above 20 %", "empty": "", "html": "<b>&\u2028"}, "startsAt": "2026-11-22T00:00:00.123456789Z", "endsAt": "2099-11-23T01:00:00Z", "generatorURL": "http://prom.example/graph?a=b&c=<d>"},
    {"labels": {"alertname": "Down", "service": "ledger"}, "startsAt": "2026-11-22T02:00:00Z", "endsAt": "2099-01-01T00:00:00Z"},
    {"labels": {"alertname": "Unnamed", "e": "\u0001\"\\ \u007f \u00e9\t\n\b\f'/"}, "startsAt": "2026-11-22T02:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}]
FILTERS = ['service=ledger', ' service = "ledger" ', 'service="ledger', 'service=ledger"', 'service="led\\"ger"', 'service!="a\\nb"', 'service!="a\\cb"', 'service!=b\\', 'service!=b\\\\', '{service="ledger"}', 'a="b",c="d"', 'service=', 'service=""', 'service!=', '=b', '1a=b', 'a-b=c', 'service==ledger', 'service=~ledg',
    'service=~ledg.*', 'service=~".*"', 'service=~".+"', 'service!~"led.*"', 'service!~".+"', 'a!b', 'a~b', 'a=b c', 'a=b,c', 'a="b"c', 'service=~"(pay|led).*"', 'service=~"(?P<x>ledger)"', 'service=~"\\w+"', 'service=~"\\\\w+"', 'service=~"(?i)LEDGER"', '', ' ', 'a=\u00e9', '\u00e9=a', 'a:b=c', "service='ledger'", 'service="\tledger"', 'service=~ledger|payments-api', 'alertname="Down"', 'nolabel=""', 'nolabel!="x"', 'nolabel=~"x?"', 'service=~""', 'e=~".*"', 'e=~"(?s).*"', 'e=~"\\\\p{L}"', 'service =~ ledger', 'service\n=ledger', 'service=~ "ledger"', 'a="\\"', 'a="', 'a="\\\\"', 'service=~"("', 'service=~"["', 'service=~"*"', 'service=~"(?=x)"']


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data.decode("utf-8")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        config = pathlib.Path(data) / "am.yml"
        config.write_text("route: {receiver: nobody, group_by: [service], group_wait: 1s}\nreceivers: [{name: nobody}]\n")
        server = subprocess.Popen([binary, f"--config.file={config}", f"--storage.path={data}/data", f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    ask(port, "GET", "/-/ready")
                    break
                except OSError:
                    time.sleep(0.1)
            capture(port)
        finally:
            server.terminate()
            server.wait()


def capture(port):
    json_type = {"Content-Type": "application/json"}
    ask(port, "POST", "/api/v2/alerts", json.dumps(ALERTS), json_type)
    time.sleep(2)
    paths = ["/alerts", "/alerts/groups", "/receivers", "/silences", "/status"]
    shapes = {path: ask(port, "GET", "/api/v2" + path)[1] for path in paths}
    write("shapes.json", {"posted": ALERTS, "answers": shapes})
    filters = []
    for text in FILTERS:
        status, body = ask(port, "GET", "/api/v2/alerts?filter=" + urllib.parse.quote(text))
        found = json.loads(body)
        found = found if isinstance(found, str) else [alert["labels"]["alertname"] for alert in found]
        filters.append({"filter": text, "status": status, "found": found})
    write("filters.json", filters)
    answers = []
    for request in REQUESTS:
        status, body = ask(port, "POST", "/api/v2/alerts", request.encode("latin-1"), json_type)
        answers.append({"request": request, "status": status, "body": body})
    write("answers.json", answers)


def write(name, value):
    lines = value if isinstance(value, list) else [value]
    text = ",\n".join(json.dumps(line, ensure_ascii=True) for line in lines)
    (here / name).write_text(f"[\n{text}\n]\n" if isinstance(value, list) else text + "\n")


main()
