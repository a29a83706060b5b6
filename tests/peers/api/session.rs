//! Sessions: a browser signs in with a token, and no other page can act by its cookie.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::catalog::usual;
use crate::support::client::{Answer, sent};
use crate::support::hub::Hub;

const SESSION: &str = "/api/v1/session";

fn ask(hub: &Hub, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = hub.nobody().request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(if body.is_null() { request } else { request.body(body.to_string()) }).unwrap()
}

#[test]
fn a_browser_signs_in_acts_by_its_cookie_and_signs_out() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let dana = hub.client("person", "dana");
    let app = ("X-Wheelhouse", "1");
    let token = json!({ "token": dana.token });
    let signed_in = ask(&hub, Method::POST, SESSION, &[app, ("Sec-Fetch-Site", "same-origin")], &token);
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let set = signed_in.header("set-cookie").to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), "{set}");
    assert!(!set.contains("Secure"), "this hub is reached over plain http: {set}");
    assert!(!signed_in.text.contains(&dana.token));
    let who = signed_in.json();
    assert_eq!((&who["actor"]["name"], &who["teams"]), (&json!("dana"), &json!(["payments"])));
    assert_eq!(who["contacts"], json!([{ "kind": "email", "channel": null }]), "never the address");
    let may: Vec<&str> = who["may"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(may.contains(&"open_case") && !may.contains(&"read_record"), "{may:?}");

    let cookie = ("Cookie", set.split(';').next().unwrap());
    assert_eq!(ask(&hub, Method::GET, SESSION, &[cookie], &Value::Null).json(), who);
    assert_eq!(ask(&hub, Method::GET, "/api/v1/cases", &[cookie], &Value::Null).status, 200);
    let report = json!({ "title": "it is down", "service": "ledger" });
    let opened = ask(&hub, Method::POST, "/api/v1/cases", &[cookie, app], &report);
    assert_eq!(opened.status, 201, "{}", opened.text);

    let out = ask(&hub, Method::DELETE, SESSION, &[cookie, app], &Value::Null);
    assert_eq!((out.status, out.header("set-cookie").contains("Max-Age=0")), (204, true));
    assert_eq!(dana.look(SESSION).status, 200, "the token lives on, and `Authorization` shows the same");
}

#[test]
fn no_other_page_acts_by_the_cookie_of_a_browser() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let dana = hub.client("person", "dana");
    let cookie = format!("theme=dark; wheelhouse={}", dana.token);
    let (cookie, app) = (("Cookie", cookie.as_str()), ("X-Wheelhouse", "1"));
    let report = json!({ "title": "it is down", "service": "ledger" });
    let refused = |headers: &[(&str, &str)]| {
        let answer = ask(&hub, Method::POST, "/api/v1/cases", headers, &report);
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("not_from_the_app")), "{headers:?}");
    };
    refused(&[cookie]);
    refused(&[cookie, ("X-Wheelhouse", "yes")]);
    refused(&[cookie, app, ("Sec-Fetch-Site", "cross-site")]);
    refused(&[cookie, app, ("Sec-Fetch-Site", "same-site")]);
    assert_eq!(dana.all("/api/v1/cases"), Vec::<Value>::new());
    let other = json!({ "token": dana.token });
    assert_eq!(ask(&hub, Method::POST, SESSION, &[], &other).status, 403, "nor signs a browser in");

    let wrong = ask(&hub, Method::POST, SESSION, &[app], &json!({ "token": "wh_nobodys" }));
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
    let bearer = ("Authorization", "Bearer wh_nobodys");
    assert_eq!(ask(&hub, Method::GET, SESSION, &[cookie, bearer], &Value::Null).status, 401, "the header wins");

    let tokens = hub.admin().get("/api/v1/tokens");
    let owned = |token: &&Value| token["owner"]["name"] == "dana";
    let id = tokens["items"].as_array().unwrap().iter().find(owned).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(sent(hub.admin().request(Method::DELETE, &format!("/api/v1/tokens/{id}"))).unwrap().status, 200);
    assert_eq!(ask(&hub, Method::GET, SESSION, &[cookie], &Value::Null).status, 401, "the session ends with its token");
}
