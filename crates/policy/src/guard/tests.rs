use super::*;

fn request(target: &str, pairs: &[(http::HeaderName, &str)]) -> (Uri, HeaderMap) {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    (target.parse().unwrap(), headers)
}

fn check(guard: &OriginGuard, target: &str, pairs: &[(http::HeaderName, &str)]) -> Result<(), GuardError> {
    let (target, headers) = request(target, pairs);
    guard.check(&target, &headers).map(|_| ())
}

#[test]
fn loopback_names_are_hosts_of_a_loopback_listener() {
    let guard = OriginGuard::loopback();
    for host in [
        "localhost",
        "localhost:3000",
        "127.0.0.1:3000",
        "[::1]:3000",
        "LOCALHOST",
        "127.9.9.9",
    ] {
        assert_eq!(check(&guard, "/mcp", &[(HOST, host)]), Ok(()), "{host}");
    }
}

#[test]
fn any_other_host_is_foreign() {
    let guard = OriginGuard::loopback();
    for host in ["evil.com", "localhost.evil.com", "192.168.1.7:3000", "0.0.0.0"] {
        assert_eq!(
            check(&guard, "/mcp", &[(HOST, host)]),
            Err(GuardError::ForeignHost),
            "{host}"
        );
    }
}

#[test]
fn a_malformed_host_is_never_routed() {
    let guard = OriginGuard::loopback().with_any_host();
    for host in [
        "",
        "foo?/bar",
        "a@b",
        "localhost:99999",
        "localhost:",
        "localhost.",
        "[::1",
        "[::1]x",
        "a b",
    ] {
        assert_eq!(
            check(&guard, "/mcp", &[(HOST, host)]),
            Err(GuardError::MalformedHost),
            "{host:?}"
        );
    }
    assert_eq!(check(&guard, "/mcp", &[]), Err(GuardError::MalformedHost));
    let twice = [(HOST, "localhost"), (HOST, "localhost")];
    assert_eq!(check(&guard, "/mcp", &twice), Err(GuardError::MalformedHost));
}

#[test]
fn an_absolute_target_must_name_the_same_host() {
    let guard = OriginGuard::loopback();
    let host = [(HOST, "localhost:3000")];
    assert_eq!(check(&guard, "http://localhost:3000/mcp", &host), Ok(()));
    assert_eq!(
        check(&guard, "http://evil.com/mcp", &host),
        Err(GuardError::MalformedHost)
    );
}

#[test]
fn configured_hosts_are_served_with_any_port_unless_one_is_named() {
    let guard = OriginGuard::loopback()
        .with_host("mcp.example.com".parse().unwrap())
        .with_host("other.example.com:8443".parse().unwrap());
    assert_eq!(check(&guard, "/", &[(HOST, "mcp.example.com:8080")]), Ok(()));
    assert_eq!(check(&guard, "/", &[(HOST, "other.example.com:8443")]), Ok(()));
    assert_eq!(
        check(&guard, "/", &[(HOST, "other.example.com")]),
        Err(GuardError::ForeignHost)
    );
}

#[test]
fn an_absent_origin_and_a_loopback_origin_are_accepted() {
    let guard = OriginGuard::loopback();
    let host = (HOST, "localhost:3000");
    assert_eq!(check(&guard, "/mcp", std::slice::from_ref(&host)), Ok(()));
    for origin in ["http://localhost:6274", "http://127.0.0.1", "https://[::1]:8443"] {
        assert_eq!(
            check(&guard, "/mcp", &[host.clone(), (ORIGIN, origin)]),
            Ok(()),
            "{origin}"
        );
    }
}

#[test]
fn foreign_and_malformed_origins_are_refused() {
    let guard = OriginGuard::loopback()
        .with_origin("https://app.example.com")
        .unwrap();
    let host = (HOST, "localhost:3000");
    for origin in [
        "http://evil.com",
        "null",
        "http://localhost.evil",
        "https://user@localhost",
        "https://app.example.com:444",
        "http://app.example.com",
        "https://app.example.com.",
        "ftp://localhost",
        "http://[::1].evil",
        "http://localhost/path",
        "",
    ] {
        let refused = check(&guard, "/mcp", &[host.clone(), (ORIGIN, origin)]);
        assert_eq!(refused, Err(GuardError::ForeignOrigin), "{origin:?}");
    }
    let twice = [host, (ORIGIN, "http://localhost"), (ORIGIN, "http://localhost")];
    assert_eq!(check(&guard, "/mcp", &twice), Err(GuardError::ForeignOrigin));
}

#[test]
fn a_configured_origin_matches_with_its_default_port() {
    let guard = OriginGuard::loopback()
        .with_origin("https://app.example.com")
        .unwrap();
    let host = (HOST, "localhost:3000");
    for origin in [
        "https://app.example.com",
        "https://app.example.com:443",
        "https://APP.example.com",
    ] {
        assert_eq!(
            check(&guard, "/mcp", &[host.clone(), (ORIGIN, origin)]),
            Ok(()),
            "{origin}"
        );
    }
    assert!(OriginGuard::loopback().with_origin("app.example.com").is_err());
}

#[test]
fn a_listener_for_others_serves_addresses_but_no_foreign_names() {
    let guard = OriginGuard::loopback().with_any_address();
    assert_eq!(check(&guard, "/mcp", &[(HOST, "192.168.1.7:3000")]), Ok(()));
    assert_eq!(check(&guard, "/mcp", &[(HOST, "[2001:db8::1]")]), Ok(()));
    assert_eq!(
        check(&guard, "/mcp", &[(HOST, "evil.com")]),
        Err(GuardError::ForeignHost)
    );
}

#[test]
fn the_null_origin_has_to_be_allowed() {
    let pairs = [(HOST, "localhost"), (ORIGIN, "null")];
    assert_eq!(
        check(&OriginGuard::loopback(), "/mcp", &pairs),
        Err(GuardError::ForeignOrigin)
    );
    assert_eq!(
        check(&OriginGuard::loopback().with_null_origin(), "/mcp", &pairs),
        Ok(())
    );
}
