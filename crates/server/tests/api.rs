//! The server over a real socket: who is answered, with what headers, and that every route is known and says its
//! problems as problem+json.

#![expect(clippy::unwrap_used, reason = "a test that fails is the point")]

use cofferdam_server::{ServeError, bind, openapi_json};
use cofferdam_site::Site;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use tempfile::TempDir;

struct Server {
    address: SocketAddr,
    folder: TempDir,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(plant: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::init(&folder.path().join("site"), "Test site").unwrap();
        if let Some(text) = plant {
            std::fs::write(site.plant_path(), text).unwrap();
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let bound = runtime
            .block_on(bind(site, "127.0.0.1:0".parse().unwrap()))
            .unwrap();
        let url = bound.url();
        let address = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        runtime.spawn(bound.run(async { drop(stopped.await) }));
        Self {
            address,
            folder,
            stop: Some(stop),
            _runtime: runtime,
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &self.address.to_string())
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ended = stop.send(());
        }
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// One zone that talks to none, one asset whose name is an attack on a page.
const PLANT: &str = r#"format = 1

[site]
id = "test-site"
name = "Test site"
stage = "draft"

[[zone]]
id = "cell"
kind = "control"

[[asset]]
id = "plc-1"
name = "<img src=x onerror=alert(1)>"
zone = "cell"
role = "plc"
interfaces = [{ ip = "10.20.1.11" }]
"#;

const ROUTES: [&str; 7] = [
    "site",
    "map",
    "assets",
    "assets.csv",
    "findings",
    "rules",
    "shadow",
];

#[test]
fn only_the_address_that_is_served_is_answered() {
    let server = Server::start(Some(PLANT));
    let port = server.address.port();
    let check = |host: &str, status: u16| {
        assert_eq!(server.ask("GET", "/api/v1/site", host).status, status, "{host}");
    };
    check(&format!("127.0.0.1:{port}"), 200);
    check(&format!("localhost:{port}"), 200);
    check("attacker.example", 421);
    check(&format!("attacker.example:{port}"), 421);
    check("127.0.0.1", 421);
}

#[test]
fn every_answer_carries_the_headers_that_keep_a_page_to_itself() {
    let server = Server::start(Some(PLANT));
    for path in ["/", "/api/v1/site", "/api/v1/nothing", "/assets/no.js", "/map"] {
        let answer = server.get(path);
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(
                answer.head.contains(header),
                "{path} lacks {header}: {}",
                answer.head
            );
        }
        assert!(!answer.head.contains("access-control-allow"), "{path}");
    }
}

#[test]
fn an_empty_site_answers_every_route_with_a_view_or_a_problem() {
    let server = Server::start(None);
    for route in ROUTES {
        let answer = server.get(&format!("/api/v1/{route}"));
        assert!(
            matches!(answer.status, 200 | 409),
            "{route}: {} {}",
            answer.status,
            answer.body
        );
        if answer.status == 409 {
            assert!(
                answer.head.contains("content-type: application/problem+json"),
                "{route}"
            );
            assert!(
                answer.body.contains("cofferdam draft"),
                "{route} names the mend: {}",
                answer.body
            );
        }
    }
}

#[test]
fn a_faulty_model_is_told_with_its_place_and_takes_nothing_else_away() {
    let server = Server::start(Some(
        "format = 1\n[site]\nid = \"x\"\nname = \"\"\nstage = \"daft\"\n",
    ));
    let findings = server.get("/api/v1/findings");
    assert_eq!(findings.status, 200);
    assert!(findings.body.contains("\"line\":5"), "{}", findings.body);
    assert!(server.get("/api/v1/site").body.contains("\"model\":\"faulty\""));
    assert_eq!(server.get("/api/v1/assets").status, 200);
    assert_eq!(server.get("/api/v1/map").status, 409);
}

#[test]
fn a_model_is_shown_and_shown_anew_when_its_file_changes() {
    let server = Server::start(Some(PLANT));
    assert!(server.get("/api/v1/map").body.contains("\"id\":\"cell\""));
    let path = server.folder.path().join("site/plant.toml");
    std::fs::write(&path, PLANT.replace("\"cell\"", "\"hall\"")).unwrap();
    assert!(server.get("/api/v1/map").body.contains("\"id\":\"hall\""));
}

#[test]
fn lists_filter_sort_and_refuse_columns_that_are_not_there() {
    let server = Server::start(Some(PLANT));
    let total = |query: &str| {
        server
            .get(&format!("/api/v1/assets?{query}"))
            .body
            .contains("\"total\":1")
    };
    assert!(total("q=10.20") && total("q=PLC") && total("zone=cell") && total("sort=-name"));
    assert!(!total("q=absent") && !total("zone=elsewhere"));
    let bad = server.get("/api/v1/assets?sort=colour");
    assert_eq!(bad.status, 400);
    assert!(bad.body.contains("`colour` is no column"), "{}", bad.body);
    assert_eq!(server.get("/api/v1/assets/absent").status, 404);
    assert_eq!(server.get("/api/v1/assets/plc-1").status, 200);
}

#[test]
fn nothing_can_be_changed_and_no_file_outside_the_app_is_served() {
    let server = Server::start(Some(PLANT));
    let host = server.address.to_string();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in ["/", "/api/v1/site", "/api/v1/assets/plc-1"] {
            assert_eq!(server.ask(method, path, &host).status, 405, "{method} {path}");
        }
    }
    for path in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/assets/%2e%2e/%2e%2e/site/plant.toml",
    ] {
        assert!(
            !server.get(path).body.contains("[package]") && !server.get(path).body.contains("format = 1"),
            "{path}"
        );
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::init(folder.path(), "Test site").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:80"] {
        let refused = runtime.block_on(bind(site.clone(), address.parse().unwrap()));
        assert!(matches!(refused, Err(ServeError::NotLoopback(_))), "{address}");
    }
}

#[test]
fn the_committed_description_is_that_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let now = openapi_json() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/openapi.json is stale: run this test with UPDATE=1, then `npm run types` in web/"
    );
}
