//! What does not run here is read: each name, path, port and command line in it has to exist.

use std::path::Path;
use std::process::{Command, Stdio};

use yaml_rust2::{Yaml, YamlLoader};

use crate::commands::takes;
use crate::front::{free_address, nginx_binary, nginx_main};
use crate::running::Running;
use crate::scratch::{Scratch, put, root, shipped};

const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const PORT: i64 = 3000;
const USER: i64 = 10001;

fn yaml(path: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&shipped(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn texts(list: &Yaml) -> Vec<&str> {
    let items = list.as_vec().expect("a list");
    items.iter().map(|item| item.as_str().expect("a text")).collect()
}

/// What `pontoon check` says to a configuration: it starts each server once.
fn check(text: &str) {
    let files = Scratch::new();
    let file = files.write("pontoon.toml", text);
    let checked = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .args(["check", "--config", &file])
        .output();
    let output = checked.expect("the binary runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn configurations_are_accepted() {
    check(&shipped("deploy/pontoon.toml"));
    check(&shipped("deploy/docker/pontoon.toml"));
}

/// With TLS and HTTP/2, which the proxies of the other tests do without.
#[test]
fn s4_39_nginx_accepts_the_site_as_it_is() {
    let Some(nginx) = nginx_binary() else { return };
    let files = Scratch::new();
    let made = rcgen::generate_simple_self_signed(["mcp.example.com".to_owned()]).expect("it can be made");
    let certificate = files.write("certificate", &made.cert.pem());
    let key = files.write("key", &made.signing_key.serialize_pem());
    let snippet = root().join("deploy/nginx/pontoon.conf");
    let site = shipped("deploy/nginx/site.conf");
    let site = put(
        &site,
        "/etc/letsencrypt/live/mcp.example.com/fullchain.pem",
        &certificate,
    );
    let site = put(&site, "/etc/letsencrypt/live/mcp.example.com/privkey.pem", &key);
    let site = put(
        &site,
        "snippets/pontoon.conf",
        snippet.to_str().expect("the path is UTF-8"),
    );
    // Testing opens the port, which only root may.
    let site = put(&site, "listen 443", &format!("listen {}", free_address()));
    let site = put(&site, "listen [::]:443 ssl http2;", "");
    let site = files.write("site.conf", &site);
    let main = files.write("nginx.conf", &nginx_main(&files, &site));
    let tried = Command::new(nginx)
        .args(["-t", "-q", "-e", "stderr", "-c", &main])
        .output()
        .expect("it runs");
    assert!(
        tried.status.success(),
        "{}",
        String::from_utf8_lossy(&tried.stderr)
    );
}

#[test]
fn s4_40_the_unit_is_one_and_starts_what_there_is() {
    let unit = shipped("deploy/systemd/pontoon.service");
    let command = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/pontoon "));
    takes(
        &command
            .expect("it starts something")
            .split(' ')
            .collect::<Vec<_>>(),
    );
    let Ok(_) = Command::new("systemd-analyze")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
    else {
        return eprintln!("skipped: systemd-analyze is not installed");
    };
    let files = Scratch::new();
    let unit = put(&unit, "/usr/local/bin/pontoon", env!("CARGO_BIN_EXE_pontoon"));
    let unit = files.write("pontoon.service", &unit);
    for arguments in [&["verify"][..], &["security", "--offline=yes", "--threshold=20"]] {
        let tried = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&unit)
            .output()
            .expect("it is installed");
        let told = String::from_utf8_lossy(&tried.stderr);
        assert!(tried.status.success(), "{arguments:?}: {told}");
    }
}

#[test]
fn the_image_is_made_of_what_there_is() {
    let dockerfile = shipped(DOCKERFILE);
    for line in dockerfile.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["COPY", from, to] if from != "." => {
                assert!(root().join(from).exists(), "{line}");
                assert_eq!(to, "/etc/pontoon/pontoon.toml");
            }
            ["EXPOSE", port] => assert_eq!(port, PORT.to_string()),
            ["USER", user] => assert_eq!(user, format!("{USER}:{USER}"), "a number, as runAsNonRoot needs"),
            _ => {}
        }
    }
    let entry = exec_form(&dockerfile, "ENTRYPOINT ");
    assert_eq!(entry, ["tini", "--", "pontoon"]);
    takes(&exec_form(&dockerfile, "\nCMD "));
    assert!(shipped("deploy/docker/pontoon.toml").contains(&format!("listen = \"0.0.0.0:{PORT}\"")));
    let toolchain = format!("FROM rust:{}-bookworm", env!("CARGO_PKG_RUST_VERSION"));
    assert!(dockerfile.contains(&toolchain), "{toolchain}");
}

/// The list behind an instruction; all of that name are the same.
fn exec_form(dockerfile: &str, instruction: &str) -> Vec<String> {
    let lines = dockerfile
        .split(instruction)
        .skip(1)
        .map(|rest| rest.lines().next());
    let mut lists = lines.map(|line| {
        let line = line.expect("it goes on");
        serde_json::from_str::<Vec<String>>(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    });
    let first = lists.next().expect("there is one");
    assert!(
        lists.all(|other| other == first),
        "{instruction} differs between the images"
    );
    first
}

#[test]
fn the_health_check_tells_a_gateway_from_none() {
    let check = exec_form(&shipped(DOCKERFILE), "    CMD ");
    let asked = |port: &str| {
        let script = put(&check[2], "127.0.0.1/3000", &format!("127.0.0.1/{port}"));
        let status = Command::new(&check[0])
            .arg(&check[1])
            .arg(script)
            .stderr(Stdio::null())
            .status();
        status.expect("there is a bash").success()
    };
    let running = Running::start(&["--builtin", "showcase"]);
    let port = running
        .address
        .rsplit(':')
        .next()
        .expect("it has a port")
        .to_owned();
    assert!(asked(&port));
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    assert!(!asked(&port));
}

#[test]
fn s4_40_the_compose_file_names_what_there_is() {
    let compose = yaml("deploy/docker/compose.yaml");
    let service = &compose[0]["services"]["pontoon"];
    let build = &service["build"];
    let context = root()
        .join("deploy/docker")
        .join(build["context"].as_str().expect("it is built"));
    let dockerfile = context.join(build["dockerfile"].as_str().expect("it is named"));
    let text = std::fs::read_to_string(dockerfile).expect("it is there");
    assert!(text.contains(&format!(
        " AS {}\n",
        build["target"].as_str().expect("it is named")
    )));
    takes(&texts(&service["command"]));
    assert_eq!(texts(&service["ports"]), [format!("127.0.0.1:{PORT}:{PORT}")]);
    for volume in texts(&service["volumes"]) {
        let (from, to) = volume.split_once(':').expect("from and to");
        let there = Path::new("deploy/docker").join(from);
        assert!(
            root().join(there).exists() || !compose[0]["volumes"][from].is_badvalue(),
            "{volume}"
        );
        assert!(text.contains(to.trim_end_matches(":ro")), "the image knows {to}");
    }
}

#[test]
fn the_manifest_hangs_together() {
    let manifest = yaml("deploy/kubernetes/pontoon.yaml");
    let kind = |kind: &str| {
        let found = manifest.iter().find(|item| item["kind"].as_str() == Some(kind));
        found.unwrap_or_else(|| panic!("there is no {kind}"))
    };
    let (config, service, ingress) = (kind("ConfigMap"), kind("Service"), kind("Ingress"));
    let deployment = &kind("Deployment")["spec"];
    let pod = &deployment["template"];
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&deployment["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);

    let container = &pod["spec"]["containers"][0];
    takes(&texts(&container["args"]));
    let port = &container["ports"][0];
    assert_eq!(port["containerPort"].as_i64(), Some(PORT));
    let name = &port["name"];
    assert_eq!(&service["spec"]["ports"][0]["targetPort"], name);
    let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!(
        (&backend["name"], &backend["port"]["name"]),
        (&service["metadata"]["name"], name)
    );
    let volumes = pod["spec"]["volumes"].as_vec().expect("a list");
    for mount in container["volumeMounts"].as_vec().expect("a list") {
        assert!(
            volumes.iter().any(|volume| volume["name"] == mount["name"]),
            "{mount:?}"
        );
    }

    assert_eq!(pod["spec"]["securityContext"]["runAsUser"].as_i64(), Some(USER));
    let security = &container["securityContext"];
    assert_eq!(security["allowPrivilegeEscalation"].as_bool(), Some(false));
    assert_eq!(security["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(texts(&security["capabilities"]["drop"]), ["ALL"]);

    let text = config["data"]["pontoon.toml"].as_str().expect("a file");
    check(text);
    probes_are_answered(container, text);
}

fn probes_are_answered(container: &Yaml, config: &str) {
    let files = Scratch::new();
    let file = files.write("pontoon.toml", config);
    let running = Running::start_at("0.0.0.0:0", &["--config", &file]);
    let port = running.address.rsplit(':').next().expect("it has a port");
    let server = format!("127.0.0.1:{port}");
    // Kubernetes asks for the pod by its address.
    let host = format!("10.1.2.3:{port}");
    let client = crate::wire::Client {
        server: &server,
        host: &host,
        from: std::net::Ipv4Addr::LOCALHOST,
    };
    for probe in ["readinessProbe", "livenessProbe"] {
        let path = container[probe]["httpGet"]["path"]
            .as_str()
            .expect("it asks for a path");
        client.get(path, &[]).expect("200");
    }
}
