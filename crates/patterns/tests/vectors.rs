//! The semantics, one line a fact: pattern, event, whether they match.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::Value;
use wheelhouse_patterns::Pattern;

/// `pattern ~ event` match, `pattern ! event` do not.
const VECTORS: &str = r#"
# Exact values: type and value.
{"a":["x"]} ~ {"a":"x"}
{"a":["x"]} ! {"a":"X"}
{"a":["x"]} ! {"b":"x"}
{"a":["x","y"]} ~ {"a":"y"}
{"a":[""]} ~ {"a":""}
{"a":[""]} ! {"a":null}
{"a":[null]} ~ {"a":null}
{"a":[null]} ! {}
{"a":[true]} ~ {"a":true}
{"a":[true]} ! {"a":"true"}
{"a":[true]} ! {"a":false}
{"a":["5"]} ! {"a":5}
{"a":[5]} ! {"a":"5"}
{"a":["ß"]} ! {"a":"SS"}
{"a":["é"]} ! {"a":"e\u0301"}
# Fields are AND.
{"a":["x"],"b":["y"]} ~ {"a":"x","b":"y","c":"z"}
{"a":["x"],"b":["y"]} ! {"a":"x","b":"z"}
{"a":["x"],"b":["y"]} ! {"a":"x"}
# Numbers by exact value.
{"a":[300]} ~ {"a":3e2}
{"a":[300.0]} ~ {"a":300}
{"a":[0]} ~ {"a":-0.0}
{"a":[0.1]} ~ {"a":1e-1}
{"a":[9007199254740992]} ! {"a":9007199254740993}
{"a":[9007199254740993]} ~ {"a":9007199254740993}
{"a":[9007199254740992]} ~ {"a":9007199254740992.0}
{"a":[9007199254740993]} ! {"a":9007199254740992.0}
{"a":[18446744073709551615]} ~ {"a":18446744073709551615}
{"a":[18446744073709551615]} ! {"a":18446744073709551614}
{"a":[1e300]} ~ {"a":10e299}
# Prefix and suffix: strings only.
{"a":[{"prefix":"pay"}]} ~ {"a":"payments"}
{"a":[{"prefix":"pay"}]} ~ {"a":"pay"}
{"a":[{"prefix":"pay"}]} ! {"a":"Payments"}
{"a":[{"prefix":"1"}]} ! {"a":12}
{"a":[{"prefix":""}]} ~ {"a":"x"}
{"a":[{"prefix":""}]} ! {"a":null}
{"a":[{"suffix":"api"}]} ~ {"a":"payments-api"}
{"a":[{"suffix":"api"}]} ! {"a":"api-2"}
{"a":[{"prefix":"x"},{"suffix":"y"},3]} ~ {"a":3}
# Exists: about leaves.
{"a":[{"exists":true}]} ~ {"a":"x"}
{"a":[{"exists":true}]} ~ {"a":null}
{"a":[{"exists":true}]} ~ {"a":[1]}
{"a":[{"exists":true}]} ! {"a":[]}
{"a":[{"exists":true}]} ! {"a":[[],[]]}
{"a":[{"exists":true}]} ! {"a":{}}
{"a":[{"exists":true}]} ! {"a":{"b":1}}
{"a":[{"exists":true}]} ! {}
{"a":[{"exists":false}]} ~ {}
{"a":[{"exists":false}]} ~ {"a":[]}
{"a":[{"exists":false}]} ~ {"a":{}}
{"a":[{"exists":false}]} ~ {"a":{"b":1}}
{"a":[{"exists":false}]} ! {"a":null}
{"a":[{"exists":false},"x"]} ~ {}
{"a":[{"exists":false},"x"]} ~ {"a":"x"}
{"a":[{"exists":false},"x"]} ! {"a":"y"}
# Absence is judged over the whole event, not element by element.
{"a":{"b":[{"exists":false}]}} ! {"a":[{"b":1},{"c":2}]}
{"a":{"b":[{"exists":false}],"c":[2]}} ! {"a":[{"b":1},{"c":2}]}
{"a":{"b":[{"exists":false}],"c":[2]}} ~ {"a":[{"d":1},{"c":2}]}
# Anything-but: any value that differs, of whatever type, but one must be there.
{"a":[{"anything-but":"x"}]} ~ {"a":"y"}
{"a":[{"anything-but":"x"}]} ! {"a":"x"}
{"a":[{"anything-but":"x"}]} ~ {"a":["x","y"]}
{"a":[{"anything-but":"x"}]} ! {"a":["x","x"]}
{"a":[{"anything-but":"x"}]} ~ {"a":null}
{"a":[{"anything-but":"x"}]} ~ {"a":true}
{"a":[{"anything-but":"x"}]} ~ {"a":7}
{"a":[{"anything-but":"x"}]} ! {}
{"a":[{"anything-but":"x"}]} ! {"a":[]}
{"a":[{"anything-but":["x","y"]}]} ! {"a":"y"}
{"a":[{"anything-but":["x","y"]}]} ~ {"a":"z"}
{"a":[{"anything-but":5}]} ! {"a":5.0}
{"a":[{"anything-but":5}]} ~ {"a":"5"}
{"a":[{"anything-but":[5,6]}]} ! {"a":6}
{"a":[{"anything-but":9007199254740992}]} ~ {"a":9007199254740993}
{"a":[{"anything-but":{"prefix":"x"}}]} ! {"a":"xy"}
{"a":[{"anything-but":{"prefix":"x"}}]} ~ {"a":"yx"}
{"a":[{"anything-but":{"prefix":"x"}}]} ~ {"a":1}
{"a":[{"anything-but":{"prefix":["x","y"]}}]} ! {"a":"yx"}
{"a":[{"anything-but":{"suffix":["x","y"]}}]} ! {"a":"xy"}
{"a":[{"anything-but":{"suffix":"x"}}]} ~ {"a":"xy"}
# Numeric.
{"a":[{"numeric":["=",5]}]} ~ {"a":5.0}
{"a":[{"numeric":["=",5]}]} ! {"a":"5"}
{"a":[{"numeric":[">",5]}]} ! {"a":5}
{"a":[{"numeric":[">=",5]}]} ~ {"a":5}
{"a":[{"numeric":["<",5]}]} ~ {"a":4.999}
{"a":[{"numeric":["<",5]}]} ! {"a":5}
{"a":[{"numeric":["<=",5]}]} ~ {"a":5}
{"a":[{"numeric":[">",0,"<=",5]}]} ~ {"a":5}
{"a":[{"numeric":[">",0,"<=",5]}]} ! {"a":0}
{"a":[{"numeric":[">=",-1.5,"<",1.5]}]} ~ {"a":-1.5}
{"a":[{"numeric":[">=",-1.5,"<",1.5]}]} ! {"a":-2}
{"a":[{"numeric":[">",9007199254740992]}]} ~ {"a":9007199254740993}
{"a":[{"numeric":[">",-0.5]}]} ~ {"a":0}
{"a":[{"numeric":["<",-0.5]}]} ! {"a":0}
{"a":[{"numeric":["<",1e300]}]} ~ {"a":18446744073709551615}
{"a":[{"numeric":[">",-1e300]}]} ~ {"a":-9223372036854775808}
{"a":[{"numeric":[">",5]}]} ! {"a":"6"}
# Case.
{"a":[{"equals-ignore-case":"Alarm"}]} ~ {"a":"aLARM"}
{"a":[{"equals-ignore-case":"alarm"}]} ! {"a":"alarms"}
{"a":[{"equals-ignore-case":"alarm"}]} ! {"a":"alar"}
{"a":[{"equals-ignore-case":""}]} ~ {"a":""}
{"a":[{"equals-ignore-case":"ß"}]} ! {"a":"SS"}
{"a":[{"equals-ignore-case":"ß"}]} ~ {"a":"ẞ"}
{"a":[{"equals-ignore-case":"ÄÖ"}]} ~ {"a":"äö"}
{"a":[{"equals-ignore-case":"é"}]} ! {"a":"E\u0301"}
{"a":[{"equals-ignore-case":"k"}]} ~ {"a":"\u212a"}
{"a":[{"equals-ignore-case":"σ"}]} ~ {"a":"ς"}
{"a":[{"equals-ignore-case":"5"}]} ! {"a":5}
{"a":[{"prefix":{"equals-ignore-case":"PAY"}}]} ~ {"a":"payments"}
{"a":[{"prefix":{"equals-ignore-case":"pay"}}]} ~ {"a":"PAY"}
{"a":[{"prefix":{"equals-ignore-case":"pay"}}]} ! {"a":"pa"}
{"a":[{"prefix":{"equals-ignore-case":"ß"}}]} ! {"a":"ss"}
{"a":[{"suffix":{"equals-ignore-case":".PNG"}}]} ~ {"a":"x.png"}
{"a":[{"suffix":{"equals-ignore-case":".png"}}]} ~ {"a":"X.PnG"}
{"a":[{"suffix":{"equals-ignore-case":".png"}}]} ! {"a":"png"}
{"a":[{"suffix":{"equals-ignore-case":"É"}}]} ~ {"a":"café"}
# Wildcards.
{"a":[{"wildcard":"pay*"}]} ~ {"a":"payments"}
{"a":[{"wildcard":"pay*"}]} ~ {"a":"pay"}
{"a":[{"wildcard":"*api"}]} ~ {"a":"pay-api"}
{"a":[{"wildcard":"*api"}]} ! {"a":"api-2"}
{"a":[{"wildcard":"a*b*c"}]} ~ {"a":"abc"}
{"a":[{"wildcard":"a*b*c"}]} ~ {"a":"a--b--b--c"}
{"a":[{"wildcard":"a*b*c"}]} ! {"a":"acb"}
{"a":[{"wildcard":"a*b*c"}]} ! {"a":"ac"}
{"a":[{"wildcard":"aba*aba"}]} ! {"a":"aba"}
{"a":[{"wildcard":"aba*aba"}]} ! {"a":"ababa"}
{"a":[{"wildcard":"aba*aba"}]} ~ {"a":"abaaba"}
{"a":[{"wildcard":"*ab*ab*"}]} ! {"a":"xabx"}
{"a":[{"wildcard":"*ab*ab*"}]} ~ {"a":"abab"}
{"a":[{"wildcard":"*ab*ba*"}]} ! {"a":"aba"}
{"a":[{"wildcard":"*"}]} ~ {"a":""}
{"a":[{"wildcard":"*"}]} ! {"a":7}
{"a":[{"wildcard":""}]} ~ {"a":""}
{"a":[{"wildcard":""}]} ! {"a":"x"}
{"a":[{"wildcard":"plain"}]} ~ {"a":"plain"}
{"a":[{"wildcard":"plain"}]} ! {"a":"plainer"}
{"a":[{"wildcard":"a\\*b"}]} ~ {"a":"a*b"}
{"a":[{"wildcard":"a\\*b"}]} ! {"a":"axb"}
{"a":[{"wildcard":"a\\\\*"}]} ~ {"a":"a\\b"}
{"a":[{"wildcard":"*é*"}]} ~ {"a":"caféine"}
{"a":[{"wildcard":"*.*.*"}]} ~ {"a":"1.2.3"}
{"a":[{"wildcard":"*.*.*"}]} ! {"a":"1.2"}
# Addresses.
{"a":[{"cidr":"10.0.0.0/8"}]} ~ {"a":"10.255.0.1"}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":"11.0.0.0"}
{"a":[{"cidr":"10.0.0.255/24"}]} ~ {"a":"10.0.0.7"}
{"a":[{"cidr":"10.0.0.7/32"}]} ! {"a":"10.0.0.8"}
{"a":[{"cidr":"0.0.0.0/0"}]} ~ {"a":"255.255.255.255"}
{"a":[{"cidr":"0.0.0.0/0"}]} ! {"a":"::1"}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":"10.0.0"}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":"10.0.0.01"}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":"10.0.0.1 "}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":10}
{"a":[{"cidr":"2001:db8::/32"}]} ~ {"a":"2001:DB8:0:0:0:0:0:1"}
{"a":[{"cidr":"2001:db8::/32"}]} ~ {"a":"2001:db8::10.0.0.1"}
{"a":[{"cidr":"2001:db8::/32"}]} ! {"a":"2001:db9::"}
{"a":[{"cidr":"2001:db8::ffff/127"}]} ~ {"a":"2001:db8::fffe"}
{"a":[{"cidr":"::/0"}]} ~ {"a":"::ffff:10.0.0.1"}
{"a":[{"cidr":"10.0.0.0/8"}]} ! {"a":"::ffff:10.0.0.1"}
# Anything-but with operators inside.
{"a":[{"anything-but":{"equals-ignore-case":"ok"}}]} ! {"a":"OK"}
{"a":[{"anything-but":{"equals-ignore-case":["ok","fine"]}}]} ! {"a":"Fine"}
{"a":[{"anything-but":{"equals-ignore-case":"ok"}}]} ~ {"a":"okay"}
{"a":[{"anything-but":{"equals-ignore-case":"ok"}}]} ~ {"a":5}
{"a":[{"anything-but":{"equals-ignore-case":"ok"}}]} ! {}
{"a":[{"anything-but":{"wildcard":"*/lib/*"}}]} ! {"a":"usr/lib/x"}
{"a":[{"anything-but":{"wildcard":["*.tmp","*.bak"]}}]} ! {"a":"x.bak"}
{"a":[{"anything-but":{"wildcard":["*.tmp","*.bak"]}}]} ~ {"a":"x.txt"}
{"a":[{"anything-but":{"wildcard":"*.tmp"}}]} ~ {"a":["x.tmp",null]}
# Choices.
{"$or":[{"a":[1]},{"b":[2]}]} ~ {"a":1}
{"$or":[{"a":[1]},{"b":[2]}]} ~ {"b":2}
{"$or":[{"a":[1]},{"b":[2]}]} ! {"a":2,"b":1}
{"$or":[{"a":[1]},{"b":[2]}],"c":[3]} ~ {"a":1,"c":3}
{"$or":[{"a":[1]},{"b":[2]}],"c":[3]} ! {"a":1}
{"$or":[{"a":[1],"b":[2]},{"b":[3]}]} ! {"a":1}
{"x":{"$or":[{"a":[1]},{"b":[2]}]}} ~ {"x":{"b":2}}
{"x":{"$or":[{"a":[1]},{"b":[2]}]}} ! {"b":2}
{"x":{"$or":[{"a":[1]},{"b":[2]}]},"$or":[{"c":[3]},{"d":[4]}]} ~ {"x":{"b":2},"c":3}
{"x":{"$or":[{"a":[1]},{"b":[2]}]},"$or":[{"c":[3]},{"d":[4]}]} ! {"x":{"b":2}}
{"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":[3]}]}]} ~ {"c":3}
{"$or":[{"a":[1]},{"b":[{"exists":false}]}]} ~ {}
{"x":{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}} ! {"x":[{"a":1},{"c":3}]}
{"x":{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}} ~ {"x":[{"a":1},{"b":2,"c":3}]}
# Nesting and dots are the same.
{"a":{"b":["x"]}} ~ {"a":{"b":"x"}}
{"a":{"b":["x"]}} ~ {"a.b":"x"}
{"a.b":["x"]} ~ {"a":{"b":"x"}}
{"a":{"b.c":["x"]}} ~ {"a.b":{"c":"x"}}
{"a":{"b":["x"]}} ! {"a":"x"}
{"a":["x"]} ! {"a":{"b":"x"}}
{"ab":["x"]} ! {"a":{"b":"x"}}
{"a..b":["x"]} ~ {"a":{"":{"b":"x"}}}
{"a.":["x"]} ~ {"a":{"":"x"}}
# A path spelled in several ways: all values match, also together.
{"a.b":[1]} ~ {"a.b":1,"a":{"b":2}}
{"a.b":[2]} ~ {"a.b":1,"a":{"b":2}}
{"a":{"b":[1],"c":[3]}} ~ {"a.b":1,"a":{"b":2,"c":3}}
{"a":{"b":[1],"c":[3]}} ~ {"a.b":1,"a":[{"b":2},{"c":3}]}
{"a":{"b":[2],"c":[3]}} ! {"a.b":1,"a":[{"b":2},{"c":3}]}
# Arrays: one element for all fields below.
{"a":["x"]} ~ {"a":["y","x"]}
{"a":["x"]} ~ {"a":[["y"],[["x"]]]}
{"a":{"b":[1],"c":[2]}} ~ {"a":[{"b":1,"c":2}]}
{"a":{"b":[1],"c":[2]}} ! {"a":[{"b":1},{"c":2}]}
{"a":{"b":[1],"c":[2]}} ! {"a":[{"b":1,"c":3},{"b":3,"c":2}]}
{"a":{"b":[1],"c":[2]}} ! {"a":[[{"b":1},{"c":2}]]}
{"a":{"b":[1],"c":[2]}} ~ {"a":[[{"b":1,"c":2}],{"c":2}]}
{"a":{"b":[1],"c":[2]}} ~ {"a":{"b":[0,1],"c":[3,2]}}
{"a":{"b":[1]},"c":{"d":[2]}} ~ {"a":[{"b":0},{"b":1}],"c":[{"d":2},{"d":3}]}
{"a":{"b":{"c":[1]},"d":[2]}} ! {"a":[{"b":[{"c":1}],"d":3},{"b":[{"c":2}],"d":2}]}
# Only objects are events.
{"a":[{"exists":false}]} ! []
{"a":[{"exists":false}]} ! "x"
{"a":["x"]} ! [{"a":"x"}]
# `$or` with operators in it is a field of that name.
{"$or":[{"prefix":"x"},{"suffix":"y"}]} ~ {"$or":"xz"}
"#;

#[test]
fn every_vector_holds() {
    let lines = VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines {
        count += 1;
        let (pattern, event, expected) = match (line.split_once(" ~ "), line.split_once(" ! ")) {
            (Some((pattern, event)), _) => (pattern, event, true),
            (None, Some((pattern, event))) => (pattern, event, false),
            (None, None) => panic!("not a vector: {line}"),
        };
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let pattern = Pattern::parse(&read(pattern)).unwrap();
        if pattern.matches(&read(event)) != expected {
            wrong.push(line);
        }
    }
    assert!(count > 100, "only {count} vectors");
    assert!(wrong.is_empty(), "wrong: {wrong:#?}");
}
